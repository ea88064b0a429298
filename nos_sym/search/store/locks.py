"""The lock of a store: one process at a time writes it, whatever name it was opened under.

Two locks of the operating system are held together. Both are released when the process ends, however it ends.

* ``FILE.lock`` beside the file, with all symbolic links resolved (flock, through the filelock library). It is
  there before the file is, and works between the machines of a shared folder.
* A range of the file itself, far behind the bytes that SQLite locks. It belongs to the file and not to its
  name, so it also holds where the file has several names (hard links) or was renamed.

A system without locks of the second kind refuses files with several names.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

    Identity = tuple[int, int]

_RANGE = 2**62
"""First byte of the range; SQLite locks bytes about 2^30, and no file is that long."""
_UNSUPPORTED = {errno.EINVAL, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}

_held: dict[Identity, Path] = {}


class InUseError(Exception):
    """Another process, or another part of this one, holds the lock."""


class SeveralNamesError(Exception):
    """The file has several names, and this system cannot lock the file itself."""


def held_here(path: Path) -> Path | None:
    """Return the name under which this process holds the lock of a file; ``None`` where it does not.

    Such a file must not be opened and closed but by SQLite: closing it releases SQLite's locks on it (POSIX).
    """
    with contextlib.suppress(OSError):
        return _held.get(_identity_of(path.stat()))
    return None


class StoreLock:
    """The lock of a store, held from its construction until :meth:`release`.

    Args:
        file: path of the store without symbolic links; made as an empty file if there is none.

    Attributes:
        is_new: whether there was no file.

    Raises:
        InUseError: another process holds the lock.
        SeveralNamesError: the file cannot be locked by its identity.
        OSError: file or folder cannot be written.
    """

    def __init__(self, file: Path) -> None:
        if held_here(file) is not None:
            raise InUseError
        self._file = file
        had_lock = Path(f"{file}.lock").exists()
        self._beside = _lock_beside(file)
        self._descriptor = -1
        self.is_new = not file.exists()
        self._made = [] if had_lock else [".lock"]
        try:
            self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
            if self.is_new:
                self._made = ["", "-wal", "-shm", "-journal", *self._made]
            _lock_range(self._descriptor)
            self._identity = _identity_of(os.fstat(self._descriptor))
        except BaseException:
            self._remove_made()
            self._close()
            raise
        _held[self._identity] = file

    def release(self) -> None:
        """Release the lock, after SQLite has closed the file."""
        _held.pop(self._identity, None)
        self._close()

    def undo(self) -> None:
        """Remove the files that were not there before, and release the lock."""
        self._remove_made()
        self.release()

    def _remove_made(self) -> None:
        """Remove files while nobody else can open them."""
        for suffix in self._made:
            with contextlib.suppress(OSError):
                Path(f"{self._file}{suffix}").unlink()

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._beside.release()


def _identity_of(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino


def _lock_beside(file: Path) -> BaseFileLock:
    from filelock import FileLock, Timeout

    held = FileLock(f"{file}.lock", timeout=0)
    try:
        held.acquire()
    except Timeout:
        # The library has the same error for a folder without write access.
        if not Path(held.lock_file).exists():
            raise PermissionError(errno.EACCES, f"the folder '{file.parent}' cannot be written") from None
        raise InUseError from None
    return held


def _lock_range(descriptor: int) -> None:
    """Lock the range of an open file for the description of this descriptor, until it is closed."""
    try:
        import fcntl

        command = fcntl.F_OFD_SETLK
    except (ImportError, AttributeError):
        _expect_one_name(descriptor)
        return
    # struct flock: type, whence, start, length, process.
    wanted = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, _RANGE, 1, 0)
    try:
        fcntl.fcntl(descriptor, command, wanted)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN):
            raise InUseError from None
        if error.errno not in _UNSUPPORTED:
            raise
        _expect_one_name(descriptor)


def _expect_one_name(descriptor: int) -> None:
    if os.fstat(descriptor).st_nlink > 1:
        raise SeveralNamesError
