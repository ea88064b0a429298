"""A sequence from its first stage to its last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nos_sym.errors import NosSymError
from nos_sym.pipeline.needs import Needed
from nos_sym.pipeline.record import Record
from nos_sym.pipeline.stage import PipelineError, Playing, Stage, in_turn


def expect_needs(stages: Sequence[Stage], done: Sequence[str] = ()) -> None:
    """Check what stages need that are not done yet, so that nothing is missed after days.

    Raises:
        NosSymError: something is missing; the message names the first with what to do, and all others.
    """
    problems: list[str] = []
    for stage in stages:
        if stage.name in done:
            continue
        try:
            stage.check()
        except Needed as error:
            problems += error.problems
        except NosSymError as error:
            problems.append(str(error))
    if problems:
        raise Needed(problems)


def play(
    record: Record,
    playing: Playing,
    *,
    until: str | None = None,
    keep: Callable[[Record], None] = lambda record: None,
) -> list[dict[str, Any]]:
    """Play stages in their order, and return what each came to as JSON data.

    What the store has is not done again: a stage that is interrupted goes on, and one that is done is read.

    Args:
        record: the stages, and how far they are, which is noted in it.
        playing: store, executor, and where files go.
        until: name of the last stage that is played.
        keep: is called when a stage begins and when it ends, to keep the record.

    Raises:
        NosSymError: a stage cannot be played; what is trained is kept.
    """
    chosen = list(in_turn(record.stages, until))
    rows = []
    for number, stage in enumerate(chosen, 1):
        playing.watch.began(stage, number, len(chosen))
        if stage.name not in record.begun:
            record.begun.append(stage.name)
            keep(record)
        try:
            outcome = stage.play(playing)
        except NosSymError as error:
            raise PipelineError(f"stage '{stage.name}': {error}") from None
        playing.outcomes[stage.name] = outcome
        if stage.name not in record.ended:
            record.ended.append(stage.name)
            keep(record)
        rows.append(
            {"stage": stage.name, "command": stage.command, "runs": list(outcome.runs), **outcome.said}
        )
    return rows
