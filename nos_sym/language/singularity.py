"""Singular points: where the formula of an operation has no value, and the value that it has there.

Every function of the language is total. The meaning of a rule is a function of real numbers in which ``1/0``
is 0, 0 to a negative power is 0 and ``ln 0`` is one constant; this module is the one place that says so. The
numeric layer computes the formula, and puts the value in where the range of an operand reaches the singular
point (a *guard*), the same in the interpreter, in constant folding and in every backend.

A quotient or power is 0 at zero alone. It jumps there, which no threshold would take away; next to zero it is
large, and cut as every value is that is beyond its type (:mod:`nos_sym.program.saturation`). The logarithm is
constant from :data:`TINY` down, and so continuous.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nos_sym.intervals import interval as iv
from nos_sym.intervals.floats import TINY
from nos_sym.intervals.interval import Interval

__all__ = ["DIVISION", "LOGARITHM", "POWER", "TINY", "Singularity"]


@dataclass(frozen=True, eq=False)
class Singularity:
    """The singular points of an operation.

    Attributes:
        title: what happens, in words.
        reached: whether operands of these ranges reach a singular point.
        enclosure: range of the total function, given the ranges of the operands, the range of the formula
            away
            from its singular points, and the formula's range function.
        total: ``(xp, reference, operands)`` to the value of the total function; ``xp`` offers the functions
            of
            NumPy over arrays or the same over floats, and ``xp.tiny(x)``, the threshold in the type of x.
    """

    title: str
    reached: Callable[[Sequence[Interval]], bool]
    enclosure: Callable[[Sequence[Interval], Interval, Callable[..., Interval]], Interval]
    total: Callable[[Any, Callable[..., Any], Sequence[Any]], Any]


def _with_zero(_: Sequence[Interval], away: Interval, __: Callable[..., Interval]) -> Interval:
    return away.hull(iv.point(0.0))


def _divide(xp: Any, reference: Callable[..., Any], operands: Sequence[Any]) -> Any:
    divisor = operands[-1]
    return xp.where(divisor == 0, divisor * 0, reference(xp, *operands))


def _logarithm(xp: Any, _: Callable[..., Any], operands: Sequence[Any]) -> Any:
    return xp.log(xp.maximum(xp.abs(operands[0]), xp.tiny(operands[0])))


def _power(xp: Any, reference: Callable[..., Any], operands: Sequence[Any]) -> Any:
    base, exponent = operands
    singular = (base == 0) & (exponent < 0)
    return xp.where(singular, base * 0, reference(xp, *operands))


DIVISION = Singularity(
    title="0 where the divisor is 0",
    reached=lambda ranges: 0 in ranges[-1],
    enclosure=_with_zero,
    total=_divide,
)
"""``x/0 = 0``; the divisor is the last operand."""

LOGARITHM = Singularity(
    title="ln(max(|x|, 1e-30))",
    reached=lambda ranges: 0 in ranges[0],
    enclosure=lambda ranges, _, formula: formula(iv.maximum(ranges[0].absolute(), Interval(TINY, TINY))),
    total=_logarithm,
)
"""``ln 0`` is one constant, ``ln 1e-30`` in numbers; nothing else is known of it."""

POWER = Singularity(
    title="0 where the base is 0 and the exponent is negative",
    reached=lambda ranges: 0 in ranges[0] and ranges[1].can_be_negative,
    enclosure=_with_zero,
    total=_power,
)
"""``0^y = 0`` for negative y."""
