"""Text that is given to a command: the content of a file, or standard input."""

from __future__ import annotations

import contextlib
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from nos_sym.cli.failures import InputError
from nos_sym.errors import quoted_path

MAX_BYTES = 64 * 1024 * 1024
"""Bytes of a file that are read; the largest log of a search has a few megabytes."""


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        InputError: it is missing, a directory, unreadable, empty, too large or not UTF-8.
    """
    try:
        if stat.S_ISDIR(path.stat().st_mode):
            raise InputError(f"{quoted_path(path)} is a directory; expected a file with rules")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"there is no file {quoted_path(path)}; expected a file with rules") from None
    except OSError as error:
        raise InputError(f"cannot read {quoted_path(path)}: {error.strerror or error}") from None
    return _decode(data, quoted_path(path))


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
        InputError: it is closed, unreadable, empty, too large or not UTF-8.
    """
    return _decode(_stdin_bytes(), "standard input")


def _stdin_bytes() -> bytes:
    # The types say that it is always there; Python leaves it out where the shell has closed it.
    if not sys.stdin:
        raise InputError("standard input is closed; expected rules there")
    try:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot read standard input: {error.strerror or error}") from None


def _decode(data: bytes, where: str) -> str:
    if len(data) > MAX_BYTES:
        raise InputError(f"{where} is too large; expected at most {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{where} is no text: byte {error.start + 1} is not UTF-8; expected a file with rules"
        ) from None
    if "\0" in text:
        raise InputError(f"{where} is no text: it holds zero bytes; expected a file with rules")
    if not text.strip():
        raise InputError(f"{where} is empty; expected, for example, 'none ~ tanh(g)'")
    return text.replace("\r\n", "\n").replace("\r", "\n")
