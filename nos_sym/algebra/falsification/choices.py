"""Enclosures of conditions, choices and roundings: what the ranges of their operands decide is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from nos_sym.intervals import interval as iv
from nos_sym.intervals.interval import REALS, Interval

_NO, _YES, _EITHER = iv.point(0.0), iv.point(1.0), Interval(0, 1)


def _truth(yes: bool, no: bool) -> Interval:
    return _YES if yes else _NO if no else _EITHER


def _less(x: Interval, y: Interval) -> Interval:
    return _truth(x.high < y.low, x.low >= y.high)


def _less_equal(x: Interval, y: Interval) -> Interval:
    return _truth(x.high <= y.low, x.low > y.high)


def _equal(x: Interval, y: Interval) -> Interval:
    return _truth(x.low == x.high == y.low == y.high, x.high < y.low or y.high < x.low)


def _where(condition: Interval, x: Interval, y: Interval) -> Interval:
    if condition.low == condition.high:
        return y if condition.low == 0 else x
    return x.hull(y)


def _floor(x: Interval) -> Interval:
    if math.isinf(x.low) or math.isinf(x.high):
        return REALS
    return Interval(float(math.floor(x.low)), float(math.floor(x.high)))


def _mod(x: Interval, y: Interval) -> Interval:
    if 0 in y:
        return x if y.low == y.high == 0 else REALS
    return iv.subtract(x, iv.multiply(y, _floor(iv.divide(x, y))))


DECIDED: dict[str, Callable[..., Interval]] = {
    "less": _less,
    "less_equal": _less_equal,
    "equal": _equal,
    "logical_and": iv.minimum,
    "logical_or": iv.maximum,
    "logical_not": lambda x: iv.subtract(_YES, x),
    "where": _where,
    "floor": _floor,
    "mod": _mod,
}
"""Operation to its range over ranges of its operands."""


def has_jumped(name: str, operands: Sequence[Interval], found: Interval) -> bool:
    """Return whether an operation that is constant but for its jumps has several values over its operands."""
    if name == "mod":
        whole = _floor(iv.divide(*operands))
        return whole.low != whole.high
    return name in _STEPS and found.low != found.high


_STEPS = frozenset(("less", "less_equal", "equal", "floor", "sign"))
