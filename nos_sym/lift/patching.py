"""Functions of Python on numbers that keep their terms, put into an original's modules while it runs."""

from __future__ import annotations

import builtins
import math
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nos_sym.lift.algebra_of_terms import Maker
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.recorder import place
from nos_sym.lift.scalars import Carrier, Whole, carrying, plain, term_of
from nos_sym.lift.term import Term


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


def traced_function(name: str, real: Any) -> Any:
    """Return a function that keeps terms of numbers, and is the real one on everything else."""

    def function(*args: Any, **kwargs: Any) -> Any:
        if name in _MATH:
            args = tuple(x.item() if hasattr(x, "untyped_storage") and x.numel() == 1 else x for x in args)
        found = next((x for x in args if isinstance(x, Carrier)), None)
        if found is None:
            return real(*args, **kwargs)
        known = _MATH.get(name)
        if known is None or kwargs:
            if name in ("isnan", "isinf", "isfinite", "isclose"):
                return real(*map(plain, args), **kwargs)
            raise LiftError(f"{place()} computes {name} of a number; the language has no such function")
        recorder = found.recorder
        term = known(Maker(recorder.terms), *(term_of(x, recorder) for x in args))
        return carrying(_total(real)(*map(plain, args)), term, recorder)

    return function


class _Traced(types.ModuleType):
    """A module of functions on numbers whose results keep terms."""

    def __init__(self, real: Any) -> None:
        super().__init__(real.__name__)
        self._real = real

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        known = isinstance(real, types.BuiltinFunctionType) or type(real).__name__ == "ufunc"
        return traced_function(name, real) if known else real


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


class _AsReal(type):
    """``float`` and ``int`` that keep terms, and are the types themselves to ``isinstance``."""

    real: Any

    def __instancecheck__(cls, x: object) -> bool:
        return isinstance(x, cls.real) or (cls.real is int and isinstance(x, Whole))

    def __subclasscheck__(cls, x: type) -> bool:
        return issubclass(x, cls.real)

    def __call__(cls, *args: Any) -> Any:
        if len(args) == 1 and isinstance(args[0], Carrier):
            x = args[0]
            if cls.real is float:
                return carrying(float(plain(x)), x.term, x.recorder)
            return x if isinstance(x, Whole) else x.__trunc__()
        if len(args) == 1 and hasattr(args[0], "untyped_storage"):
            found = args[0].item()
            return cls(found) if isinstance(found, Carrier) else cls.real(found)
        return cls.real(*args)

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is cls.real

    def __hash__(cls) -> int:
        return hash(cls.real)


class _Float(metaclass=_AsReal):
    real = float


class _Int(metaclass=_AsReal):
    real = int


def _range(*args: Any) -> range:
    """Return a range, whose ends must be fixed numbers."""
    for x in args:
        if isinstance(x, Carrier):
            x.recorder.pin(x.term)
    return builtins.range(*map(plain, args))


_NEW: dict[str, Any] = {
    "range": _range,
    "max": _extreme("max", builtins.max),
    "min": _extreme("min", builtins.min),
    "float": _Float,
    "int": _Int,
}


@contextmanager
def patched(modules: list[str]) -> Iterator[None]:
    """Let modules compute with functions that keep terms; what was there comes back."""
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
            for key, value in _NEW.items():
                if key not in space:
                    put(space, key, value)
        yield
    finally:
        for space, key, value in reversed(undo):
            if value is missing:
                space.pop(key, None)
            else:
                space[key] = value


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
