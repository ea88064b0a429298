"""The folder that ``nos-sym paper`` writes: what is in it, in which order it changes, and the PDF of it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nos_sym.cli.failures import InputError, WriteError
from nos_sym.cli.output import remove_parts, write_file
from nos_sym.errors import quoted_path

if TYPE_CHECKING:
    from nos_sym.report.paper.pieces import Made, Piece

DOCUMENT, PDF = "paper.tex", "paper.pdf"

_SHOWN = re.compile(rb"\{((?:tables|figures)/(?!(?:table|figure)\d\d\.)[a-z0-9-]+\.(?:tex|pdf))\}")
"""Files of a store that a document shows; those of the paper, which have numbers, are in all documents."""


@dataclass(frozen=True, slots=True)
class Written:
    """What changed in a folder.

    Attributes:
        changed: names of the files that were written.
        removed: names of those that were there and are gone.
    """

    changed: set[str] = field(default_factory=set)
    removed: list[str] = field(default_factory=list)


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Make a folder, and let nobody else write there meanwhile.

    Raises:
        WriteError: it cannot be made, or another command writes there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except (OSError, ValueError) as error:
        raise WriteError(f"cannot write {quoted_path(folder)}: {_reason(error)}") from None
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WriteError(
                f"another 'nos-sym paper' or 'nos-sym pipeline' writes to {quoted_path(folder)}; wait for "
                "its end, or choose another folder"
            ) from None
        except OSError:
            # A file system without locks is written as it is.
            pass
        remove_parts(folder)
        yield
    finally:
        os.close(opened)


def expect_ours(folder: Path, names: list[str]) -> None:
    """Refuse a folder with files of the same names that this command did not make.

    Raises:
        InputError: it has one, or is no folder.
    """
    from nos_sym.report.paper.document import FIRST_LINE

    if folder.exists() and not folder.is_dir():
        raise InputError(f"{quoted_path(folder)} is no folder; expected one, or a name that is free")
    if (_content(folder / DOCUMENT) or b"").startswith(FIRST_LINE.encode()):
        return
    for name in (DOCUMENT, PDF, *names):
        if (folder / name).exists():
            raise InputError(
                f"{quoted_path(folder / name)} is there and was not made by nos-sym; choose another folder"
            )


def write_paper(folder: Path, made: list[tuple[Piece, Made]]) -> Written:
    """Write what differs from what is there.

    A PDF is of the files beside it or is not there: it goes before the first of them changes.

    Raises:
        WriteError: a file cannot be written; those before it are.
    """
    from nos_sym.report.paper.document import document

    contents = {DOCUMENT: document(made).encode()} | {piece.file: part.content for piece, part in made}
    before = {name: _content(folder / name) for name in contents}
    written = Written()
    written.changed.update(name for name, content in contents.items() if before[name] != content)
    shown_before = [match.decode() for match in _SHOWN.findall(before[DOCUMENT] or b"")]
    outdated = [name for name in shown_before if name not in contents]
    for name in [*([PDF] if written.changed else []), *outdated]:
        if _removed(folder / name):
            written.removed.append(name)
    try:
        for name in sorted({str(Path(name).parent) for name in contents}):
            (folder / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(f"cannot write {quoted_path(folder)}: {_reason(error)}") from None
    # The document first: by it, the folder is known to be this command's.
    for name in contents:
        if name in written.changed:
            write_file(folder / name, contents[name])
    return written


def _removed(path: Path) -> bool:
    """Remove a file, and return whether it was there."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise WriteError(f"cannot remove {quoted_path(path)}: {_reason(error)}") from None
    return True


def _content(path: Path) -> bytes | None:
    """Return what a file holds; ``None`` where there is none."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise WriteError(f"cannot read {quoted_path(path)}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def compile_paper(folder: Path, written: Written) -> str | None:
    """Compile the document, and return the path of the PDF.

    Returns:
        ``None`` where there is no PDF, because there is no pdfTeX.

    Raises:
        WriteError: the document does not compile, or the PDF cannot be written.
    """
    from nos_sym.report.paper.compiling import CompilingError, compiled, is_there

    pdf = folder / PDF
    if not is_there():
        return str(pdf) if pdf.exists() else None
    try:
        content = compiled(folder / DOCUMENT)
    except CompilingError as error:
        raise WriteError(str(error)) from None
    if _content(pdf) != content:
        write_file(pdf, content)
        written.changed.add(PDF)
    if PDF in written.removed:
        written.removed.remove(PDF)
    return str(pdf)
