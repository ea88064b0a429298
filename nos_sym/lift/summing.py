"""Totals under a branch that each parameter answers for itself: each adds what its own answer makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nos_sym.lift.algebra_of_terms import Maker, replaced
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.term import Term, walk

if TYPE_CHECKING:
    from nos_sym.lift.trees import Leaf


def summed(make: Maker, condition: Term, place: str, yes: Leaf, no: Leaf) -> tuple[Leaf, Leaf]:
    """Return both sides of a branch with the totals of parameters of which some answer so and some otherwise.

    A side was read off with one answer for all parameters. Where one side has ``total(a)`` and the other has
    ``total(b)`` in its place, both are ``total(where(condition, a, b))``.

    Args:
        make: the maker of terms.
        condition: of the branch.
        place: of the branch in the original.
        yes: what is made where it holds.
        no: what is made where it does not.

    Raises:
        LiftError: a side has a total in a place where the other has none.
    """
    pairs: dict[Term, Term] = {}
    for first, second in zip(roots_of(yes), roots_of(no), strict=True):
        for x, y in beside(first, second):
            if pairs.setdefault(x, y) is not y:
                raise LiftError(_refusal(place))
    put_yes: dict[Term, Term] = {}
    put_no: dict[Term, Term] = {}
    for x, y in pairs.items():
        joined = make.apply("total", make.where(condition, x.operands[0], y.operands[0]))
        if put_no.setdefault(y, joined) is not joined:
            raise LiftError(_refusal(place))
        put_yes[x] = joined
    for leaf, known, other in ((yes, put_yes, no), (no, put_no, yes)):
        there = totals_in(*roots_of(other))
        if any(x not in known and x not in there for x in totals_in(*roots_of(leaf))):
            raise LiftError(_refusal(place))
    return (
        yes.mapped(lambda x: replaced(make.terms, x, put_yes)),
        no.mapped(lambda x: replaced(make.terms, x, put_no)),
    )


def _refusal(place: str) -> str:
    return (
        f"{place} has a branch that each parameter answers for itself, and what is added up over all of them "
        "depends on it; expected the same sums on both sides"
    )


def roots_of(leaf: Leaf) -> list[Term]:
    """Return what a side makes."""
    return [leaf.weight, *(leaf.states[name].new for name in sorted(leaf.states))]


def totals_in(*roots: Term) -> set[Term]:
    """Return the totals that terms read."""
    return {x for x in walk(*roots) if x.operation == "total"}


def beside(x: Term, y: Term, *, within: bool = False) -> Iterator[tuple[Term, Term]]:
    """Yield the totals that are not the same and stand in the same place of two terms.

    Args:
        x: a term.
        y: another one.
        within: whether totals in what others add up are yielded too.
    """
    seen: set[tuple[Term, Term]] = set()
    stack = [(x, y)]
    while stack:
        a, b = stack.pop()
        if a is b or (a, b) in seen:
            continue
        seen.add((a, b))
        if a.operation == b.operation == "total":
            yield a, b
            if within:
                stack.append((a.operands[0], b.operands[0]))
        elif a.operation == b.operation and len(a.operands) == len(b.operands):
            stack.extend(zip(a.operands, b.operands, strict=True))
