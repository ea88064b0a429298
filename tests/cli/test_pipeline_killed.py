"""The rehearsal of the whole paper: killed in several stages, it ends with the same files and their PDF."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(3600)]


def command(folder: Path, *more: str) -> list[str]:
    program = "from nos_sym.cli.main import main; main()"
    return [sys.executable, "-c", program, "pipeline", "-o", str(folder), "--json", *more]


def trained(folder: Path) -> int:
    """Return the number of trainings that a folder has; 0 where its store has no table yet."""
    try:
        with sqlite3.connect(f"file:{folder / 'pipeline.db'}?mode=ro", uri=True) as database:
            return int(database.execute("SELECT count(*) FROM evaluations").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def killed(arguments: list[str], reached: Callable[[], bool]) -> None:
    """Start a command and kill it, with all that it has started, when something is reached."""
    with subprocess.Popen(
        arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as begun:
        while not reached() and begun.poll() is None:
            time.sleep(0.05)
        assert begun.poll() is None, "it ended before it was killed"
        os.killpg(begun.pid, signal.SIGKILL)


def finished(arguments: list[str]) -> dict[str, object]:
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    read: dict[str, object] = json.loads(done.stdout)
    return read


def files(folder: Path) -> dict[str, bytes]:
    """Return what a folder has for people; the store has times, and the record is compared with it."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith("pipeline.db")}


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_the_rehearsal_is_killed_in_its_stages_and_ends_the_same(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    whole, parts = tmp_path / "whole" / "out", tmp_path / "parts" / "out"
    for folder in (whole, parts):
        folder.parent.mkdir()
    begin = ["--preset", "rehearsal"]
    rows = finished(command(whole, *begin))["stages"]
    total = trained(whole)
    # In the first search, the eliminations, the second searches, and the transfer experiment.
    for count in (5, 42, 60, total - 25):
        killed(command(parts, *begin), lambda count=count: trained(parts) >= count)  # type: ignore[misc]
    # While tables and figures are made.
    ended = '"transfer-digits"'
    killed(
        command(parts, "--resume"),
        lambda: ended in (parts / "pipeline.json").read_text(encoding="utf-8").partition('"ended"')[2],
    )
    again = finished(command(parts, "--resume"))["stages"]
    assert json.dumps(again).replace(str(parts), str(whole)) == json.dumps(rows)
    assert files(parts) == files(whole)
    # A training is lost where its process is killed, and what was trained is not trained again.
    assert trained(parts) == total
    results = json.loads((whole / "results.json").read_text(encoding="utf-8"))
    names = [row["optimizer"] for row in results["results"]]
    assert {"Adam", "second-search-1", "adam-variants-1", "schedules-LRa"} <= set(names)
    if shutil.which("pdflatex") and shutil.which("pdftotext"):
        text = subprocess.run(
            ["pdftotext", "-layout", str(whole / "paper.pdf"), "-"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        titles = ("Table 1:", "Table 13:", "Figure 15:", "Search: search-2", "Second searches: second-search")
        assert [said for said in (*titles, *names) if said not in text] == []
