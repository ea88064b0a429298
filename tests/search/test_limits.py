"""Trainings that never end: they are stopped at the limit of their executor, and the search goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import executor_jobs
from support.executor_jobs import is_alive, wait_for
from support.search_fakes import fake_settings, register

from nos_sym.search.evolve import evolve
from nos_sym.search.executors import processes, worker_process
from nos_sym.search.executors.choose import open_executor
from nos_sym.search.executors.processes import Processes
from nos_sym.search.executors.protocol import Done, Executor, Job, Late, Lost
from nos_sym.search.results import Rejected
from nos_sym.search.store.store import Store

register()
HEAVY = pytest.mark.heavy


@pytest.fixture(params=["in-process", "processes"])
def limited(request: pytest.FixtureRequest) -> Iterator[Executor]:
    workers = 2 if request.param == "processes" else None
    with open_executor(request.param, workers, limit=0.5) as found:
        yield found


def test_a_job_that_hangs_is_stopped_and_the_others_go_on(limited, tmp_path):
    """Asleep, busy in Python, and within a library that never gives the interpreter free."""
    markers = {number: tmp_path / str(number) for number in range(3)}
    work = [
        Job(7, executor_jobs.square, (3,)),
        *(Job(n, executor_jobs.hang, (how, str(markers[n]))) for n, how in enumerate(executor_jobs.HANGS)),
        Job(8, executor_jobs.touch_and_sleep, (str(tmp_path / "long"), 0.7), 2),
        Job(9, executor_jobs.square, (5,)),
    ]
    outcomes = dict(limited.run(work))
    assert {n: outcomes.pop(n) for n in markers} == dict.fromkeys(markers, Late(0.5))
    assert outcomes == {7: Done(9), 8: Done(str(tmp_path / "long")), 9: Done(25)}
    # The child of an executor in this process is another process, whose end is waited for.
    pids = [int(marker.read_text()) for marker in markers.values()]
    assert os.getpid() not in pids and not any(is_alive(pid) for pid in pids)


DRIVER = """
import sys
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.executors.protocol import Job
from support import executor_jobs
if __name__ == "__main__":
    with InProcess(limit=1.0) as executor:
        list(executor.run([Job(0, executor_jobs.hang, ("holding the interpreter", sys.argv[1]), 4)]))
"""


@pytest.mark.heavy
def test_a_worker_that_hangs_ends_by_itself_when_nobody_is_left_to_end_it(tmp_path: Path) -> None:
    script, marker = tmp_path / "driver.py", tmp_path / "marker"
    script.write_text(DRIVER, encoding="utf-8")
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    driver = subprocess.Popen(
        [sys.executable, str(script), str(marker)], env=os.environ | {"PYTHONPATH": path}
    )
    try:
        wait_for(lambda: marker.exists() and marker.read_text() != "")
    finally:
        driver.kill()
        driver.wait()
    wait_for(lambda: not is_alive(int(marker.read_text())), 50)


def test_a_worker_that_does_not_begin_is_lost_and_its_job_is_not_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_process, "READING", 2.0)
    monkeypatch.setattr(processes, "READING", 2.0)
    with Processes(1, attempts=1, gpus=(), limit=60) as executor:
        hanging = Job(0, executor_jobs.square, (executor_jobs.HangsWhenRead(),))
        assert dict(executor.run([hanging])) == {
            0: Lost("its worker process did not begin within 2 seconds", 1)
        }


@pytest.mark.parametrize(
    ("executor", "workers"), [("in-process", None), pytest.param("processes", 2, marks=HEAVY)]
)
@pytest.mark.parametrize("per_program", [1, pytest.param(3, marks=HEAVY)])
def test_trainings_that_hang_are_rejected_and_the_search_ends(
    tmp_path: Path, executor: str, workers: int | None, per_program: int
) -> None:
    task = {"name": "evolution", "hang": 0.3}
    settings = fake_settings(
        4, training=task, candidates_per_program=per_program, algorithm="random", evaluations=5, failures=0
    )
    with Store.open(tmp_path / "run.db") as store:
        with open_executor(executor, workers, limit=0.4) as limited:
            run, _ = evolve(settings, store, executor=limited)
        results = [e.result for e in store.evaluations(run.id)]
    late = [r for r in results if isinstance(r, Rejected) and r.reason.startswith("the training was stopped")]
    assert {(r.reason, r.seconds) for r in late} == {
        ("the training was stopped at the limit of 0.4 seconds", 0.4)
    }
    assert 1 <= len(late) < len(results)
