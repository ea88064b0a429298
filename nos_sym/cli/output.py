"""Output: whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from nos_sym.cli.failures import WriteError


def write_stdout(text: str) -> None:
    """Write finished text to standard output, ending in a newline."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def write_json(data: Any) -> None:
    """Write data as JSON to standard output."""
    write_stdout(json.dumps(data, indent=2, ensure_ascii=False))


def write_file(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old content or the new one, never a part.

    Raises:
        WriteError: nothing was written, and nothing is left behind.
    """
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            if target.is_dir():
                raise IsADirectoryError(21, "Is a directory")
            # A pipe or a device has no old content to keep.
            target.write_text(text, encoding="utf-8")
            return
        _replace(target, text)
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise WriteError(f"cannot write '{path}': {reason}") from None


def write_source(text: str, output: Path | None) -> None:
    """Write a source file, to standard output where no path is given."""
    if output is None:
        write_stdout(text)
    else:
        write_file(output, text)


def _replace(target: Path, text: str) -> None:
    beside = target.with_name(f".{target.name[:200]}.{os.getpid()}.part")
    try:
        with beside.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            beside.chmod(target.stat().st_mode & 0o777)
        beside.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
