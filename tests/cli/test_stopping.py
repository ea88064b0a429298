"""A search that is stopped by a signal: one line, no process left, and it goes on."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.executor_jobs import is_alive, wait_for
from support.search_fakes import register, snapshot
from support.store_fakes import evaluations_of

from nos_sym.search.evolve import evolve, interrupted_settings
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.store.store import Store

register()
HEAVY = pytest.mark.heavy
# A shell starts background jobs with SIGINT ignored, which their children inherit.
PROGRAM = """
import signal
from nos_sym.cli.main import main
from support.search_fakes import register
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    register()
    main()
"""
SETTINGS = """
trainer = "fake"
particles = 2
initial_factor = 3
time_steps = 2
mutations = 2
"""


@pytest.fixture
def program(tmp_path: Path) -> list[str]:
    """Return a command that is ``nos-sym`` with the fake trainer."""
    file = tmp_path / "program.py"
    file.write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    return [sys.executable, str(file), "evolve", "--settings", str(tmp_path / "settings.toml")]


def environment() -> dict[str, str]:
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    return os.environ | {"PYTHONPATH": path}


def children_of(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in found.read_text().split()] if found.exists() else []


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("number", "code", "executor"),
    [
        pytest.param(signal.SIGTERM, 143, ["in-process", "--limit", "0"], id="SIGTERM"),
        pytest.param(
            signal.SIGTERM, 143, ["processes", "--workers", "2"], id="SIGTERM with workers", marks=HEAVY
        ),
        pytest.param(signal.SIGINT, 130, ["in-process"], id="SIGINT with a child", marks=HEAVY),
        pytest.param(signal.SIGINT, 130, ["processes", "--workers", "2"], id="SIGINT", marks=HEAVY),
        pytest.param(
            signal.SIGTERM,
            143,
            ["ray", "--workers", "1"],
            id="SIGTERM with Ray",
            marks=[HEAVY, pytest.mark.timeout(250)],
        ),
    ],
)
def test_a_search_that_is_stopped_says_so_once_and_is_resumed(
    tmp_path: Path, program: list[str], number: signal.Signals, code: int, executor: list[str]
) -> None:
    store = tmp_path / "run.db"
    slow = ["--set", "training.seconds=0.2", "--set", "initial_training.seconds=0"]
    command = [*program, "--store", str(store), *slow, "--executor", *executor]
    if "ray" in executor:
        pytest.importorskip("ray")
    running = subprocess.Popen(
        command, env=environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        # A cluster takes its time to begin.
        wait_for(lambda: evaluations_of(store) >= 2 or running.poll() is not None, 150)
        children = children_of(running.pid)
        running.send_signal(number)
        out, errors = running.communicate(timeout=30)
    finally:
        running.kill()
        running.communicate()
    assert (running.returncode, out) == (code, "")
    told = [line for line in errors.splitlines() if "stopped" in line]
    again = shlex.join(["nos-sym", *command[command.index("evolve") :], "--resume"])
    assert told == [f"stopped; '{store}' has what was evaluated; this goes on: {again}"]
    assert errors.endswith(told[0] + "\n") and "Traceback" not in errors
    assert children or "0" in executor
    wait_for(lambda: not any(is_alive(pid) for pid in children))
    left = evaluations_of(store)
    with Store.open(store) as stopped, Store.open(tmp_path / "whole.db") as whole:
        settings = interrupted_settings(stopped)
        evolve(settings, stopped, executor=InProcess(), resume=True)
        evolve(settings, whole, executor=InProcess())
        assert snapshot(stopped, 1) == snapshot(whole, 1)
        assert 2 <= left < len(list(whole.evaluations()))
