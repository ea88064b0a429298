"""Connections to a store, and the checks that leave foreign, damaged and newer files untouched.

One process at a time writes a store; see :mod:`nos_sym.search.store.locks`. The row ``owner`` in the store
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

from nos_sym.errors import NosSymError, quoted
from nos_sym.search.store.locks import InUseError, SeveralNamesError, StoreLock, held_here
from nos_sym.search.store.schema import ADDED, APPLICATION_ID, TABLES, VERSION

_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES = 100
_WRITE_AHEAD = b"\x02\x02"
"""Bytes 18 and 19 of a file in write-ahead mode."""
_SECONDS_TO_WAIT = 10.0


class StoreError(NosSymError):
    """A store that cannot be opened, read or written; its content is unchanged."""


@contextlib.contextmanager
def store_errors(doing: str, path: Path) -> Iterator[None]:
    """Turn failures of SQLite and of the file system into one line: ``cannot <doing> '<path>': <reason>``."""
    try:
        yield
    except (sqlite3.Error, OSError, ValueError, OverflowError) as error:
        name = quoted(str(path), 1000)
        raise StoreError(f"cannot {doing} {name}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, UnicodeDecodeError):
        return "it holds text that is none; the file is damaged; restore a copy, or choose another --store"
    text = _one_line(str(error))
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


def _one_line(text: str) -> str:
    """Return what SQLite says, which may have several lines and quote what is in a damaged file."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))


def real_file(path: Path) -> Path:
    """Return the path of a store without symbolic links: a store that is reached through one is the same.

    Raises:
        StoreError: the links lead nowhere.
    """
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        reason = "its symbolic links form a loop" if isinstance(error, RuntimeError) else str(error)
        reason = _reason(error) if isinstance(error, OSError) else reason
        raise StoreError(f"cannot open {quoted(str(path), 200)}: {reason}; choose another --store") from None


def exists(path: Path) -> bool:
    """Return whether there is a file at the path of a store.

    Raises:
        StoreError: that cannot be found out.
    """
    with store_errors("open", path):
        return path.exists()


def expect_folder(path: Path) -> None:
    """Raise a :class:`StoreError` where the folder that a store is to be in is missing."""
    folder = real_file(path).parent
    with store_errors("open", path):
        if not folder.is_dir():
            raise StoreError(f"cannot open '{path}': there is no folder '{folder}'; create it first")


def lock(path: Path) -> StoreLock:
    """Acquire and return the lock of a store, which is an empty file if there was none.

    Raises:
        StoreError: another process holds it, where the message says which; or the store cannot be written.
    """
    file = real_file(path)
    _expect_file(path)
    with store_errors("write", path):
        try:
            return StoreLock(file)
        except InUseError:
            raise StoreError(
                f"'{path}' is in use by another process{_owner(path)}; wait for it, stop it, or choose "
                "another --store"
            ) from None
        except SeveralNamesError:
            raise StoreError(
                f"'{path}' has several names (hard links), which cannot be locked here; remove the others"
            ) from None


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
    """Return a connection for writing; the lock of the store must be held. An empty file becomes a store.

    Raises:
        StoreError: the file is not a store, is damaged or of a newer version, or cannot be written.
    """
    file = real_file(path)
    _check_file(path, file)
    with store_errors("open", path):
        connection = sqlite3.connect(file, timeout=_SECONDS_TO_WAIT, isolation_level=None)
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def close_after_writing(connection: sqlite3.Connection) -> None:
    """Close a connection for writing, and leave a file that is whole without a log beside it.

    A file in write-ahead mode is one whose writer runs or was killed; this mode ends here where no reader
    is connected.
    """
    with contextlib.suppress(sqlite3.Error):
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Return a connection for reading; another process may be writing the store.

    Raises:
        StoreError: there is no such file, or it is not a store, is damaged or of a newer version.
    """
    file = real_file(path)
    if not exists(path):
        raise StoreError(f"there is no store '{path}'; 'nos-sym evolve --store FILE' makes one")
    _expect_file(path)
    held = held_here(file)
    if held is None:
        _check_file(path, file)
    elif held != file:
        raise _several_names(path)
    with store_errors("read", path):
        alone = not Path(f"{file}-wal").exists() and not os.access(file.parent, os.W_OK)
        # A write-ahead log needs files beside the store, which a folder without write access refuses.
        mode = "mode=ro&immutable=1" if alone else "mode=ro"
        connection = sqlite3.connect(
            f"{file.as_uri()}?{mode}", uri=True, timeout=_SECONDS_TO_WAIT, isolation_level=None
        )
        try:
            if _check_version(connection, path) == 0:
                raise StoreError(f"'{path}' is an empty store; 'nos-sym evolve --store FILE' fills one")
        except BaseException:
            connection.close()
            raise
    return connection


def _expect_file(path: Path) -> None:
    """Raise an error where a path is there and is no file; opening a pipe would wait for its other end."""
    with store_errors("open", path):
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "no file"
            raise StoreError(f"cannot open '{path}': it is {what}; expected a file")


def _check_file(path: Path, file: Path) -> None:
    """Raise an error unless a file is empty, or begins as a database does and is whole."""
    with store_errors("read", path):
        has_log = _has_log(file)
        with file.open("rb") as opened:
            head = opened.read(_HEADER_BYTES)
            status = os.fstat(opened.fileno())
        # A writer may begin one meanwhile, or end and copy it back.
        has_log = has_log or _has_log(file)
    if head and not head.startswith(_MAGIC):
        raise StoreError(f"'{path}' is no store of nos-sym; it is left as it is; choose another --store")
    # While a log is to be copied back, the file may be shorter than its first page says.
    if head and not has_log and status.st_size < _size_in_header(head):
        raise StoreError(
            f"'{path}' is damaged: it has {status.st_size} bytes of {_size_in_header(head)}; restore a copy, "
            "or choose another --store"
        )
    if status.st_nlink > 1 and head[18:20] == _WRITE_AHEAD and not has_log:
        raise _several_names(path)


def _several_names(path: Path) -> StoreError:
    return StoreError(
        f"'{path}' has several names (hard links) and is being written, or was not closed, under another "
        "one, beside which its latest evaluations are; use that name, or remove the other names"
    )


def _has_log(file: Path) -> bool:
    try:
        return Path(f"{file}-wal").stat().st_size > 0
    except FileNotFoundError:
        return False


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
        raise StoreError(
            f"'{path}' is damaged: {_one_line(state)}; restore a copy, or choose another --store"
        )
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")
    # A commit is on the disk before it counts.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        # One transaction makes a store or nothing, also when the process is killed within it.
        for statement in f"{TABLES if version == 0 else ''}{ADDED}".split(";\n"):
            if statement.strip():
                connection.execute(statement)
        if version < VERSION:
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
