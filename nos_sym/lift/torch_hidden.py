"""PyTorch: what steps change beside the states of an optimizer: what counts them where no rule sees it.

Objects that an optimizer has, its class and those that it is made from, the globals of their modules, what
their functions close over, and what parameters have besides gradients are looked through.
"""

from __future__ import annotations

import itertools
import operator
import sys
import types
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from nos_sym.lift.beside import Draw, drawn
from nos_sym.lift.lifted import Condition
from nos_sym.lift.torch_beside import Beside, step
from nos_sym.lift.torch_states import OWN, differ

STEPS = 4
_DEPTH = 4
_MOST = 4000
"""Values that are looked at; more are none that count steps."""
_PLAIN = (bool, int, float, complex, str, bytes)
_FUNCTIONS = (types.FunctionType, staticmethod, classmethod, property, types.MethodType)


def conditions(
    beside: Beside, shapes: Sequence[tuple[int, ...]], draw: Draw, steps: int
) -> Iterator[Condition]:
    """Yield what steps change and no rule has, by its name.

    Args:
        beside: the two.
        shapes: of the parameters.
        draw: values of settings.
        steps: how many were compared one by one.
    """
    weights, rows = drawn(61, shapes, STEPS)
    modules = _modules(beside.plan.original)
    try:
        with beside.optimizer(weights, draw) as (optimizer, parameters):
            found = []
            for row in rows:
                found.append(_seen(optimizer, parameters, modules))
                step(optimizer, parameters, row)
            found.append(_seen(optimizer, parameters, modules))
    except Exception:
        return
    for name, last in found[-1].items():
        values = [x[name] for x in found[1:] if name in x]
        if len(values) > 1 and any(differ(x, last) for x in values[:-1]):
            yield Condition(
                f"{name} changes by steps beside the states: what it decides after {steps} steps is not "
                "followed",
                "",
            )


def _seen(optimizer: Any, parameters: Sequence[Any], modules: Sequence[types.ModuleType]) -> dict[str, Any]:
    """Return values that are beside the states, by their names."""
    known = {id(x) for x in (*parameters, *(p.grad for p in parameters))}
    found: dict[str, Any] = {}
    for name, value in itertools.islice(_roots(optimizer, parameters, modules, known), _MOST):
        found.setdefault(name, value)
    return found


def _roots(
    optimizer: Any, parameters: Sequence[Any], modules: Sequence[types.ModuleType], known: set[int]
) -> Iterator[tuple[str, Any]]:
    bases = [c for c in type(optimizer).__mro__ if c not in (torch.optim.Optimizer, object)]
    walk = _Walk(known, {m.__name__ for m in modules})
    for name, value in vars(optimizer).items():
        if name == "_step_count":
            yield "self._step_count", value
        elif name == "defaults":
            yield from walk("self.defaults", value, 0)
        elif name not in OWN and not (name.startswith("_") and "hook" in name):
            # Numbers, and lists of them, are states.
            yield from walk.objects(f"self.{name}", value)
    for parameter in parameters:
        yield from walk.members("parameter", parameter, 0)
    for key, value in optimizer.state.items():
        if not isinstance(key, str | torch.Tensor):
            yield from walk(f"self.state[{key!r}]", value, 0)
    first = {"params", *optimizer.param_groups[0]}
    for group in optimizer.param_groups[1:]:
        yield from walk("a later group", {k: v for k, v in group.items() if k not in first}, 0)
    for base in bases:
        yield from walk(base.__qualname__, base, 0)
    read = _read(bases, modules)
    for module in modules:
        walk.known |= {id(x) for n, x in vars(module).items() if n not in read and hasattr(x, "__next__")}
        yield from walk.members(module.__name__.removeprefix("nos_sym_lifted_"), module, 0)


def _read(bases: Sequence[type], modules: Sequence[types.ModuleType]) -> set[str]:
    """Return names that functions of classes read, and those that functions read which they name."""
    waiting = [_code(f) for base in bases for f in vars(base).values()]
    globals_of = {n: x for module in modules for n, x in vars(module).items()}
    found: set[str] = set()
    while waiting:
        code = waiting.pop()
        if code is None:
            continue
        new = set(code.co_names) - found
        found |= new
        waiting += [x for x in code.co_consts if isinstance(x, types.CodeType)]
        waiting += [_code(globals_of.get(n)) for n in new]
    return found


def _code(value: object) -> types.CodeType | None:
    value = getattr(value, "__func__", getattr(value, "fget", value))
    value = getattr(value, "__wrapped__", value)
    return value.__code__ if isinstance(value, types.FunctionType) else None


def _modules(original: Any) -> list[types.ModuleType]:
    """Return the modules of a class, and those beside them that they import or have functions of."""
    own = [c.__module__ for c in original.__mro__ if c not in (torch.optim.Optimizer, object)]
    first = [sys.modules[n] for n in dict.fromkeys(own) if n in sys.modules]
    folders = {_folder(m) for m in first}
    roots = {m.__name__.partition(".")[0] for m in first} - {"torch"}
    found = {m.__name__: m for m in first}
    for module in first:
        for value in vars(module).values():
            name = value.__name__ if isinstance(value, types.ModuleType) else _module_of(value)
            other = sys.modules.get(name)
            if isinstance(other, types.ModuleType) and (
                name.partition(".")[0] in roots or _folder(other) in folders
            ):
                found.setdefault(name, other)
    return list(found.values())


def _folder(module: types.ModuleType) -> Path:
    return Path(getattr(module, "__file__", None) or "/").parent


def _module_of(value: Any) -> str:
    name = getattr(value, "__module__", None)
    return name if isinstance(name, str) else ""


class _Walk:
    """Looks for values in objects, each once.

    Args:
        known: identities of what is no hidden value.
        modules: names of modules whose classes and functions are the original's.
    """

    def __init__(self, known: set[int], modules: set[str]) -> None:
        self.known = set(known)
        self.modules = modules

    def __call__(self, name: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
        """Yield the values in something, by their names."""
        if isinstance(value, _PLAIN):
            yield name, value
            return
        if depth > _DEPTH or id(value) in self.known or isinstance(value, types.ModuleType):
            return
        self.known.add(id(value))
        if isinstance(value, torch.Tensor):
            yield name, value.detach().clone()
        elif isinstance(value, Mapping):
            yield f"the length of {name}", len(value)
            for key, item in itertools.islice(value.items(), 99):
                yield from self(f"{name}[{key!r}]" if isinstance(key, _PLAIN) else name, item, depth + 1)
        elif isinstance(value, list | tuple | deque | set | frozenset):
            yield f"the length of {name}", len(value)
            for place, item in enumerate(itertools.islice(value, 99)):
                yield from self(f"{name}[{place}]", item, depth + 1)
        elif isinstance(value, type):
            if value.__module__ in self.modules:
                yield from self.members(name, value, depth)
        elif isinstance(value, _FUNCTIONS):
            yield from self.function(name, value, depth)
        elif hasattr(value, "__next__"):
            yield name, _position(value)
        elif type(value).__module__.partition(".")[0] not in ("torch", "numpy", "builtins", "typing"):
            yield from self.members(name, value, depth)

    def objects(self, name: str, value: Any) -> Iterator[tuple[str, Any]]:
        """Yield the values of objects in lists and dictionaries, whose own numbers are states."""
        if isinstance(value, dict | list | tuple | deque):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            for key, item in itertools.islice(items, 99):
                if not isinstance(item, (*_PLAIN, torch.Tensor)):
                    yield from self.objects(f"{name}[{key!r}]" if isinstance(key, _PLAIN) else name, item)
        elif not isinstance(value, (*_PLAIN, torch.Tensor)):
            yield from self(name, value, 0)

    def members(self, name: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
        """Yield the values of attributes."""
        self.known.add(id(value))
        every = {n: getattr(value, n, None) for c in type(value).__mro__ for n in _slots(c)}
        every |= getattr(value, "__dict__", {})
        for key, item in every.items():
            if key.startswith("__") and key.endswith("__"):
                continue
            outside = isinstance(item, (type, *_FUNCTIONS)) and _module_of(item) not in self.modules
            if not outside or isinstance(item, staticmethod | classmethod | property):
                yield from self(f"{name}.{key}", item, depth + 1)

    def function(self, name: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
        """Yield the values that a function keeps."""
        if isinstance(value, property):
            for part in (value.fget, value.fset):
                if part is not None:
                    yield from self(name, part, depth)
            return
        value = getattr(value, "__func__", value)
        wrapped = getattr(value, "__wrapped__", None)
        if wrapped is not None:
            yield from self(name, wrapped, depth)
        if not isinstance(value, types.FunctionType) or value.__module__ not in self.modules:
            return
        for free, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=False):
            try:
                inside = cell.cell_contents
            except ValueError:
                continue
            yield from self(f"{free}, which {name} closes over,", inside, depth + 1)
        for key, item in vars(value).items():
            if key != "__wrapped__":
                yield from self(f"{name}.{key}", item, depth + 1)
        for place, item in enumerate((*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values())):
            yield from self(f"default {place} of {name}", item, depth + 1)


def _slots(kind: type) -> Sequence[str]:
    slots = vars(kind).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _position(iterator: Any) -> object:
    """Return what tells how far an iterator is; nothing of what it has left is taken."""
    if isinstance(iterator, types.GeneratorType):
        frame, inner = iterator.gi_frame, iterator.gi_yieldfrom
        own = {} if frame is None else {k: v for k, v in frame.f_locals.items() if isinstance(v, _PLAIN)}
        return f"{getattr(frame, 'f_lasti', None)} {own} {'' if inner is None else _position(inner)}"
    if isinstance(iterator, itertools.count):
        return repr(iterator)
    left = operator.length_hint(iterator, -1)
    # Others, as a cycle, do not tell where they are.
    return left if left >= 0 else object()
