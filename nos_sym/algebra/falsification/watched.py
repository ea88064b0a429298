"""Values beside the weights of two optimizers: the first of some pairs that parts on a history, proved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy.core.basic import Basic
from sympy.core.numbers import Integer

from nos_sym.algebra.falsification.enclosure import Row, disjoint
from nos_sym.algebra.falsification.trajectories import History, Trajectory
from nos_sym.algebra.kernel import fresh_workspace
from nos_sym.language.node import Node
from nos_sym.language.state import old_value
from nos_sym.language.system import Recursion, System


@dataclass(frozen=True, slots=True)
class Apart:
    """A pair of values that differs.

    Attributes:
        step: after which it does, from 0.
        pair: its place among the pairs.
        entry: the entry that differs.
        rows: enclosures of both values, entry by entry.
    """

    step: int
    pair: int
    entry: int
    rows: tuple[Row, Row]


def first_apart(a: System, b: System, history: History, pairs: Sequence[tuple[Basic, Basic]]) -> Apart | None:
    """Return the first step, and at it the first of some pairs of values, that are proved to differ.

    Args:
        a: one optimizer, with numbers in the place of settings.
        b: the other.
        history: what both are run on, each from its own weights.
        pairs: values over the old values of the states of the first, and over those of the second.
    """
    leaves = [old_value(f"watched {i}") for i in range(len(pairs))]
    with fresh_workspace():
        runs = [
            Trajectory(_with(system, leaves, [pair[side] for pair in pairs]), history, exact=True)
            for side, system in enumerate((a, b))
        ]
        for step, _ in enumerate(zip(*runs, strict=True)):
            for number, leaf in enumerate(leaves):
                rows = runs[0].values[leaf], runs[1].values[leaf]
                for entry, (x, y) in enumerate(zip(*rows, strict=True)):
                    if disjoint(x, y):
                        return Apart(step, number, entry, rows)
    return None


def _with(system: System, leaves: Sequence[Node], values: Sequence[Basic]) -> System:
    """Return a system that keeps some values too, which nothing reads."""
    kept = (Recursion(leaf, Integer(0), x) for leaf, x in zip(leaves, values, strict=True))
    return System((*system.states, *kept), system.move)
