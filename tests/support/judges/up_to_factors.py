"""A judge of equality up to factors: a sign, a constant, or functions of the training's step."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from nos_sym.algebra.levels import Level
from nos_sym.language.rule import Rule
from support.judges.every_history import LOGARITHMS_OF_ZERO, Rows, Value, apart, numberings, rows_on
from support.judges.histories import HISTORIES, LONG, History
from support.judges.total_functions import Beyond, Number, divide, multiply

EXCEPTIONS = 8
"""Steps, of 32, at which functions of the step may vanish before the judge takes them for more than a few."""


def separated_at(level: Level, first: Rule, second: Rule) -> str:
    """Return where two rules are not equal at a level, or nothing.

    At level ``schedule``, d A = e B with functions d and e of the step that both vanish at a few steps alone:
    at every other step the entries of A and B are proportional, and zero only together.
    """
    found = ""
    for other in numberings(first, second):
        found = _by_steps(first, other) if level is Level.SCHEDULE else _by_number(level, first, other)
        if not found:
            return ""
    return found


def _both(first: Rule, second: Rule, history: History) -> list[tuple[Rows, Rows]]:
    return [(rows_on(first, history, c), rows_on(second, history, c)) for c in LOGARITHMS_OF_ZERO]


def _by_number(level: Level, first: Rule, second: Rule) -> str:
    for constant in range(len(LOGARITHMS_OF_ZERO)):
        pairs = [
            (x, y)
            for history in HISTORIES
            for row, other in zip(*_both(first, second, history)[constant], strict=True)
            for x, y in zip(row, other, strict=True)
            if x is not None and y is not None
        ]
        whole = [(x, y) for x, y in pairs if x != 0 and y != 0]
        if len(whole) < len([1 for x, y in pairs if x != 0 or y != 0]):
            return "one is zero where the other is not"
        factors = [divide(*pair) for pair in whole]
        if any(apart(a, b) for a, b in pairwise(factors)):
            return "their ratio is no constant"
        if level is Level.SIGN and factors and apart(abs(factors[0]), divide(factors[0], factors[0])):
            return "their ratio is no sign"
    return ""


def _by_steps(first: Rule, second: Rule) -> str:
    for a, b in _both(first, second, LONG):
        steps = [t for t, (x, y) in enumerate(zip(a, b, strict=True)) if not _proportional(x, y)]
        if len(steps) > EXCEPTIONS:
            return f"they are not proportional at the steps {steps} of {LONG.total}"
    return ""


def _proportional(x: Sequence[Value], y: Sequence[Value]) -> bool:
    """Return whether two vectors are proportional and zero only together, as far as they are known."""
    known: list[tuple[Number, Number]] = [
        (u, v) for u, v in zip(x, y, strict=True) if u is not None and v is not None
    ]
    if len({any(p[i] != 0 for p in known) for i in (0, 1)}) == 2:
        return False
    try:
        return not any(apart(multiply(u, q), multiply(p, v)) for (u, v), (p, q) in pairwise(known))
    except Beyond:
        return True
