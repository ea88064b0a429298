"""Totals of rules that differ by the number of axes: each parameter adds what its own number of axes makes.

A rule of matrices and one of vectors were read off with parameters of one kind each. Where one has
``total(a)`` and the other has ``total(b)`` in its place, both are ``total(where(rank >= 2, a, b))``, since
what stands in a branch of ``if`` is added up for all parameters alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from nos_sym.language.kind import Kind
from nos_sym.lift.algebra_of_terms import Maker, leaves_of, mapped
from nos_sym.lift.gathering import Gathering
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.merging import Choose
from nos_sym.lift.path import StateRecord
from nos_sym.lift.summing import beside, roots_of, totals_in
from nos_sym.lift.term import Term
from nos_sym.lift.trees import Leaf, Node, Tree

SHAPE = frozenset(("rows", "cols", "size", "rank", "first_axis", "second_axis"))
"""Names of what is known of the shape of a parameter."""
Group = tuple[int, Tree]
"""The most axes of parameters that have a rule, and the rule."""
Lesser = Callable[[Term, Tree, int, int], Term]
"""From a term of a rule, the rule, its number of axes and a smaller one to what the term is there."""


@dataclass(slots=True)
class _Pairs:
    """Totals of one rule and those in their places in the rule of fewer axes."""

    below: dict[Term, Term] = field(default_factory=dict)
    above: dict[Term, Term] = field(default_factory=dict)

    def add(self, x: Term, y: Term) -> None:
        """Keep a pair.

        Raises:
            LiftError: one of the two stands in the places of several.
        """
        if self.below.setdefault(x, y) is not y or self.above.setdefault(y, x) is not x:
            raise LiftError(_REFUSAL)


_REFUSAL = (
    "what is added up over all parameters depends on their axes, and stands in other places of the step for "
    "matrices, vectors or scalars; expected the same sums in the same places"
)


def with_one_total(groups: Sequence[Group], make: Maker, lesser: Lesser, choose: Choose) -> list[Group]:
    """Return rules by the number of axes, whose totals are the same.

    Args:
        groups: rules, those of more axes first.
        make: the maker of terms.
        lesser: says what a term is for parameters of fewer axes.
        choose: makes one term of both sides of a branch.

    Raises:
        LiftError: totals of two rules have no places in which they stand for each other.
    """
    sums = [totals_in(*(r for leaf in leaves_in(tree) for r in roots_of(leaf))) for _, tree in groups]
    if all(x == sums[0] for x in sums):
        return list(groups)
    states = {n for _, tree in groups for leaf in leaves_in(tree) for n in leaf.states}
    gather = Gathering(make, states | {"g", "w"} | SHAPE)
    groups = [(rank, tree.mapped(gather)) for rank, tree in groups]
    pairs = [_paired(x, y) for (_, x), (_, y) in pairwise(groups)]
    done: dict[tuple[int, Term], Term] = {}

    def whole(index: int, total: Term) -> Term:
        """Return what stands for a total of one rule in all of them."""
        if (index, total) not in done:
            first, x = index, total
            while first and x in pairs[first - 1].above:
                first, x = first - 1, pairs[first - 1].above[x]
            chain = [(first, said(first, x.operands[0]))]
            top = x
            while first < len(pairs) and x in pairs[first].below:
                first, x = first + 1, pairs[first].below[x]
                chain.append((first, said(first, x.operands[0])))
            summand = _by_axes(chain, groups, make, lesser, choose)
            # What is the same for all of them stays as the original has it.
            same = summand is top.operands[0]
            done[index, total] = gather.before[top] if same else make.apply("total", summand)
        return done[index, total]

    def said(index: int, term: Term) -> Term:
        return mapped(make.terms, term, lambda x: whole(index, x) if x.operation == "total" else None)

    found = [
        (rank, tree.mapped(lambda x, i=index: said(i, x)))  # type: ignore[misc]
        for index, (rank, tree) in enumerate(groups)
    ]
    return _declared(found, make)


def _by_axes(
    chain: Sequence[tuple[int, Term]], groups: Sequence[Group], make: Maker, lesser: Lesser, choose: Choose
) -> Term:
    """Return what each parameter adds by its number of axes; what is the same of fewer axes stands once."""
    kept: list[tuple[int, Term]] = []
    for index, summand in chain:
        if kept:
            last, above = kept[-1]
            rank, tree = groups[last]
            if summand is above or summand is lesser(above, tree, rank, groups[index][0]):
                continue
        kept.append((index, summand))
    found = kept[-1][1]
    for (_, summand), (below, _) in reversed(list(pairwise(kept))):
        least = make.number(groups[below][0] + 1)
        condition = make.terms.apply("less_equal", least, make.terms.leaf("rank"))
        found = choose(make, condition, summand, found)
    return found


def _paired(x: Tree, y: Tree) -> _Pairs:
    """Return which totals of two rules stand in the same places.

    Raises:
        LiftError: one has a total in a place where the other, which has some, has none.
    """
    pairs = _Pairs()
    first, second = list(leaves_in(x)), list(leaves_in(y))
    for a, b in zip(first, second, strict=True) if len(first) == len(second) else ():
        for one, other in zip(*_like(a, b), strict=True):
            for total, twin in beside(one, other, within=True):
                pairs.add(total, twin)
    left, right = (totals_in(*(r for leaf in side for r in roots_of(leaf))) for side in (first, second))
    for same in left & right:
        if same not in pairs.below and same not in pairs.above:
            pairs.add(same, same)
    rest, others = left - pairs.below.keys(), right - pairs.above.keys()
    if len(rest) == len(others) == 1:
        pairs.add(rest.pop(), others.pop())
    if (rest and right) or (others and left):
        raise LiftError(_REFUSAL)
    return pairs


def _like(x: Leaf, y: Leaf) -> tuple[list[Term], list[Term]]:
    """Return the weight of two rules, and the states that both have."""
    names = sorted(x.states.keys() & y.states.keys())
    return [x.weight, *(x.states[n].new for n in names)], [y.weight, *(y.states[n].new for n in names)]


def _declared(groups: list[Group], make: Maker) -> list[Group]:
    """Return rules that have the states which their totals read; those of other numbers of axes stay.

    Raises:
        LiftError: such a state is of one kind for matrices and of another for vectors.
    """
    known: dict[str, StateRecord] = {}
    kinds: dict[str, set[Kind]] = {}
    for _, tree in groups:
        for leaf in leaves_in(tree):
            for name, record in leaf.states.items():
                known.setdefault(name, record)
                kinds.setdefault(name, set()).add(record.kind)

    def one(leaf: Leaf) -> Leaf:
        read = leaves_of(*totals_in(*roots_of(leaf))) & known.keys()
        for name in sorted(read):
            if len(kinds[name]) > 1:
                raise LiftError(
                    f"the state {name!r}, which is added up over all parameters, is of another kind for "
                    "matrices than for vectors or scalars; expected the same kind"
                )
        resting = {n: replace(known[n], new=make.terms.leaf(n)) for n in sorted(read) if n not in leaf.states}
        return replace(leaf, states={**leaf.states, **resting})

    return [(rank, each_leaf(tree, one)) for rank, tree in groups]


def leaves_in(tree: Tree) -> Iterator[Leaf]:
    """Yield the leaves of a tree."""
    if isinstance(tree, Node):
        yield from leaves_in(tree.yes)
        yield from leaves_in(tree.no)
    else:
        yield tree


def each_leaf(tree: Tree, function: Callable[[Leaf], Leaf]) -> Tree:
    """Return a tree with other leaves."""
    if isinstance(tree, Node):
        return tree.with_sides(each_leaf(tree.yes, function), each_leaf(tree.no, function))
    return function(tree)
