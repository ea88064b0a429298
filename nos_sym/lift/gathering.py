"""Sums and multiples of totals as one total: ``total(a) + 2 * total(b)`` is ``total(a + 2 * b)``."""

from __future__ import annotations

from collections.abc import Collection

from nos_sym.lift.algebra_of_terms import Maker, leaves_of, mapped
from nos_sym.lift.term import Term


class Gathering:
    """Writes what is added up over all parameters as one total.

    Args:
        make: the maker of terms.
        own: names of what a parameter has of its own, which stays outside of totals.
    """

    def __init__(self, make: Maker, own: Collection[str]) -> None:
        self.make = make
        self.own = frozenset((*own, "t"))
        self.before: dict[Term, Term] = {}
        self._done: dict[Term, Term] = {}

    def __call__(self, term: Term) -> Term:
        """Return a term with one total in the place of each sum of totals."""
        if term not in self._done:
            self._done[term] = mapped(self.make.terms, term, self._one)
        return self._done[term]

    def _one(self, term: Term) -> Term | None:
        summand = self._summand(term)
        if summand is not None:
            found = self.make.apply("total", summand)
            self.before.setdefault(found, term)
            return found
        if term.operation not in ("add", "sub"):
            return None
        parts = self._parts(term)
        sums = [x for x in parts if self._summand(x) is not None]
        if len(sums) < 2:
            return None
        rest = [self(x) for x in parts if self._summand(x) is None]
        whole = self(self._added(sums))
        return self.make.add(self._added(rest), whole)

    def _added(self, parts: list[Term]) -> Term:
        found = parts[0]
        for x in parts[1:]:
            found = self.make.sub(found, x.operands[0]) if x.operation == "neg" else self.make.add(found, x)
        return found

    def _parts(self, term: Term) -> list[Term]:
        if term.operation == "add":
            return [y for x in term.operands for y in self._parts(x)]
        if term.operation == "sub":
            first, second = term.operands
            return [*self._parts(first), *(self.make.neg(x) for x in self._parts(second))]
        return [term]

    def _summand(self, term: Term) -> Term | None:
        """Return what parameters add to a sum of totals, ``None`` for a term that is none."""
        make = self.make
        if term.operation == "total":
            return self(term.operands[0])
        if term.operation == "neg":
            inner = self._summand(term.operands[0])
            return None if inner is None else make.neg(inner)
        if term.operation in ("add", "sub"):
            x, y = (self._summand(z) for z in term.operands)
            return None if x is None or y is None else make.apply(term.operation, x, y)
        if term.operation in ("mul", "div"):
            first, second = term.operands
            inner = self._summand(first)
            if inner is not None and self._shared(second):
                return make.apply(term.operation, inner, second)
            inner = self._summand(second) if term.operation == "mul" else None
            if inner is not None and self._shared(first):
                return make.mul(first, inner)
        return None

    def _shared(self, term: Term) -> bool:
        """Return whether a term is one for all parameters, and no total of them."""
        return self.own.isdisjoint(leaves_of(term))
