"""Runs as arguments: ``STORE`` or ``STORE:NUMBER``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from nos_sym.cli.failures import InputError
from nos_sym.errors import quoted

_NUMBER = re.compile(r"(.+):([0-9]{1,18})", re.DOTALL)


class RunName(NamedTuple):
    """A store, and the number of a run of it; ``None`` where the store alone is given."""

    file: Path
    number: int | None

    def __str__(self) -> str:
        return str(self.file) if self.number is None else f"{self.file}:{self.number}"


def run_name(text: str) -> RunName:
    """Return the store and run that an argument names; a file whose name ends in a number is a file.

    Raises:
        InputError: there is no such file.
    """
    match = _NUMBER.fullmatch(text)
    try:
        if match is None or Path(text).exists():
            file, number = Path(text), None
        else:
            file, number = Path(match[1]), int(match[2])
        there = file.exists()
    except (OSError, ValueError):
        there = False
    if not there:
        raise InputError(
            f"there is no store {quoted(text, 60)}; expected its file, or FILE:NUMBER for one run of it"
        )
    return RunName(file, number)
