"""Numbers for all tensors that depend on the step: they count it in a state of their own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from nos_sym.language.kind import Kind
from nos_sym.lift.algebra_of_terms import Maker, leaves_of, replaced
from nos_sym.lift.names import Names
from nos_sym.lift.path import StateRecord
from nos_sym.lift.term import Term
from nos_sym.lift.trees import Leaf, Tree, states_of


def with_count(tree: Tree, make: Maker, taken: Collection[str]) -> Tree:
    """Return a tree whose numbers for all tensors do not read ``t``, which counts the steps of each tensor.

    In what they are made of, a state that counts the steps of all tensors stands for it.

    Args:
        tree: of the rule, with choices in its terms.
        make: the maker of terms.
        taken: names that settings have.
    """
    states = states_of([tree])
    if not _needed(tree):
        return tree
    names = Names(taken)
    names.add(states)
    name = names.state("steps")
    count = make.terms.leaf(name)
    put = {make.terms.leaf("t"): count}
    return _counted(tree, StateRecord(name, Kind.GLOBAL, make.zero, make.add(count, make.one)), put, make)


def _needed(tree: Tree) -> bool:
    if not isinstance(tree, Leaf):
        return _needed(tree.yes) or _needed(tree.no)
    return any(s.kind is Kind.GLOBAL and "t" in leaves_of(s.new) for s in tree.states.values())


def _counted(tree: Tree, count: StateRecord, put: dict[Term, Term], make: Maker) -> Tree:
    if not isinstance(tree, Leaf):
        return tree.with_sides(_counted(tree.yes, count, put, make), _counted(tree.no, count, put, make))
    every = [s for s in tree.states.values() if s.kind is Kind.GLOBAL]
    states = {s.name: replace(s, new=replaced(make.terms, s.new, put)) for s in every}
    # What weights read of such a number is the number itself, also for a tensor that starts late. One that is
    # made of the step alone may be the tensor's own.
    new = {
        s.new: states[s.name].new
        for s in every
        if "t" in leaves_of(s.new) and leaves_of(s.new) & {"g", s.name}
    }
    for s in tree.states.values():
        if s.kind is not Kind.GLOBAL:
            states[s.name] = replace(s, new=replaced(make.terms, s.new, new))
    states = {name: states[name] for name in tree.states}
    return Leaf(replaced(make.terms, tree.weight, new), {**states, count.name: count})
