"""Whether the first step is one like all others, once states have their starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nos_sym.lift.algebra_of_terms import leaves_of, replaced
from nos_sym.lift.facts import Facts
from nos_sym.lift.path import Path, StateRecord
from nos_sym.lift.term import Term, Terms
from nos_sym.lift.trees import Tree, restricted, simplified, tree_of


def as_others(beginning: Sequence[Path], later: Sequence[Path], facts: Facts, terms: Terms) -> bool:
    """Return whether what a later step makes of the starts of states is what the first step makes.

    Args:
        beginning: paths of the first step.
        later: paths of a later one, whose states have the same starts.
        facts: what is known of settings.
        terms: the maker of terms.
    """
    starts = {terms.leaf(s.name): s.start for path in later for s in path.states}
    kept = {s.name: replace(s, new=terms.leaf(s.name)) for path in later for s in path.states}
    facts = facts.at_step(0, 0)

    def tree(paths: Sequence[Path]) -> Tree:
        begun = [_begun(_filled(p, kept, terms), starts, terms) for p in paths]
        return simplified(restricted(tree_of(begun), facts), facts, terms)

    return tree(later).same(tree(beginning))


def _filled(path: Path, kept: dict[str, StateRecord], terms: Terms) -> Path:
    """Return a path with the states that it does not make yet, which keep their starts.

    A state that begins with the weight is filled in where the weight stays: it is made at a later step.
    """
    own = {s.name for s in path.states}
    stays = path.weight is terms.leaf("w")
    missing = [s for n, s in kept.items() if n not in own and (stays or "w" not in leaves_of(s.start))]
    order = list(kept)
    states = sorted((*path.states, *missing), key=lambda s: order.index(s.name) if s.name in kept else -1)
    return replace(path, states=tuple(states))


def _begun(path: Path, starts: dict[Term, Term], terms: Terms) -> Path:
    def new(term: Term) -> Term:
        return replaced(terms, term, starts)

    decisions = tuple(d.renamed(new) for d in path.decisions)
    states = tuple(replace(s, new=new(s.new)) for s in path.states)
    return replace(path, decisions=decisions, weight=new(path.weight), states=states)
