"""Where optimizers come from: the moves of particles, and what each mutation has replaced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from nos_sym.report.page.drawn import Drawings, Drawn, change
from nos_sym.report.page.record import Move
from nos_sym.search.slots import Stage
from nos_sym.search.store.store import Evaluation

StoredMove: TypeAlias = tuple[int, int, str, str, "float | None", "int | None"]
"""Particle, time-step, text, key, fitness and evaluation, as :meth:`Store.moves` returns them."""


def moves_of(found: Iterable[StoredMove], drawings: Drawings) -> dict[int, tuple[Move, ...]]:
    """Return the moves of each particle of a run in their order."""
    paths: dict[int, list[Move]] = {}
    before: dict[int, Drawn | None] = {}
    for particle, time_step, text, key, fitness, _ in sorted(found, key=lambda move: move[:2]):
        drawn = drawings.of_text(text)
        path = paths.setdefault(particle, [])
        changed = change(before[particle], drawn) if path and path[-1].time_step == time_step - 1 else ()
        shown, formula = (text, None) if drawn is None else (drawn.text, drawn.formula)
        path.append(Move(time_step, shown, formula, fitness, key, changed))
        before[particle] = drawn
    return {particle: tuple(path) for particle, path in paths.items()}


class Parents:
    """The optimizer that each child was mutated from: where its particle was before the time-step."""

    def __init__(self, moves: Mapping[int, Iterable[StoredMove]], drawings: Drawings) -> None:
        self._drawings = drawings
        self._texts = {
            (run, particle, time_step): text
            for run, found in moves.items()
            for particle, time_step, text, _, _, _ in found
        }

    def of(self, evaluation: Evaluation) -> Drawn | None:
        """Return the parent of an evaluation; ``None`` for what is no child, or of an unknown one."""
        if evaluation.stage != Stage.CHILD.value:
            return None
        text = self._texts.get((evaluation.run, evaluation.particle or 0, evaluation.time_step or 0))
        return None if text is None else self._drawings.of_text(text)


def time_step_of(evaluation: Evaluation) -> int | None:
    """Return the move that an evaluation was a candidate for, from 1; 0 for the start of a particle."""
    if evaluation.particle is None:
        return None
    if evaluation.stage == Stage.CHILD.value and evaluation.time_step is not None:
        return evaluation.time_step + 1
    return 0 if evaluation.stage == Stage.PARTICLE.value else None


def place_of(evaluation: Evaluation, *, several_runs: bool) -> str:
    """Return which evaluation it is, for people: particles as the store counts them, from 0."""
    step = time_step_of(evaluation)
    if step is None:
        said = evaluation.slot
    else:
        said = f"particle {evaluation.particle}, {f'step {step}' if step else 'start'}"
    return f"run {evaluation.run}, {said}" if several_runs else said
