"""What the folder of a sequence says of it: its stages with every setting, and how far they are.

The file is data for the check that what has begun goes on with the settings that it began with. What is done
is in the store: where that is gone, nothing has begun.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from nos_sym.errors import NosSymError, quoted_path
from nos_sym.pipeline.sequence import decisive, read_sequence, table_of
from nos_sym.pipeline.stage import PipelineError, Stage
from nos_sym.pipeline.writing import PaperStage
from nos_sym.search.resuming import difference

FORMAT = "nos-sym pipeline 1"
_LARGEST = 10_000_000


@dataclass(slots=True)
class Record:
    """The stages of a folder, and how far they are.

    Attributes:
        stages: with every setting.
        begun: names of those that have begun.
        ended: names of those that have ended.
    """

    stages: tuple[Stage, ...]
    begun: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data, which :func:`read_record` reads."""
        return {
            "format": FORMAT,
            "stages": table_of(self.stages),
            "begun": [s.name for s in self.stages if s.name in self.begun],
            "ended": [s.name for s in self.stages if s.name in self.ended],
        }

    def expect_same(self, stages: Sequence[Stage]) -> None:
        """Check that stages that have begun have the settings that they began with.

        Raises:
            PipelineError: one has another; the message has the first setting that differs.
        """
        now = {stage.name: stage for stage in stages}
        for stage in self.stages:
            # The document is made again each time.
            if stage.name not in self.begun or stage.name not in now or isinstance(stage, PaperStage):
                continue
            before, after = stage.table(), now[stage.name].table()
            if decisive(before) != decisive(after):
                raise PipelineError(
                    f"stage '{stage.name}' has begun and differs in "
                    f"{difference(_text(before), _text(after))}; go on with the settings of before, or "
                    "choose another folder"
                )

    def with_stages(self, stages: Sequence[Stage]) -> Record:
        """Return it with other stages, of which those of the same names are as far as before."""
        names = {stage.name for stage in stages}
        return Record(
            tuple(stages),
            [name for name in self.begun if name in names],
            [name for name in self.ended if name in names],
        )


def _text(table: dict[str, Any]) -> str:
    return json.dumps(decisive(table))


def read_record(text: str, where: object) -> Record:
    """Return the record of a text.

    Raises:
        PipelineError: it is none.
    """
    shown = quoted_path(where)
    expected = f'expected what \'nos-sym pipeline\' wrote, with "format": "{FORMAT}"'
    try:
        data = json.loads(text) if len(text) <= _LARGEST else None
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise PipelineError(f"{shown} is not of a pipeline; {expected}, or choose another folder")
    table, lists = data.get("stages"), [data.get(name) for name in ("begun", "ended")]
    if not isinstance(table, dict):
        table = {}
    good = bool(table) and all(
        isinstance(each, list) and all(isinstance(name, str) and name in table for name in each)
        for each in lists
    )
    if not good:
        raise PipelineError(f"{shown} is damaged; {expected}, or choose another folder")
    try:
        stages = read_sequence(table)
    except NosSymError as error:
        raise PipelineError(f"{shown} cannot be read: {error}") from None
    return Record(stages, *lists)  # type: ignore[arg-type]
