"""Rules that training in float32 cannot tell apart: a measurement, which proves nothing.

Updates are compared entry by entry at magnitudes of training: gradients from 1e-3 to 1 and weights from 1e-2
to 1, tensors of a hundred entries, six steps of twelve, exact zeros and ties among them. Two rules are also
run beside the places where a sign, a maximum or a clip of theirs changes over: rules that differ there differ
by a whole step for a few entries in ten thousand, which ordinary draws miss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from nos_sym.algebra.falsification.corners import near_switches
from nos_sym.algebra.falsification.counterexample import (
    Array,
    Counterexample,
    State,
    joins_entries,
    record,
    shortened_all,
)
from nos_sym.algebra.falsification.samples import draws_of, proved_on
from nos_sym.language.rule import Rule
from nos_sym.language.traversal import own_draws, walk, with_draws
from nos_sym.program.interpreter import Guards

TOLERANCE = 16 * 2.0**-24
"""Relative difference up to which two float32 values count as indistinguishable: 16 units of 2^-24."""

_SIZE, _STEPS, _TOTAL = 100, 6, 12
_CORNER = 4
# (magnitude of gradients, magnitude of weights)
_MAGNITUDES = ((1.0, 1.0), (0.03, 0.1), (1e-3, 1e-2))
_TINY = float(np.finfo(np.float32).tiny)


def training_values(rule: Rule) -> Array:
    """Return the float32 updates of a rule, flat; its dropout masks are numbered in the order of its text."""
    ordered = _with_masks_in_order(rule)
    draws = draws_of(ordered)
    return np.concatenate([_values(ordered, state).ravel() for state in _states(draws, alike=False)])


def indistinguishable(x: Array, y: Array) -> bool:
    """Return whether two runs agree up to :data:`TOLERANCE`, infinities and NaN at the same places."""
    return not _differing(x, y).any()


def distance(x: Array, y: Array) -> float:
    """Return the largest relative difference of two runs; infinite where only one of them is finite."""
    finite = np.isfinite(x) & np.isfinite(y)
    if not np.array_equal(x[~finite], y[~finite], equal_nan=True):
        return float("inf")
    return float(np.max(_gaps(x[finite], y[finite]), initial=0))


def find_float32_counterexample(a: Rule, b: Rule) -> Counterexample | None:
    """Return a float32 state on which two rules differ, or ``None`` where they agree or masks leave it open.

    Numbers of dropout masks mean nothing: with several of them, only masks that are all alike refute.
    """
    a, b = _with_masks_in_order(a), _with_masks_in_order(b)
    draws = draws_of(a) | draws_of(b)
    for state in _pair_states(a, b, draws):
        x, y = _values(a, state), _values(b, state)
        differing = np.flatnonzero(_differing(x, y))
        if differing.size:
            return record([state], (x, y), int(differing[0]), "in float32 the updates are")
    return None


def _pair_states(a: Rule, b: Rule, draws: set[int]) -> Iterator[State]:
    alike = len(draws) > 1
    yield from _states(draws, alike=alike)
    yield from near_switches(a, b, sorted(draws), alike=alike)


def compared(a: Rule, b: Rule) -> int:
    """Return how many entries of updates stand behind "not told apart"."""
    a, b = _with_masks_in_order(a), _with_masks_in_order(b)
    return sum(state.gradients.size for state in _pair_states(a, b, draws_of(a) | draws_of(b)))


def find_proved_counterexample(a: Rule, b: Rule) -> Counterexample | None:
    """Return a float32 state at which intervals prove that two rules differ, if there is one."""
    found = find_float32_counterexample(a, b)
    if found is None:
        return None
    state = State(
        found.total_steps,
        shortened_all(np.array(found.gradients)),
        shortened_all(np.array(found.weights)),
        {draw: np.array(rows) for draw, rows in found.uniform},
    )
    if not joins_entries(a, b):
        state = state.entry(found.entry)
    return proved_on(a, b, state)


def group(runs: Sequence[Array], confirmed: Callable[[int, int], bool] = lambda i, j: True) -> list[int]:
    """Return for each run the index of the first one that it cannot be told from.

    Runs that agree are one only if ``confirmed``, which may look at more than the runs, says so, too.

    Every run is compared with leaders alone, found by a summary in sorted order, so that the time is that of
    sorting where few runs share a summary.
    """
    summaries = [float(np.sum(np.abs(run[np.isfinite(run)]), dtype=np.float64)) for run in runs]
    order = sorted(range(len(runs)), key=lambda i: (summaries[i], i))
    leader_of = list(range(len(runs)))
    leaders: list[int] = []
    for i in order:
        for j in reversed(leaders):
            # Where every entry agrees, so do the sums.
            if summaries[i] - summaries[j] > 1.01 * TOLERANCE * summaries[i] + _TINY:
                leaders.append(i)
                break
            if indistinguishable(runs[i], runs[j]) and confirmed(i, j):
                leader_of[i] = j
                break
        else:
            leaders.append(i)
    first: dict[int, int] = {}
    for i, leader in enumerate(leader_of):
        first.setdefault(leader, i)
    return [first[leader] for leader in leader_of]


def _with_masks_in_order(rule: Rule) -> Rule:
    numbers: dict[int, int] = {}
    for node in walk(rule.update):
        for number in own_draws(node):
            numbers.setdefault(number, len(numbers) + 1)
    return replace(rule, update=with_draws(rule.update, numbers)) if numbers else rule


def _states(draws: set[int], *, alike: bool) -> Iterator[State]:
    for seed, (gradient, weight) in enumerate(_MAGNITUDES):
        rng = np.random.default_rng(seed)
        g, w = rng.normal(size=(2, _STEPS, _SIZE))
        # A mask has the same numbers in every rule, whichever others there are.
        masks = {d: np.random.default_rng((seed, 1 if alike else d)).random((_STEPS, _SIZE)) for d in draws}
        g, w = gradient * g, weight * w
        # A few entries that are exactly zero, at times or always, and ties.
        g[:, :_CORNER] = 0
        g[::2, _CORNER : 2 * _CORNER] = 0
        w[:, 2 * _CORNER : 3 * _CORNER] = 0
        g[:, 3 * _CORNER : 4 * _CORNER] = w[:, 3 * _CORNER : 4 * _CORNER]
        yield State(_TOTAL, g, w, masks)


def _values(rule: Rule, state: State) -> Array:
    return state.updates(rule, dtype="float32", guards=Guards.POLICY)


def _differing(x: Array, y: Array) -> Array:
    finite = np.isfinite(x) & np.isfinite(y)
    same = (x == y) | (np.isnan(x) & np.isnan(y))
    with np.errstate(invalid="ignore"):
        return np.where(finite, _gaps(x, y) > TOLERANCE, ~same)


def _gaps(x: Array, y: Array) -> Array:
    x, y = x.astype(np.float64), y.astype(np.float64)
    with np.errstate(invalid="ignore"):
        gaps: Array = np.abs(x - y) / np.maximum(np.maximum(np.abs(x), np.abs(y)), _TINY)
    return gaps
