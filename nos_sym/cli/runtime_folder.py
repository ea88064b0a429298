"""Files that are rendered beside each other: where they go, and what they may replace."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from nos_sym.cli.failures import InputError, WriteError
from nos_sym.cli.output import write_file
from nos_sym.errors import quoted_path


class Place(NamedTuple):
    """Where the files of an optimizer go.

    Attributes:
        folder: that holds them, with the runtime that others there may share.
        module: name of the optimizer's file without its ending; ``None`` where it follows from the class.
        package: whether the folder is a package.
    """

    folder: Path
    module: str | None
    package: bool


def place_of(output: Path | None) -> Place:
    """Return what ``--output`` says of several files: a folder, or the file of the optimizer in it.

    Raises:
        InputError: it says neither.
    """
    if output is None:
        raise InputError(
            "--with-runtime writes three files; say where, with -o FOLDER or -o FOLDER/optimizer.py"
        )
    if output.is_dir():
        folder, module = output, None
    elif output.suffix == ".py" and output.parent.is_dir() and (output.is_file() or not output.exists()):
        folder, module = output.parent, output.stem
    else:
        raise InputError(
            f"{quoted_path(output)} is no folder, nor a .py file in one; make the folder or take another"
        )
    return Place(folder, module, (folder / "__init__.py").exists())


def write_together(files: dict[str, str], place: Place) -> None:
    """Write the files of an optimizer, of which the first needs the others and the last is the runtime.

    A file that is there already is replaced where it is the optimizer's and was named, or its other file. A
    runtime is used by others, and stays.

    Raises:
        WriteError: a file is in the way, and nothing was written; or the system lets none be written.
    """
    texts = {place.folder / name: text for name, text in files.items()}
    optimizer, beside, runtime = texts
    if _differs(runtime, texts[runtime]):
        raise WriteError(
            f"{quoted_path(runtime)} is of another version of nos-sym; take another folder, or remove it and "
            "render all optimizers there again"
        )
    if place.module is None and _differs(optimizer, texts[optimizer]):
        named = quoted_path(optimizer)
        raise WriteError(f"{named} is there and is not the same; to replace it, name it: -o {named}")
    if _differs(beside, texts[beside]) and not _begins(beside, texts[beside].split("\n")[0]):
        raise WriteError(f"{quoted_path(beside)} is there and was not rendered; remove it")
    for path in (runtime, beside, optimizer):
        if path != runtime or not path.exists():
            write_file(path, texts[path])


def _differs(path: Path, text: str) -> bool:
    """Return whether something else than a text stands at a path."""
    return _content(path) not in (None, text.encode())


def _begins(path: Path, line: str) -> bool:
    return (_content(path) or b"").startswith(line.encode())


def _content(path: Path) -> bytes | None:
    """Return what a file holds, ``None`` where there is none; what cannot be read is none of ours."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError:
        return b""
