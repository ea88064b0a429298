"""Samples: values of two rules on random states, which can refute an equality and can never prove one.

A difference is found in the values of the reference interpreter in float64. It counts only where intervals
(:mod:`nos_sym.algebra.falsification.enclosure`) prove it: no rounding refutes anything. Draws are rounded, so
that they can be checked by hand; states at exact zeros, at ties and beside the places where a sign changes
(:mod:`nos_sym.algebra.falsification.corners`) come after ordinary ones.

At level ``schedule`` one step refutes nothing, since a factor may vanish at a few steps: the updates must
differ by more than a factor at over a quarter of the steps of a training.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np

from nos_sym.algebra.falsification.corners import corner_state, near_switches
from nos_sym.algebra.falsification.counterexample import (
    LEARNING_RATE,
    MOMENTUM,
    Array,
    Counterexample,
    State,
    draw,
    joins_entries,
    masks_of,
    shortened_all,
)
from nos_sym.algebra.falsification.enclosure import NEAR, disjoint
from nos_sym.algebra.falsification.side_by_side import Runs
from nos_sym.algebra.levels import Level
from nos_sym.intervals import interval as iv
from nos_sym.intervals.interval import Interval
from nos_sym.language.node import Node
from nos_sym.language.numerals import exact_value
from nos_sym.language.operation import Role
from nos_sym.language.rule import Rule
from nos_sym.language.traversal import own_draws, walk, with_draws

# (size, magnitude of gradients, magnitude of weights, total steps, steps that are run)
_STATES = (
    (2, 1.0, 1.0, 10, 4),
    (2, 0.3, 2.0, 5, 5),
    (1, 2.0, 0.5, 3, 3),
    (3, 0.01, 0.1, 8, 3),
    (2, 30.0, 1e4, 6, 3),
    (3, 1e-4, 1e7, 4, 2),
    (2, 5.0, 1e9, 9, 2),
)
# (total steps, steps that are run) with entries at exact zeros and ties
_CORNER_STATES = ((5, 4), (3, 3), (1, 1))
_SCHEDULE_STATES = ((2, 1.0, 1.0, 40, 40), (3, 0.1, 2.0, 40, 40), (2, 30.0, 1e4, 40, 40))
_SHARE = 4
"""One step of so many must separate rules at level ``schedule``."""

_TOLERANCE = 1e-8
_STRONGER = 8.0
_MAX_DRAWS = 4
_CANDIDATES = 6


def can_run(rule: Rule) -> bool:
    """Return whether a rule can be run.

    Every operation must say what it computes, in numbers or by other operations, and its parameters must be
    numbers.
    """
    return all(map(_can_compute, walk(rule.update)))


def _can_compute(node: Node) -> bool:
    operation = node.operation
    formula = operation.meaning.reference is not None or operation.meaning.definition is not None
    computes = formula or operation.state is not None or operation.role is Role.SCALE
    return computes and all(exact_value(parameter) is not None for parameter in node.parameters)


def find_counterexample(
    a: Rule, b: Rule, level: Level, *, almost: bool = False, seeds: int = 3
) -> Counterexample | None:
    """Return a state that separates two rules at a level of equality, or ``None`` where no sample does.

    With ``almost`` it is a state around which they differ on an open set, and no zero or tie.

    Which dropout mask bears which number means nothing: rules differ only if they do under every numbering.
    Masks that are all alike settle it at once, being the same under every numbering.
    """
    draws = [sorted(draws_of(r)) for r in (a, b)]
    both = sorted({*draws[0], *draws[1]})
    found = _search(a, b, level, almost, seeds, both, alike=True)
    if found is not None or len(both) < 2 or max(map(len, draws)) > _MAX_DRAWS:
        return found
    found = _search(a, b, level, almost, seeds, both, alike=False)
    fewer, more = sorted(draws, key=len)
    renumbered, other = (a, b) if fewer is draws[0] else (b, a)
    for order in permutations(more, len(fewer)):
        if found is None:
            break
        numbers = dict(zip(fewer, order, strict=True))
        changed = replace(renumbered, update=with_draws(renumbered.update, numbers))
        if _search(changed, other, level, almost, seeds, more, alike=False) is None:
            found = None
    return found


def proved_on(a: Rule, b: Rule, state: State) -> Counterexample | None:
    """Return a place of a state at which intervals prove that two rules differ, if there is one."""
    return _on_states(a, b, Level.EXACT, [state])


def draws_of(rule: Rule) -> set[int]:
    """Return the numbers of the dropout masks of a rule."""
    return {d for node in walk(rule.update) for d in own_draws(node)}


def _search(
    a: Rule, b: Rule, level: Level, almost: bool, seeds: int, draws: Sequence[int], *, alike: bool
) -> Counterexample | None:
    for states in _all_states(a, b, level, almost, seeds, draws, alike):
        found = _on_states(a, b, level, states, width=NEAR if almost else 0.0)
        if found is not None:
            return found
    return None


def _all_states(
    a: Rule, b: Rule, level: Level, almost: bool, seeds: int, draws: Sequence[int], alike: bool
) -> Iterator[list[State]]:
    """Yield states, several side by side where a factor must be the same for every gradient."""
    schedule = level is Level.SCHEDULE
    steps = (40, 40) if schedule else (6, 3)
    ordinary = _SCHEDULE_STATES if schedule else _STATES
    shapes = (*ordinary, *((2, c, c, *steps) for c in _magnitudes(a, b)))
    for seed in range(seeds):
        for number, shape in enumerate(shapes):
            rng = np.random.default_rng(seed * 100 + number)
            states = [_state(shape, rng, draws, alike)]
            if level is not Level.EXACT:
                states.append(states[0].with_gradients(shape[1] * _STRONGER, rng))
            yield states
        if seed == 0 and not schedule:
            if not almost:
                corners = [corner_state(i, *c, draws, alike=alike) for i, c in enumerate(_CORNER_STATES)]
                yield from ([state] for state in corners)
            yield from ([state] for state in near_switches(a, b, draws, alike=alike))
    if schedule and not almost:
        yield [corner_state(0, 40, 40, draws, alike=alike)]


def _magnitudes(a: Rule, b: Rule) -> list[float]:
    """Return magnitudes at which numbers in the rules begin to matter, as that of ``max(g, 1000)`` does."""
    numbers = {
        abs(float(x))
        for rule in (a, b)
        for node in walk(rule.update)
        for x in node.operands
        if not isinstance(x, Node)
    }
    unusual = sorted(c for c in numbers if c and not 0.1 <= c <= 10 and 1e-30 < c < 1e30)
    return [m for c in unusual[:4] for m in (c, 1 / c)]


def _state(
    shape: tuple[int, float, float, int, int], rng: np.random.Generator, draws: Sequence[int], alike: bool
) -> State:
    size, gradient, weight, total, steps = shape
    g, w = (draw(rng, (steps, size)) for _ in range(2))
    masks = masks_of(rng, draws, (steps, size), alike=alike)
    return State(total, shortened_all(gradient * g), shortened_all(weight * w), masks)


def _on_states(
    a: Rule, b: Rule, level: Level, states: Sequence[State], width: float = 0.0
) -> Counterexample | None:
    """Return a place where two rules differ; runs of several states stand side by side."""
    what = "the updates are"
    if a.momentum is b.momentum:
        values = [np.concatenate([s.updates(r) for s in states], axis=1) for r in (a, b)]
    else:
        numbers = LEARNING_RATE, MOMENTUM
        values = [np.concatenate([s.changes(r, *numbers) for s in states], axis=1) for r in (a, b)]
        what = (
            f"with momentum types {a.momentum.value} and {b.momentum.value}, lr = {LEARNING_RATE} and "
            f"mu = {MOMENTUM}, the weights change by"
        )
    steps, columns = values[0].shape
    needed = steps // _SHARE + 1 if level is Level.SCHEDULE else 1
    runs: Runs | None = None
    joined = joins_entries(a, b)
    proved: dict[int, tuple[int, int]] = {}
    for entry, reference in candidates(values[0], values[1], level):
        if entry // columns in proved:
            continue
        if runs is None:
            runs = Runs(a, b, states, width, values)
        if not _is_proved(runs.near, level, entry, reference):
            continue
        if not runs.are_shown(entry, reference, alone=not joined):
            continue
        if _is_proved(runs.exact, level, entry, reference):
            proved[entry // columns] = entry, reference
            if len(proved) == needed:
                break
    if runs is None or len(proved) < needed:
        return None
    if level is Level.SCHEDULE:
        what = f"as at {needed} steps or more of {steps}, no factor makes them equal; {what}"
    entry, reference = proved[min(proved)]
    alone = not runs.are_shown(entry, reference)
    place, other = (runs.place(i, what, alone=alone) for i in (entry, reference))
    return place if replace(other, entry=place.entry) == place else replace(place, reference=other)


def candidates(x: Array, y: Array, level: Level) -> Iterator[tuple[int, int]]:
    """Yield flat indices of values that differ at a level, each with that of the ratio it does not keep.

    Rows are steps. Values that are not finite in either run are passed over.
    """
    if level is not Level.SCHEDULE:
        yield from _within(x, y, level)
        return
    for step, (u, v) in enumerate(zip(x, y, strict=True)):
        for entry, reference in _within(u[None], v[None], Level.SCALE):
            yield entry + step * x.shape[1], reference + step * x.shape[1]


def _within(x: Array, y: Array, level: Level) -> Iterator[tuple[int, int]]:
    x, y = x.ravel(), y.ravel()
    usable = np.flatnonzero(np.isfinite(x) & np.isfinite(y) & ((x != 0) | (y != 0)))
    if not usable.size:
        return
    u, v = x[usable], y[usable]
    reference = 0
    if level is not Level.EXACT:
        # No factor but zero makes a value of zero.
        one = usable[(u == 0) != (v == 0)]
        yield from ((int(i), int(i)) for i in one[:_CANDIDATES])
    if level is Level.SCALE:
        if not (u.any() and v.any()):
            return
        u, v = u / np.max(np.abs(u)), v / np.max(np.abs(v))
        both = np.flatnonzero((u != 0) & (v != 0))
        reference = int(both[0]) if both.size else int(np.argmax(np.abs(u)))
        u, v = u * v[reference], v * u[reference]
    elif level is Level.SIGN and u[0] * v[0] < 0:
        v = -v
    size = np.maximum(np.abs(u), np.abs(v))
    wide = np.flatnonzero(np.abs(u - v) > _TOLERANCE * size)
    for i in wide[:_CANDIDATES]:
        entry = int(usable[i])
        yield entry, entry if level is Level.EXACT else int(usable[reference])


def _is_zero(x: Interval) -> bool:
    return x.low == x.high == 0


def _is_proved(runs: Sequence[Sequence[Interval]], level: Level, entry: int, reference: int) -> bool:
    """Return whether enclosures prove that two updates differ."""
    (x, y), (u, v) = ([run[i] for run in runs] for i in (entry, reference))
    if level is Level.EXACT:
        return disjoint(x, y)
    if entry == reference and disjoint(x, y) and (_is_zero(x) or _is_zero(y)):
        return True
    if level is Level.SIGN:
        opposite, turned = iv.negate(y), iv.negate(v)
        return (disjoint(x, y) and disjoint(u, turned)) or (disjoint(x, opposite) and disjoint(u, v))
    return disjoint(iv.multiply(x, v), iv.multiply(u, y))
