"""A sequence from its first stage to its last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nos_sym.errors import NosSymError
from nos_sym.pipeline.record import Record
from nos_sym.pipeline.stage import PipelineError, Playing, in_turn


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
