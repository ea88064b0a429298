"""``nos-sym evolve`` on a store with a search that has not ended, and without settings."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.fake_trainer import FakeTrainer
from support.search_fakes import register

from nos_sym.cli.main import cli
from nos_sym.errors import NosSymError
from nos_sym.search.executors.in_process import InProcess

register()
FAKE = """
trainer = "fake"
particles = 2
initial_factor = 3
time_steps = 1
mutations = 2
[training]
name = "evolution"
"""


@pytest.fixture
def fake(tmp_path: Path) -> list[str]:
    """Return arguments of a search of a second on the fake task."""
    file = tmp_path / "fake.toml"
    file.write_text(FAKE, encoding="utf-8")
    # Without a limit it trains in this very process.
    return ["evolve", "--settings", str(file), "--store", str(tmp_path / "run.db"), "--limit", "0"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def refuse(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 2, (result.stdout, result.stderr)
    assert result.stdout == ""
    lines = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1 and "Traceback" not in result.stderr
    return lines[0]


def test_an_interruption_says_how_to_go_on(fake: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(FakeTrainer, "train", stop)
    result = run(*fake)
    assert result.exit_code == 130
    store = fake[fake.index("--store") + 1]
    stopped = result.stderr.splitlines()[-1]
    said, _, command = stopped.partition("; this goes on: ")
    assert said == f"stopped; '{store}' has what was evaluated"
    program, *arguments = shlex.split(command)
    assert (program, arguments) == ("nos-sym", [*fake, "--resume"])
    monkeypatch.undo()
    assert "continue with '--resume'" in refuse(*fake)
    # Another search beside it is begun, and told of it; one without settings is asked for them.
    assert "run 1 of" in refuse("evolve", "--store", store) and "--resume" in refuse(
        "evolve", "--store", store
    )
    other = run(*fake, "--seed", "77")
    assert other.exit_code == 0
    assert (
        f"note: run 1 of '{store}' is interrupted; 'nos-sym evolve --store {store} --resume'" in other.stderr
    )
    assert run(*arguments).exit_code == 0
    assert "begins with settings" in refuse("evolve", "--store", store)


@pytest.mark.parametrize("options", [[], ["--seed", "3"], ["--set", "mutations=2"], ["--initial", "Adam"]])
def test_a_search_needs_settings(tmp_path: Path, options: list[str]) -> None:
    store = tmp_path / "new.db"
    assert "'--preset demo' takes minutes" in refuse("evolve", "--store", str(store), *options)
    assert not store.exists()


def test_data_that_is_missing_is_said_before_candidates_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message of a first search comes at once, and leaves no store behind; a cluster has its own data."""

    class Drawn(NosSymError):
        pass

    def drawn(*_: object) -> None:
        raise Drawn("candidates were drawn")

    monkeypatch.setattr("nos_sym.search.algorithms.proposing.Proposer.propose", drawn)
    store = tmp_path / "run.db"
    arguments = ["evolve", "--preset", "paper", "--data", str(tmp_path / "none"), "--store", str(store)]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2 and "download 'cifar-10-binary.tar.gz'" in result.stderr
    assert list(tmp_path.iterdir()) == []

    @contextlib.contextmanager
    def cluster(*_: object) -> Iterator[InProcess]:
        yield InProcess()

    monkeypatch.setattr("nos_sym.search.executors.choose.open_executor", cluster)
    result = CliRunner().invoke(cli, [*arguments, "--executor", "ray"])
    assert result.exit_code == 2 and "candidates were drawn" in result.stderr
