"""Compiled steps in several threads and processes: forks, Hogwild, data loaders, one cache for all."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from support.compiled_steps import RULE, script
from support.harness import backends
from support.step_processes import run, start

from nos_sym.codegen.render import render

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a folder with an optimizer in a file ``moved.py`` that can be imported."""
    (tmp_path / "moved.py").write_text(render(RULE, "torch"))
    return tmp_path


ONE_TEAM = """
import moved
CPUS, moved.CPUS = moved.CPUS, 8
expected = stepped()
with open("/proc/self/maps") as file:
    maps = {line.split()[-1] for line in file}
runtimes = {x for x in maps if "omp" in x.split("/")[-1].lower()}
assert len(runtimes) == 1 and "/torch/" in min(runtimes), runtimes
for threads in (1, 2, 8):
    torch.set_num_threads(threads)
    made = weights()
    assert parts(optimizer(made).step) == [threads]
    assert all(map(torch.equal, made, expected))
moved.CPUS = 2
assert parts(optimizer(weights()).step) == [2]  # eight are asked for
assert parts(optimizer(weights(100)).step) == [1]

# A fork after regions of several threads, in PyTorch and in this step.
torch.randn(10**6).exp_()
def child():
    assert parts(optimizer(weights()).step) == [1]
    check(expected)
    forked(lambda: check(expected))
forked(child)
made = weights()
old = optimizer(made)
old.step()
forked(lambda: parts(old.step) == [1] or 1 / 0)  # states of the first process
check(expected)  # whose team is as it was

# Threads of Python have a team each.
failed = []
def thread():
    try:
        check(expected)
    except BaseException as error:
        failed.append(error)
threads = [threading.Thread(target=thread) for _ in range(4)]
for x in threads: x.start()
for x in threads: x.join(20)
assert not failed and not any(x.is_alive() for x in threads), failed
forked(lambda: check(expected))

# States in shared memory stay there.
made = weights(50)
shared = optimizer(made)
shared.step()
states = [x for w in made for x in shared.state[w].values()]
for state in states: state.share_memory_()
addresses = [x.data_ptr() for x in states]
forked(shared.step)
assert shared.state[made[0]]["step"] == 2  # of which one is the other process's
shared.step()
assert [x.data_ptr() for w in made for x in shared.state[w].values()] == addresses
assert all(x.is_shared() for x in states)
"""


def test_one_team_of_threads_and_forks(place: Path) -> None:
    run(place, ONE_TEAM)


BEFORE = """
forked(stepped)
expected = stepped()
forked(lambda: check(expected))
"""
LATE = """
torch.randn(10**6).exp_()  # a team
def child():
    import moved
    assert moved.FORKED
    made = weights()
    optimizer(made).step()
    torch.set_num_threads(1)
    plain = weights()
    moved.Moved(plain, lr=0.1, foreach=False).step()
    assert all(torch.allclose(x, y, atol=1e-6) for x, y in zip(made, plain))
forked(child)
import moved
assert not moved.FORKED
"""
WORKERS = '''
import moved
import torch.multiprocessing as processes
from torch.utils.data import DataLoader, Dataset

class Moves(Dataset):
    """Each item is what a step of an optimizer makes of weights."""
    def __len__(self):
        return 6
    def __getitem__(self, index):
        return torch.stack(stepped())

def train(model, index):
    """Train as the examples of PyTorch do that share weights."""
    torch.manual_seed(index)
    optimizer = moved.Moved(model.parameters(), lr=0.01, fused=True)
    for _ in range(60):
        x = torch.randn(32, 300)
        loss = (model(x) - x @ target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

expected = torch.stack(stepped())
for items in DataLoader(Moves(), batch_size=3, num_workers=2, timeout=30, multiprocessing_context="fork"):
    for x in items:
        assert torch.equal(x, expected)

target = torch.randn(300, 150) / 20
model = torch.nn.Linear(300, 150)
x = torch.randn(200, 300)
with torch.no_grad():
    before = (model(x) - x @ target).square().mean()
model.share_memory()
addresses = [p.data_ptr() for p in model.parameters()]
context = processes.get_context("fork")
torch.set_num_threads(1)  # PyTorch's own operations would hang
workers = [context.Process(target=train, args=(model, k)) for k in range(3)]
for worker in workers: worker.start()
for worker in workers: worker.join(40)
assert [worker.exitcode for worker in workers] == [0, 0, 0]
assert addresses == [p.data_ptr() for p in model.parameters()]
assert all(p.is_shared() for p in model.parameters())
with torch.no_grad():
    after = (model(x) - x @ target).square().mean()
assert after < before / 2, (before, after)
'''


@pytest.mark.heavy
@pytest.mark.parametrize("text", [BEFORE, LATE, WORKERS], ids=["before", "late", "workers"])
def test_forks(text: str, place: Path) -> None:
    run(place, text)


@pytest.mark.heavy
@pytest.mark.parametrize(
    "variables", [{"OMP_NUM_THREADS": "1"}, {"OMP_THREAD_LIMIT": "1"}, {"OMP_DYNAMIC": "true"}]
)
def test_variables_of_openmp(variables: dict[str, str], place: Path) -> None:
    text = """
torch.save(torch.stack(stepped()), "saved.pt")
"""
    run(place, text)
    (place / "saved.pt").rename(place / "plain.pt")
    run(place, text, **variables)
    run(place, 'assert torch.equal(torch.load("plain.pt"), torch.load("saved.pt"))')


MANY = """
import time
while not os.path.exists("go"):
    time.sleep(0.01)
print(torch.stack(stepped()).double().sum().item())
"""


@pytest.mark.heavy
def test_many_processes_fill_one_cache(place: Path) -> None:
    processes = [start(place, MANY) for _ in range(8)]
    time.sleep(8)  # while each loads PyTorch
    (place / "go").touch()
    said = [p.communicate(timeout=200)[0] for p in processes]
    assert [p.returncode for p in processes] == [0] * 8, said
    assert len(set(said)) == 1
    (library,) = (place / "home" / "nos_sym").iterdir()
    made = library.stat().st_mtime_ns
    assert run(place, MANY) == said[0]
    assert library.stat().st_mtime_ns == made


@pytest.mark.heavy
def test_a_process_that_is_killed_leaves_nothing_that_breaks_others(place: Path) -> None:
    slow = script(place / "slow", 'touch "$0.began"; sleep 5; exec cc "$@"')
    process = start(place, MANY, CC=str(slow))
    (place / "go").touch()
    for _ in range(600):
        if (place / "slow.began").exists():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)
    assert not list((place / "home" / "nos_sym").iterdir())
    plain = run(place, MANY)
    assert run(place, MANY, CC=str(slow)) == plain


@pytest.mark.heavy
@pytest.mark.parametrize("limit", [1, 8, 24])
def test_a_limit_of_the_size_of_files(limit: int, place: Path) -> None:
    """In blocks of 512 bytes: of a source, of an object, of a library."""
    import resource

    text = f"""
import resource, signal
import moved
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit} * 512, resource.RLIM_INFINITY))
warnings.simplefilter("always")
made = weights()
with warnings.catch_warnings(record=True) as caught:
    optimizer(made).step()
assert len(caught) <= 1, caught
folder = "home/nos_sym"
assert not os.path.isdir(folder) or not os.listdir(folder), os.listdir(folder)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
moved.KERNEL.compiled.clear()
assert all(torch.allclose(x, y, atol=1e-6) for x, y in zip(made, stepped()))
assert len(os.listdir(folder)) == 1
"""
    if resource.getrlimit(resource.RLIMIT_FSIZE)[1] != resource.RLIM_INFINITY:
        pytest.skip("files are limited here")
    run(place, text)
