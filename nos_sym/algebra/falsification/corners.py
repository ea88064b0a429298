"""States at the corners of rules: exact zeros, ties, and places where a sign or a maximum changes over.

A gradient that is exactly zero is as real as any other: an embedding row that was not hit, a dead unit,
padding. And two rules that differ in where a sign changes differ on a sliver of states that ordinary draws
miss.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from sympy.core.basic import Basic

from nos_sym.algebra.falsification.counterexample import Array, State, draw, joins_entries, masks_of
from nos_sym.language.node import Node
from nos_sym.language.registry import apply
from nos_sym.language.rule import Momentum, Rule
from nos_sym.language.traversal import walk
from nos_sym.program.interpreter import Guards

CORNERS = ("ordinary", "dead", "sometimes", "hit last", "tie", "opposite", "no weight", "square")
"""What an entry of a state is, in turn."""

_SWITCHES = 6
_GRID = 65
_REFINEMENTS = 4
_OFFSETS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
_DIGITS = 7


def corner_state(seed: int, total: int, steps: int, draws: Sequence[int], *, alike: bool) -> State:
    """Return a state with one entry of each corner."""
    rng = np.random.default_rng(7000 + seed)
    size = len(CORNERS)
    g, w = draw(rng, (steps, size)), draw(rng, (steps, size))
    for entry, corner in enumerate(CORNERS):
        if corner == "dead":
            g[:, entry] = 0
        elif corner == "sometimes":
            g[rng.random(steps) < 0.5, entry] = 0
        elif corner == "hit last":
            g[:-1, entry] = 0
        elif corner == "tie":
            g[:, entry] = w[:, entry]
        elif corner == "opposite":
            g[:, entry] = -w[:, entry]
        elif corner == "no weight":
            w[:, entry] = 0
        elif corner == "square":
            g[:, entry] = np.round(w[:, entry] ** 2, 4)
    return State(total, g, w, masks_of(rng, draws, (steps, size), alike=alike))


def near_switches(a: Rule, b: Rule, draws: Sequence[int], *, alike: bool, seeds: int = 2) -> Iterator[State]:
    """Yield states on both sides of places where a sign, a maximum or a clip of a rule changes over."""
    if joins_entries(a, b):
        # One entry would move the others.
        return
    for switch in _switches(a, b):
        for seed in range(seeds):
            found = _beside(Rule(Momentum.NONE, switch), seed, draws, alike=alike)
            if found is not None:
                yield found


def _switches(a: Rule, b: Rule) -> list[Node]:
    """Return values whose sign decides which side a rule takes; those of one rule alone come first."""
    found: list[dict[Node, None]] = []
    for rule in (a, b):
        here: dict[Basic, None] = {}
        for node in walk(rule.update):
            name, operands = node.operation.name, node.operands
            if name in ("sign", "abs"):
                here[operands[0]] = None
            elif name in ("max", "min"):
                here[apply("sub", *operands)] = None
            elif name == "clip":
                here[apply("sub", *(apply("abs", x) for x in operands))] = None
        found.append({x: None for x in here if isinstance(x, Node) and _moves(x)})
    first, second = found
    alone = [x for x in first if x not in second] + [x for x in second if x not in first]
    return (alone + [x for x in first if x in second])[:_SWITCHES]


def _moves(node: Node) -> bool:
    return any(n.operation.name in ("g", "w") for n in walk(node))


def _beside(switch: Rule, seed: int, draws: Sequence[int], *, alike: bool) -> State | None:
    """Return a state whose entries lie at small distances from a zero of a value, on both sides."""
    rng = np.random.default_rng(9000 + seed)
    steps, total = 3, 7
    (g0, w0), (g1, w1) = (2 * draw(rng, (2, steps, 1)) for _ in range(2))
    masks = {d: rows[:, :1] for d, rows in masks_of(rng, draws, (steps, 1), alike=alike).items()}

    def state(places: Array) -> State:
        rows = {d: np.repeat(m, places.size, axis=1) for d, m in masks.items()}
        g, w = (_rounded(x + places * (y - x)) for x, y in ((g0, g1), (w0, w1)))
        return State(total, g, w, rows)

    low, high = 0.0, 1.0
    for _ in range(_REFINEMENTS):
        places = np.linspace(low, high, _GRID)
        with np.errstate(all="ignore"):
            values = state(places).updates(switch, guards=Guards.POLICY)[-1]
        changes = np.flatnonzero(np.sign(values[1:]) * np.sign(values[:-1]) <= 0)
        if not changes.size or not np.isfinite(values).all():
            return None
        low, high = places[changes[0]], places[changes[0] + 1]
    middle = (low + high) / 2
    return state(np.array([middle + side * offset for offset in _OFFSETS for side in (1, -1)]))


def _rounded(x: Array) -> Array:
    """Return numbers that a short decimal text holds exactly."""
    return np.vectorize(lambda v: float(f"{v:.{_DIGITS}g}"))(x)  # type: ignore[no-any-return]
