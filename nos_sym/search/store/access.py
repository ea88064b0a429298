"""Statements and transactions of an open store: what its tables are read and written with."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nos_sym.search.store.connection import store_errors


class Access:
    """A connection to a store, whose failures are one line each."""

    path: Path
    _connection: sqlite3.Connection

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything that is written within, or nothing."""
        with store_errors("write", self.path):
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with store_errors("write", self.path):
                self._connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    def _write(self, statement: str, row: tuple[Any, ...]) -> int:
        with store_errors("write", self.path):
            return int(self._connection.execute(statement, row).lastrowid or 0)

    def _rows(self, statement: str, row: tuple[Any, ...] = ()) -> list[Any]:
        with store_errors("read", self.path):
            return self._connection.execute(statement, row).fetchall()

    def _write_all(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        with store_errors("write", self.path):
            self._connection.executemany(statement, rows)

    def _has(self, table: str) -> bool:
        """Return whether there is a table: stores of earlier versions lack some until they are written."""
        return bool(self._rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)))
