"""``nos-sym report``: the page of a store, errors of one line, and a search that is followed."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.page_stores import evaluation, page_store
from support.sheet_catalog import use_small_catalog

from nos_sym.cli import report as command
from nos_sym.cli.main import cli
from nos_sym.report.page import collect, watch
from nos_sym.search.results import Evaluated
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.store import Store


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_catalog(monkeypatch)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return page_store(tmp_path / "run.db")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["report", *map(str, arguments)])


def test_numbers_are_those_of_their_owners() -> None:
    assert (command.SHEETS, command.SECONDS) == (collect.SHEETS, watch.SECONDS)


def test_the_page_is_named_after_the_store(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(store.parent)
    result = run("run.db", "--top", 0)
    assert result.exit_code == 0, result.output
    assert re.fullmatch(
        r"run\.html  57 optimizers with a fitness of 61, 0 data sheets, 0\.\d MB\n", result.output
    )
    assert Path("run.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_standard_output(store: Path) -> None:
    result = run(store, "-o", "-", "--top", 1)
    assert result.exit_code == 0 and result.output.startswith("<!DOCTYPE html>")
    assert "Bound of the update" in result.output


def refuse(*arguments: object, code: int = 2) -> str:
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert result.output.startswith("error: ") and result.output.count("\n") == 1
    return result.output


def test_errors_are_one_line(store: Path, tmp_path: Path) -> None:
    assert "there is no store" in refuse(tmp_path / "none.db")
    assert "has no run 7" in refuse(store, "--run", 7, "-o", tmp_path / "a.html")
    assert "task 'x' is not in the store" in refuse(store, "--task", "x", "-o", tmp_path / "a.html")
    assert "expected a file behind '--output'" in refuse(store, "-o", "-", "--watch")
    assert "cannot write" in refuse(store, "--top", 0, "-o", tmp_path / "none" / "a.html", code=1)
    assert not (tmp_path / "a.html").exists()
    text = tmp_path / "text.db"
    text.write_text("no store", encoding="utf-8")
    assert "is no store of nos-sym" in refuse(text)


def test_the_store_is_never_written_over(store: Path, tmp_path: Path) -> None:
    before = store.read_bytes()
    link = tmp_path / "link.html"
    link.symlink_to(store)
    for target in (store, link, f"{store}-wal", f"{store}.lock"):
        assert "is the store" in refuse(store, "-o", target)
    assert store.read_bytes() == before


def following(store: Path, target: Path, *arguments: str) -> subprocess.Popen[str]:
    words = [
        sys.executable,
        "-m",
        "nos_sym.cli.main",
        "report",
        str(store),
        "-o",
        str(target),
        "--top",
        "0",
        "--watch",
        "1",
    ]
    return subprocess.Popen([*words, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(target: Path, part: str, seconds: float = 40) -> str:
    """Wait until a page has something; it is whole whenever it is read."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if target.exists():
            text = target.read_text(encoding="utf-8")
            assert text.rstrip().endswith("</html>")
            if part in text:
                return text
        time.sleep(0.05)
    raise AssertionError(f"'{part}' is not in the page after {seconds} s")


def test_a_store_that_comes_later_is_followed_to_its_end(tmp_path: Path) -> None:
    path, target = tmp_path / "run.db", tmp_path / "run.html"
    found = list[str]()

    def search() -> None:
        # Made in steps, as a search makes it: a file first, and then its tables.
        path.touch()
        time.sleep(0.6)
        path.unlink()
        with Store.open(path) as opened:
            number = opened.begin_run("search", "random", "{}").id
            opened.add(number, evaluation(Slot(Stage.RANDOM), "none ~ g", Evaluated(0.4)))
            found.append(wait_for(target, "none ~ g"))
            opened.finish_run(number, {})

    searching = threading.Timer(0.2, search)
    searching.start()
    try:
        result = run(path, "-o", target, "--top", 0, "--watch", 1)
    finally:
        searching.join()
    assert result.exit_code == 0, result.output
    assert result.stderr == f"note: there is no store '{path}' yet; the page waits for it\n"
    assert result.stdout.startswith(f"{target}  1 optimizers with a fitness of 1")
    assert '"live":1.0' in found[0] and '"live":null' in target.read_text(encoding="utf-8")


def test_a_store_that_is_none_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "there is no store" in refuse(tmp_path / "none" / "run.db", "--watch", 1)
    text = tmp_path / "text.db"
    monkeypatch.setattr(command, "MADE", 0.2)
    threading.Timer(0.2, text.write_text, ["no store"]).start()
    result = run(text, "-o", tmp_path / "a.html", "--watch", 1)
    assert result.exit_code == 2 and "is no store of nos-sym" in result.stderr.splitlines()[-1]


@pytest.mark.heavy
@pytest.mark.timeout(180)
def test_a_search_in_another_process_is_followed_to_its_end(tmp_path: Path) -> None:
    path, target = tmp_path / "run.db", tmp_path / "run.html"
    with Store.open(path) as opened:
        number = opened.begin_run("search", "random", "{}").id
        opened.add(number, evaluation(Slot(Stage.RANDOM), "none ~ g", Evaluated(0.4)))
        follower = following(path, target)
        try:
            wait_for(target, '"live":1.0')
            opened.add(number, evaluation(Slot(Stage.RANDOM, 1), "none ~ tanh(g)", Evaluated(0.5)))
            wait_for(target, "none ~ tanh(g)")
            opened.finish_run(number, {})
            out, err = follower.communicate(timeout=60)
        finally:
            follower.kill()
    assert follower.returncode == 0, err
    assert out.startswith(f"{target}  2 optimizers with a fitness of 2") and err == ""
    assert '"live":null' in target.read_text(encoding="utf-8")


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("sent", "code"),
    [(signal.SIGTERM, 143), pytest.param(signal.SIGINT, 130, marks=pytest.mark.heavy)],
)
def test_stopping_leaves_a_page_that_does_not_wait(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    path, target = tmp_path / "run.db", tmp_path / "run.html"
    with Store.open(path) as opened:
        opened.begin_run("search", "random", "{}")
    follower = following(path, target)
    try:
        wait_for(target, '"live":1.0')
        follower.send_signal(sent)
        out, err = follower.communicate(timeout=60)
    finally:
        follower.kill()
    assert (follower.returncode, out) == (code, "")
    assert err == f"stopped; '{target}' has what the store had\n"
    assert '"live":null' in target.read_text(encoding="utf-8")
