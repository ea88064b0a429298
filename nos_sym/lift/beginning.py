"""Whether steps are alike, once states have the values that they have there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    first, others = ([_filled(p, kept, terms) for p in paths] for paths in (beginning, later))
    return alike(first, others, starts, facts.at_step(0, 0), terms)


def alike(
    paths: Sequence[Path], later: Sequence[Path], put: Mapping[Term, Term], facts: Facts, terms: Terms
) -> bool:
    """Return whether paths make the same where some states have given values.

    Args:
        paths: of a step.
        later: of another one.
        put: values of states, by their leaves.
        facts: what is known of settings and the step.
        terms: the maker of terms.
    """

    def tree(found: Sequence[Path]) -> Tree:
        return simplified(restricted(tree_of([_begun(p, put, terms) for p in found]), facts), facts, terms)

    return tree(later).same(tree(paths))


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


def _begun(path: Path, starts: Mapping[Term, Term], terms: Terms) -> Path:
    def new(term: Term) -> Term:
        return replaced(terms, term, starts)

    decisions = tuple(d.renamed(new) for d in path.decisions)
    states = tuple(replace(s, new=new(s.new)) for s in path.states)
    return replace(path, decisions=decisions, weight=new(path.weight), states=states)
