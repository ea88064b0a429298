"""What is known of numbers of a run: bounds of the step and of settings, and what follows from them.

Only comparisons of one name with a number are reasoned about, shifted by a number where it is the step
(``t + 1 == 1``). Everything else is left open, so that both answers are tried.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from nos_sym.lift.term import NAME, Term

ENTRIES = "total(1)"
"""Stands for the number of all entries of all parameters."""

PARAMETERS = "total(1 / size)"
"""Stands for the number of parameters."""

_COUNTS = (ENTRIES, PARAMETERS, "size", "rows", "cols", "first_axis", "second_axis")


@dataclass(slots=True)
class Bounds:
    """Where a number lies.

    Attributes:
        low, high: ends; ``None`` where there is none.
        low_open, high_open: whether the ends are left out.
        holes: single numbers that it is not.
        whole: whether it is a whole number.
    """

    low: Fraction | None = None
    high: Fraction | None = None
    low_open: bool = False
    high_open: bool = False
    holes: set[Fraction] = field(default_factory=set)
    whole: bool = False

    def copy(self) -> Bounds:
        """Return bounds of their own."""
        return Bounds(self.low, self.high, self.low_open, self.high_open, set(self.holes), self.whole)

    def below(self, value: Fraction, *, strict: bool) -> None:
        """Learn that it is less than a number, or at most that."""
        if self.high is None or value < self.high or (value == self.high and strict):
            self.high, self.high_open = value, strict
        self._tighten()

    def above(self, value: Fraction, *, strict: bool) -> None:
        """Learn that it is more than a number, or at least that."""
        if self.low is None or value > self.low or (value == self.low and strict):
            self.low, self.low_open = value, strict
        self._tighten()

    def without(self, value: Fraction) -> None:
        """Learn that it is not a number."""
        self.holes.add(value)
        self._tighten()

    def _tighten(self) -> None:
        if self.low is not None and self.low in self.holes:
            self.low_open = True
        if self.high is not None and self.high in self.holes:
            self.high_open = True
        if self.whole:
            if self.low is not None and (self.low_open or self.low.denominator > 1):
                self.low, self.low_open = Fraction(self.low.__floor__() + 1), False
            if self.high is not None and (self.high_open or self.high.denominator > 1):
                self.high, self.high_open = Fraction(self.high.__ceil__() - 1), False

    def less(self, value: Fraction, *, strict: bool) -> bool | None:
        """Return whether it is less than a number (or at most it), ``None`` where that is open."""
        if self.high is not None and (
            self.high < value or (self.high == value and (not strict or self.high_open))
        ):
            return True
        if self.low is not None and (self.low > value or (self.low == value and (strict or self.low_open))):
            return False
        return None

    def equal(self, value: Fraction) -> bool | None:
        """Return whether it is a number, ``None`` where that is open."""
        if self.low == self.high == value and not self.low_open and not self.high_open:
            return True
        outside = self.less(value, strict=True) is True or self.less(value, strict=False) is False
        if outside or value in self.holes or (self.whole and value.denominator > 1):
            return False
        return None


class Facts:
    """Bounds of names.

    Args:
        settings: names of settings, which are constant along a training.
    """

    def __init__(self, settings: Iterable[str] = ()) -> None:
        self.settings = frozenset(settings)
        # A parameter without entries is stepped by nothing.
        self.bounds = {name: Bounds(Fraction(1), whole=True) for name in _COUNTS}
        self.known: dict[Term, bool] = {}
        self.residues: dict[tuple[str, Fraction], Fraction] = {}

    def copy(self) -> Facts:
        """Return facts of their own."""
        made = Facts(self.settings)
        made.bounds = {name: b.copy() for name, b in self.bounds.items()}
        made.known = dict(self.known)
        made.residues = dict(self.residues)
        return made

    def at_step(self, low: int, high: int | None = None) -> Facts:
        """Return these facts with bounds of the step ``t``."""
        made = self.copy()
        made.bounds["t"] = Bounds(Fraction(low), None if high is None else Fraction(high), whole=True)
        return made

    def of(self, name: str) -> Bounds:
        """Return the bounds of a name, to be added to."""
        return self.bounds.setdefault(name, Bounds())

    def implies(self, condition: Term) -> bool | None:
        """Return whether a condition holds, ``None`` where that is open."""
        if condition.is_number:
            return condition.value != 0
        if condition in self.known:
            return self.known[condition]
        if condition.operation == "logical_not":
            known = self.implies(condition.operands[0])
            return None if known is None else not known
        found = _shifted(condition)
        if found is None:
            known = self._by_residue(condition)
            return self._by_least(condition) if known is None else known
        if found[0] not in self.bounds:
            return self._by_least(condition)
        name, operation, value, first = found
        bounds = self.bounds[name]
        if operation == "equal":
            return bounds.equal(value)
        strict = operation == "less"
        if first:
            return bounds.less(value, strict=strict)
        more = bounds.less(value, strict=not strict)
        return None if more is None else not more

    def _by_residue(self, condition: Term) -> bool | None:
        """Return whether ``x % n`` is a number, where another remainder of ``x`` is known."""
        found = _remainder(condition)
        if found is None:
            return None
        name, by, value = found
        bounds = self.bounds.get(name)
        if bounds is not None and bounds.low is not None and bounds.low == bounds.high:
            return (bounds.low - value) % by == 0
        known = (rest for (own, n), rest in self.residues.items() if own == name and n % by == 0)
        rest = next(known, None)
        return None if rest is None else (rest - value) % by == 0

    def _by_least(self, condition: Term) -> bool | None:
        """Return whether a comparison with a number follows from how small its other side may be."""
        if condition.operation not in ("less", "less_equal", "equal"):
            return None
        x, y = condition.operands
        moving, fixed = (y, x) if x.is_number else (x, y)
        least = self._least(moving) if fixed.is_number else None
        if least is None:
            return None
        strict = condition.operation == "less"
        if condition.operation == "equal":
            return False if least > fixed.value else None
        if fixed is x:
            return True if least > fixed.value or (least == fixed.value and not strict) else None
        return False if least > fixed.value or (least == fixed.value and strict) else None

    def _least(self, x: Term) -> Fraction | None:
        """Return a number that a sum or product of known names is not below, ``None`` for none."""
        if x.is_number:
            return x.value
        if x.operation == NAME:
            return self.bounds[x.name].low if x.name in self.bounds else None
        if x.operation not in ("add", "mul"):
            return None
        parts = [self._least(y) for y in x.operands]
        known = [p for p in parts if p is not None]
        if len(known) < len(parts):
            return None
        if x.operation == "add":
            return sum(known, Fraction(0))
        return math.prod(known, start=Fraction(1)) if min(known) >= 0 else None

    def learn(self, condition: Term, taken: bool) -> None:
        """Take in that a condition holds, or that it does not."""
        if condition.operation == "logical_not":
            self.learn(condition.operands[0], not taken)
            return
        self.known[condition] = taken
        rest = _remainder(condition)
        if rest is not None and taken:
            self.residues[rest[:2]] = rest[2]
        found = _shifted(condition)
        if found is None:
            return
        name, operation, value, first = found
        bounds = self.of(name)
        if operation == "equal":
            if taken:
                bounds.below(value, strict=False)
                bounds.above(value, strict=False)
            else:
                bounds.without(value)
            return
        strict = (operation == "less") is taken
        if first is taken:
            bounds.below(value, strict=strict)
        else:
            bounds.above(value, strict=strict)


def _shifted(condition: Term) -> tuple[str, str, Fraction, bool] | None:
    """Return name, comparison, number, and whether the name stands first, of a comparison of both."""
    if condition.operation not in ("less", "less_equal", "equal"):
        return None
    x, y = condition.operands
    first = y.is_number
    moving, fixed = (x, y) if first else (y, x)
    if not fixed.is_number:
        return None
    moving, value = _moved(moving, fixed.value)
    name = _counted(moving) if moving.operation == "total" else moving.name
    return (name, condition.operation, value, first) if name else None


def _counted(total: Term) -> str:
    """Return what stands for a total that is a count, no text where it is none."""
    x = total.operands[0]
    if x.is_number and x.value == 1:
        return ENTRIES
    one_each = x.operation == "div" and x.operands[0].is_number and x.operands[0].value == 1
    return PARAMETERS if one_each and x.operands[1].name == "size" else ""


def _remainder(condition: Term) -> tuple[str, Fraction, Fraction] | None:
    """Return ``x``, ``n`` and ``k`` of a condition ``(x + a) % n == b``, which is ``x % n == k``."""
    if condition.operation != "equal":
        return None
    x, y = condition.operands
    moving, fixed = (x, y) if y.is_number else (y, x)
    if not fixed.is_number or moving.operation != "mod" or not moving.operands[1].is_number:
        return None
    by = moving.operands[1].value
    if by <= 0 or not 0 <= fixed.value < by:
        return None
    inner, value = _moved(moving.operands[0], fixed.value)
    return (inner.name, by, value % by) if inner.operation == NAME else None


def _moved(moving: Term, value: Fraction) -> tuple[Term, Fraction]:
    """Return what is compared with a number, without the numbers that are added to it."""
    while moving.operation in ("add", "sub") and len(moving.operands) == 2:
        a, b = moving.operands
        if b.is_number:
            value, moving = (value - b.value if moving.operation == "add" else value + b.value), a
        elif a.is_number and moving.operation == "add":
            value, moving = value - a.value, b
        else:
            break
    return moving, value
