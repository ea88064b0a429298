"""The store of an experiment: one SQLite file with every run, every evaluation and what came of it.

The file is in write-ahead mode, so that readers and the one writer do not wait for each other. Every
evaluation is committed to the disk the moment it ends: a process that is killed loses what it was training
and nothing else. Genomes, results and settings are JSON.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nos_sym.errors import NosSymError
from nos_sym.search.slots import Slot
from nos_sym.search.store.checking import expect_all_kinds
from nos_sym.search.store.connection import (
    StoreError,
    close_after_writing,
    expect_folder,
    lock,
    now,
    open_for_reading,
    open_for_writing,
    real_file,
    store_errors,
)
from nos_sym.search.store.locks import StoreLock
from nos_sym.search.store.moving import MovesEvaluations
from nos_sym.search.store.paths import path_of_store
from nos_sym.search.store.rows import (
    DUPLICATE_COLUMNS,
    DUPLICATE_KINDS,
    EVALUATION_COLUMNS,
    MOVE_COLUMNS,
    MOVE_KINDS,
    NEW_COLUMNS,
    RUN_COLUMNS,
    Evaluation,
    Run,
    evaluation_at,
    evaluation_of_row,
    places_of,
    row_of_evaluation,
    run_of_row,
)
from nos_sym.search.store.schema import OF_A_RUN
from nos_sym.search.store.tables import Tables
from nos_sym.search.store.versions import versions

__all__ = ["Evaluation", "Run", "Store", "StoreError", "evaluation_at"]


class Store(Tables, MovesEvaluations):
    """A store, opened for writing with :meth:`open` or for reading with :meth:`read`; a context manager.

    Attributes:
        path: path of the file, as it was given.
        folder: folder beside the file for the source files of the optimizers that are trained.

    >>> with Store.read("run.db") as store:
    ...     best = hall_of_fame(store, limit=10)
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, held: StoreLock | None) -> None:
        self.path = path
        # Beside the store, so that whoever reads the results finds the very files that were trained.
        file = real_file(path)
        self.folder = file.with_name(f"{file.name}.optimizers")
        self._connection = connection
        self._lock = held
        with store_errors("open", self.folder):
            self._had_folder = self.folder.exists()

    @classmethod
    def open(cls, path: str | Path) -> Store:
        """Open a store for writing, and create it if there is none.

        Raises:
            StoreError: another process has it open for writing, or the file cannot be used.
        """
        path = path_of_store(path)
        expect_folder(path)
        held = lock(path)
        try:
            return cls(path, open_for_writing(path), held)
        except BaseException:
            held.undo()
            raise

    @classmethod
    def read(cls, path: str | Path) -> Store:
        """Open a store for reading, also while a search writes it.

        Raises:
            StoreError: there is no such file, or it cannot be used.
        """
        return cls(path := path_of_store(path), open_for_reading(path), None)

    def close(self) -> None:
        """Close the file and release the lock."""
        if self._lock is None:
            self._connection.close()
            return
        close_after_writing(self._connection)
        self._lock.release()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: object, *exception: object) -> None:
        """Close the store; one that was made for what an error ended before its first run is removed."""
        if kind is not None and self._lock is not None and self._lock.is_new and self._is_unused():
            self._connection.close()
            self._lock.undo()
            if not self._had_folder:
                shutil.rmtree(self.folder, ignore_errors=True)
        else:
            self.close()

    def _is_unused(self) -> bool:
        with contextlib.suppress(StoreError):
            return not self._rows("SELECT 1 FROM runs LIMIT 1")
        return False

    # Runs

    def begin_run(self, kind: str, name: str, settings: str, seed: int | None = None) -> Run:
        """Add a run and return it.

        Args:
            kind: ``search``, ``import`` or ``elimination``.
            name: the algorithm, or what is imported.
            settings: settings as JSON.
            seed: seed of the random choices.
        """
        with self.transaction():
            (last,) = self._rows("SELECT coalesce(max(id), 0) FROM evaluations")[0]
            row = (kind, name, seed, settings, json.dumps(versions()), now(), last)
            number = self._write(
                "INSERT INTO runs (kind, name, seed, settings, versions, started, horizon) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
        return self.run(number)

    def finish_run(self, run: int, report: Mapping[str, Any]) -> None:
        """Mark a run as finished and keep its report."""
        row = (now(), json.dumps(report), run)
        self._write("UPDATE runs SET finished = coalesce(finished, ?), report = ? WHERE id = ?", row)

    @contextlib.contextmanager
    def undone_if_empty(self, run: int) -> Iterator[None]:
        """Remove a run that an error ends before its first evaluation; there would be nothing to resume."""
        try:
            yield
        except NosSymError:
            with contextlib.suppress(StoreError):
                if not self._rows("SELECT 1 FROM evaluations WHERE run = ? LIMIT 1", (run,)):
                    self.remove_run(run)
            raise

    def remove_run(self, run: int) -> None:
        """Remove a run and all that it has."""
        with self.transaction():
            for table, column in OF_A_RUN.items():
                self._write(f"DELETE FROM {table} WHERE {column} = ?", (run,))  # noqa: S608

    def runs(self) -> list[Run]:
        """Return all runs, in the order in which they began."""
        return [run_of_row(row) for row in self._rows(f"SELECT {RUN_COLUMNS} FROM runs ORDER BY id")]  # noqa: S608

    def run(self, number: int) -> Run:
        """Return a run by its number.

        Raises:
            StoreError: there is no run of this number.
        """
        found = [run for run in self.runs() if run.id == number]
        if not found:
            raise StoreError(f"'{self.path}' has no run {number}; 'nos-sym runs' shows what it has")
        return found[0]

    # Evaluations

    def add(self, run: int, evaluation: Evaluation) -> int:
        """Add an evaluation and return its number; it is on the disk when this returns."""
        row = row_of_evaluation(run, evaluation, now())
        return self._write(f"INSERT INTO evaluations ({NEW_COLUMNS}) VALUES ({places_of(row)})", row)  # noqa: S608

    def evaluations(
        self,
        run: int | None = None,
        *,
        task: str | None = None,
        not_run: int | None = None,
        up_to: int | None = None,
    ) -> Iterator[Evaluation]:
        """Yield evaluations in the order of their numbers.

        Args:
            run: only those of this run.
            task: only those on this task and budget.
            not_run: only those of other runs.
            up_to: only those with numbers up to this one.
        """
        wanted = {"run = ?": run, "task = ?": task, "run != ?": not_run, "id <= ?": up_to}
        chosen = {condition: value for condition, value in wanted.items() if value is not None}
        where = f"WHERE {' AND '.join(chosen)}" if chosen else ""
        for row in self._rows(
            f"SELECT {EVALUATION_COLUMNS} FROM evaluations {where} ORDER BY id",  # noqa: S608
            tuple(chosen.values()),
        ):
            yield evaluation_of_row(row)

    # What came of them

    def add_duplicate(
        self, run: int, slot: Slot, draw: int, kind: str, text: str, key: str, of: int | None
    ) -> None:
        """Record that an optimizer was known: ``redrawn`` within a particle, or ``answered`` by the archive.

        Writing the same slot and draw again, as a search that is resumed does, changes nothing.
        """
        row = (run, str(slot), draw, kind, text, key, of)
        self._write("INSERT OR IGNORE INTO duplicates VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def duplicates(self, run: int) -> list[tuple[str, int, str, str, str, int | None]]:
        """Return slot, draw, kind, text, key and number of the earlier evaluation of each duplicate."""
        select = f"SELECT {DUPLICATE_COLUMNS} FROM duplicates WHERE run = ? ORDER BY place, draw"  # noqa: S608
        where = f"a duplicate of run {run}"
        return expect_all_kinds(self._rows(select, (run,)), DUPLICATE_COLUMNS, DUPLICATE_KINDS, where)

    def add_move(
        self,
        run: int,
        particle: int,
        time_step: int,
        text: str,
        key: str,
        fitness: float | None,
        of: int | None,
    ) -> None:
        """Record where a particle is after a time-step; 0 is where it starts."""
        self.add_moves(run, [(particle, time_step, text, key, fitness, of)])

    def add_moves(
        self, run: int, moves: Iterable[tuple[int, int, str, str, float | None, int | None]]
    ) -> None:
        """Record moves, as :meth:`add_move` does; within a transaction all or none."""
        rows = ((run, *move) for move in moves)
        self._write_all("INSERT OR REPLACE INTO moves VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def moves(self, run: int) -> list[tuple[int, int, str, str, float | None, int | None]]:
        """Return particle, time-step, text, key, fitness and evaluation of each move."""
        select = f"SELECT {MOVE_COLUMNS} FROM moves WHERE run = ? ORDER BY particle, time_step"  # noqa: S608
        where = f"a move of run {run}"
        return expect_all_kinds(self._rows(select, (run,)), MOVE_COLUMNS, MOVE_KINDS, where)

    # Keys, which a migration replaces

    def replace_rule(self, evaluation: int, rule: Mapping[str, Any] | None, key: str | None) -> None:
        """Replace the rule's JSON and the exact key of an evaluation."""
        data = None if rule is None else json.dumps(rule)
        self._write("UPDATE evaluations SET rule = ?, key = ? WHERE id = ?", (data, key, evaluation))

    def replace_duplicate_key(self, run: int, slot: str, draw: int, key: str) -> None:
        """Replace the key of a duplicate."""
        row = (key, run, slot, draw)
        self._write("UPDATE duplicates SET key = ? WHERE run = ? AND place = ? AND draw = ?", row)

    def replace_move_key(self, run: int, particle: int, time_step: int, key: str) -> None:
        """Replace the key of a move."""
        row = (key, run, particle, time_step)
        self._write("UPDATE moves SET key = ? WHERE run = ? AND particle = ? AND time_step = ?", row)

    def replace_report(self, run: int, report: Mapping[str, Any]) -> None:
        """Replace the report of a finished run."""
        self._write("UPDATE runs SET report = ? WHERE id = ?", (json.dumps(report), run))
