"""Python numbers of an original that know what they are: floats and whole numbers that carry a term.

Arithmetic makes new ones. It is total, as that of the language is (a quotient by 0 is 0), since the side of a
branch that the numbers would not take is run with numbers that do not fit it. A comparison is a question to
the recorder.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from nos_sym.lift.caught import catches
from nos_sym.lift.infinities import infinity, with_infinity
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.recorder import NOT_FOLLOWED, Recorder, place
from nos_sym.lift.term import Term


class Carrier:
    """What numbers with a term have in common; ``term`` and ``recorder`` are set by :func:`carrying`."""

    term: Term
    recorder: Recorder

    __array_ufunc__ = None
    """Lets numbers of NumPy leave arithmetic with these to these."""

    def __hash__(self) -> int:
        # A table or a set looks it up without a comparison that could be asked otherwise.
        if isinstance(self, Whole):
            return hash(self.__index__())
        self.recorder.pin(self.term)
        return hash(plain(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(plain(self)), (plain(self),)

    def __copy__(self) -> Carrier:
        return self

    def __deepcopy__(self, memo: object) -> Carrier:
        return self

    def __bool__(self) -> bool:
        terms = self.recorder.terms
        return not self.recorder.decide(terms.apply("equal", self.term, terms.number(0)), plain(self) == 0)

    def __neg__(self) -> Any:
        return carrying(-plain(self), self.recorder.terms.apply("neg", self.term), self.recorder)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return carrying(abs(plain(self)), self.recorder.terms.apply("abs", self.term), self.recorder)

    def __round__(self, digits: Any = None, /) -> Any:
        raise LiftError(f"{place()} rounds a number to the nearest; the language rounds down alone, 'floor'")

    def __floor__(self) -> Any:
        return carrying(
            math.floor(_finite(plain(self))), self.recorder.terms.apply("floor", self.term), self.recorder
        )

    def __ceil__(self) -> Any:
        return -((-self).__floor__())

    def __trunc__(self) -> Any:
        return self.__floor__() if self >= 0 else self.__ceil__()  # type: ignore[operator]

    def __int__(self) -> int:
        self.recorder.pin(self.term)
        return int(plain(self))

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def as_integer_ratio(self) -> tuple[int, int]:
        """Return the number as a fraction, for which it must be fixed."""
        self.recorder.pin(self.term)
        return plain(self).as_integer_ratio()  # type: ignore[no-any-return]

    def hex(self) -> str:
        """Return the number as text, for which it must be fixed."""
        self.recorder.pin(self.term)
        return float(plain(self)).hex()

    def __format__(self, spec: str) -> str:
        return format(self._written(), spec)

    def __str__(self) -> str:
        return str(self._written())

    def __repr__(self) -> str:
        return repr(self._written())

    def _written(self) -> Any:
        """Return the number for a text, which decides nothing that a rule could say."""
        self.recorder.note(NOT_FOLLOWED)
        return plain(self)

    def is_integer(self) -> bool:
        """Whether the number is whole; asked of the number itself, as checks of arguments do."""
        return float(plain(self)).is_integer()


class Real(Carrier, float):
    """A float with a term."""

    __hash__ = Carrier.__hash__


class Whole(Carrier, float):
    """A whole number with a term.

    It is a ``float`` and no ``int``: floats would compute with an ``int`` by themselves, and lose its term.
    """

    number: int
    __hash__ = Carrier.__hash__

    def __index__(self) -> int:
        return self.recorder.fixed(self.term, self.number)

    def __int__(self) -> int:
        return self.__index__()

    def bit_length(self) -> int:
        """Return the bits of the number, which must be fixed."""
        return self.__index__().bit_length()


def plain(x: Any) -> Any:
    """Return a number without its term; anything else as it is."""
    if isinstance(x, Whole):
        return x.number
    if isinstance(x, Real):
        return float.__float__(x)
    return x


def is_number(x: object) -> bool:
    """Return whether a value is a number of Python, with a term or without."""
    return isinstance(x, int | float) and not isinstance(x, bool)


def carrying(value: float, term: Term, recorder: Recorder) -> Any:
    """Return a number that carries a term, or a plain one where the term is a number itself."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if term.is_number:
        return int(term.value) if whole and term.value.denominator == 1 else float(term.value)
    made: Any = float.__new__(Whole if whole else Real, value)
    if whole:
        made.number = int(value)
    made.term, made.recorder = term, recorder
    return made


def term_of(x: Any, recorder: Recorder) -> Term:
    """Return the term of a number of Python; one of no number has none that a rule could read."""
    if isinstance(x, Carrier):
        return x.term
    if isinstance(x, float) and math.isinf(x):
        return infinity(recorder.terms, x)
    try:
        return recorder.terms.number(x if isinstance(x, int) else float(x))
    except ValueError:
        return recorder.terms.opaque(f"{float(x)} ({place()})")


def _finite(x: float) -> float:
    return x if math.isfinite(x) else 0.0


def _quotient(x: float, y: float) -> float:
    return x / y if y else 0.0


def _power(x: float, y: float) -> float:
    try:
        value: float | complex = x**y
    except (OverflowError, ZeroDivisionError):
        return 0.0
    size: float = abs(x) ** y if isinstance(value, complex) else value
    return size


_BINARY: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "add": ("add", lambda x, y: x + y),
    "sub": ("sub", lambda x, y: x - y),
    "mul": ("mul", lambda x, y: x * y),
    "truediv": ("div", _quotient),
    "pow": ("pow", _power),
    "mod": ("mod", lambda x, y: x % y if y else x),
}
_COMPARED: dict[str, tuple[str, bool, bool]] = {
    "lt": ("less", False, True),
    "gt": ("less", True, True),
    "le": ("less_equal", False, True),
    "ge": ("less_equal", True, True),
    "eq": ("equal", False, True),
    "ne": ("equal", False, False),
}
"""Comparisons: operation, whether sides are exchanged, and what is returned where it holds."""


def _number(x: object) -> bool:
    return isinstance(x, int | float) or (type(x).__module__ == "numpy" and getattr(x, "ndim", 1) == 0)


_DIVIDED = ("truediv", "mod")


def _ask_for_zero(divisor: Any) -> None:
    """Raise the error of a division by zero where the original catches it, as a branch of its code."""
    if isinstance(divisor, Carrier) and catches() and not divisor:
        raise ZeroDivisionError("division by zero")


def _infinite(name: str, carrier: Any, other: Any, *, first: bool) -> float | None:
    value, x = float(plain(carrier)), float(plain(other))
    return with_infinity(name, carrier.recorder, carrier.term, value, x, first=first)


def _binary(name: str, operation: str, compute: Callable[[Any, Any], Any]) -> None:
    def forward(self: Any, other: Any) -> Any:
        if not _number(other):
            return NotImplemented
        if math.isinf(plain(other)):
            known = _infinite(name, self, other, first=False)
            if known is not None:
                return known
        if name in _DIVIDED:
            _ask_for_zero(other)
        term = self.recorder.terms.apply(operation, self.term, term_of(other, self.recorder))
        return carrying(compute(plain(self), plain(other)), term, self.recorder)

    def backward(self: Any, other: Any) -> Any:
        if not _number(other):
            return NotImplemented
        if math.isinf(plain(other)):
            known = _infinite(name, self, other, first=True)
            if known is not None:
                return known
        if name in _DIVIDED:
            _ask_for_zero(self)
        term = self.recorder.terms.apply(operation, term_of(other, self.recorder), self.term)
        return carrying(compute(plain(other), plain(self)), term, self.recorder)

    setattr(Carrier, f"__{name}__", forward)
    setattr(Carrier, f"__r{name}__", backward)


def _floored(self: Any, other: Any) -> Any:
    return (self / other).__floor__() if _number(other) else NotImplemented


def _floored_back(self: Any, other: Any) -> Any:
    return (other / self).__floor__() if _number(other) else NotImplemented


def _compared(name: str, operation: str, exchanged: bool, positive: bool) -> None:
    def compare(self: Any, other: Any) -> Any:
        if not _number(other):
            return NotImplemented
        if not (math.isfinite(plain(other)) and math.isfinite(plain(self))):
            return getattr(float(plain(self)), f"__{name}__")(float(plain(other)))
        x, y = self.term, term_of(other, self.recorder)
        first, second = (y, x) if exchanged else (x, y)
        if first is second:
            return (operation != "less") is positive
        a, b = plain(self), plain(other)
        holds = {"less": a < b, "less_equal": a <= b, "equal": a == b}[operation]
        if exchanged:
            holds = {"less": b < a, "less_equal": b <= a}[operation]
        condition = self.recorder.terms.apply(operation, first, second)
        return self.recorder.decide(condition, holds) is positive

    setattr(Carrier, f"__{name}__", compare)


for _name, (_operation, _compute) in _BINARY.items():
    _binary(_name, _operation, _compute)
for _name, (_operation, _exchanged, _positive) in _COMPARED.items():
    _compared(_name, _operation, _exchanged, _positive)
for _name, _method in (("floordiv", _floored), ("rfloordiv", _floored_back)):
    setattr(Carrier, f"__{_name}__", _method)
