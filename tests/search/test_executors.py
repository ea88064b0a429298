"""Executors in this process and in local ones: outcomes, errors, threads, workers that die."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import executor_jobs
from support.executor_jobs import is_alive, wait_for
from support.search_fakes import fake_settings, register, snapshot

from nos_sym.errors import NosSymError
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.calls import ExecutorError, JobError
from nos_sym.search.executors.choose import open_executor
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.executors.processes import Processes, count_cores
from nos_sym.search.executors.protocol import Done, Executor, Job, JobQueue, Lost
from nos_sym.search.executors.retries import RetryQueue
from nos_sym.search.reports.hall_of_fame import describe, hall_of_fame
from nos_sym.search.store.store import Store


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    with Processes(2, gpus=()) as executor:
        yield executor


@pytest.fixture(params=["in-process", "processes"])
def executor(request: pytest.FixtureRequest) -> Executor:
    if request.param == "processes":
        found: Executor = request.getfixturevalue("processes")
        return found
    return InProcess()


def jobs(function, rows):
    return [Job(number, function, row) for number, row in enumerate(rows)]


def test_every_job_has_its_outcome(executor):
    outcomes = dict(executor.run(jobs(executor_jobs.square, [(x,) for x in range(7)])))
    assert outcomes == {x: Done(x * x) for x in range(7)}


def test_nothing_is_run_for_no_jobs(executor):
    assert list(executor.run([])) == []


def test_jobs_may_be_added_because_of_outcomes(executor):
    queue = JobQueue()
    queue.add(Job(2, executor_jobs.square, (2,)))
    queue.add(Job(3, executor_jobs.square, (3,)))
    seen = {}
    for number, outcome in executor.run(queue):
        seen[number] = outcome.value
        if outcome.value < 1000:
            queue.add(Job(outcome.value, executor_jobs.square, (outcome.value,)))
    assert seen == {2: 4, 4: 16, 16: 256, 256: 65536, 3: 9, 9: 81, 81: 6561}


def test_jobs_are_taken_when_a_worker_is_free(executor):
    taken = []

    def source():
        for x in range(6):
            taken.append(x)
            yield Job(x, executor_jobs.square, (x,))

    running = executor.run(source())
    next(running)
    assert len(taken) <= 1 + executor.workers
    assert len(list(running)) == 5


def test_an_error_of_nos_sym_is_raised_as_it_was(executor):
    with pytest.raises(NosSymError, match=r"^no data; give a folder$") as caught:
        list(executor.run(jobs(executor_jobs.raise_own, [("no data; give a folder",)])))
    assert type(caught.value) is NosSymError
    with pytest.raises(NosSymError) as caught:
        list(executor.run([Job(0, executor_jobs.raise_source_error)]))
    assert str(caught.value) == "expected a rule (line 1, column 4)"


def test_a_foreign_exception_has_type_and_message_on_one_line(executor):
    with pytest.raises(JobError) as caught:
        list(executor.run([Job(5, executor_jobs.raise_foreign, ("two\nlines " + "x" * 1000,))]))
    text = str(caught.value)
    assert text.startswith("job 5 (raise_foreign): ValueError: two lines xxx") and text.endswith("...")
    assert "\n" not in text and "Traceback" not in text and len(text) < 400


def test_jobs_run_after_an_error(executor):
    with pytest.raises(JobError):
        list(executor.run([Job(0, executor_jobs.raise_foreign, ("x",))]))
    assert dict(executor.run([Job(1, executor_jobs.square, (3,))])) == {1: Done(9)}


def test_threads_and_rounding_are_those_of_every_executor(executor):
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with InProcess(threads=1) as here:
            expected = dict(here.run([Job(0, executor_jobs.threads_of_torch, (300,))]))
        assert torch.get_num_threads() == 2
        assert expected[0].value[0] == 1
        assert dict(executor.run([Job(0, executor_jobs.threads_of_torch, (300,))])) == expected
    finally:
        torch.set_num_threads(before)


def test_results_that_cannot_be_sent_are_errors_of_the_job(processes):
    with pytest.raises(JobError, match="result of a job cannot be sent"):
        list(processes.run([Job(0, executor_jobs.return_unsendable)]))


def test_functions_that_cannot_be_imported_are_errors_of_the_job(processes):
    with pytest.raises(JobError, match="job 4 cannot be sent to a worker"):
        list(processes.run([Job(4, lambda: 1)]))
    assert dict(processes.run([Job(1, executor_jobs.square, (3,))])) == {1: Done(9)}


def test_the_job_of_a_killed_worker_is_done_by_another(processes, tmp_path):
    work = [Job(0, executor_jobs.note_and_die, (str(tmp_path), 2)), *jobs_from(1, 6)]
    outcomes = dict(processes.run(work))
    assert outcomes == {0: Done(2)} | {x: Done(x * x) for x in range(1, 6)}
    assert len(list(tmp_path.iterdir())) == 3


def jobs_from(first, end):
    return [Job(x, executor_jobs.square, (x,)) for x in range(first, end)]


def test_a_job_that_kills_its_workers_is_lost(processes, tmp_path):
    work = [Job(0, executor_jobs.note_and_die, (str(tmp_path), 99)), *jobs_from(1, 4)]
    outcomes = dict(processes.run(work))
    assert outcomes.pop(0) == Lost("its worker process ended: SIGKILL (out of memory?)", 3)
    assert outcomes == {x: Done(x * x) for x in range(1, 4)}
    outcomes = dict(processes.run([Job(0, executor_jobs.exit_process, (7,))]))
    assert outcomes[0] == Lost("its worker process ended: exit code 7", 3)


def test_each_worker_sees_one_gpu(monkeypatch):
    names = ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS")
    before = executor_jobs.environment_of(*names)
    with Processes(threads=3, gpus=("4", "GPU-7a")) as executor:
        assert executor.workers == 2
        # The second worker is started because the first has a job.
        work = [Job(x, executor_jobs.environment_of, names) for x in range(2)]
        found = sorted(outcome.value for _, outcome in executor.run(work))
    assert found == [["4", "3"], ["GPU-7a", "3"]]
    assert executor_jobs.environment_of(*names) == before


def test_leaving_early_stops_what_runs(tmp_path):
    marker = tmp_path / "started"
    executor = Processes(2, gpus=())
    running = executor.run(
        [Job(0, executor_jobs.square, (2,)), Job(1, executor_jobs.touch_and_sleep, (str(marker), 600.0))]
    )
    assert next(running) == (0, Done(4))
    wait_for(marker.exists)
    running.close()
    wait_for(lambda: not is_alive(int(marker.read_text())))
    assert dict(executor.run([Job(0, executor_jobs.square, (3,))])) == {0: Done(9)}
    executor.close()


DRIVER = """
import signal
import sys
from nos_sym.search.executors.processes import Processes
from nos_sym.search.executors.protocol import Job
from support import executor_jobs
if __name__ == "__main__":
    # A shell starts background jobs with SIGINT ignored, which their children inherit.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with Processes(2, gpus=()) as executor:
            jobs = [Job(i, executor_jobs.touch_and_sleep, (sys.argv[i + 1], 600.0)) for i in (0, 1)]
            list(executor.run(jobs))
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_a_driver_that_is_stopped(tmp_path, number):
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    markers = [tmp_path / "a", tmp_path / "b"]
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    driver = subprocess.Popen(
        [sys.executable, str(script), *map(str, markers)],
        env=os.environ | {"PYTHONPATH": path},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        wait_for(lambda: all(m.exists() and m.read_text() for m in markers))
        # As a terminal does: every process of the group gets Ctrl-C.
        if number == signal.SIGINT:
            os.killpg(driver.pid, number)
        else:
            driver.kill()
        _, errors = driver.communicate(timeout=20)
    finally:
        if driver.poll() is None:
            os.killpg(driver.pid, signal.SIGKILL)
            driver.communicate()
    assert driver.returncode == (130 if number == signal.SIGINT else -signal.SIGKILL)
    assert errors == ""
    pids = [int(marker.read_text()) for marker in markers]
    wait_for(lambda: not any(is_alive(pid) for pid in pids))


def test_scripts_without_a_guard_are_told_so(tmp_path):
    script = tmp_path / "unguarded.py"
    script.write_text(
        "import operator\n"
        "from nos_sym.search.executors.processes import Processes\n"
        "from nos_sym.search.executors.protocol import Job\n"
        "from nos_sym.errors import NosSymError\n"
        "try:\n"
        "    with Processes(1, gpus=()) as e:\n"
        "        print(list(e.run([Job(0, operator.add, (1, 2))])))\n"
        "except NosSymError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=50)
    assert re.fullmatch(r"worker processes end while they start: exit code 1; .*__main__.*\n", done.stdout)


def test_executors_by_name():
    with open_executor("in-process") as executor:
        assert (executor.name, executor.workers) == ("in-process", 1)
    with open_executor("processes", workers=3) as executor:
        assert (executor.name, executor.workers) == ("processes", 3)
    assert Processes(gpus=()).workers == count_cores()
    assert Processes(gpus=(), threads=10_000).workers == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("proceses",), "unknown executor 'proceses'; did you mean 'processes'?"),
        (("in-process", 2), "one worker; use the executor 'processes'"),
        (("processes", 0), "the number of workers is 0; expected 1 to 4096"),
        (("processes", 1, 9999), "the number of threads is 9999; expected 1 to 4096"),
        (("processes", None, 1, "auto"), "has no address; use the executor 'ray'"),
        (("processes", None, 1, None, 0.0), "the limit is 0 seconds; expected more than 0"),
        (
            ("in-process", None, 1, None, 1e9),
            "the limit is 1e+09 seconds; expected more than 0, at most 2592000",
        ),
        (("in-process", None, 1, None, float("nan")), "the limit is nan seconds"),
    ],
)
def test_wrong_options_are_refused(arguments, message):
    with pytest.raises(ExecutorError, match=re.escape(message)):
        open_executor(*arguments)


def test_jobs_wait_again_before_new_ones():
    waiting = RetryQueue(jobs(executor_jobs.square, [(1,), (2,)]), attempts=2)
    first = waiting.take()
    assert waiting.lose(first, "gone") is None
    assert waiting.take() is first
    assert waiting.lose(first, "gone again") == Lost("gone again", 2)
    assert waiting.take().number == 1
    assert waiting.take() is None


def test_a_search_is_the_same_in_processes(tmp_path):
    register()
    snapshots, halls = [], []
    for name, executor in {"here": InProcess(), "two": Processes(2, gpus=())}.items():
        with executor, Store.open(tmp_path / f"{name}.db") as store:
            run, _ = evolve(fake_settings(7, time_steps=1), store, executor=executor)
            snapshots.append(snapshot(store, run.id))
            best = describe(hall_of_fame(store).entries)
            halls.append([{**record, "seconds": None} for record in best])
    assert snapshots[0] == snapshots[1]
    # What 'top --json' prints names an evaluation by its slot: numbers depend on which training ended first.
    assert halls[0] == halls[1] and len(halls[0]) > 3
    assert len(snapshots[0]["evaluations"]) > 20
