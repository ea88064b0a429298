"""Making terms of what JAX computes: the operations of the language, in the form that a reader expects.

Every rewriting here is exact on all values of the language, in which a quotient by 0 is 0 and a boolean is
the number 1 or 0.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from nos_sym.lift.term import NAME, OPAQUE, Term, Terms

INFINITE = "an infinite number"
"""Name of the opaque terms for infinities, which vanish in minima and maxima; the sign stands before."""

_LARGEST_COUNTS = {2**31 - 1, 2**63 - 1, 2**32 - 1, 2**64 - 1}

_NEVER_NEGATIVE = {"abs", "sqrt", "exp", "norm2", "norm1", "norm_inf", "rms"}


class Making:
    """Makes terms in one :class:`Terms`.

    Attributes:
        terms: where they are made.
        counting: whether a term is a count of steps, which never reaches the largest integer.
        counted: whether that was taken for granted.
        finite: whether it was taken for granted that numbers are.
        settings: names of leaves that are one number for all parameters.
    """

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.counting: Callable[[Term], bool] = lambda _: False
        self.counted = False
        self.finite = False
        self.settings: frozenset[str] = frozenset()
        self._means: dict[tuple[int, Fraction], Term] = {}

    def number(self, value: float | Fraction) -> Term:
        """Return a number, for infinities and no numbers an opaque term."""
        if isinstance(value, float) and value in (float("inf"), float("-inf")):
            return self.terms.opaque(f"{'-' if value < 0 else ''}{INFINITE}")
        if isinstance(value, float) and value != value:
            return self.terms.opaque("no number (NaN)")
        return self.terms.number(value)

    def neg(self, x: Term) -> Term:
        """Return ``-x``."""
        if x.operation == OPAQUE and x.name.endswith(INFINITE):
            return self.terms.opaque(INFINITE if x.name[0] == "-" else f"-{INFINITE}")
        return self.terms.apply("neg", x)

    def add(self, x: Term, y: Term) -> Term:
        """Return ``x + y``, a difference where one of them has a minus sign."""
        if y.operation == "neg":
            return self.sub(x, y.operands[0])
        if x.operation == "neg":
            return self.sub(y, x.operands[0])
        if x.is_number and not y.is_number:
            x, y = y, x
        if y.is_number and not x.is_number:
            inner, number = _shifted(x)
            return self._shift(inner, number + y.value)
        return self.terms.apply("add", x, y)

    def _shift(self, x: Term, number: Fraction) -> Term:
        """Return a term plus a number."""
        return self.terms.apply("sub" if number < 0 else "add", x, self.terms.number(abs(number)))

    def sub(self, x: Term, y: Term) -> Term:
        """Return ``x - y``."""
        if x is y:
            return self.terms.number(0)
        if y.operation == "neg":
            return self.add(x, y.operands[0])
        if x.operation == "neg":
            return self.neg(self.add(x.operands[0], y))
        if y.is_number and not x.is_number:
            inner, number = _shifted(x)
            return self._shift(inner, number - y.value)
        return self.terms.apply("sub", x, y)

    def mul(self, x: Term, y: Term) -> Term:
        """Return ``x y``, with the minus sign before the product."""
        if x.operation == "neg":
            return self.neg(self.mul(x.operands[0], y))
        if y.operation == "neg":
            return self.neg(self.mul(x, y.operands[0]))
        for one, other in ((x, y), (y, x)):
            if one.is_number and one.value < 0 and not other.is_number:
                return self.neg(self.mul(self.terms.number(-one.value), other))
            if one.is_number and one.value and 1 / one.value == (whole := round(1 / one.value)):
                mean = self._means.get((id(other), Fraction(whole)))
                if mean is not None:
                    return mean
            if one.operation == "div" and one.operands[0].is_number and one.operands[0].value == 1:
                return self.div(other, one.operands[1])
        if x is y:
            return self.power(x, Fraction(2))
        return self.terms.apply("mul", x, y)

    def div(self, x: Term, y: Term) -> Term:
        """Return ``x / y``; a sum over the count of what was summed is a mean."""
        if y.is_number and (mean := self._means.get((id(x), y.value))) is not None:
            return mean
        if x.operation == "neg":
            return self.neg(self.div(x.operands[0], y))
        if y.operation == "neg":
            return self.neg(self.div(x, y.operands[0]))
        if y.is_number and y.value < 0:
            return self.neg(self.div(x, self.terms.number(-y.value)))
        return self.terms.apply("div", x, y)

    def power(self, x: Term, exponent: Fraction) -> Term:
        """Return ``x`` to an exact power."""
        if exponent < 0:
            return self.div(self.terms.number(1), self.power(x, -exponent))
        if exponent == 0:
            return self.terms.number(1)
        if exponent == 1:
            return x
        if x.is_number and exponent.denominator == 1 and exponent <= 99:
            return self.terms.number(x.value**exponent.numerator)
        if exponent == Fraction(1, 2):
            return self.terms.apply("sqrt", x)
        if exponent.denominator == 1:
            inner = x.operands[0] if x.operation == "neg" else x
            raised = self._whole_power(inner, exponent)
            return self.neg(raised) if inner is not x and exponent % 2 else raised
        return self.terms.apply("abspow", x, self.terms.number(exponent))

    def _whole_power(self, x: Term, exponent: Fraction) -> Term:
        if exponent <= 9:
            return self.terms.apply("pow", x, self.terms.number(exponent))
        raised = self.terms.apply("abspow", x, self.terms.number(exponent - exponent % 2))
        return self.mul(raised, x) if exponent % 2 else raised

    def pow(self, x: Term, y: Term) -> Term:
        """Return ``x`` to the power of a term, where ``x`` is no number below 0."""
        if y.is_number:
            return self.power(x, y.value)
        plain = (x.is_number and x.value > 0) or x.operation == NAME
        return self.terms.apply("pow" if plain else "abspow", x, y)

    def cube_root(self, x: Term) -> Term:
        """Return the cube root, which has the sign of ``x``."""
        return self.terms.apply("pow", x, self.terms.number(Fraction(1, 3)))

    def extreme(self, operation: str, x: Term, y: Term) -> Term:
        """Return the ``max`` or ``min`` of two; an infinity is the other one, or decides."""
        for one, other in ((x, y), (y, x)):
            if one.operation == OPAQUE and one.name.endswith(INFINITE):
                return one if (one.name[0] == "-") == (operation == "min") else other
            if one.is_number and one.value <= 0 and other.operation in _NEVER_NEGATIVE:
                return one if operation == "min" and not one.value else other if operation == "max" else one
        return x if x is y else self.terms.apply(operation, x, y)

    def truth(self, holds: bool) -> Term:
        """Return what is known to hold, or not to."""
        return self.terms.number(int(holds))

    def less(self, x: Term, y: Term, *, equal: bool = False) -> Term:
        """Return ``x < y``, or ``x <= y``."""
        if x is y:
            return self.truth(equal)
        if x.is_number and y.is_number:
            return self.truth(x.value < y.value or (equal and x.value == y.value))
        for one, other, above in ((x, y, False), (y, x, True)):
            if one.operation == OPAQUE and one.name.endswith(INFINITE):
                return self.truth((one.name[0] == "-") != above)
            if one.is_number and one.value in _LARGEST_COUNTS and self.counting(other):
                self.counted = True
                return self.truth(above)
        x, y = self._apart(x, y)
        return self.terms.apply("less_equal" if equal else "less", x, y)

    def _apart(self, x: Term, y: Term) -> tuple[Term, Term]:
        """Return both sides of a comparison, with numbers on the side of the number."""
        if y.is_number:
            inner, number = _shifted(x)
            return inner, self.terms.number(y.value - number)
        if x.is_number:
            inner, number = _shifted(y)
            return self.terms.number(x.value - number), inner
        return x, y

    def equal(self, x: Term, y: Term) -> Term:
        """Return ``x == y``."""
        if x is y:
            return self.truth(True)
        if x.is_number and y.is_number:
            return self.truth(x.value == y.value)
        for one, other in ((x, y), (y, x)):
            if one.is_number and other.operation == "where" and all(z.is_number for z in other.operands[1:]):
                told = [z.value == one.value for z in other.operands[1:]]
                if told[0] is not told[1]:
                    return other.operands[0] if told[0] else self.no(other.operands[0])
            if one.is_number and one.value in _LARGEST_COUNTS and self.counting(other):
                self.counted = True
                return self.truth(False)
            if one.operation == OPAQUE and one.name.endswith(INFINITE):
                return self.truth(False)
        return self.terms.apply("equal", *self._apart(x, y))

    def no(self, x: Term) -> Term:
        """Return ``not x``."""
        if x.is_number:
            return self.truth(not x.value)
        x = _condition(x)
        return x.operands[0] if x.operation == "logical_not" else self.terms.apply("logical_not", x)

    def both(self, x: Term, y: Term) -> Term:
        """Return ``x and y``."""
        for one, other in ((x, y), (y, x)):
            if one.is_number:
                return other if one.value else one
        x, y = _condition(x), _condition(y)
        return x if x is y else self.terms.apply("logical_and", x, y)

    def either(self, x: Term, y: Term) -> Term:
        """Return ``x or y``."""
        for one, other in ((x, y), (y, x)):
            if one.is_number:
                return one if one.value else other
        x, y = _condition(x), _condition(y)
        return x if x is y else self.terms.apply("logical_or", x, y)

    def where(self, condition: Term, x: Term, y: Term) -> Term:
        """Return ``x`` where the condition holds, else ``y``."""
        if x is y:
            return x
        if condition.is_number:
            return x if condition.value else y
        condition = _condition(condition)
        if condition.operation == "logical_not":
            return self.where(condition.operands[0], y, x)
        if condition.operation in ("less", "less_equal"):
            low, high = condition.operands
            if {low, high} == {x, y}:
                return self.extreme("min" if x is low else "max", x, y)
        return self.terms.apply("where", condition, x, y)

    def from_truth(self, x: Term) -> Term:
        """Return the number of a boolean."""
        return x if x.is_number else self.where(x, self.terms.number(1), self.terms.number(0))

    def to_truth(self, x: Term) -> Term:
        """Return whether a number is not 0."""
        inner = _condition(x)
        if inner is not x:
            return inner
        return self.truth(bool(x.value)) if x.is_number else self.no(self.equal(x, self.terms.number(0)))

    def remember_mean(self, total: Term, count: int, mean: Term) -> None:
        """Keep that a sum divided by a count is a mean."""
        if count > 1 and not total.is_number:
            self._means[(id(total), Fraction(count))] = mean


def _shifted(x: Term) -> tuple[Term, Fraction]:
    """Return a term without the number that is added to it, and that number."""
    if x.operation in ("add", "sub") and x.operands[1].is_number:
        inner, number = _shifted(x.operands[0])
        return inner, number + (x.operands[1].value if x.operation == "add" else -x.operands[1].value)
    return x, Fraction(0)


def _condition(x: Term) -> Term:
    """Return the condition of which a term is the number."""
    if x.operation == "where" and [y.value if y.is_number else None for y in x.operands[1:]] == [1, 0]:
        return x.operands[0]
    return x
