"""A listener that passes the metrics of a search on, whatever place they go to.

Steps are numbers of evaluations in the store, counted from those that were there when the run began: a point
of a run that was interrupted has the same step when the run goes on, so that none is written twice.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from functools import partial

from nos_sym.errors import one_line
from nos_sym.search.candidates import Move, Redraw, Result
from nos_sym.search.failures import Ending
from nos_sym.search.listener import Listener
from nos_sym.search.reports.shown import shown_rule
from nos_sym.search.reports.tally import Tally
from nos_sym.search.results import DuplicateOf
from nos_sym.search.slots import Stage
from nos_sym.search.store.rows import Run
from nos_sym.search.tracking.background import Background
from nos_sym.search.tracking.writer import Best, Writer, tracked, without_password

TOP = 10
"""Optimizers of the hall of fame that is kept as a text."""

PATIENCE = 10.0
"""Seconds for which the end of a search waits until everything is written."""

LONGEST = 200
"""Characters of what went wrong in a warning."""

SELDOM = 30.0
"""Seconds between two halls of fame that are written."""


def warn_of(text: str) -> None:
    """Warn as Python does."""
    warnings.warn(text, RuntimeWarning, stacklevel=2)


class Tracking(Listener):
    """Writes the metrics of a search to one place; a context manager.

    A place that fails ends no search: there is one warning, and nothing more is written to it.

    Args:
        writer: the place.
        warn: is called with a warning, one line; by default a :class:`RuntimeWarning`.
        by_part: whether curves are those of the parts that it is told, whose fitness is compared with no
            other part's, and not those of a search.
    """

    def __init__(
        self, writer: Writer, warn: Callable[[str], None] = warn_of, *, by_part: bool = False
    ) -> None:
        self._writer = writer
        self._warn = warn
        self._work: Background | None = None
        self._warned = False
        self._complete = False
        self._horizon = 0
        self._step = 0
        self._tally = Tally(0)
        self._seconds = 0.0
        self._by_part = by_part
        self._part = ""
        self._group = ""
        self._fame: dict[str, Best] = {}
        self._is_new = False
        self._written = 0.0

    def __enter__(self) -> Tracking:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._work is None:
            return
        self._write_fame()
        self._do(partial(self._writer.close, complete=self._complete))
        if not self._work.end(PATIENCE) and not self._warned:
            self._warned = True
            self._warn(f"{self._writer.place} has not taken the last metrics in {PATIENCE:.0f} s")
        self._check()
        self._work = None

    def began(self, run: Run) -> None:
        """Begin a run there, or go on with it."""
        self._horizon = run.horizon
        self._work = Background(self._writer.flush)
        self._do(partial(self._writer.open, tracked(run)))

    def stage(self, name: str, slots: int) -> None:
        """Note the part, where curves are those of parts."""
        if self._by_part:
            self._write_fame()
            self._part = name.replace(" ", "_")

    def result(self, result: Result) -> None:
        """Count a result; one that was trained is a point of every curve."""
        self._tally.add(result)
        group = self._part or _group_of(result)
        if group != self._group:
            # Another task: its fitness is not comparable.
            self._group, self._fame = group, {}
        self._add_to_fame(result)
        if isinstance(result.outcome, DuplicateOf):
            return
        self._step = result.evaluation - self._horizon
        self._seconds += result.outcome.seconds
        found = self._counts()
        if result.fitness is not None:
            found[f"{group}/fitness"] = result.fitness
        if self._fame:
            found[f"{group}/best_fitness"] = self._best().fitness
        self._do(partial(self._writer.scalars, "", found, self._step, time.time()))
        if self._is_new and time.monotonic() - self._written > SELDOM:
            self._write_fame()

    def redrawn(self, redraw: Redraw) -> None:
        """Count a genome that was known in its particle."""
        self._tally.redrawn += 1

    def moved(self, move: Move) -> None:
        """Write the fitness of a particle, a curve for each over its time-steps."""
        if move.result is not None and move.result.fitness is not None:
            values = {"particles/fitness": move.result.fitness}
            series = f"particle-{move.particle:02d}"
            self._do(partial(self._writer.scalars, series, values, move.time_step, time.time()))

    def ended(self) -> None:
        """Note that the search is complete."""
        self._complete = True

    def _counts(self) -> dict[str, float]:
        tally = self._tally
        return {
            "counts/trained": tally.evaluations,
            "counts/answered": tally.answered,
            "counts/redrawn": tally.redrawn,
            "counts/stopped_early": tally.endings[Ending.STOPPED],
            "counts/diverged": tally.endings[Ending.DIVERGED],
            "counts/failed": tally.endings[Ending.FAILED],
            "seconds/trained": self._seconds,
            "seconds/saved": tally.saved,
        }

    def _add_to_fame(self, result: Result) -> None:
        fitness, key = result.fitness, result.candidate.key
        if fitness is None or (key in self._fame and self._fame[key].fitness >= fitness):
            return
        added = Best(fitness, shown_rule(result.candidate.rule), key)
        # Of equals the earlier one comes first.
        ranked = sorted((self._fame | {key: added}).values(), key=lambda best: -best.fitness)[:TOP]
        self._is_new = self._is_new or added in ranked
        self._fame = {best.key: best for best in ranked}

    def _best(self) -> Best:
        return next(iter(self._fame.values()))

    def _write_fame(self) -> None:
        if not self._is_new or not self._fame:
            return
        self._is_new, self._written = False, time.monotonic()
        rows = [
            f"| {i} | {b.fitness:.6g} | `{_cell(b.text)}` |" for i, b in enumerate(self._fame.values(), 1)
        ]
        text = "\n".join(["| rank | fitness | equation |", "|---|---|---|", *rows])
        self._do(partial(self._writer.text, "hall_of_fame", text, self._step, time.time()))
        self._do(partial(self._writer.best, self._best()))

    def _do(self, call: Callable[[], None]) -> None:
        if self._work is not None:
            self._work.call(call)
            self._check()

    def _check(self) -> None:
        """Warn of a failure, in the thread of the search, whose terminal it is."""
        if self._work is not None and self._work.failure is not None and not self._warned:
            self._warned = True
            failure = self._work.failure
            why = one_line(without_password(f"{type(failure).__name__}: {failure}"), LONGEST)
            self._warn(f"{self._writer.place} takes no more metrics, and the search goes on: {why}")


def _group_of(result: Result) -> str:
    """Return what results belong to whose fitness is compared."""
    slot = result.slot
    if slot.stage is Stage.ELIMINATION:
        return f"stage_{slot.time_step + 1}"
    return "initial" if slot.stage is Stage.INITIAL else "search"


def _cell(text: str) -> str:
    """Return a text as a table in Markdown holds it as code."""
    return text.replace("|", "\\|").replace("`", "'")
