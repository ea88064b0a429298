"""The text of a file with rules."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from nos_sym.errors import quoted_path
from nos_sym.targets.errors import TargetError

MAX_BYTES = 64 * 1024 * 1024
"""Bytes of a file that are read; the largest log of a search has a few megabytes."""

_LONGEST = 4096
"""Characters of a path at most."""

_RULES = "a file with rules"

_ENDING = re.compile(r"\.[A-Za-z]{2,4}(?::\w+)?\Z")
_OF_RULES = re.compile(r"[\s()]")


def read_text(path: Path, expected: str = _RULES) -> str:
    """Return the text of a file; ``expected`` says in messages what it should hold.

    Raises:
        TargetError: it is missing, a directory, unreadable, empty, too large or not UTF-8.
    """
    try:
        if stat.S_ISDIR(path.stat().st_mode):
            raise TargetError(f"{quoted_path(path)} is a directory; expected {expected}")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise TargetError(f"there is no file {quoted_path(path)}; expected {expected}") from None
    except OSError as error:
        raise TargetError(f"cannot read {quoted_path(path)}: {error.strerror or error}") from None
    return decode(data, quoted_path(path), expected)


def decode(data: bytes, where: str, expected: str = _RULES) -> str:
    """Return bytes as text, with line ends of one kind.

    Raises:
        TargetError: they are too many, none, or no text; the message begins with ``where``.
    """
    if len(data) > MAX_BYTES:
        raise TargetError(f"{where} is too large; expected at most {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TargetError(
            f"{where} is no text: byte {error.start + 1} is not UTF-8; expected {expected}"
        ) from None
    if "\0" in text:
        raise TargetError(f"{where} is no text: it holds zero bytes; expected {expected}")
    if not text.strip():
        example = ", for example, 'none ~ tanh(g)'" if expected == _RULES else f" {expected}"
        raise TargetError(f"{where} is empty; expected{example}")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def as_path(target: str) -> tuple[Path | None, str | None]:
    """Return the file that a target names, and the rule after its colon, or nothing."""
    if not target.strip() or len(target) > _LONGEST or any(c in target for c in "\0\n"):
        return None, None
    if exists(target):
        return Path(target), None
    file, colon, rule = target.rpartition(":")
    if colon and file and is_identifier(rule) and exists(file):
        return Path(file), rule
    return None, None


def looks_like_path(text: str) -> bool:
    """Return whether a text that is no rule was meant to be a file."""
    if len(text) > _LONGEST or _OF_RULES.search(text):
        return False
    return "/" in text or _ENDING.search(text) is not None


def exists(path: str) -> bool:
    """Return whether there is something at a path."""
    try:
        # An unreadable folder hides its files: reading then says so.
        return os.path.lexists(path)
    except (OSError, ValueError):
        return False


def is_identifier(text: str) -> bool:
    """Return whether a text may be the name of a rule."""
    return text.isascii() and text.isidentifier()
