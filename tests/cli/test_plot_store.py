"""``nos-sym plot`` of a store: each of its figures, and what is refused, over one tiny search."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.search_fakes import fake_settings, register
from support.store_fakes import filled

from nos_sym.cli.main import cli
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.store.store import Store

BEGINNINGS = {"pdf": b"%PDF-", "svg": b"<?xml", "png": b"\x89PNG"}
TINY = {"particles": 1, "initial_factor": 4, "time_steps": 1, "mutations": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a search, repeats in a store of hostile name, a store without runs, and a text."""
    register()
    path = tmp_path_factory.mktemp("stores")
    with Store.open(path / "run.db") as store:
        evolve(fake_settings(1, **TINY), store, executor=InProcess())
        store.begin_run("search", "particles", "{}", 3)
    with filled(path / "$x_%\\input{a}&.db"):
        pass
    with Store.open(path / "empty.db"):
        pass
    (path / "text.db").write_text("no store")
    return path


def plotted(folder: Path, arguments: str, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.chdir(folder)
    return CliRunner().invoke(cli, ["plot", *arguments.split()])


@pytest.mark.parametrize(
    ("arguments", "format", "said"),
    [
        ("fitness run.db", "pdf", "Fitness over run 1 (particles) of run.db"),
        ("fitness run.db --run 1 --task evolution", "svg", "Fitness over run 1"),
        ("pareto run.db", "png", "Complexity and best fitness of "),
        ("pareto $x_%\\input{a}&.db --run 1", "svg", "Complexity and best fitness of 12 opt"),
        ("duplicates $x_%\\input{a}&.db", "pdf", "Fitness of 12 optimizers of $x_%"),
    ],
)  # fmt: skip
def test_each_is_drawn_and_says_what_it_shows(
    folder: Path, arguments: str, format: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(folder.iterdir())
    file = tmp_path / f"drawn.{format}"
    result = plotted(folder, f"{arguments} -o {file}", monkeypatch)
    assert result.exit_code == 0, result.output
    assert file.read_bytes().startswith(BEGINNINGS[format])
    assert result.output.startswith(f"{file}: {said}") and result.output.count("\n") == 1
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("fitness run.db --run 2", "run 2 of 'run.db' has no evaluation yet"),
        ("fitness run.db --run 7", "has no run 7"),
        ("fitness run.db --task nothing", "task 'nothing' is not in the store"),
        ("fitness run.db run.db", "draws one store; expected one such TARGET, and not 2"),
        ("fitness", "nothing to plot"),
        ("duplicates run.db --run 1", "was trained twice"),
        *((f"{what} {store}", said) for what in ("fitness", "pareto", "duplicates") for store, said in (
            ("empty.db", "empty.db"), ("text.db", "is no store of nos-sym"), ("none.db", "there is no store"),
            (".", "it is a folder"),
        )),
        *((f"pareto run.db {option}", f"'{option.split()[0]}' is of ") for option in (
            "--steps 3", "--at 1", "--reach 2", "--input g", "--function sphere",
        )),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(
    folder: Path, arguments: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = plotted(folder, f"{arguments} -o {tmp_path}/a.svg", monkeypatch)
    assert result.exit_code == 2 and message in result.output, result.output
    assert result.output.startswith("error: ") and result.output.count("\n") == 1, result.output
    assert not list(tmp_path.iterdir())
