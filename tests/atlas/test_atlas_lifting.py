"""Lifting in processes that may hang, end or print; and the committed atlas, lifted anew."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from nos_sym.algebra.canonical import key_of
from nos_sym.atlas.atlas import read_atlas
from nos_sym.atlas.census import Original, chosen
from nos_sym.atlas.child import turned_off
from nos_sym.atlas.entry import BEYOND, FAILED, LIFTED, Entry
from nos_sym.atlas.lifting import Child, lift_all
from nos_sym.cli.main import cli

torch = pytest.importorskip("torch")

_MINE = """
import os, sys, time
import torch

print("a module that prints")


class Plain(torch.optim.Optimizer):
    def __init__(self, params, lr=0.1):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure=None):
        print("a step that prints")
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.sub_(group["lr"] * p.grad)


class Hangs(Plain):
    def step(self, closure=None):
        time.sleep(1000)


class Ends(Plain):
    def step(self, closure=None):
        sys.stderr.write("last words\\n")
        sys.stderr.flush()
        os._exit(7)


class Killed(Plain):
    def step(self, closure=None):
        os.kill(os.getpid(), 9)
"""


@pytest.mark.heavy
def test_originals_that_print_hang_end_and_are_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine_of_atlas.py").write_text(_MINE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Child(60) as child:
        found = {
            name: child.lifted(Original("torch", "mine_of_atlas", name))
            for name in ("Plain", "Hangs", "Ends", "Killed")
        }
        again = child.lifted(Original("torch", "mine_of_atlas", "Plain"))
    assert found["Plain"].status == LIFTED and found["Plain"].error is not None
    assert found["Plain"].rule == again.rule
    assert "more than 60 seconds" in found["Hangs"].reason
    assert found["Ends"].reason == "its process ended with 7: last words"
    assert found["Killed"].reason == "its process was ended by signal 9"
    assert {entry.status for name, entry in found.items() if name != "Plain"} == {FAILED}


@pytest.mark.heavy
def test_a_child_that_hangs_ends_with_the_process_that_asked(tmp_path: Path) -> None:
    (tmp_path / "mine_of_atlas.py").write_text(_MINE)
    asking = (
        "from nos_sym.atlas.census import Original\n"
        "from nos_sym.atlas.lifting import Child\n"
        "child = Child(600)\n"
        "print(child._running().pid, flush=True)\n"
        "child.lifted(Original('torch', 'mine_of_atlas', 'Hangs'))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    parent = subprocess.Popen(
        [sys.executable, "-c", asking], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert parent.stdout is not None
    with parent.stdout:
        child = int(parent.stdout.readline())
    time.sleep(20)
    parent.kill()
    parent.wait()
    for _ in range(300):
        if not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split()[2]:
            return
        time.sleep(0.1)
    os.kill(child, 9)
    raise AssertionError("the child goes on without the process that asked")


def test_an_argument_that_is_not_the_default_makes_a_special_case() -> None:
    (found,) = turned_off("torch.optim:SGD", {"momentum": 0.9, "lr": 1e-3, "dampening": 0, "group.key": True})
    assert found.text == "momentum is 0.9, and by default 0" and found.special
    assert turned_off("optax:sgd", {"learning_rate": 0.1}) == ()


def test_what_needs_no_process_starts_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> Entry:
        raise AssertionError("a process was asked")

    monkeypatch.setattr(Child, "lifted", refused)
    missing = Original("no-such-library", "no_such", "Thing")
    (beyond,) = chosen(["torch.optim.LBFGS"])
    first, second = lift_all([missing, beyond], workers=2)
    assert first.status == FAILED and first.reason == "no-such-library is not installed"
    assert second.status == BEYOND and second.reason


def test_the_command_makes_some_anew_and_writes_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = iter(["none ~ g", "none ~ 2 * g", "none ~ sign(g)"])
    monkeypatch.setattr(
        Child,
        "lifted",
        lambda _, original: Entry(original.title, original.distribution, "1", rule=next(rules)),
    )
    folder = tmp_path / "atlas"
    run = CliRunner().invoke(cli, ["atlas", "torch.optim.SGD", "optax.sgd", "-o", str(folder), "--json"])
    assert run.exit_code == 0, run.output
    assert json.loads(run.stdout)["counts"]["lifted whole"] == 2
    run = CliRunner().invoke(cli, ["atlas", "optax.sgd", "-o", str(folder)])
    assert run.exit_code == 0 and "2 optimizers, 2 lifted" in run.stdout, run.output
    assert [e.rule for e in read_atlas(folder / "atlas.json").entries] == ["none ~ g", "none ~ sign(g)"]
    page = (folder / "index.html").read_text()
    run = CliRunner().invoke(cli, ["atlas", "--page", "-o", str(folder)])
    assert run.exit_code == 0 and (folder / "index.html").read_text() == page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["numpy"], "the atlas has no 'numpy'"),
        (["--page", "torch"], "leave the names out"),
        (["--page"], "cannot be read"),
        (["--workers", "0"], "--workers"),
    ],
)
def test_wrong_input_is_one_line(arguments: list[str], said: str, tmp_path: Path) -> None:
    run = CliRunner().invoke(cli, ["atlas", *arguments, "-o", str(tmp_path / "a")])
    assert run.exit_code == 2 and said in run.stderr and run.stderr.count("\n") == 1, run.stderr
    assert not (tmp_path / "a").exists()


AGAIN = (
    "torch.optim.SGD", "torch.optim.Adam", "torch.optim.NAdam", "torch.optim.Rprop", "torch.optim.Adafactor",
    "keras.optimizers.Adam", "keras.optimizers.Nadam", "keras.optimizers.Lion", "keras.optimizers.Ftrl",
    "optax.adamw", "optax.radam", "optax.novograd", "optax.contrib.muon", "optax.contrib.prodigy",
    "pytorch_optimizer.AdaBelief", "pytorch_optimizer.Lion", "pytorch_optimizer.AdEMAMix",
    "pytorch_optimizer.MADGRAD", "pytorch_optimizer.Lamb", "pytorch_optimizer.StableAdamW",
)  # fmt: skip


@pytest.mark.heavy
def test_twenty_are_lifted_anew_to_what_the_committed_atlas_has(repository: Path) -> None:
    pytest.importorskip("keras")
    pytest.importorskip("optax")
    pytest.importorskip("pytorch_optimizer")
    atlas = read_atlas(repository / "atlas" / "atlas.json")
    kept = {entry.name: entry for entry in atlas.entries}
    for entry in lift_all(chosen(AGAIN), workers=2):
        if entry.version != kept[entry.name].version:
            continue
        assert entry.status == kept[entry.name].status == LIFTED, entry
        assert key_of(entry.parsed()) == kept[entry.name].key, entry.name
        assert entry.settings == kept[entry.name].settings
