"""Whole numbers of a few values, such as ``t % 4``, which code needs as plain ones: each value is a way."""

from __future__ import annotations

from fractions import Fraction

from nos_sym.lift.facts import Facts
from nos_sym.lift.term import NAME, Term

MOST = 20
"""Values of such a number."""

Ends = tuple[int | None, int | None]


def values_of(term: Term, facts: Facts) -> range | None:
    """Return the values that a number may have, ``None`` where they are many or not known to be whole."""
    if not is_whole(term, facts):
        return None
    low, high = _ends(term, facts)
    if low is None or high is None or high - low >= MOST:
        return None
    return range(low, high + 1)


def is_whole(term: Term, facts: Facts) -> bool:
    """Return whether a number is known to be whole."""
    if term.is_number:
        return term.value.denominator == 1
    if term.operation == NAME:
        return term.name in facts.bounds and facts.bounds[term.name].whole
    if term.operation == "floor":
        return True
    operands = term.operands[1:] if term.operation == "where" else term.operands
    return term.operation in ("add", "sub", "mul", "neg", "mod", "min", "max", "where") and all(
        is_whole(x, facts) for x in operands
    )


def _ends(x: Term, facts: Facts) -> Ends:
    if x.is_number:
        return x.value.__floor__(), x.value.__ceil__()
    if x.operation == NAME:
        bounds = facts.bounds.get(x.name)
        return (None, None) if bounds is None else (_whole(bounds.low), _whole(bounds.high))
    if x.operation == "mod" and x.operands[1].is_number and x.operands[1].value > 0:
        return 0, x.operands[1].value.__ceil__() - 1
    if x.operation == "neg":
        low, high = _ends(x.operands[0], facts)
        return _minus(high), _minus(low)
    if x.operation == "floor" and x.operands[0].operation == "div":
        above, below = x.operands[0].operands
        return _divided(above, below, facts)
    if x.operation not in ("add", "sub", "min", "max", "where"):
        return None, None
    first, second = (_ends(y, facts) for y in x.operands[-2:])
    if x.operation == "sub":
        second = _minus(second[1]), _minus(second[0])
    if x.operation in ("add", "sub"):
        return _plus(first[0], second[0]), _plus(first[1], second[1])
    lows, highs = [y[0] for y in (first, second)], [y[1] for y in (first, second)]
    known_lows, known_highs = [y for y in lows if y is not None], [y for y in highs if y is not None]
    both = len(known_lows) == 2, len(known_highs) == 2
    if x.operation == "min":
        return min(known_lows) if both[0] else None, min(known_highs, default=None)
    if x.operation == "max":
        return max(known_lows, default=None), max(known_highs) if both[1] else None
    return min(known_lows) if both[0] else None, max(known_highs) if both[1] else None


def _divided(x: Term, y: Term, facts: Facts) -> Ends:
    if not y.is_number or y.value <= 0:
        return None, None
    low, high = _ends(x, facts)
    return _over(low, y.value), _over(high, y.value)


def _over(x: int | None, y: Fraction) -> int | None:
    return None if x is None else (x / y).__floor__()


def _whole(x: Fraction | None) -> int | None:
    return None if x is None else x.__floor__()


def _minus(x: int | None) -> int | None:
    return None if x is None else -x


def _plus(x: int | None, y: int | None) -> int | None:
    return None if x is None or y is None else x + y
