"""The first step and the first state at which two optimizers part, on a history, proved by intervals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nos_sym.algebra.falsification.counterexample import Counterexample
from nos_sym.algebra.falsification.trajectories import History
from nos_sym.algebra.falsification.watched import first_apart
from nos_sym.auditing.observation import Observation, Values, middle
from nos_sym.auditing.parting import short_histories
from nos_sym.auditing.states import StatePair, States
from nos_sym.language.block_printer import update_lines

WEIGHT = "w"


@dataclass(frozen=True, slots=True)
class StateParting:
    """What parts first.

    Attributes:
        step: the first step after which a state, or else the weight, is proved to differ.
        pair: the states; ``None`` for the weights.
        values: what both become at that step, entry by entry; NaN where an enclosure is wide.
        entry: the entry that differs.
        updates: the statements of both sides that make the new values.
        proved: whether every pair of states is proved equal at these settings where none parts.
        kept: whether either side has a state at all.
        harmless: whether the weights are proved equal for all that.
        history: what both were run on.
        settings: those that were moved from the values of the question, with their values.
    """

    step: int
    pair: StatePair | None
    values: tuple[tuple[float, ...], tuple[float, ...]]
    entry: int
    updates: tuple[tuple[str, ...], tuple[str, ...]]
    proved: bool
    kept: bool = True
    harmless: bool = False
    history: History | None = None
    settings: tuple[tuple[str, str], ...] = ()


def first_parting(
    asked: Observation, states: States, values: Values, found: Counterexample
) -> StateParting | None:
    """Return the first state that parts on a history on which the weights do, or the weights where none does.

    Args:
        asked: the two.
        states: their states.
        values: the settings of the history.
        found: the history, and both weights after it.
    """
    if not found.rates or found.uniform or not asked.runs:
        return None
    steps = found.step + 1
    history = History(
        found.shape or (len(found.first),),
        found.total_steps,
        found.weights[0],
        found.gradients[:steps],
        found.rates[:steps],
        found.momenta[:steps] or (0.0,) * steps,
        others=found.others,
    )
    first = _on(asked, states.pairs, values, history)
    if first is not None:
        return first
    proved = not any(states.alone) and all(_holds(pair, values) for pair in (*states.pairs, *states.back))
    updates = tuple(tuple(update_lines(b, WEIGHT)) for b in asked.blocks)
    return StateParting(
        found.step,
        None,
        (found.first, found.second),
        found.entry,
        (updates[0], updates[1]),
        proved,
        any(asked.states),
    )


def harmless_parting(asked: Observation, states: States, values: Values) -> StateParting | None:
    """Return where states part of two optimizers whose weights are equal, on the first history that shows it.

    Args:
        asked: the two.
        states: their states.
        values: the settings at which the weights are equal.
    """
    open_pairs = [pair for pair in states.pairs if not _holds(pair, values)]
    if not open_pairs or not asked.runs:
        return None
    for history in short_histories(*(asked.system(side, values) for side in (0, 1))):
        found = _on(asked, open_pairs, values, history)
        if found is not None:
            return StateParting(
                found.step,
                found.pair,
                found.values,
                found.entry,
                found.updates,
                False,
                harmless=True,
                history=history,
            )
    return None


def _holds(pair: StatePair, values: Values) -> bool:
    return pair.where is not None and all(values[x] == v for x, v in pair.where.fixed)


def _on(
    asked: Observation, pairs: Iterable[StatePair], values: Values, history: History
) -> StateParting | None:
    """Return the first of some pairs that parts on a history; each side goes on from its own weights."""
    watched = list(pairs)
    values_of = [(asked.at(p.first.new, values), asked.at(p.second.value, values)) for p in watched]
    systems = asked.system(0, values), asked.system(1, values)
    found = first_apart(*systems, history, values_of)
    if found is None:
        return None
    pair = watched[found.pair]
    first = update_lines(asked.blocks[0], pair.first.name)
    second = [line for s in pair.second.states for line in update_lines(asked.blocks[1], s.name)]
    shown = [tuple(middle(x) for x in row) for row in found.rows]
    return StateParting(
        found.step, pair, (shown[0], shown[1]), found.entry, (tuple(first), tuple(second)), False
    )
