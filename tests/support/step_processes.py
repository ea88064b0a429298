"""Processes that move weights with compiled steps, for tests of forks and of shared caches."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.compiled_steps import environment

COMMON = '''
import os, sys, threading, warnings
import torch

def weights(count=20_000):
    """Return tensors for which a step takes several threads, PyTorch one, as more hang in a fork."""
    generator = torch.Generator().manual_seed(3)
    made = [torch.randn(count, generator=generator).requires_grad_() for _ in range(4)]
    for x in made:
        x.grad = torch.randn(count, generator=generator)
    return made

def optimizer(made):
    import moved
    return moved.Moved(made, lr=0.1, fused=True)

def stepped():
    """Return weights after a compiled step."""
    import moved
    made = weights()
    optimizer(made).step()
    assert all(moved.KERNEL.compiled.values())
    return [x.detach() for x in made]

def check(expected):
    assert all(map(torch.equal, stepped(), expected))

def parts(work):
    """Return how many parts a call was given."""
    import moved
    seen = []
    real = dict(moved.KERNEL.compiled)
    for key, step in real.items():
        moved.KERNEL.compiled[key] = lambda *x, step=step: seen.append(x[-1]) or step(*x)
    try:
        work()
    finally:
        moved.KERNEL.compiled.update(real)
    return seen

def forked(work):
    """Run work in a forked process, for at most 20 seconds."""
    child = os.fork()
    if not child:
        try:
            signal_alarm(20)
            work()
            os._exit(0)
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0, "a forked process hangs or fails"

def signal_alarm(seconds):
    import signal
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(seconds)

warnings.simplefilter("error")
assert torch.get_num_threads() == int(os.environ["OMP_NUM_THREADS"])
'''


def start(place: Path, text: str, **variables: str) -> subprocess.Popen[str]:
    """Start a process that runs a text."""
    (place / "script.py").write_text(COMMON + text)
    return subprocess.Popen(
        [sys.executable, "script.py"],
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(place / "home") | {"OMP_NUM_THREADS": "2"} | variables,
    )


def run(place: Path, text: str, **variables: str) -> str:
    """Run a text in a process of its own and return what it says."""
    process = start(place, text, **variables)
    try:
        said, _ = process.communicate(timeout=100)
    finally:
        process.kill()
    assert process.returncode == 0, said
    return said
