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
from torch.overrides import TorchFunctionMode

from nos_sym.lift.beside import Draw, drawn
from nos_sym.lift.lifted import Condition
from nos_sym.lift.recorder import is_of_original, short_path
from nos_sym.lift.torch_beside import Beside, Course, step

_PYTHON = frozenset(("random", "os", "secrets", "uuid", "threading", "platform", "socket"))
"""Modules of Python's own library whose functions are."""
_HERE = str(Path(os.__file__).parent)
_OWN = frozenset(("collections.abc", *_PYTHON))
_VERSION = torch.Tensor._version.__get__  # type: ignore[attr-defined]
_MODULES = {
    "time": "", "posix": "", "nt": "", "_random": "", "_socket": "", "_thread": "get_ident get_native_id",
    "sys": "getrefcount getsizeof _getframe", "gc": "", "builtins": "id hash input open",
    "datetime": "now utcnow today",
}  # fmt: skip
"""Modules of C, and which of their functions are asked for; none for all."""
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
        if event == "c_call" and (name := _of_c(function)):
            _note(seen, name, frame)
        elif event == "call" and (name := _of_python(frame)):
            _note(seen, name, frame.f_back)

    weights, rows = drawn(67, shapes, 3)
    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        with _Versions(seen), beside.optimizer(weights, draw, Course(wide=False)) as (optimizer, own):
            optimizer.param_groups[:] = [_Group(x, seen) for x in optimizer.param_groups]
            for row in rows:
                step(optimizer, own, row)
    except Exception:
        return
    finally:
        sys.setprofile(before)
    added = {f"{_KEY}{key!r}" for group in optimizer.param_groups for key in group}
    for name, place in seen.items():
        if name.startswith(_KEY):
            if name not in added:
                yield Condition(f"the group does not have {name}, which is looked up", place)
        else:
            yield Condition(f"{name} is asked: what it decides is as in the runs here", place)


def _note(seen: dict[str, str], name: str, frame: FrameType | None) -> None:
    """Keep what is asked where the original asks it, by itself or through Python's own library."""
    while frame is not None and frame.f_globals.get("__name__") in _OWN:
        frame = frame.f_back
    if frame is not None and _is_original(frame.f_code.co_filename):
        seen.setdefault(name, f"{short_path(frame.f_code.co_filename)}, line {frame.f_lineno}")


class _Versions(TorchFunctionMode):
    """Sees that the count of changes of a tensor is asked, which no function does."""

    def __init__(self, seen: dict[str, str]) -> None:
        super().__init__()
        self.seen = seen

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func == _VERSION:
            _note(self.seen, "_version of a tensor", sys._getframe(1))
        return func(*args, **(kwargs or {}))


def _is_original(file: str) -> bool:
    own = not file.startswith(_HERE) or "site-packages" in file
    return own and is_of_original(file)


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
    name, module = frame.f_code.co_name, frame.f_globals.get("__name__", "")
    if module == "os":
        return "os.environ" if name in ("__getitem__", "__iter__", "__len__") else ""
    if module in _PYTHON:
        return f"{module}.{name.strip('_')}"
    return f"{module}.{name}" if module == "torch.random" and name in _TORCH else ""


_KEY = "the key "


class _Group(dict[str, Any]):
    """A group that sees for which keys it is asked that it does not have."""

    def __init__(self, group: dict[str, Any], seen: dict[str, str]) -> None:
        super().__init__(group)
        self._seen = seen

    def _look(self, key: object) -> None:
        if not super().__contains__(key):
            _note(self._seen, f"{_KEY}{key!r}", sys._getframe(2))

    def get(self, key: Any, default: Any = None) -> Any:
        """Return what stands under a key."""
        self._look(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self._look(key)
        return super().__contains__(key)
