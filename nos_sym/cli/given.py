"""Text that is given to a command on standard input."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from nos_sym.cli.failures import InputError
from nos_sym.targets.files import MAX_BYTES, decode


@contextlib.contextmanager
def stdin_as_file() -> Iterator[Path]:
    """Give what standard input holds as a file, for readers of files, while the context lasts.

    Raises:
        InputError: it is closed, unreadable or too large.
    """
    import tempfile

    data = _stdin_bytes()
    if len(data) > MAX_BYTES:
        raise InputError(f"standard input is too large; expected at most {MAX_BYTES} bytes")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "standard input"
        path.write_bytes(data)
        yield path


def read_stdin() -> str:
    """Return the text of standard input.

    Raises:
        InputError: it is closed or unreadable.
        TargetError: it is empty, too large or not UTF-8.
    """
    return decode(_stdin_bytes(), "standard input")


def _stdin_bytes() -> bytes:
    # The types say that it is always there; Python leaves it out where the shell has closed it.
    if not sys.stdin:
        raise InputError("standard input is closed; expected rules there")
    try:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot read standard input: {error.strerror or error}") from None
