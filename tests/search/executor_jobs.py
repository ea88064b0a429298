"""Functions that executors run in tests: at the top level of a module, so that workers can import them."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from nos_sym.errors import NosSymError, SourceError


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


def sleep_and_touch(path: str, seconds: float) -> str:
    Path(path).write_text(str(os.getpid()))
    time.sleep(seconds)
    return path


def module_names() -> list[str]:
    return sorted(sys.modules)
