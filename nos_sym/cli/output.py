"""Output: whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from nos_sym.cli.colors import wanted
from nos_sym.cli.failures import WriteError
from nos_sym.errors import escaped, one_line, quoted_path

_UNSEEN = re.compile(r"[^\n\x20-\x7e]+")
_PART = re.compile(r"\..+\.(tex|pdf|json)\.[0-9]+\.part")
"""What is written beside a file of a document, before it takes its place."""

STDOUT = "-"
"""What stands for standard output in place of the name of a file."""


def write_stdout(text: str, *, rules: bool = True) -> None:
    """Write finished text to standard output, ending in a newline.

    What is not printable is escaped, line ends apart: the text of a store or the name of a file may hold what
    a terminal obeys.

    Args:
        text: what a command prints.
        rules: whether the rules in it are colored where :func:`nos_sym.cli.colors.wanted` says so; formats
            that programs read are not.
    """
    whole = text if text.endswith("\n") else text + "\n"
    shown = _UNSEEN.sub(lambda match: escaped(match[0]), whole)
    if rules and wanted(sys.stdout):
        from nos_sym.highlight.painting import painted_lines

        shown = painted_lines(shown)
    sys.stdout.write(shown)


@contextlib.contextmanager
def kept_for_data(wanted: bool) -> Iterator[IO[str]]:
    """Return standard output; where data is ``wanted``, what is printed meanwhile goes to standard error.

    Trainers print, and so do their modules when they are imported.
    """
    stdout = sys.stdout
    with contextlib.redirect_stdout(sys.stderr if wanted and sys.stderr is not None else stdout):
        yield stdout


def write_note(message: str) -> None:
    """Write one line on standard error, which is no error."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"note: {one_line(message)}\n")


def write_json(data: Any) -> None:
    """Write data as JSON to standard output, with JSON's own escapes for what is not printable."""
    write_stdout(json_text(data), rules=False)


def json_text(data: Any) -> str:
    """Return data as JSON, with JSON's own escapes for what is not printable."""
    import json

    text = json.dumps(data, indent=2, ensure_ascii=False)
    return _UNSEEN.sub(lambda m: m[0] if m[0].isprintable() else json.dumps(m[0])[1:-1], text)


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader sees the old content or the new one, never a part; texts are UTF-8.

    Raises:
        WriteError: nothing was written, and nothing is left behind.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        # Before links are resolved: where /dev/stdout is a pipe, it leads to a name that no file has.
        if path.exists() and not path.is_file():
            if path.is_dir():
                raise IsADirectoryError(21, "Is a directory")
            # A pipe or a device has no old content to keep.
            path.write_bytes(data)
            return
        _replace(path.resolve(), data)
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise WriteError(f"cannot write {quoted_path(path)}: {reason}") from None


def expect_place(path: Path) -> None:
    """Expect that a file can be made where a path says, before the work whose result it will have.

    Raises:
        WriteError: there is no folder for it, or it is a folder.
    """
    if path.is_dir():
        raise WriteError(f"cannot write {quoted_path(path)}: Is a directory")
    if not path.parent.is_dir():
        raise WriteError(f"cannot write {quoted_path(path)}: there is no folder {quoted_path(path.parent)}")


def write_source(text: str, output: Path | None) -> None:
    """Write a text as it is, to standard output where no path is given, or ``-``."""
    if output is None or str(output) == STDOUT:
        # As it would be in a file.
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
    else:
        write_file(output, text)


def write_bytes(data: bytes, output: Path) -> None:
    """Write bytes to a file, or to standard output where the path is ``-``."""
    if str(output) == STDOUT:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        write_file(output, data)


def remove_parts(folder: Path) -> None:
    """Remove what writers that were killed have left half-written, in a folder that nobody else writes to."""
    for each in (*folder.glob(".*.part"), *folder.glob("*/.*.part")):
        if _PART.fullmatch(each.name):
            with contextlib.suppress(OSError):
                each.unlink()


def _replace(target: Path, data: bytes) -> None:
    beside = target.with_name(f".{target.name[:200]}.{os.getpid()}.part")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            beside.chmod(target.stat().st_mode & 0o777)
        beside.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def labeled(label: str, rows: list[str]) -> list[str]:
    """Return rows beside a label on the first."""
    return [f"{label if i == 0 else '':<8} {row}" for i, row in enumerate(rows)]
