"""The stage that searches, ``evolve``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from nos_sym.errors import NosSymError
from nos_sym.pipeline.needs import for_search
from nos_sym.pipeline.scaling import scaled_training, with_folder
from nos_sym.pipeline.stage import Adaptation, Found, Missing, Outcome, PipelineError, Playing, Stage
from nos_sym.search.evidence.references import REFERENCES
from nos_sym.search.evidence.settings import OFF, References
from nos_sym.search.evolve import evolve
from nos_sym.search.records import record_to_table
from nos_sym.search.reports.hall_of_fame import hall_of_fame
from nos_sym.search.reports.tally import planned_slots
from nos_sym.search.resuming import what_decides
from nos_sym.search.settings import LARGEST_SEED, SearchSettings, trainer_of
from nos_sym.search.store.rows import Run
from nos_sym.search.store.store import Store
from nos_sym.search.tuning.strategy import expect_cma

KIND = "search"

_AFTER = ("confirm", "references", "tune")
"""Settings of what is trained after a search."""


@dataclass(frozen=True)
class SearchStage(Stage):
    """A search.

    Attributes:
        settings: of the search.
    """

    command: ClassVar[str] = "evolve"
    settings: SearchSettings

    @property
    def trainings(self) -> int:
        """Number of slots, each trained as often as the settings say, and of what follows the search."""
        s = self.settings
        own = planned_slots(s) * s.repeats
        confirmed, repeats = s.confirm
        after = confirmed * repeats + s.tune[0] * s.tune[1]
        if s.references is not References.NONE:
            after += len(REFERENCES) * repeats
        if s.references is References.TUNED:
            after += own + len(REFERENCES) * repeats
        return own + after

    def missing(self) -> Iterable[Missing]:
        """Return packages and archives of the search that are missing."""
        try:
            trainer_of(self.settings)
            if self.settings.tune != OFF:
                expect_cma()
        except NosSymError as error:
            yield self.settings.trainer, str(error)
        for training in (self.settings.training, self.settings.initial_training):
            yield from for_search(training)

    def table(self) -> dict[str, Any]:
        """Return it as a table of a sequence."""
        return {"command": self.command, **record_to_table(self.settings)}

    def adapted(self, changes: Adaptation, sources: Mapping[str, Any]) -> SearchStage:
        """Return it with other settings of all trainings."""
        del sources
        s = self.settings
        trainings = {
            name: with_folder(scaled_training(getattr(s, name), changes.scale), changes.data)
            for name in ("training", "initial_training")
        }
        seed = (s.seed + changes.seed) % (LARGEST_SEED + 1)
        return replace(self, settings=replace(s, seed=seed, **trainings))

    def play(self, playing: Playing) -> Outcome:
        """Search, or go on with the run of these settings that the store has."""
        s, store = self.settings, playing.store
        decisive = what_decides(s.to_json())
        same = [r for r in store.runs() if r.kind == KIND and what_decides(r.settings) == decisive]
        ended = [r for r in same if r.finished is not None and self._has_all_after(r)]
        if ended:
            run = ended[-1]
        else:
            threads = int(getattr(s.training, "threads", 1))
            with playing.executor(threads) as executor, playing.watch.search(s) as listener:
                run, _ = evolve(s, store, executor=executor, resume=bool(same), listener=listener)
        return Outcome((run.id,), self._said(store, run))

    def _has_all_after(self, run: Run) -> bool:
        """Return whether what follows the search is that of these settings, too."""
        before, now = json.loads(run.settings), record_to_table(self.settings)
        return all(before.get(name, now[name]) == now[name] for name in _AFTER)

    def _said(self, store: Store, run: Run) -> dict[str, Any]:
        best = hall_of_fame(store, run=run.id, limit=1)
        rows = [{"rule": e.evaluation.text, "fitness": e.fitness} for e in best.entries]
        return {"task": best.task, "optimizers": best.optimizers, "best": rows[0] if rows else None}

    def best(self, playing: Playing, count: int) -> tuple[Found, ...]:
        """Return the optimizers of the best fitness."""
        (run,) = playing.outcomes[self.name].runs
        entries = hall_of_fame(playing.store, run=run, limit=count).entries
        if not entries:
            raise PipelineError(f"stage '{self.name}' has found no optimizer with a fitness")
        return tuple(Found(f"{self.name}-{n}", e.rule, e.fitness) for n, e in enumerate(entries, 1))
