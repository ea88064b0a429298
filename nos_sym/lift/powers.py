"""Powers whose base may be negative: with a whole exponent they have a sign, which ``abspow`` has not."""

from __future__ import annotations

from collections.abc import Collection

from nos_sym.lift.algebra_of_terms import MEANS, Maker
from nos_sym.lift.term import NAME, Term, Terms

_NEVER_NEGATIVE = frozenset(
    ("abs", "sqrt", "exp", "sigmoid", "softplus", "norm1", "norm2", "norm_inf", "rms")
)
_CLOSED = MEANS | {
    *("add", "mul", "div", "max", "min", "total", "floor"),
    *("row_max", "col_max", "largest_rest", "largest_first"),
}
_COUNTS = frozenset(("t", "T", "size", "rows", "cols", "rank", "first_axis", "second_axis"))


class Powers:
    """Writes the sign of powers that may have one.

    Args:
        terms: the maker of terms.
        signless: names of settings that are never negative.
        whole: names of settings that are whole numbers in the original.
    """

    def __init__(self, terms: Terms, signless: Collection[str] = (), whole: Collection[str] = ()) -> None:
        self.terms = terms
        self.make = Maker(terms)
        self.signless = frozenset(signless) | _COUNTS | {"lr"}
        self.whole = frozenset(whole) | _COUNTS
        self._done: dict[Term, Term] = {}

    def signed(self, term: Term) -> Term:
        """Return a term whose powers ``x^n`` with a whole ``n`` are negative where ``x`` is and ``n`` is odd.

        The language reads ``x^n`` of an exponent that is no number as ``|x|^n``. Python and frameworks give a
        negative ``x`` a real power where ``n`` is whole, and no real one elsewhere.
        """
        stack = [term]
        while stack:
            here = stack[-1]
            if here in self._done:
                stack.pop()
                continue
            waiting = [x for x in here.operands if x not in self._done]
            if waiting:
                stack.extend(waiting)
                continue
            stack.pop()
            self._done[here] = self._one(here, tuple(self._done[x] for x in here.operands))
        return self._done[term]

    def _one(self, term: Term, operands: tuple[Term, ...]) -> Term:
        same = all(x is y for x, y in zip(operands, term.operands, strict=True))
        made = term if same else self.terms.apply(term.operation, *operands)
        if term.operation != "pow" or term.operands[1].is_number:
            return made
        base, exponent = term.operands
        if not self._whole(exponent) or self._never_negative(base):
            return made
        make = self.make
        odd = make.compared("equal", make.apply("mod", operands[1], make.number(2)), make.one)
        negative = make.both(make.compared("less", operands[0], make.zero), odd)
        return make.where(negative, make.neg(made), made)

    def _whole(self, x: Term) -> bool:
        if x.is_number:
            return x.value.denominator == 1
        if x.operation == NAME:
            return x.name in self.whole
        if x.operation == "floor":
            return True
        if x.operation == "where":
            return all(self._whole(y) for y in x.operands[1:])
        if x.operation in ("add", "sub", "mul", "neg", "abs", "min", "max", "mod"):
            return all(self._whole(y) for y in x.operands)
        return False

    def _never_negative(self, x: Term) -> bool:
        if x.is_number:
            return x.value >= 0
        if x.operation == NAME:
            return x.name in self.signless
        if x.operation == "pow":
            return self._even(x.operands[1]) or self._never_negative(x.operands[0])
        if x.operation == "mul" and x.operands[0] is x.operands[1]:
            return True
        if x.operation == "where":
            return all(self._never_negative(y) for y in x.operands[1:])
        if x.operation in _CLOSED:
            return all(self._never_negative(y) for y in x.operands)
        return x.operation in _NEVER_NEGATIVE

    def _even(self, x: Term) -> bool:
        return x.is_number and x.value.denominator == 1 and x.value % 2 == 0
