"""Connections to a store, and the checks that leave foreign, damaged and newer files untouched.

One process at a time writes a store. It holds a lock on ``FILE.lock`` (flock, through the filelock library),
which the operating system releases when the process ends, however it ends. The row ``owner`` in the store
says who holds the lock and is used in messages only.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nos_sym.errors import NosSymError
from nos_sym.search.store.schema import APPLICATION_ID, TABLES, VERSION

if TYPE_CHECKING:
    from filelock import BaseFileLock

_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES = 100
_SECONDS_TO_WAIT = 10.0


class StoreError(NosSymError):
    """A store that cannot be opened, read or written; its content is unchanged."""


@contextlib.contextmanager
def store_errors(doing: str, path: Path) -> Iterator[None]:
    """Turn failures of SQLite and of the file system into one line: ``cannot <doing> '<path>': <reason>``."""
    try:
        yield
    except (sqlite3.Error, OSError, UnicodeError) as error:
        raise StoreError(f"cannot {doing} '{path}': {_reason(error)}") from None


def _reason(error: sqlite3.Error | OSError | UnicodeError) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, UnicodeError):
        return "a text in it is not UTF-8: the file is damaged; restore a copy, or choose another --store"
    text = str(error)
    # Numbers are of the first byte of SQLite's code, which has the same meaning with all extensions.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    advice = {
        sqlite3.SQLITE_FULL: "free some space and continue with --resume; what was known is kept",
        sqlite3.SQLITE_IOERR: "is the disk full? What was known is kept, and --resume continues",
        sqlite3.SQLITE_CORRUPT: "the file is damaged or cut off; restore a copy, or choose another --store",
        sqlite3.SQLITE_NOTADB: "the file is no store; choose another --store",
        sqlite3.SQLITE_CANTOPEN: "expected a folder that can be written",
        sqlite3.SQLITE_READONLY: "expected a file and a folder that can be written",
        sqlite3.SQLITE_BUSY: "another program is writing it; try again",
    }.get(code)
    return f"{text}; {advice}" if advice else text


def lock(path: Path) -> BaseFileLock:
    """Acquire and return the lock of a store.

    Raises:
        StoreError: another process holds it; the message says which.
    """
    from filelock import FileLock, Timeout

    # A store that is reached through a symbolic link is the same store.
    held = FileLock(f"{path.resolve()}.lock", timeout=0)
    with store_errors("write", path):
        try:
            held.acquire()
        except Timeout:
            if not Path(held.lock_file).exists():
                folder = path.resolve().parent
                raise StoreError(
                    f"cannot write '{path}': the folder '{folder}' cannot be written; choose another"
                ) from None
            raise StoreError(
                f"'{path}' is in use by another process{_owner(path)}; wait for it, stop it, or choose "
                "another --store"
            ) from None
    return held


def _owner(path: Path) -> str:
    with contextlib.suppress(sqlite3.Error, StoreError, OSError):
        connection = open_for_reading(path)
        try:
            row = connection.execute("SELECT process, host, since FROM owner").fetchone()
        finally:
            connection.close()
        if row:
            return f" ({row[0]} on {row[1]}, since {row[2]})"
    return ""


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Return a connection for writing, and create the store if there is none; its lock must be held.

    Raises:
        StoreError: the file is not a store, is damaged or of a newer version, or cannot be written.
    """
    folder = path.absolute().parent
    if not folder.is_dir():
        raise StoreError(f"cannot open '{path}': there is no folder '{folder}'; create it first")
    _check_file(path)
    is_new = not path.exists()
    with store_errors("open", path):
        connection = sqlite3.connect(path, timeout=_SECONDS_TO_WAIT, isolation_level=None)
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            if is_new:
                for suffix in ("", "-wal", "-shm"):
                    Path(f"{path}{suffix}").unlink(missing_ok=True)
            raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Return a connection for reading; another process may be writing the store.

    Raises:
        StoreError: there is no such file, or it is not a store, is damaged or of a newer version.
    """
    if not path.exists():
        raise StoreError(f"there is no store '{path}'; 'nos-sym evolve --store FILE' makes one")
    _check_file(path)
    with store_errors("read", path):
        uri = path.absolute().as_uri()
        alone = not Path(f"{path}-wal").exists() and not os.access(path.absolute().parent, os.W_OK)
        # A write-ahead log needs files beside the store, which a folder without write access refuses.
        mode = "mode=ro&immutable=1" if alone else "mode=ro"
        connection = sqlite3.connect(
            f"{uri}?{mode}", uri=True, timeout=_SECONDS_TO_WAIT, isolation_level=None
        )
        try:
            if _check_version(connection, path) == 0:
                raise StoreError(f"'{path}' is an empty store; 'nos-sym evolve --store FILE' fills one")
        except BaseException:
            connection.close()
            raise
    return connection


def _check_file(path: Path) -> None:
    """Raise an error unless the file is missing, empty, or begins as a database does."""
    with store_errors("read", path):
        if path.is_dir():
            raise StoreError(f"cannot open '{path}': it is a folder; expected a file")
        if not path.exists():
            return
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
        size = path.stat().st_size
        log = Path(f"{path}-wal")
        whole = log.exists() and log.stat().st_size > 0
    if head and not head.startswith(_MAGIC):
        raise StoreError(f"'{path}' is no store of nos-sym; it is left as it is; choose another --store")
    # While a log is to be copied back, the file may be shorter than its first page says.
    if head and not whole and size < _size_in_header(head):
        raise StoreError(
            f"'{path}' is damaged: it has {size} bytes of {_size_in_header(head)}; restore a copy, or choose "
            "another --store"
        )


def _size_in_header(head: bytes) -> int:
    """Return the size that the first page of a database gives: number of pages times bytes per page."""
    if len(head) < _HEADER_BYTES:
        return _HEADER_BYTES
    page, pages = int.from_bytes(head[16:18], "big"), int.from_bytes(head[28:32], "big")
    return (65536 if page == 1 else page) * pages


def _check_version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of the tables, 0 where there are none yet.

    Nothing is written before this check has passed.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application == 0 and tables == 0:
        return 0
    if application != APPLICATION_ID:
        raise StoreError(
            f"'{path}' is a database of another program; it is left as it is; choose another --store"
        )
    if version > VERSION:
        raise StoreError(
            f"'{path}' is a store of version {version}, this nos-sym knows up to {VERSION}; update nos-sym"
        )
    return int(version)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    version = _check_version(connection, path)
    (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if state != "ok":
        raise StoreError(f"'{path}' is damaged: {state}; restore a copy, or choose another --store")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")
    # A commit is on the disk before it counts.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        if version == 0:
            # One transaction makes a store or nothing, also when the process is killed within it.
            for statement in TABLES.split(";\n"):
                if statement.strip():
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        row = (os.getpid(), socket.gethostname(), now())
        connection.execute("INSERT OR REPLACE INTO owner VALUES (1, ?, ?, ?)", row)
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def now() -> str:
    """Return the current time in UTC as ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
