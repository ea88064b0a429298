"""A document as PDF, by pdfTeX, which writes nothing beside it and starts no other program."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from nos_sym.errors import NosSymError, one_line, quoted_path

__all__ = ["PROGRAM", "CompilingError", "compiled", "is_there"]

PROGRAM = "pdflatex"
_SECONDS = 300.0
_RERUN = re.compile(rb"Rerun to get|Label\(s\) may have changed")
_RUNS = 3


class CompilingError(NosSymError):
    """A document that pdfTeX does not compile."""


def is_there() -> bool:
    """Return whether pdfTeX is installed."""
    return shutil.which(PROGRAM) is not None


def compiled(source: Path) -> bytes:
    """Return a document as PDF.

    Args:
        source: the document; what it inputs lies beside it.

    Raises:
        CompilingError: pdfTeX is not installed, takes longer than five minutes, or refuses the document.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise CompilingError(f"{PROGRAM} is not installed")
    with tempfile.TemporaryDirectory(prefix="nos-sym-paper-") as folder:
        command = [
            program, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "-file-line-error",
            f"-output-directory={folder}", source.name,
        ]  # fmt: skip
        for _ in range(_RUNS):
            if not _RERUN.search(_run(command, source)):
                break
        try:
            return (Path(folder) / f"{source.stem}.pdf").read_bytes()
        except OSError as error:
            raise CompilingError(f"{PROGRAM} wrote no PDF: {error.strerror or error}") from None


def _run(command: list[str], source: Path) -> bytes:
    try:
        found = subprocess.run(  # noqa: S603
            command,
            cwd=source.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CompilingError(
            f"{PROGRAM} takes longer than {_SECONDS:g} s for {quoted_path(source)}"
        ) from None
    except OSError as error:
        raise CompilingError(f"{PROGRAM} cannot be started: {error.strerror or error}") from None
    if found.returncode:
        log = found.stdout.decode(errors="replace")
        said = re.search(r"^(!.*|\S*:\d+: .*)$", log, re.MULTILINE)
        reason = said[0] if said is not None else f"exit code {found.returncode}"
        raise CompilingError(f"{quoted_path(source)} does not compile: {one_line(reason, 300)}")
    return found.stdout
