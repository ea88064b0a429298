"""``nos-sym evolve --initial`` of blocks: those that are rules of one line."""

from __future__ import annotations

from pathlib import Path

from test_evolve import FAKE, run

from nos_sym.algebra.canonical import key_of
from nos_sym.catalog import entry
from nos_sym.faces import face_named, rule_of_face
from nos_sym.faces.parsing import parse
from nos_sym.language.block import Block
from nos_sym.search.store.store import Store


def test_particles_start_from_blocks_that_are_rules_of_one_line(tmp_path: Path) -> None:
    file = tmp_path / "fake.toml"
    file.write_text(FAKE, encoding="utf-8")
    fake = ["evolve", "--settings", str(file), "--store", str(tmp_path / "run.db"), "--limit", "0"]
    still = ["--set", "time_steps=0", "--set", "evaluate_particles=false"]
    adam, amsgrad = entry("AdamTorch"), entry("AMSGradTorch")
    assert isinstance(adam, Block) and isinstance(amsgrad, Block)
    targets = {
        "AdamTorch": adam,
        "torch.optim.AdamW": rule_of_face(face_named("torch.optim.AdamW")),
        "AMSGradTorch": amsgrad,  # as the baseline that it is equal to
        "Mine(b=0.5) = { state m; m <- b * m + g; w <- w - lr * m }": parse("none ~ 2 * ema(g, 0.5)"),
    }
    given = [part for target in targets for part in ("--initial", target)]
    result = run(*fake, *still, *given, "--set", "particles=4", "--json")
    assert result.exit_code == 0, result.stderr
    changed = run(*fake, *still, "--initial", "AdamTorch", "--set", "initial.weight_decay=0.1", "--json")
    assert changed.exit_code == 0, changed.stderr
    decaying = adam.with_settings(weight_decay="0.1")
    with Store.read(tmp_path / "run.db") as kept:
        assert [row[3] for row in kept.moves(1)] == [key_of(rule) for rule in targets.values()]
        assert kept.moves(2)[0][3] == key_of(decaying)
