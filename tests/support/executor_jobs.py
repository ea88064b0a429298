"""Functions that executors run in tests, at the top level of a module so that workers can import them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nos_sym.errors import NosSymError, SourceError


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        # A process that has ended and that nobody has asked after has an entry, but is not alive.
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc/self/stat").exists()


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def square(x: int) -> int:
    return x * x


def threads_of_torch(size: int) -> tuple[int, str]:
    """Return the number of threads and what a sum over threads gives, to the last digit."""
    import torch

    generator = torch.Generator().manual_seed(size)
    x = torch.randn(size, size, generator=generator)
    return torch.get_num_threads(), (x @ x).sum().item().hex()


def environment_of(*names: str) -> list[str | None]:
    return [os.environ.get(name) for name in names]


def process() -> int:
    return os.getpid()


def note_and_die(folder: str, times: int) -> int:
    """Kill the own process, as the kernel does for want of memory, until that was done a number of times."""
    tries = len(list(Path(folder).glob("try-*")))
    Path(folder, f"try-{tries}").touch()
    if tries < times:
        os.kill(os.getpid(), signal.SIGKILL)
    return tries


def exit_process(code: int) -> None:
    os._exit(code)


def raise_foreign(text: str) -> None:
    raise ValueError(text)


def raise_own(text: str) -> None:
    raise NosSymError(text)


def raise_source_error() -> None:
    raise SourceError("expected a rule", "none ~", 3)


def return_unsendable() -> Any:
    return lambda: None


def touch_and_sleep(path: str, seconds: float) -> str:
    Path(path).write_text(str(os.getpid()))
    time.sleep(seconds)
    return path


HANGS = ("asleep", "busy", "holding the interpreter")


def hang(how: str, path: str) -> None:
    """Note the own process and never end, in one of the ways of ``HANGS``."""
    Path(path).write_text(str(os.getpid()))
    while True:
        if how == "asleep":
            time.sleep(600)
        elif how == "holding the interpreter":
            # A function of C that is called like one of Python's own does not let other threads run.
            ctypes.PyDLL(None).sleep(600)


class HangsWhenRead:
    """An argument that a worker never ends to read, as a module that it never ends to import."""

    def __reduce__(self) -> tuple[Any, ...]:
        return time.sleep, (600,)


def note_node_and_wait(folder: str, number: int) -> str:
    """Note Ray node and process, wait until a file named ``go`` is there, and return the node."""
    import ray

    here = ray.get_runtime_context().get_node_id()
    tries = len(list(Path(folder).glob(f"{number}-*.node")))
    part = Path(folder, f"{number}-{tries}.part")
    part.write_text(f"{here} {os.getpid()}")
    part.rename(part.with_suffix(".node"))
    while not Path(folder, "go").exists():
        time.sleep(0.05)
    return here


def print_much() -> None:
    """Print in all ways there are, a progress bar among them."""
    print("printed \N{GREEK SMALL LETTER BETA}")
    os.write(1, b"of C\n")
    print("no end of line", end="")
    print("50 %\r100 %\r", file=sys.stderr)
    print("an error", file=sys.stderr)


def print_and_die() -> None:
    """Print, and end the process."""
    print("last words")
    os._exit(3)
