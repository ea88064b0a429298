"""Functions of Python on numbers that keep their terms, put into an original's modules while it runs."""

from __future__ import annotations

import builtins
import functools
import math
import operator
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from nos_sym.lift.algebra_of_terms import Maker
from nos_sym.lift.caught import catches
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.recorder import place
from nos_sym.lift.scalars import Carrier, Whole, carrying, plain, term_of
from nos_sym.lift.scripts import scripts_refused
from nos_sym.lift.term import Term
from nos_sym.lift.types_of_numbers import AsReal, Float, Int, Type


def _total(function: Callable[..., float]) -> Callable[..., float]:
    def compute(*args: float) -> float:
        try:
            value = function(*args)
        except (ValueError, OverflowError, ZeroDivisionError):
            return 0.0
        return abs(value) if isinstance(value, complex) else value

    return compute


def _pi(make: Maker) -> Term:
    return make.mul(make.number(4), make.apply("arctan", make.one))


_MATH: dict[str, Callable[..., Term]] = {
    "sqrt": lambda m, x: m.apply("sqrt", x),
    "pow": lambda m, x, y: m.power(x, y),
    "power": lambda m, x, y: m.power(x, y),
    "exp": lambda m, x: m.apply("exp", x),
    "expm1": lambda m, x: m.sub(m.apply("exp", x), m.one),
    "log": lambda m, x, *base: m.div(m.apply("ln", x), m.apply("ln", base[0])) if base else m.apply("ln", x),
    "log1p": lambda m, x: m.apply("ln", m.add(m.one, x)),
    "log2": lambda m, x: m.div(m.apply("ln", x), m.apply("ln", m.number(2))),
    "log10": lambda m, x: m.div(m.apply("ln", x), m.apply("ln", m.number(10))),
    "fabs": lambda m, x: m.apply("abs", x),
    "abs": lambda m, x: m.apply("abs", x),
    "tanh": lambda m, x: m.apply("tanh", x),
    "atan": lambda m, x: m.apply("arctan", x),
    "arctan": lambda m, x: m.apply("arctan", x),
    "asinh": lambda m, x: m.apply("arcsinh", x),
    "erf": lambda m, x: m.apply("erf", x),
    "floor": lambda m, x: m.apply("floor", x),
    "ceil": lambda m, x: m.neg(m.apply("floor", m.neg(x))),
    "cos": lambda m, x: m.apply("cospi", m.div(x, _pi(m))),
    "sin": lambda m, x: m.apply("cospi", m.sub(m.div(x, _pi(m)), m.number(0.5))),
    "minimum": lambda m, x, y: m.apply("min", x, y),
    "maximum": lambda m, x, y: m.apply("max", x, y),
    "square": lambda m, x: m.square(x),
    "sign": lambda m, x: m.apply("sign", x),
}
"""Functions of ``math`` and of NumPy on one number or two."""


_FOLDED: dict[str, tuple[Callable[[Any, Any], Any], int]] = {
    "prod": (operator.mul, 1),
    "fsum": (operator.add, 0),
}
"""Functions of a list of numbers, what joins two of them, and what changes nothing."""


def traced_function(name: str, real: Any) -> Any:
    """Return a function that keeps terms of numbers, and is the real one on everything else."""

    def function(*args: Any, **kwargs: Any) -> Any:
        listed: Any = args[0] if name in _FOLDED and len(args) == 1 and not kwargs else ()
        if type(listed) in (list, tuple) and any(isinstance(x, Carrier) for x in listed):
            operation, idle = _FOLDED[name]
            return functools.reduce(operation, listed, idle)
        if name in _MATH:
            args = tuple(x.item() if hasattr(x, "untyped_storage") and x.numel() == 1 else x for x in args)
        found = next((x for x in args if isinstance(x, Carrier)), None)
        if found is None:
            _no_numbers(name, (*args, *kwargs.values()))
            return real(*(_real(x) for x in args), **{k: _real(x) for k, x in kwargs.items()})
        known = _MATH.get(name)
        if known is None or kwargs:
            if name in ("isnan", "isinf", "isfinite"):
                found.recorder.note("numbers are finite")
                return real(*map(plain, args), **kwargs)
            raise LiftError(f"{place()} computes {name} of a number; the language has no such function")
        recorder = found.recorder
        if catches():
            recorder.note("functions of numbers raise no errors where these are caught")
        term = known(Maker(recorder.terms), *(term_of(x, recorder) for x in args))
        return carrying(_total(real)(*map(plain, args)), term, recorder)

    return function


def _no_numbers(name: str, args: Iterable[Any]) -> None:
    """Refuse numbers with terms inside of lists: what is made of them has none.

    Raises:
        LiftError: there are some.
    """
    for x in args:
        if isinstance(x, Carrier):
            raise LiftError(f"{place()} computes {name} of a number; the language has no such function")
        if type(x) in (list, tuple):
            _no_numbers(name, x)


def _real(x: Any) -> Any:
    return x.real if isinstance(x, AsReal) else x


def _scalar_type(real: type) -> Any:
    """Return a type of numbers of NumPy that keeps terms; any other type as it is, a family of them too."""
    kind = next((k for k in ("floating", "integer") if any(b.__name__ == k for b in real.__mro__[1:])), "")
    if not kind or not real.__module__.startswith("numpy") or real.__subclasses__():
        return real
    import numpy as np

    return AsReal(real.__name__, (), {"real": real, "whole": kind == "integer", "dtype": np.dtype(real)})


class _Traced(types.ModuleType):
    """A module of functions on numbers whose results keep terms."""

    def __init__(self, real: Any) -> None:
        super().__init__(real.__name__)
        self._real = real

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        if isinstance(real, types.ModuleType):
            return _Traced(real)
        if isinstance(real, type):
            return _scalar_type(real)
        return traced_function(name, real) if callable(real) else real


def _extreme(operation: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def function(*args: Any, **kwargs: Any) -> Any:
        items = list(args[0]) if len(args) == 1 and not isinstance(args[0], Carrier) else list(args)
        found = next((x for x in items if isinstance(x, Carrier)), None)
        if found is None or kwargs or not all(isinstance(x, int | float) for x in items):
            return real(items, **kwargs) if len(args) == 1 else real(*args, **kwargs)
        recorder = found.recorder
        infinite = math.inf if operation == "min" else -math.inf
        if any(plain(x) == -infinite for x in items):
            return -infinite
        terms = [term_of(x, recorder) for x in items if plain(x) != infinite]
        joined = terms[0]
        for term in terms[1:]:
            joined = recorder.terms.apply(operation, joined, term)
        return carrying(real(plain(x) for x in items), joined, recorder)

    return function


def _range(*args: Any) -> range:
    """Return a range, whose ends must be fixed numbers."""
    fixed = [x.__index__() if isinstance(x, Whole) else plain(x) for x in args]
    return builtins.range(*fixed)


_NEW: dict[str, Any] = {
    "range": _range,
    "max": _extreme("max", builtins.max),
    "min": _extreme("min", builtins.min),
    "float": Float,
    "int": Int,
    "type": Type,
}


@contextmanager
def patched(modules: list[str], more: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Let modules compute with functions that keep terms; what was there comes back.

    Args:
        modules: by name.
        more: functions of Python by name, and what stands for them besides the usual ones.
    """
    undo: list[tuple[dict[str, Any], str, Any]] = []
    missing = object()

    def put(space: dict[str, Any], name: str, value: Any) -> None:
        undo.append((space, name, space.get(name, missing)))
        space[name] = value

    try:
        for name in modules:
            space = vars(sys.modules[name])
            for key, value in list(space.items()):
                if value is math or (isinstance(value, types.ModuleType) and value.__name__ == "numpy"):
                    put(space, key, _Traced(value))
                elif isinstance(value, types.BuiltinFunctionType) and value.__module__ == "math":
                    put(space, key, traced_function(value.__name__, value))
            for key, value in {**_NEW, **(more or {})}.items():
                if key not in space:
                    put(space, key, value)
        put(vars(builtins), "__import__", _importing(frozenset(modules), builtins.__import__))
        with scripts_refused():
            yield
    finally:
        for space, key, value in reversed(undo):
            if value is missing:
                space.pop(key, None)
            else:
                space[key] = value


def _importing(modules: frozenset[str], real: Any) -> Any:
    """Return what imports for code that imports while it runs: ``math`` and NumPy keep terms for modules."""

    def imported(name: str, space: Any = None, *rest: Any, **named: Any) -> Any:
        found = real(name, space, *rest, **named)
        if space and space.get("__name__") in modules and getattr(found, "__name__", "") in ("math", "numpy"):
            return _Traced(found)
        return found

    return imported


def modules_of(original: Any) -> list[str]:
    """Return the modules whose functions an original may call: those of its package that are imported."""
    names: list[str] = []
    for base in getattr(original, "__mro__", (original,)):
        module = getattr(base, "__module__", "builtins")
        root = module.partition(".")[0]
        if root in ("builtins", "typing", "abc", "collections"):
            continue
        prefix = "torch.optim." if root == "torch" else f"{root}."
        names += [
            n
            for n in list(sys.modules)
            if (n == module or n.startswith(prefix)) and sys.modules[n] is not None
        ]
    return list(dict.fromkeys(names))
