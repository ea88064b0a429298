"""The stage that makes all tables and figures, ``paper``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from nos_sym.pipeline.document import pieces_of_stages
from nos_sym.pipeline.needs import for_figures
from nos_sym.pipeline.stage import Adaptation, Missing, Outcome, Playing, Stage
from nos_sym.report.paper.pieces import all_made, pieces_of_paper
from nos_sym.report.tables.notation import PAPER
from nos_sym.report.tables.results import read_results
from nos_sym.transfer.outcome import merged


@dataclass(frozen=True)
class PaperStage(Stage):
    """Every table and figure of the paper and of the stages, and a document with all of them.

    Attributes:
        of: the stages before it.
        top: number of optimizers of a table of a stage, at most.
    """

    command: ClassVar[str] = "paper"
    of: tuple[Stage, ...] = ()
    top: int = 10

    @property
    def sources(self) -> tuple[Stage, ...]:
        """The stages before it."""
        return self.of

    def missing(self) -> Iterable[Missing]:
        """Return the package that draws figures, where it is missing."""
        return for_figures()

    def table(self) -> dict[str, Any]:
        """Return it as a table of a sequence."""
        return {"command": self.command, "top": self.top}

    def adapted(self, changes: Adaptation, sources: Mapping[str, Any]) -> PaperStage:
        """Return it with other stages of the same names."""
        del changes
        return replace(self, of=tuple(sources[stage.name] for stage in self.of))

    def play(self, playing: Playing) -> Outcome:
        """Make everything and write it; what comes out the same is left alone."""
        results = None
        if playing.results:
            # As a file of results is read, so that the document shows what the file shows.
            text = json.dumps(merged(playing.results))
            results = read_results(text, "the results of the transfer experiments")
        of_stages = list(pieces_of_stages(self.of, playing, self.top, PAPER))
        pieces = [*pieces_of_paper(PAPER, results), *of_stages]

        def told(done: int) -> None:
            playing.watch.told("tables and figures", done, len(pieces))

        told(0)
        made, left_out = all_made(pieces, lambda piece: piece in of_stages, told)
        for row in left_out:
            playing.watch.note(f"{row['file']} is left out: {row['reason']}")
        return Outcome((), playing.output.document(made, left_out))
