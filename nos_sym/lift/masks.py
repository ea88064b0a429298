"""Branches on whether a mask has an entry at all, which guard what is done to these entries alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from nos_sym.lift.algebra_of_terms import CONDITIONS, Maker, mapped
from nos_sym.lift.term import Term, Terms

Made = TypeVar("Made")


def mask_of(condition: Term) -> Term | None:
    """Return the mask of ``0 < sum(where(mask, 1, 0))``, ``None`` for another condition."""
    if condition.operation != "less":
        return None
    low, counted = condition.operands
    if not low.is_number or low.value != 0 or counted.operation != "sum":
        return None
    chosen = counted.operands[0]
    if chosen.operation != "where" or [x.value for x in chosen.operands[1:] if x.is_number] != [1, 0]:
        return None
    return chosen.operands[0]


def without_entries(maps: Callable[[Callable[[Term], Term]], Made], condition: Term, terms: Terms) -> Made:
    """Return what one side of a branch makes where the mask of the condition has no entry.

    Each ``where(mask, x, y)`` is ``y`` then. Where the other side makes just that, both sides are this one.

    Args:
        maps: applies a function to all terms of the side.
        condition: of the branch.
        terms: the maker of terms.
    """
    mask = mask_of(condition)
    if mask is None:
        return maps(lambda term: term)
    make = Maker(terms)

    def one(term: Term) -> Term | None:
        if term is mask:
            return make.zero
        return None

    assert mask.operation in CONDITIONS
    return maps(lambda term: mapped(terms, term, one))
