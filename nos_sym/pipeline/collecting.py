"""The stage that collects learning-rate schedules, ``schedules``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from nos_sym import catalog
from nos_sym.pipeline.searching import SearchStage
from nos_sym.pipeline.stage import Adaptation, Found, Outcome, Playing, Stage
from nos_sym.search.algorithms.initial import one_line_rule
from nos_sym.search.reports.schedules import FoundSchedule, collect_schedules
from nos_sym.transfer.entrants import with_schedule

_SCHEDULED = "Adam"
"""What schedules are tried on, as in the paper."""


@dataclass(frozen=True)
class SchedulesStage(Stage):
    """The schedules that leave the optimizers of searches.

    Attributes:
        of: the searches.
        number: how many schedules, those of the best fitness.
    """

    command: ClassVar[str] = "schedules"
    of: tuple[SearchStage, ...]
    number: int = 10

    @property
    def sources(self) -> tuple[Stage, ...]:
        """The searches."""
        return self.of

    def table(self) -> dict[str, Any]:
        """Return it as a table of a sequence."""
        return {"command": self.command, "of": [s.name for s in self.of], "number": self.number}

    def adapted(self, changes: Adaptation, sources: Mapping[str, Any]) -> SchedulesStage:
        """Return it with other searches of the same names."""
        del changes
        return replace(self, of=tuple(sources[s.name] for s in self.of))

    def play(self, playing: Playing) -> Outcome:
        """Collect them; a search without any is no error."""
        store = playing.store
        given = [(store, playing.outcomes[search.name].runs[0]) for search in self.of]
        rows = collect_schedules(given).rows[: self.number]
        said = [{k: v for k, v in row.to_json().items() if k != "store"} for row in rows]
        return Outcome((), {"schedules": said}, rows)

    def best(self, playing: Playing, count: int) -> tuple[Found, ...]:
        """Return Adam with each of the first; none where no search has left any."""
        rows: tuple[FoundSchedule, ...] = playing.outcomes[self.name].result
        adam = one_line_rule(catalog.entry(_SCHEDULED))
        found = []
        for row in rows[:count]:
            text = str(row.schedule.named("", ""))
            name = f"{self.name}-{row.schedule.name}"
            found.append(Found(name, with_schedule(adam, text), row.fitness, scheduled=True))
        return tuple(found)
