"""Jobs on a local Ray cluster of two nodes: outcomes and errors as everywhere; workers and nodes that die."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import executor_jobs, search_on_ray
from support.executor_jobs import is_alive, wait_for
from support.search_fakes import fake_settings, register, snapshot
from support.store_fakes import evaluations_of

from nos_sym.errors import NosSymError
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.calls import ExecutorError, JobError
from nos_sym.search.executors.choose import open_executor
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.executors.protocol import Done, Job, JobQueue, Late, Lost
from nos_sym.search.executors.ray_executor import RayExecutor, check_address, import_ray
from nos_sym.search.store.store import Store

if importlib.util.find_spec("ray") is None:
    pytest.skip("needs ray: pip install 'nos-sym[ray]'", allow_module_level=True)
MEMORY = 80 * 2**20


@pytest.fixture(scope="module")
def cluster() -> Iterator[object]:
    ray = import_ray()
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        # Nodes have the environment of their start; their workers import the helpers of the tests.
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1]), prepend=os.pathsep)
        found = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": MEMORY})
        try:
            yield found
        finally:
            ray.shutdown()
            found.shutdown()


@pytest.fixture(scope="module")
def executor(cluster) -> Iterator[RayExecutor]:
    with RayExecutor(address=cluster.address) as found:
        yield found


def test_outcomes_are_those_of_the_process_itself(executor):
    assert executor.workers == 1
    torch_job = Job(9, executor_jobs.threads_of_torch, (300,))
    work = [*(Job(x, executor_jobs.square, (x,)) for x in range(4)), torch_job]
    assert dict(executor.run(work)) == dict(InProcess().run(work))
    assert list(executor.run([])) == []


def test_a_job_that_hangs_is_stopped_and_a_child_that_dies_is_tried_again(cluster, tmp_path):
    with RayExecutor(address=cluster.address, limit=0.5) as limited:
        marker = tmp_path / "marker"
        work = [
            Job(0, executor_jobs.hang, ("holding the interpreter", str(marker))),
            Job(1, executor_jobs.square, (3,)),
            Job(2, executor_jobs.note_and_die, (str(tmp_path), 1)),
            Job(3, executor_jobs.exit_process, (7,)),
        ]
        outcomes = dict(limited.run(work))
        with pytest.raises(NosSymError, match=r"^no data; give a folder$"):
            list(limited.run([Job(0, executor_jobs.raise_own, ("no data; give a folder",))]))
    assert outcomes[0] == Late(0.5) and not is_alive(int(marker.read_text()))
    assert (outcomes[1], outcomes[2]) == (Done(9), Done(1))
    assert outcomes[3] == Lost("its worker process ended: exit code 7", 3)


def test_jobs_may_be_added_because_of_outcomes(executor):
    queue = JobQueue()
    queue.add(Job(2, executor_jobs.square, (2,)))
    for number, outcome in executor.run(queue):
        if number < 256:
            queue.add(Job(outcome.value, executor_jobs.square, (outcome.value,)))
    assert (number, outcome) == (256, Done(65536))


def test_a_search_is_the_same_as_in_the_process_itself(executor, tmp_path):
    register()
    snapshots = []
    for place in (InProcess(), executor):
        with Store.open(tmp_path / f"{place.name}.db") as store:
            run, _ = evolve(fake_settings(7, time_steps=1), store, executor=place)
            snapshots.append(snapshot(store, run.id))
    assert snapshots[0] == snapshots[1]


def test_errors_carry_type_and_message(executor):
    with pytest.raises(NosSymError, match=r"^no data$") as caught:
        list(executor.run([Job(0, executor_jobs.raise_own, ("no data",))]))
    assert type(caught.value) is NosSymError
    with pytest.raises(JobError, match=r"^job 5 \(raise_foreign\): ValueError: a b$"):
        list(executor.run([Job(5, executor_jobs.raise_foreign, ("a\nb",))]))
    with pytest.raises(JobError, match="job 6 cannot be sent to a worker: TypeError") as caught:
        list(executor.run([Job(6, executor_jobs.square, (threading.Lock(),))]))
    assert "\n" not in str(caught.value)


def test_a_job_that_kills_its_workers_is_lost(executor, tmp_path):
    work = [Job(0, executor_jobs.note_and_die, (str(tmp_path), 99)), Job(1, executor_jobs.square, (3,))]
    outcomes = dict(executor.run(work))
    assert outcomes[1] == Done(9)
    assert isinstance(outcomes[0], Lost) and outcomes[0].attempts == 3
    assert outcomes[0].reason.startswith("its Ray worker is lost: ") and "\n" not in outcomes[0].reason
    assert len(list(tmp_path.iterdir())) == 3


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Have SIGINT raise KeyboardInterrupt, also where a shell started the tests with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_stops_what_runs(executor, tmp_path, interruptible):
    marker = tmp_path / "started"
    sleeping = executor.run([Job(1, executor_jobs.touch_and_sleep, (str(marker), 600.0))])
    interrupter = threading.Thread(target=interrupt_when, args=(marker,))
    interrupter.start()
    with pytest.raises(KeyboardInterrupt):
        next(sleeping)
    interrupter.join()
    # The one core of the node is free again.
    assert dict(executor.run([Job(0, executor_jobs.square, (3,))])) == {0: Done(9)}


def interrupt_when(marker):
    """Do what Ctrl-C does when a file is there."""
    wait_for(marker.exists)
    os.kill(os.getpid(), signal.SIGINT)


def test_clusters_that_cannot_be_used(executor):
    ray = import_ray()
    with pytest.raises(ExecutorError, match="no node of the Ray cluster has 64 cores"):
        RayExecutor(threads=64)
    # The connection of others is left as it is.
    assert ray.is_initialized()
    with open_executor("ray", workers=1) as other:
        assert (other.name, other.workers) == ("ray", 1)
    assert ray.is_initialized()


def test_the_job_of_a_node_that_dies_is_done_on_another(cluster, executor, tmp_path, capfd):
    # The last test with this cluster, which looks for the lost node for a while.
    node = cluster.add_node(num_cpus=1, object_store_memory=MEMORY)
    wait_for(lambda: executor.workers == 2)
    capfd.readouterr()
    found = {}

    def work() -> None:
        jobs = [Job(x, executor_jobs.note_node_and_wait, (str(tmp_path), x)) for x in range(2)]
        found.update(executor.run(jobs))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        wait_for(lambda: len(notes(tmp_path)) == 2)
        where = {node: (int(pid), name) for node, pid, name in notes(tmp_path)}
        pid, lost = where.pop(node.node_id)
        (kept,) = where
        cluster.remove_node(node, allow_graceful=False)
        # With a machine all of its processes end; the worker would otherwise wait for its node a while.
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not is_alive(pid))
    finally:
        (tmp_path / "go").touch()
        thread.join(50)
    assert {number: outcome.value for number, outcome in found.items()} == {0: kept, 1: kept}
    # The job of the lost node began twice, the other once.
    number = int(lost.split("-")[0])
    begun = sorted(path.name for path in tmp_path.glob("*.node"))
    assert begun == sorted([f"{number}-0.node", f"{number}-1.node", f"{1 - number}-0.node"])
    # Ray's own messages do not stand among the output of a command.
    assert capfd.readouterr() == ("", "")


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_a_search_that_loses_a_node_is_the_same(tmp_path):
    """On a cluster of its own, of which a node is killed while it trains."""
    from ray.cluster_utils import Cluster

    import_ray()
    register()
    settings = fake_settings(7, time_steps=2, training={"name": "evolution", "seconds": 0.2})
    with Store.open(tmp_path / "whole.db") as store:
        whole, _ = evolve(settings, store, executor=InProcess())
        expected = snapshot(store, whole.id)
    script = Path(search_on_ray.__file__)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1]), prepend=os.pathsep)
        found = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": MEMORY})
        try:
            node = found.add_node(num_cpus=2, object_store_memory=MEMORY)
            process = subprocess.Popen([sys.executable, str(script), found.address, str(tmp_path / "run.db")])
            try:
                wait_for(lambda: evaluations_of(tmp_path / "run.db") >= 22, 120)
                found.remove_node(node, allow_graceful=False)
                assert process.poll() is None
                assert process.wait(150) == 0
            finally:
                process.kill()
        finally:
            found.shutdown()
    with Store.read(tmp_path / "run.db") as store:
        assert snapshot(store, 1) == expected


def notes(folder):
    """Return node, process and file of each begin of a job."""
    return [(*path.read_text().split(), path.name) for path in folder.glob("*.node")]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("127.0.0.1:1", "nothing answers at '127.0.0.1:1'"),
        ("ray://127.0.0.1:1", "nothing answers at 'ray://127.0.0.1:1'"),
        ("somewhere", "'somewhere' is no address of a Ray cluster; expected"),
        ("127.0.0.1:port", "'127.0.0.1:port' is no address of a Ray cluster; expected"),
    ],
)
def test_wrong_addresses_are_refused_at_once(address, message):
    with pytest.raises(ExecutorError, match=re.escape(message)):
        check_address(address)
