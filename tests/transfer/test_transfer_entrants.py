"""Blocks among the optimizers of transfer experiments: Muon, and what takes more than one line."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from test_transfer_experiment import Fake, play, protocol  # noqa: E402

from nos_sym.codegen.render import render  # noqa: E402
from nos_sym.errors import NosSymError  # noqa: E402
from nos_sym.faces.parsing import parse  # noqa: E402
from nos_sym.language.block import Block  # noqa: E402
from nos_sym.language.rule import Rule  # noqa: E402
from nos_sym.search.loading import build, load_file  # noqa: E402
from nos_sym.search.reports.shown import shown_rule  # noqa: E402
from nos_sym.search.store.store import Store  # noqa: E402
from nos_sym.transfer.entrants import entrants_of, of_rules  # noqa: E402
from nos_sym.transfer.experiment import Experiment  # noqa: E402

# Its decay is no part of what the learning rate multiplies.
MINE = "Mine(b=0.5) = { state m; m <- b * m + g; w <- w - lr * m - 0.001 * w }"


def test_muon_steps_matrices_and_adamw_the_rest(tmp_path):
    (muon,) = entrants_of(["Muon"])
    path = tmp_path / "opt.py"
    path.write_text(render(muon.rule.at_defaults().named("Opt", ""), "torch"), encoding="utf-8")

    def trained(step_with) -> list[torch.Tensor]:
        torch.manual_seed(0)
        network = torch.nn.Sequential(
            torch.nn.Embedding(7, 6), torch.nn.LayerNorm(6), torch.nn.Linear(6, 9), torch.nn.Linear(9, 7)
        ).double()
        optimizers = step_with(list(network.parameters()))
        words = torch.arange(14) % 7
        for _ in range(6):
            for optimizer in optimizers:
                optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(words), (words + 1) % 7).backward()
            for optimizer in optimizers:
                optimizer.step()
        return [p.detach() for p in network.parameters()]

    def apart(parameters):
        matrices = [p for p in parameters if p.ndim == 2]
        rest = [p for p in parameters if p.ndim != 2]
        return [
            torch.optim.Muon(matrices, lr=0.01, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, lr=0.01, weight_decay=0.1),
        ]

    own = trained(
        lambda parameters: [build(load_file(path, "Opt").optimizer, parameters, lr=0.01, total_steps=6)]
    )
    # Newton-Schulz of PyTorch runs in bfloat16, and the rest of it in the type of the parameters.
    for ours, theirs in zip(own, trained(apart), strict=True):
        assert torch.allclose(ours, theirs, rtol=0, atol=2e-3 if ours.ndim == 2 else 2e-4)
    start = trained(lambda parameters: [torch.optim.SGD(parameters, lr=0.0)])
    assert all(float((a - b).abs().max()) > 0.01 for a, b in zip(own, start, strict=True))


def test_blocks_are_tested_stored_and_shared(tmp_path):
    experiment = Experiment(
        protocol("cifar10"), (*entrants_of(["Muon", "MuonWithAdamW"]), *of_rules([parse(MINE)]))
    )
    trainer = Fake()
    with Store.open(tmp_path / "t.db") as store:
        run, rows = play(experiment, store, trainer)
        assert [row.same_as for row in rows] == [None, "Muon", None]
        assert len(trainer.asked) == 2 * (7 + 3)
        found = list(store.evaluations(run=run.id))
        assert len(found) == 20
        again = Fake()
        assert [row.to_json() for row in play(experiment, store, again)[1]] == [row.to_json() for row in rows]
        assert again.asked == []
    (text,) = {each.text for each in found if each.text.startswith("{")}
    read = parse(text)
    assert isinstance(read, Block)
    assert str(read) == text == shown_rule(read)


def test_blocks_that_are_rules_of_one_line_are_those():
    heavy, own = of_rules(
        [parse("Heavy = { state m; m <- 0.9 * m + 0.1 * g; w <- w - lr * m }"), parse(MINE)]
    )
    assert isinstance(heavy.rule, Rule)
    assert isinstance(own.rule, Block)
    assert (heavy.name, own.name) == ("Heavy", "Mine")


def test_a_name_of_the_paper_stands_for_its_optimizer():
    (adam,) = of_rules([parse("Adam = none ~ ema_hat(g, 0.9) / (1e-8 + ema_hat(g * g, 0.999)^0.5)")])
    assert adam.name == "Adam"
    # Table 11 calls PowerSign what decays linearly.
    power = "PowerSign = none ~ g * exp(sign(g) * sign(ema(g, 0.9)))"
    for other in ("Adam = none ~ ema_hat(g, 0.8)", power):
        with pytest.raises(NosSymError, match="is another optimizer in the catalog, whose numbers stand"):
            of_rules([parse(other)])


def test_schedules_are_refused():
    with pytest.raises(NosSymError, match="is a schedule; expected an optimizer"):
        of_rules([parse("schedule ~ a1")])


def test_the_same_block_in_other_words_has_a_file_of_its_own(tmp_path):
    class Reading(Fake):
        def train(self, source, class_name, settings, seed):
            assert f"class {class_name}(" in source.read_text(encoding="utf-8")
            return super().train(source, class_name, settings, seed)

    texts = [f"{{ state m; m <- 0.5 * m + g; {d} = m + g; w <- w - 0.001 * w - {d} }}" for d in "de"]
    first, second = (of_rules([parse(text)])[0] for text in texts)
    assert first.rule == second.rule and str(first.rule) != str(second.rule)
    for number, entrant in enumerate((first, second)):
        with Store.open(tmp_path / f"{number}.db") as store:
            _, (row,) = play(Experiment(protocol("cifar10"), (entrant,)), store, Reading())
            assert row.mean is not None
