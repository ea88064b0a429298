"""Ways through a step as one tree of conditions, with the branches that change nothing taken out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

from nos_sym.language.kind import Kind
from nos_sym.lift.algebra_of_terms import Maker, leaves_of, replaced
from nos_sym.lift.facts import Facts
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.masks import mask_of, without_entries
from nos_sym.lift.merging import Choose
from nos_sym.lift.path import Decision, Path, StateRecord
from nos_sym.lift.summing import summed
from nos_sym.lift.term import Term, Terms


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a way makes.

    Attributes:
        weight: the new weight.
        states: by name, in the original's order.
    """

    weight: Term
    states: Mapping[str, StateRecord]

    def same(self, other: Tree) -> bool:
        """Return whether another tree makes the same, term for term."""
        return (
            isinstance(other, Leaf)
            and self.weight is other.weight
            and self.states.keys() == other.states.keys()
            and all(_same(x, other.states[name]) for name, x in self.states.items())
        )

    def mapped(self, function: Callable[[Term], Term]) -> Leaf:
        """Return a leaf with other terms."""
        states = {
            n: StateRecord(n, s.kind, function(s.start), function(s.new)) for n, s in self.states.items()
        }
        return Leaf(function(self.weight), states)


@dataclass(frozen=True, slots=True)
class Node:
    """A condition, and what comes of both answers; ``summed`` as that of a :class:`.Decision`."""

    condition: Term
    place: str
    yes: Tree
    no: Tree
    summed: bool = False

    def with_sides(self, yes: Tree, no: Tree) -> Node:
        """Return the same condition above other trees."""
        return replace(self, yes=yes, no=no)

    def same(self, other: Tree) -> bool:
        """Return whether another tree asks and makes the same."""
        return (
            isinstance(other, Node)
            and self.condition is other.condition
            and self.yes.same(other.yes)
            and self.no.same(other.no)
        )

    def mapped(self, function: Callable[[Term], Term]) -> Tree:
        """Return a tree with other terms."""
        yes, no = self.yes.mapped(function), self.no.mapped(function)
        return replace(self, condition=function(self.condition), yes=yes, no=no)


Tree: TypeAlias = Leaf | Node


def _same(x: StateRecord, y: StateRecord) -> bool:
    return x.kind is y.kind and x.start is y.start and x.new is y.new


def leaf_of(path: Path) -> Leaf:
    """Return what a path makes."""
    return Leaf(path.weight, {s.name: s for s in path.states})


def tree_of(paths: Sequence[Path], depth: int = 0) -> Tree:
    """Return the tree of all paths; where one answer is missing, the other one stands for both."""
    if any(len(p.decisions) <= depth for p in paths):
        return leaf_of(paths[0])
    decision: Decision = paths[0].decisions[depth]
    sides = [
        [p for p in paths if p.decisions[depth].taken is taken and _asks(p, depth, decision)]
        for taken in (True, False)
    ]
    if not sides[0] or not sides[1]:
        return tree_of(sides[0] or sides[1], depth + 1)
    yes, no = (tree_of(side, depth + 1) for side in sides)
    return Node(decision.condition, decision.place, yes, no, decision.summed)


def _asks(path: Path, depth: int, decision: Decision) -> bool:
    return path.decisions[depth].condition is decision.condition


def restricted(tree: Tree, facts: Facts) -> Tree:
    """Return a tree without the conditions that facts answer."""
    if isinstance(tree, Leaf):
        return tree
    known = facts.implies(tree.condition)
    if known is not None:
        return restricted(tree.yes if known else tree.no, facts)
    sides = []
    for side, taken in ((tree.yes, True), (tree.no, False)):
        inner = facts.copy()
        inner.learn(tree.condition, taken)
        sides.append(restricted(side, inner))
    return tree.with_sides(*sides)


def simplified(tree: Tree, facts: Facts, terms: Terms) -> Tree:
    """Return a tree without conditions both of whose answers make the same.

    A condition that holds for one value of a name alone, as ``weight_decay == 0``, goes where what the other
    answer makes is the same at that value.
    """
    if isinstance(tree, Leaf):
        return tree
    sides, points = [], []
    for side, taken in ((tree.yes, True), (tree.no, False)):
        inner = facts.copy()
        inner.learn(tree.condition, taken)
        sides.append(simplified(side, inner, terms))
        points.append(_point(inner, tree.condition))
    yes, no = sides
    if yes.same(no):
        return yes
    # Most conditions ask for no mask, and a side is not made again for them.
    if mask_of(tree.condition) and without_entries(yes.mapped, tree.condition, terms).same(no):
        return yes
    for one, other, point in ((yes, no, points[0]), (no, yes, points[1])):
        if point is not None:
            name, value = point
            put = {terms.leaf(name): terms.number(value)}
            if _at(other, put, terms, facts).same(_at(one, put, terms, facts)):
                return other
    return tree.with_sides(yes, no)


def _at(tree: Tree, put: Mapping[Term, Term], terms: Terms, facts: Facts) -> Tree:
    found = tree.mapped(lambda x: replaced(terms, x, put))
    return _without_dead(restricted(found, facts))


def _without_dead(tree: Tree) -> Tree:
    """Return a tree whose leaves have no states that nothing but themselves reads."""
    if isinstance(tree, Node):
        return tree.with_sides(_without_dead(tree.yes), _without_dead(tree.no))
    return tree


def _point(facts: Facts, condition: Term) -> tuple[str, Fraction] | None:
    """Return the one value that a name of a condition has, ``None`` where it has more."""
    for name in leaves_of(condition):
        bounds = facts.bounds.get(name)
        if bounds is not None and bounds.low is not None and bounds.low == bounds.high and name != "t":
            return name, bounds.low
    return None


def hoisted(tree: Tree, facts: Facts, terms: Terms, static: Callable[[Term], bool]) -> Tree:
    """Return a tree that asks first what is known when states are made, of shape and settings."""
    node = next((n for n in _asked(tree) if static(n.condition)), None)
    if node is None:
        return tree
    condition = node.condition
    sides = []
    for taken in (True, False):
        inner = facts.copy()
        inner.learn(condition, taken)
        sides.append(hoisted(restricted(tree, inner), inner, terms, static))
    return simplified(replace(node, place="", yes=sides[0], no=sides[1]), facts, terms)


def _asked(tree: Tree) -> Iterator[Node]:
    if isinstance(tree, Node):
        yield tree
        yield from _asked(tree.yes)
        yield from _asked(tree.no)


def joined(tree: Tree, make: Maker, static: Callable[[Term], bool], choose: Choose | None = None) -> Tree:
    """Return a tree whose conditions on step and data are choices in the terms.

    Conditions that are known when states are made, which stand above the others, stay where one side has
    states that the other lacks.

    Args:
        tree: of all ways.
        make: the maker of terms.
        static: says which conditions are known when states are made.
        choose: makes a choice of both sides, by default :func:`choice`.
    """
    if isinstance(tree, Leaf):
        return tree
    yes, no = (joined(side, make, static, choose) for side in (tree.yes, tree.no))
    known = static(tree.condition)
    if (
        isinstance(yes, Leaf)
        and isinstance(no, Leaf)
        and (not known or yes.states.keys() == no.states.keys())
    ):
        if tree.summed:
            yes, no = summed(make, tree.condition, tree.place, yes, no)
        return _chosen(make, tree.condition, yes, no, choose or choice)
    if tree.summed:
        raise LiftError(f"{tree.place} gives parameters different states, and what they add up depends on it")
    return tree.with_sides(yes, no)


def _chosen(make: Maker, condition: Term, yes: Leaf, no: Leaf, choose: Choose) -> Leaf:
    states: dict[str, StateRecord] = {}
    for name in [*yes.states, *(n for n in no.states if n not in yes.states)]:
        one, other = yes.states.get(name), no.states.get(name)
        known = one or other
        assert known is not None
        old = make.terms.leaf(name)
        start = (
            (one or known).start
            if _alike(one, other)
            else choose(make, condition, (one or known).start, (other or known).start)
        )
        new = choose(make, condition, one.new if one else old, other.new if other else old)
        states[name] = StateRecord(name, known.kind, start, new)
    return Leaf(choose(make, condition, yes.weight, no.weight), states)


def _alike(x: StateRecord | None, y: StateRecord | None) -> bool:
    return x is None or y is None or x.start is y.start


def choice(make: Maker, condition: Term, x: Term, y: Term) -> Term:
    """Return ``where``, pushed down to what differs where one operand alone does."""
    if x is y:
        return x
    if x.operation == y.operation and x.operands and len(x.operands) == len(y.operands) and x.name == y.name:
        differing = [i for i, (a, b) in enumerate(zip(x.operands, y.operands, strict=True)) if a is not b]
        if len(differing) == 1 and not (x.operation == "where" and differing == [0]):
            i = differing[0]
            inner = choice(make, condition, x.operands[i], y.operands[i])
            operands = (*x.operands[:i], inner, *x.operands[i + 1 :])
            return make.terms.apply(x.operation, *operands)
    return make.where(condition, x, y)


def without_steps(tree: Tree) -> Tree:
    """Return a tree whose states of kind ``step``, which no branch on the shape has, are of each tensor."""
    if isinstance(tree, Node):
        return tree.with_sides(without_steps(tree.yes), without_steps(tree.no))
    states = {
        n: StateRecord(n, Kind.SCALAR if s.kind is Kind.STEP else s.kind, s.start, s.new)
        for n, s in tree.states.items()
    }
    return Leaf(tree.weight, states)


def states_of(trees: Iterable[Tree]) -> dict[str, Kind]:
    """Return the states of trees by name."""
    found: dict[str, Kind] = {}
    for tree in trees:
        if isinstance(tree, Leaf):
            found |= {n: s.kind for n, s in tree.states.items() if n not in found}
        else:
            found |= {n: k for n, k in states_of((tree.yes, tree.no)).items() if n not in found}
    return found
