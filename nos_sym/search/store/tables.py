"""What a store has of whole runs: scores, endings, keys at levels, and what was proposed for slots.

Each of these reads columns and neither rules nor results, so that their time is microseconds an evaluation.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nos_sym.search.results import Evaluated, LaterDetails, Trained
from nos_sym.search.store.access import Access
from nos_sym.search.store.checking import expect_all_kinds, expect_kinds, read_object
from nos_sym.search.store.connection import StoreError, now
from nos_sym.search.store.rows import (
    EVALUATION_COLUMNS,
    NEW_COLUMNS,
    Evaluation,
    evaluation_of_row,
    row_of_evaluation,
    trained_of,
)
from nos_sym.search.store.scores import SCORE_COLUMNS, Score, scores_of_rows


class Recorded(NamedTuple):
    """A training that a run has.

    Attributes:
        id: number of the evaluation.
        text: the rule.
        task: task and budget.
        result: the result as JSON text, of which few are read again.
        fitness, learning_rate, seconds: what the result says of them, ``None`` where it says nothing.
    """

    id: int
    text: str
    task: str
    result: str
    fitness: float | None
    learning_rate: float | None
    seconds: float | None

    def read_result(self) -> Trained:
        """Return the result; of a training with a fitness, the details are read when they are asked for.

        Raises:
            StoreError: its JSON is malformed.
        """
        if self.fitness is None or self.seconds is None or not math.isfinite(self.fitness):
            return _trained(self.result, self.id)
        details = LaterDetails(_details, self.result, self.id)
        return Evaluated(self.fitness, self.learning_rate, self.seconds, details)


def _trained(text: str, evaluation: int) -> Trained:
    return trained_of(text, f"evaluation {evaluation} of the store")


def _details(text: str, evaluation: int) -> Mapping[str, Any]:
    return _trained(text, evaluation).details


class Proposed(NamedTuple):
    """What was proposed for a slot; the columns of the table ``proposals``.

    Attributes:
        slot: the slot as text.
        drawn: number of genomes that were drawn; the last one is what was proposed.
        degenerate: number of them that failed the integrity check.
        text: the rule; ``None``, as the keys, where no draw gave anything.
        exact: exact key.
        key: key at the level of the deduplication.
        redrawn: JSON of the draw, text, key and original slot of each genome that the particle had before.
    """

    slot: str
    drawn: int
    degenerate: int
    text: str | None
    exact: str | None
    key: str | None
    redrawn: str = "[]"


class Without(NamedTuple):
    """Evaluations without a fitness that ended alike.

    Attributes:
        outcome: ``diverged`` or ``rejected``.
        reason: why, as the result says it.
        raised: where an exception was raised; ``None`` where none was.
        number: number of the evaluations.
    """

    outcome: str
    reason: str
    raised: str | None
    number: int


_PROPOSED_COLUMNS = "place, drawn, degenerate, text, exact, key, redrawn"
_TEXT, _REAL = str | None, float | int | None
_PROPOSED_KINDS = (str, int, int, _TEXT, _TEXT, _TEXT, str)
_LEVELS = ("sign", "scale", "schedule")


class Tables(Access):
    """Reads and writes what a store has of whole runs."""

    def scores(
        self,
        run: int | None = None,
        *,
        task: str | None = None,
        not_run: int | None = None,
        up_to: int | None = None,
        numbers: Collection[int] | None = None,
    ) -> Iterator[Score]:
        """Yield the scores of evaluations in the order of their numbers.

        Args:
            run: only those of this run.
            task: only those on this task and budget.
            not_run: only those of other runs.
            up_to: only those with numbers up to this one.
            numbers: only those with these numbers.
        """
        listed = None if numbers is None else json.dumps(list(numbers))
        wanted = {
            "run = ?": run,
            "task = ?": task,
            "run != ?": not_run,
            "id <= ?": up_to,
            "id IN (SELECT value FROM json_each(?))": listed,
        }
        chosen = {condition: value for condition, value in wanted.items() if value is not None}
        where = f"WHERE {' AND '.join(chosen)}" if chosen else ""
        select = f"SELECT {SCORE_COLUMNS} FROM evaluations {where} ORDER BY id"  # noqa: S608
        yield from scores_of_rows(self._rows(select, tuple(chosen.values())))

    def decided(self, kind: str, not_run: int) -> dict[tuple[str, str, int], int]:
        """Return the evaluations of other runs of a kind by task, exact key and seed; of several the last.

        Failures, which nobody decided, are none: another time may go well.
        """
        rows = self._rows(
            "SELECT task, key, seed, id FROM evaluations WHERE key NOTNULL AND seed NOTNULL AND run != ? "
            "AND outcome != 'rejected' AND run IN (SELECT id FROM runs WHERE kind = ?) ORDER BY id",
            (not_run, kind),
        )
        kinds, where = (str, str, int, int), f"an evaluation of the kind '{kind}'"
        return {row[:3]: row[3] for row in expect_all_kinds(rows, "task, key, seed, id", kinds, where)}

    def evaluations_numbered(self, numbers: Iterable[int]) -> dict[int, Evaluation]:
        """Return evaluations by their numbers."""
        select = (
            f"SELECT {EVALUATION_COLUMNS} FROM evaluations "  # noqa: S608
            "WHERE id IN (SELECT value FROM json_each(?))"
        )
        rows = self._rows(select, (json.dumps(list(numbers)),))
        return {e.id: e for e in map(evaluation_of_row, rows)}

    def add_all(self, run: int, evaluations: Sequence[Evaluation]) -> range:
        """Add evaluations within a transaction, and return their numbers.

        JSON of a rule that several evaluations have as one object is written once.
        """
        (last,) = self._rows("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'evaluations'")[
            0
        ]
        numbers = range(last + 1, last + 1 + len(evaluations))
        created, texts = now(), dict[int, str]()

        def to_text(rule: Any) -> str:
            if id(rule) not in texts:
                texts[id(rule)] = json.dumps(rule)
            return texts[id(rule)]

        columns = f"id, {NEW_COLUMNS}"
        rows = (
            (number, *row_of_evaluation(run, e, created, to_text))
            for number, e in zip(numbers, evaluations, strict=True)
        )
        places = ", ".join("?" * len(columns.split(", ")))
        self._write_all(f"INSERT INTO evaluations ({columns}) VALUES ({places})", rows)  # noqa: S608
        return numbers

    def without_fitness(self, numbers: Iterable[int]) -> list[Without]:
        """Return how those of some evaluations ended that have no fitness, by reason, the first first."""
        select = (
            "SELECT outcome, json_extract(result, '$.reason'), json_extract(result, '$.details.raised'), "
            "count(*) FROM evaluations WHERE id IN (SELECT value FROM json_each(?)) "
            "AND outcome != 'evaluated' GROUP BY 1, 2, 3 ORDER BY min(id)"
        )
        rows = self._rows(select, (json.dumps(list(numbers)),))
        return [
            Without(outcome, str(reason), raised if isinstance(raised, str) else None, count)
            for outcome, reason, raised, count in rows
        ]

    def recorded(self, run: int) -> dict[str, tuple[Any, ...]]:
        """Return the trainings of a run by their slots: the fields of a :class:`Recorded` each.

        Plain tuples of texts and numbers are none of the objects that Python looks at again and again.
        """
        columns = "place, id, text, task, result, fitness, learning_rate, seconds"
        rows = self._rows(f"SELECT {columns} FROM evaluations WHERE run = ?", (run,))  # noqa: S608
        kinds = (str, int, str, str, str, _REAL, _REAL, _REAL)
        return {row[0]: row[1:] for row in expect_all_kinds(rows, columns, kinds, f"a training of run {run}")}

    def result_of(self, evaluation: int) -> Trained:
        """Return the result of an evaluation.

        Raises:
            StoreError: there is no such evaluation, or its JSON is malformed.
        """
        where = f"evaluation {evaluation} of the store"
        rows = self._rows("SELECT result FROM evaluations WHERE id = ?", (evaluation,))
        if not rows:
            raise StoreError(f"{where} is missing; restore a copy, or choose another --store")
        (text,) = expect_kinds(rows[0], "result", (str,), where)
        return trained_of(text, where)

    def genome_at(self, run: int, slot: str) -> dict[str, Any] | None:
        """Return the genome of the training in a slot as JSON data; ``None`` where there is none."""
        rows = self._rows("SELECT genome FROM evaluations WHERE run = ? AND place = ?", (run, slot))
        if not rows or rows[0][0] is None:
            return None
        where = f"the training of run {run} at '{slot}'"
        (text,) = expect_kinds(rows[0], "genome", (str,), where)
        return read_object(text, "genome", where)

    def recorded_slots(self, run: int) -> list[str]:
        """Return the slots in which a run has trainings."""
        return [slot for (slot,) in self._rows("SELECT place FROM evaluations WHERE run = ?", (run,))]

    def answers(self, run: int) -> dict[str, int]:
        """Return the slots of a run that the archive answered, and the numbers of what answered."""
        select = "SELECT place, evaluation FROM duplicates WHERE run = ? AND kind = 'answered'"
        where, kinds = f"a duplicate of run {run}", (str, int)
        rows = self._rows(select, (run,))
        return {row[0]: row[1] for row in rows if expect_kinds(row, "place, evaluation", kinds, where)}

    def count_duplicates(self, run: int) -> int:
        """Return the number of evaluations that deduplication saved a run."""
        return int(self._rows("SELECT count(*) FROM duplicates WHERE run = ?", (run,))[0][0])

    def count_keys_without(self, prefix: str) -> int:
        """Return the number of evaluations whose key begins in another way."""
        select = "SELECT count(*) FROM evaluations WHERE substr(key, 1, ?) != ?"
        return int(self._rows(select, (len(prefix), prefix))[0][0])

    # Keys at other levels

    def level_keys(self, level: str) -> dict[str, str]:
        """Return keys at a level by exact key, as far as the store has them.

        Args:
            level: value of a :class:`~nos_sym.algebra.levels.Level`; those between ``exact`` and measurements
                are kept.
        """
        if level not in _LEVELS or not self._has("level_keys"):
            return {}
        return dict(self._rows(f"SELECT exact, {level} FROM level_keys"))  # noqa: S608

    def add_level_keys(self, exact: str, sign: str, scale: str, schedule: str) -> None:
        """Keep the keys of an optimizer at the other levels."""
        self._write("INSERT OR IGNORE INTO level_keys VALUES (?, ?, ?, ?)", (exact, sign, scale, schedule))

    def remove_level_keys(self) -> None:
        """Forget all keys at other levels, as before they are computed anew."""
        self._write("DELETE FROM level_keys", ())

    # Proposals

    def proposals(self, run: int) -> dict[str, tuple[Any, ...]]:
        """Return what was proposed in a run, by slot: the fields of a :class:`Proposed` each."""
        if not self._has("proposals"):
            return {}
        rows = self._rows(
            f"SELECT {_PROPOSED_COLUMNS} FROM proposals WHERE run = ?",  # noqa: S608
            (run,),
        )
        where = f"a proposal of run {run}"
        return {row[0]: row for row in expect_all_kinds(rows, _PROPOSED_COLUMNS, _PROPOSED_KINDS, where)}

    def add_proposals(self, run: int, proposed: Iterable[Proposed]) -> None:
        """Keep what was proposed, all or nothing."""
        rows: list[tuple[Any, ...]] = [(run, *p) for p in proposed]
        with self.transaction():
            self._write_all("INSERT OR REPLACE INTO proposals VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
