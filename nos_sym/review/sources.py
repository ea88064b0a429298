"""What is given to be reviewed: a rule in the language, or code."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from nos_sym.errors import quoted_path
from nos_sym.review.analysis import ReviewError
from nos_sym.review.frameworks import imported_by, of_module, parsed

LARGEST = 1024 * 1024
"""Bytes of a file of code at most."""


@dataclass(frozen=True, slots=True)
class Code:
    """Code of an optimizer.

    Attributes:
        original: how it was named, ``my.py``, ``my.py:MyOptimizer`` or ``torch.optim:Adam``.
        text: of the file; ``None`` for a module that is installed.
    """

    original: str
    text: str | None

    @property
    def frameworks(self) -> frozenset[str]:
        """The libraries that it names: its text imports them, or its module is of one."""
        return of_module(self.original) if self.text is None else imported_by(self.text)


def code_of(given: str) -> Code | None:
    """Return the code that was named; ``None`` where it is a rule.

    A file is one of Python where its name ends in ``.py``, or a class of it is named and it is no file of
    rules.

    Raises:
        ReviewError: the file cannot be read, or is no text.
    """
    place, colon, name = given.rpartition(":")
    named = bool(colon) and name.isidentifier()
    path = place if named and not os.path.lexists(given) else given
    if path.endswith(".py"):
        return Code(given, _text(Path(path)))
    if named and not os.path.lexists(place) and _is_module(place):
        return Code(given, None)
    return None


def _is_module(text: str) -> bool:
    return bool(text) and all(part.isidentifier() for part in text.split("."))


def _text(path: Path) -> str:
    where = quoted_path(path)
    try:
        # Before it is opened: a pipe would wait for a writer.
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a directory" if stat.S_ISDIR(mode) else "no ordinary file"
            raise ReviewError(f"{where} is {kind}; expected a file of Python")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise ReviewError(f"there is no file {where}; expected a file of Python") from None
    except OSError as error:
        raise ReviewError(f"cannot read {where}: {error.strerror or error}") from None
    if len(data) > LARGEST:
        raise ReviewError(f"{where} is too large; expected at most {LARGEST} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReviewError(
            f"{where} is no text: byte {error.start + 1} is not UTF-8; save it in that encoding"
        ) from None
    check_syntax(text, where)
    return text


def check_syntax(text: str, where: str) -> None:
    """Read a text as Python without running it.

    Raises:
        ReviewError: it is not Python, and in which line.
    """
    if not text.strip():
        raise ReviewError(f"{where} is empty; expected an optimizer of PyTorch, Keras or optax")
    try:
        parsed(text)
    except SyntaxError as error:
        line = f" (line {error.lineno})" if error.lineno else ""
        raise ReviewError(f"{where} is not Python: {error.msg}{line}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise ReviewError(f"{where} is not Python: {type(error).__name__}") from None
