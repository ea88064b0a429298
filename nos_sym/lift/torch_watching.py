"""PyTorch: what the code of a step asks besides weights and gradients: the time, a place in memory.

What it answers is the same in all runs of one process, or looks like any number, so that a rule would have
it as it was.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import torch

from nos_sym.lift.lifted import Condition
from nos_sym.lift.recorder import is_of_original, short_path
from nos_sym.lift.torch_beside import Beside, Course, Draw, drawn

_HERE = str(Path(os.__file__).parent)
_TORCH_ITSELF = f"{Path(torch.__file__).parent}/_"
_MODULES = {
    "time": "", "posix": "", "nt": "", "_random": "", "_socket": "", "_thread": "get_ident get_native_id",
    "sys": "getrefcount getsizeof _getframe", "gc": "", "builtins": "id hash input open",
    "datetime": "now utcnow today",
}  # fmt: skip
"""Modules of C, and which of their functions are asked for; none for all."""
_FILES = ("random.py", "os.py", "secrets.py", "uuid.py", "threading.py", "platform.py", "socket.py")
"""Modules of Python's own library whose functions are."""
_TENSORS = frozenset(("data_ptr", "storage_offset"))
_TORCH = frozenset(("initial_seed", "seed", "get_rng_state"))


def conditions(beside: Beside, shapes: Sequence[tuple[int, ...]], draw: Draw) -> Iterator[Condition]:
    """Yield what a few steps ask, each once, with its place.

    Args:
        beside: the two.
        shapes: of the parameters.
        draw: values of settings.
    """
    seen: dict[str, str] = {}

    def watch(frame: FrameType, event: str, function: Any) -> None:
        if event == "c_call":
            name, caller = _of_c(function), frame
        elif event == "call" and frame.f_back is not None:
            name, caller = _of_python(frame), frame.f_back
        else:
            return
        file = caller.f_code.co_filename
        if name and _is_original(file):
            seen.setdefault(name, f"{short_path(file)}, line {caller.f_lineno}")

    weights, rows = drawn(67, shapes, 3)
    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        beside.theirs(weights, rows, draw, Course(wide=False))
    finally:
        sys.setprofile(before)
    for name, place in seen.items():
        yield Condition(f"{name} is asked: what it decides is as in the runs here", place)


def _is_original(file: str) -> bool:
    own = not file.startswith(_HERE) or "site-packages" in file
    return own and is_of_original(file) and not file.startswith(_TORCH_ITSELF)


def _of_c(function: Any) -> str:
    """Return what a function of C is called, where it is one of those that are looked for."""
    name = getattr(function, "__name__", "")
    owner = getattr(function, "__self__", None)
    if isinstance(owner, torch.Tensor) or getattr(function, "__objclass__", None) is torch._C.TensorBase:
        return f"{name} of a tensor" if name in _TENSORS else ""
    if isinstance(owner, random.Random):
        return f"random.{name}"
    module = getattr(function, "__module__", None) or getattr(owner, "__name__", "")
    if isinstance(owner, type):
        module = owner.__module__
    if module not in _MODULES:
        return ""
    only = _MODULES[module].split()
    return f"{module}.{name}" if not only or name in only else ""


def _of_python(frame: FrameType) -> str:
    file, name = frame.f_code.co_filename, frame.f_code.co_name
    folder, _, own = file.rpartition("/")
    if folder == _HERE and own in _FILES:
        return f"{own.removesuffix('.py')}.{name}"
    if file.endswith("/torch/random.py") and name in _TORCH:
        return f"torch's {name}"
    return ""
