"""Sums over all parameters: found where a step adds the same sum of one parameter and of another.

A run has two parameters, and leaves of the second have names of their own. A sum of two terms that are one
after the names are exchanged is a total, since every parameter of a group is treated alike.
"""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

from nos_sym.lift.algebra_of_terms import Maker, mapped, rebuilt
from nos_sym.lift.recorder import OTHER
from nos_sym.lift.term import NAME, Term, Terms

_OWN = frozenset(("g", "w", "size", "rows", "cols", "first_axis", "second_axis"))


class Totals:
    """Finds totals.

    Args:
        terms: the maker of terms.
        single: whether parameters have one entry each, so that whatever is one number of each has a total.
    """

    def __init__(self, terms: Terms, single: bool = False) -> None:
        self.make = Maker(terms)
        self.single = single
        self._done: dict[Term, Term] = {}
        self._marked: dict[Term, bool] = {}
        self._renamed: dict[Term, Term] = {}
        self._without: set[Term] = set()

    def __call__(self, term: Term) -> Term:
        """Return a term with totals in the place of sums over both parameters."""
        if not self.marked(term):
            return term
        found = self._done.get(term)
        if found is None:
            found = self._done[term] = mapped(self.make.terms, term, self._one)
        return found

    def marked(self, term: Term) -> bool:
        """Return whether a term reads what belongs to another parameter or another step."""
        known = self._marked
        stack = [] if term in known else [term]
        while stack:
            x = stack[-1]
            waiting = [y for y in x.operands if y not in known]
            if waiting:
                stack.extend(waiting)
                continue
            stack.pop()
            known[x] = any(known[y] for y in x.operands) or (x.operation == NAME and OTHER in x.name)
        return known[term]

    def _one(self, term: Term) -> Term | None:
        """Return a term with its totals, ``None`` where they are looked for in its operands."""
        if not self.marked(term):
            return term
        if term in self._done:
            return self._done[term]
        if term.operation != "add" or term in self._without:
            return None
        found = self._joined([self(x) for x in _summands(term)])
        if found is None:
            self._without.add(term)
            return None
        self._done[term] = found
        return found

    def are_members(self, x: Term, y: Term) -> bool:
        """Return whether two terms are of the first parameter and the same of the second one."""
        return self.marked(y) and not mixed(y) and not self.marked(x) and self.renamed(y) is x

    def _joined(self, parts: list[Term]) -> Term | None:
        rest = list(parts)
        totals: list[Term] = []
        for part in parts:
            if part not in rest or not self.marked(part):
                continue
            own = self.renamed(part)
            if own in rest and own is not part and not mixed(part):
                total = self._total(own)
                rest.remove(part)
                rest.remove(own)
                totals.append(total)
        if not totals:
            return None
        joined = [*rest, *totals]
        found = joined[0]
        for x in joined[1:]:
            found = self.make.add(found, x)
        return found

    def renamed(self, term: Term) -> Term:
        """Return what a term of the second parameter is of the first one."""
        found = self._renamed.get(term)
        if found is None:
            found = self._renamed[term] = mapped(self.make.terms, term, self._own)
        return found

    def _own(self, x: Term) -> Term | None:
        if not self.marked(x):
            return x
        if x.operation == NAME and x.name.endswith(OTHER):
            return self.make.terms.leaf(x.name.removesuffix(OTHER))
        return self._renamed.get(x)

    def _total(self, x: Term) -> Term:
        """Return the total of what is one number of a parameter.

        A total adds up entries: what is no sum of entries stands there by its size, ``total(x / size)``.
        """
        make = self.make
        if x.operation == "sum":
            return make.apply("total", x.operands[0])
        if x.operation == NAME and x.name == "size":
            return make.apply("total", make.one)
        squared = x.operation == "pow" and x.operands[1].is_number and x.operands[1].value == 2
        if squared and x.operands[0].operation in ("norm2", *(("abs",) if self.single else ())):
            # The norm of one entry is its size.
            return make.apply("total", make.square(x.operands[0].operands[0]))
        if x.operation == "mul":
            first, second = x.operands
            if first is second and first.operation == "norm2":
                return make.apply("total", make.square(first.operands[0]))
            for factor, other in ((first, second), (second, first)):
                if _common(factor):
                    return rebuilt(make, x, (factor, self._total(other)))
        if x.operation in ("add", "sub"):
            return rebuilt(make, x, tuple(self._total(y) for y in x.operands))
        if x.operation == "div" and _common(x.operands[1]):
            return make.div(self._total(x.operands[0]), x.operands[1])
        if x.operation == "neg":
            return make.neg(self._total(x.operands[0]))
        if self.single:
            return make.apply("total", of_one_entry(make.terms, x))
        return make.apply("total", make.div(x, make.terms.leaf("size")))


def count_of(terms: Terms) -> Term:
    """Return how many parameters there are."""
    return terms.apply("total", terms.apply("div", terms.number(1), terms.leaf("size")))


def of_one_entry(terms: Terms, term: Term) -> Term:
    """Return a term of parameters that have one entry each, once its totals are found."""
    sizes = (terms.leaf("size"), terms.leaf(f"size{OTHER}"))

    def one(x: Term) -> Term | None:
        if x.operation == "sum":
            return of_one_entry(terms, x.operands[0])
        return terms.number(1) if x in sizes else None

    return mapped(terms, term, one)


_OF: WeakKeyDictionary[Terms, tuple[Totals, Totals]] = WeakKeyDictionary()


def totals_of(terms: Terms, *, single: bool = False) -> Totals:
    """Return what finds totals among the terms of a maker, and keeps what it has found."""
    found = _OF.get(terms)
    if found is None:
        found = _OF[terms] = (Totals(terms), Totals(terms, True))
    return found[single]


def _summands(term: Term) -> list[Term]:
    found: list[Term] = []
    stack = [term]
    while stack:
        x = stack.pop()
        if x.operation == "add":
            stack.extend(reversed(x.operands))
        else:
            found.append(x)
    return found


def _common(term: Term) -> bool:
    """Return whether a term is one for all parameters: of step, settings, totals and states of the group."""
    return not any(n.removesuffix(OTHER) in _OWN or n.startswith("$state/") for n in _outside(term))


def mixed(term: Term) -> bool:
    """Return whether a term reads one parameter beside the other one."""
    own = (n in _OWN or (n.startswith("$state/") and not n.endswith(OTHER)) for n in _outside(term))
    return any(own)


def _outside(term: Term) -> set[str]:
    """Return the names of leaves outside of totals."""
    names: set[str] = set()
    seen: set[Term] = set()
    stack = [term]
    while stack:
        x = stack.pop()
        if x in seen or x.operation == "total":
            continue
        seen.add(x)
        if x.operation == NAME:
            names.add(x.name)
        stack.extend(x.operands)
    return names


Totaled = Callable[[Term], Term]
