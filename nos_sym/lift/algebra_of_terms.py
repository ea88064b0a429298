"""Operations on terms that front ends share: shorthands, conditions as numbers, replacing leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from nos_sym.lift.infinities import INFINITY, finite, is_finite
from nos_sym.lift.term import NAME, OPAQUE, Term, Terms, walk

CONDITIONS = frozenset(("less", "less_equal", "equal", "logical_and", "logical_or", "logical_not"))
"""Operations whose value holds or does not."""

MEANS = frozenset(("sum", "mean", "row_sum", "col_sum", "row_mean", "col_mean", "mean_rest", "mean_first"))
"""Sums and means of some entries."""
ZERO_OF_ZERO = MEANS | {
    "norm1",
    "norm2",
    "norm_inf",
    "rms",
    "total",
    "row_max",
    "col_max",
    "largest_rest",
    "largest_first",
}
"""What is 0 where all entries are."""


class Maker:
    """Shorthands for the operations of the language on terms.

    Args:
        terms: the maker of terms.
    """

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.zero, self.one = terms.number(0), terms.number(1)

    def number(self, value: float | Fraction) -> Term:
        """Return a number."""
        return self.terms.number(value)

    def apply(self, operation: str, *operands: Term) -> Term:
        """Return an operation on numbers; a condition among them counts 1 where it holds, else 0."""
        values = tuple(self.value(x) for x in operands)
        if operation in ZERO_OF_ZERO and values[0] is self.zero:
            return self.zero
        found = finite(operation, values, lambda y: self._by_choice(values[0], y))
        return self.terms.apply(operation, *values) if found is None else found

    def _by_choice(self, x: Term, y: Term) -> Term:
        """Return ``x / where(c, inf, z)`` and its kin as a choice of quotients; that by an infinity is 0."""
        condition, *sides = y.operands
        quotients = (self.zero if z.operation == INFINITY else self.div(x, z) for z in sides)
        return self.where(condition, *quotients)

    def value(self, x: Term) -> Term:
        """Return a term as a number: a condition is 1 where it holds."""
        return self.where(x, self.one, self.zero) if x.operation in CONDITIONS else x

    def condition(self, x: Term) -> Term:
        """Return a term as a condition: a number holds where it is not 0."""
        if x.operation in CONDITIONS or x.is_number:
            return x
        return self.negation(self.terms.apply("equal", x, self.zero))

    def add(self, x: Term, y: Term) -> Term:
        """Return a sum."""
        return self.apply("add", x, y)

    def sub(self, x: Term, y: Term) -> Term:
        """Return a difference."""
        return self.apply("sub", x, y)

    def mul(self, x: Term, y: Term) -> Term:
        """Return a product."""
        return self.apply("mul", x, y)

    def div(self, x: Term, y: Term) -> Term:
        """Return a quotient."""
        return self.apply("div", x, y)

    def neg(self, x: Term) -> Term:
        """Return what is added to a term to make 0."""
        return self.apply("neg", x)

    def power(self, x: Term, y: Term) -> Term:
        """Return a power; that of one half is a root."""
        if y.is_number:
            if y.value == 1:
                return self.value(x)
            if y.value == 0:
                return self.one
            if x is self.one:
                return x
            if y.value == Fraction(1, 2):
                return self.apply("sqrt", x)
            if y.value == -1:
                return self.div(self.one, x)
            if y.value == Fraction(-1, 2):
                return self.div(self.one, self.apply("sqrt", x))
            if x.is_number and y.value.denominator == 1 and 0 < y.value <= 20:
                return self.number(x.value ** int(y.value))
            if y.value == -2 and x.operation == "div" and x.operands[0] is self.one:
                # The norm of order -2 to the power of -2 is the sum that it was made of, which has no sign.
                root = x.operands[1]
                if root.operation == "sqrt" and _signless(root.operands[0]):
                    return root.operands[0]
        return self.apply("pow", x, y)

    def square(self, x: Term) -> Term:
        """Return a square."""
        return self.power(x, self.number(2))

    def lerp(self, x: Term, y: Term, weight: Term) -> Term:
        """Return ``x + weight (y - x)``, for ``weight = 1 - b`` as ``b x + (1 - b) y``."""
        if weight.operation == "sub" and weight.operands[0] is self.one:
            return self.add(self.mul(weight.operands[1], x), self.mul(weight, y))
        if weight.is_number:
            return self.add(self.mul(self.sub(self.one, weight), x), self.mul(weight, y))
        return self.add(x, self.mul(weight, self.sub(y, x)))

    def compared(self, operation: str, x: Term, y: Term) -> Term:
        """Return a comparison; ``greater`` and its kin are the others with the sides exchanged."""
        x, y = self.value(x), self.value(y)
        if operation.startswith("greater"):
            operation, x, y = operation.replace("greater", "less"), y, x
        for bound, other, below in ((x, y, -1), (y, x, 1)):
            if bound.operation == INFINITY and is_finite(other):
                return self.one if operation != "equal" and bound.value == below else self.zero
        if x.is_number and y.is_number:
            holds = {
                "less": x.value < y.value,
                "less_equal": x.value <= y.value,
                "equal": x.value == y.value,
            }[operation]
            return self.one if holds else self.zero
        if x is y:
            return self.zero if operation == "less" else self.one
        return self.terms.apply(operation, x, y)

    def negation(self, x: Term) -> Term:
        """Return the opposite of a condition."""
        if x.is_number:
            return self.zero if x.value else self.one
        if x.operation == "logical_not":
            return x.operands[0]
        return self.terms.apply("logical_not", x)

    def both(self, x: Term, y: Term) -> Term:
        """Return whether two conditions hold."""
        for a, b in ((x, y), (y, x)):
            if a.is_number:
                return b if a.value else self.zero
        return x if x is y else self.terms.apply("logical_and", x, y)

    def either(self, x: Term, y: Term) -> Term:
        """Return whether one of two conditions holds."""
        for a, b in ((x, y), (y, x)):
            if a.is_number:
                return self.one if a.value else b
        return x if x is y else self.terms.apply("logical_or", x, y)

    def where(self, condition: Term, x: Term, y: Term) -> Term:
        """Return ``x`` where a condition holds, else ``y``."""
        if condition.is_number:
            return x if condition.value else y
        if condition.operation == "logical_not":
            return self.where(condition.operands[0], y, x)
        x, y = self.value(x), self.value(y)
        quotient = x is self.zero and y.operation == "div" and condition.operation == "equal"
        if quotient and condition.operands == (y.operands[1], self.zero):
            # A quotient by 0 is 0 in the language.
            return y
        return x if x is y else self.terms.apply("where", condition, x, y)


def _signless(x: Term) -> bool:
    """Return whether a term is a sum or mean of even powers or of powers of absolute values."""
    if x.operation in MEANS:
        return _signless(x.operands[0])
    if x.operation != "pow":
        return x.operation == "abs"
    base, exponent = x.operands
    return base.operation == "abs" or (exponent.is_number and exponent.value % 2 == 0)


def replaced(terms: Terms, root: Term, leaves: Mapping[Term, Term]) -> Term:
    """Return a term with others in the place of some of its parts, computed anew where they stood."""
    if not leaves:
        return root
    return mapped(terms, root, leaves.get)


def mapped(terms: Terms, root: Term, function: Callable[[Term], Term | None]) -> Term:
    """Return a term with what a function returns in the place of each part for which it returns one."""
    make = Maker(terms)
    done: dict[Term, Term] = {}
    stack = [root]
    while stack:
        term = stack[-1]
        if term in done:
            stack.pop()
            continue
        found = function(term)
        if found is not None:
            done[term] = found
            stack.pop()
            continue
        waiting = [x for x in term.operands if x not in done]
        if waiting:
            stack.extend(waiting)
            continue
        stack.pop()
        done[term] = rebuilt(make, term, tuple(done[x] for x in term.operands))
    return done[root]


def rebuilt(make: Maker, term: Term, operands: tuple[Term, ...]) -> Term:
    """Return the same operation on other operands, computed where they are numbers."""
    if all(x is y for x, y in zip(operands, term.operands, strict=True)):
        return term
    if term.operation == OPAQUE:
        return make.terms.opaque(term.name, *operands)
    if term.operation == "pow":
        return make.power(*operands)
    if term.operation == "where":
        return make.where(*operands)
    if term.operation in ("less", "less_equal", "equal"):
        return make.compared(term.operation, *operands)
    if term.operation == "logical_not":
        return make.negation(*operands)
    if term.operation in ("logical_and", "logical_or"):
        return (make.both if term.operation == "logical_and" else make.either)(*operands)
    if term.operation == "sqrt" and operands[0].is_number and operands[0].value in (0, 1):
        return operands[0]
    if term.operation in ZERO_OF_ZERO and operands[0] is make.zero:
        return make.zero
    return make.terms.apply(term.operation, *operands)


def leaves_of(*roots: Term) -> set[str]:
    """Return the names of all leaves."""
    return {x.name for x in walk(*roots) if x.operation == NAME}
