"""The rows of the table: optimizers with a fitness in the order of the hall of fame, then all others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from nos_sym.algebra.levels import Level
from nos_sym.report.page.confirmed import Confirmations
from nos_sym.report.page.drawn import Drawings, change
from nos_sym.report.page.lineage import Parents, StoredMove, place_of, time_step_of
from nos_sym.report.page.record import Row
from nos_sym.report.sheet.catalog_keys import catalog_keys
from nos_sym.search.failures import Ending, ending_of, reason_of
from nos_sym.search.reports.hall_of_fame import Entry
from nos_sym.search.results import Evaluated
from nos_sym.search.store.store import Evaluation

UNREADABLE = "unreadable"
"""Status of an evaluation with a fitness whose rule cannot be read."""


class Table:
    """Makes the rows of a page.

    Attributes:
        confirmed: the columns of confirmations.
        schedules: texts of the schedules of the rows, to their numbers.
        reasons: reasons for no fitness, to their numbers.
    """

    def __init__(self, drawings: Drawings, confirmed: Confirmations, *, several_runs: bool) -> None:
        self.confirmed = confirmed
        self.schedules: dict[str, int] = {}
        self.reasons: dict[str, int] = {}
        self._drawings = drawings
        self._several_runs = several_runs

    def rows(
        self,
        evaluations: Sequence[Evaluation],
        entries: Sequence[Entry],
        moves: Mapping[int, Iterable[StoredMove]],
        every: Mapping[int, Evaluation],
    ) -> tuple[list[Row], dict[int, int]]:
        """Return the rows, and the number of the row of each evaluation.

        Args:
            evaluations: those of the task.
            entries: the hall of fame of the task, best first.
            moves: moves of particles, by run.
            every: evaluations of the store by number.
        """
        parents = Parents(moves, self._drawings)
        classes: dict[str, list[Evaluation]] = {}
        for e in evaluations:
            classes.setdefault(_class_of(e), []).append(e)
        ranked = {entry.key: entry for entry in entries}
        order = [*ranked, *(name for name in classes if name not in ranked)]
        rows: list[Row] = []
        numbers: dict[int, int] = {}
        for number, name in enumerate(order):
            members = classes.get(name, [])
            entry = ranked.get(name)
            shown = entry.evaluation if entry is not None else _without_fitness(members)
            rows.append(self._row(shown, entry, len(members), parents))
            numbers |= {e.id: number for e in members}
        return rows, numbers

    def _row(self, e: Evaluation, entry: Entry | None, count: int, parents: Parents) -> Row:
        drawn, result = self._drawings.of(e), e.result
        ending, reason = ending_of(result), reason_of(result)
        readable = drawn is not None
        status = ending.value if readable or ending is not Ending.FITNESS else UNREADABLE
        schedule = None
        if drawn is not None and drawn.schedule:
            schedule = self.schedules.setdefault(drawn.schedule, len(self.schedules))
        return Row(
            rank=None if entry is None else entry.rank,
            fitness=e.fitness if entry is None else entry.fitness,
            mean=None if entry is None else entry.mean,
            count=count,
            size=None if drawn is None else drawn.size,
            momentum="" if drawn is None else drawn.rule.momentum.value,
            schedule=schedule,
            formula=None if drawn is None else drawn.formula,
            text=e.text if drawn is None else drawn.text,
            key=e.key or "",
            catalog=_names().get(e.key or "", ""),
            run=e.run,
            slot=e.slot,
            place=place_of(e, several_runs=self._several_runs),
            particle=e.particle,
            time_step=time_step_of(e),
            seconds=result.seconds,
            learning_rate=result.learning_rate if isinstance(result, Evaluated) else None,
            status=status,
            reason=None if reason is None else self.reasons.setdefault(reason, len(self.reasons)),
            change=change(parents.of(e), drawn),
            confirmed=self.confirmed.of(e.key or ""),
        )


def _class_of(e: Evaluation) -> str:
    """Return what evaluations of one optimizer have in common: its key, or the text that cannot be read."""
    return e.key if e.key is not None else f"text {e.text}"


def _without_fitness(members: Sequence[Evaluation]) -> Evaluation:
    """Return the evaluation that says why an optimizer has no fitness that counts, or else the first."""
    return next((e for e in members if e.fitness is None), members[0])


@cache
def _names() -> dict[str, str]:
    """Return the names of the catalog's optimizers by exact key, the first of those that are equal."""
    return {key: names[0] for key, names in catalog_keys()[Level.EXACT.value].items()}
