"""What is known of the states of two optimizers, as lines of text, as Markdown and as data for JSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from nos_sym.algebra.falsification.trajectories import History
from nos_sym.auditing.families import Agreement
from nos_sym.auditing.matching import number_text
from nos_sym.auditing.observation import Kept
from nos_sym.auditing.state_parting import StateParting
from nos_sym.auditing.states import By, StatePair, States
from nos_sym.language.kind import Kind
from nos_sym.language.state import kind_word

_SHOWN = 4
_SINGLE = (Kind.NUMBER, Kind.STEP, Kind.GLOBAL, Kind.SCALAR)

Quote = Callable[[str], str]


def states_lines(states: States, quote: Quote = str) -> list[str]:
    """Return what states are of each other in lines, what is proved first.

    Args:
        states: the comparison.
        quote: how names and values are written.
    """
    if states.reason:
        return [f"not compared: {states.reason}"]
    proved: dict[str, list[str]] = {}
    for pair in states.pairs:
        if pair.where is not None:
            proved.setdefault(_condition(pair.where), []).append(_said(pair, quote))
    for pair in states.back:
        if pair.where is not None:
            proved.setdefault(_condition(pair.where), []).append(f"{_said(pair, quote, 'B.')} of A")
    lines = [f"proved{where}: {'; '.join(said)}" for where, said in proved.items()]
    lines += [_question(pair, quote) for pair in states.pairs if pair.where is None]
    if any(states.alone):
        lines.append(f"no partner was found for {_of_sides(states.alone, quote)}")
    if any(states.absent):
        lines.append(f"not there at these settings: {_of_sides(states.absent, quote)}")
    return lines


def parting_line(first: StateParting, quote: Quote = str) -> str:
    """Return what parts first in a sentence without its full stop."""
    at = f"t = {first.step}"
    if first.settings:
        at += f" where {', '.join(f'{name} = {value}' for name, value in first.settings)}"
    if first.pair is None:
        if not first.kept:
            return f"neither keeps a state, and the weights part at {at}"
        if first.proved:
            return f"the states are proved to be as above, and at {at} the weights alone part"
        return f"no pair of states parts before the weights, at {at}"
    names = f"{quote(first.pair.first.name)} and {quote(first.pair.second.text)}"
    shown = [f"({', '.join(_shown(first, side))})" for side in (0, 1)]
    values = " and ".join(shown)
    if shown[0] == shown[1]:
        values += ", which differ by less than is shown"
    if first.harmless:
        return f"the weights agree, and {names} part at {at} all the same: they become {values}"
    return f"{names} part at {at}: they become {values}"


def first_lines(first: StateParting) -> list[str]:
    """Return what parts first, and both updates there."""
    lines = [parting_line(first)]
    if first.history is not None:
        lines.append(_gradients(first.history, first.step))
    for letter, update in zip("AB", first.updates, strict=True):
        lines += [f"{letter if i == 0 else ' '}  {line}" for i, line in enumerate(update)]
    return lines


def states_record(states: States) -> dict[str, Any]:
    """Return the states as data."""
    return {
        "reason": states.reason,
        "pairs": [_pair_record(pair) for pair in states.pairs],
        "back": [_pair_record(pair) for pair in states.back],
        "alone": [[s.name for s in side] for side in states.alone],
        "absent": [[s.name for s in side] for side in states.absent],
    }


def parting_record(first: StateParting | None) -> dict[str, Any] | None:
    """Return what parts first as data; numbers that are not known are ``None``."""
    if first is None:
        return None
    history = first.history
    return {
        "step": first.step,
        "settings": dict(first.settings),
        "state": None if first.pair is None else first.pair.first.name,
        "value": None if first.pair is None else first.pair.second.text,
        "first": [x if math.isfinite(x) else None for x in first.values[0]],
        "second": [x if math.isfinite(x) else None for x in first.values[1]],
        "entry": first.entry,
        "updates": [list(update) for update in first.updates],
        "other_states_proved": first.proved,
        "weights_agree": first.harmless,
        "history": None
        if history is None
        else {
            "total_steps": history.total_steps,
            "shape": list(history.shape),
            "other_shapes": [list(shape) for shape in history.others],
            "weights": list(history.weights),
            "gradients": [list(row) for row in history.gradients[: first.step + 1]],
            "rates": list(history.rates[: first.step + 1]),
            "momenta": list(history.momenta[: first.step + 1]),
        },
    }


def _pair_record(pair: StatePair) -> dict[str, Any]:
    where = pair.where
    return {
        "first": pair.first.name,
        "second": pair.second.text,
        "of": [s.name for s in pair.second.states],
        "kinds": [kind_word(pair.first.kind), [kind_word(s.kind) for s in pair.second.states]],
        "by": pair.by.name.lower(),
        "proved": where is not None,
        "fixed": None if where is None else {x.name: number_text(v) for x, v in where.fixed},
        "for_all": where is not None and where.for_all,
        "steps": pair.steps,
        "same_start": pair.starts,
    }


def _condition(where: Agreement) -> str:
    if where.fixed:
        return f" where {', '.join(f'{x.name} = {number_text(v)}' for x, v in where.fixed)}"
    return " for all settings" if where.free else ""


def _said(pair: StatePair, quote: Quote, letter: str = "") -> str:
    first, second = quote(f"{letter}{pair.first.name}"), quote(pair.second.text)
    if pair.kinds is not None:
        first, second = f"{first} ({kind_word(pair.kinds[0])})", f"{second} ({kind_word(pair.kinds[1])})"
    return f"{first} is {second}{'' if pair.starts else ' after each step, not proved before the first'}"


def _question(pair: StatePair, quote: Quote) -> str:
    names = f"{quote(pair.first.name)} and {quote(pair.second.text)}"
    if pair.by is not By.STEPS:
        return f"not proved: {names}, paired as {pair.by.value}"
    steps = f"{pair.steps} step{'' if pair.steps == 1 else 's'}"
    return f"not proved: {names}, the same for {steps} of one history"


def _of_sides(sides: Iterable[Iterable[Kept]], quote: Quote) -> str:
    said = [(letter, [quote(s.name) for s in side]) for letter, side in zip("AB", sides, strict=True)]
    return " and ".join(f"{', '.join(names)} of {letter}" for letter, names in said if names)


def _shown(first: StateParting, side: int) -> list[str]:
    row = first.values[side]
    single = first.pair is not None and first.pair.first.kind in _SINGLE
    chosen = row if len(row) <= _SHOWN and not single else row[first.entry : first.entry + 1]
    # Adding 0 makes 0 of -0.
    return ["?" if math.isnan(x) else f"{x + 0:.9g}" for x in chosen]


def _gradients(history: History, step: int) -> str:
    rows = [f"({', '.join(f'{x:.9g}' for x in row[:_SHOWN])})" for row in history.gradients[: step + 1]]
    return f"g = {', '.join(rows)}, lr = {history.rates[step]:.9g}"
