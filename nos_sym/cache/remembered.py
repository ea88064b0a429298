"""Texts that are kept between runs, answers of commands above all, below the user's folder for caches.

What is kept is the text that a command prints, so that ``nos-sym render Opt4`` need not import SymPy a second
time. A text is found again only under the same arguments and the same digest of everything else that it was
made from, see :mod:`nos_sym.cache.dependence`; it cannot be of another version of anything.

Rendered files are code that people run. So a folder or file is used only if it belongs to the user and nobody
else can write to it, and a text only if it is whole. Whatever stands in the way of a cache (no home, a full
or read-only disk, a damaged file) is no error: the answer is then made anew. :data:`OFF` switches it off.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from nos_sym.cache.dependence import dependence

OFF = "NOS_SYM_NO_CACHE"
"""Environment variable that switches the cache off, where it is set to anything."""

GENERATIONS = 3
"""Digests of everything else whose answers are kept, the latest: another version leaves the others behind."""

MOST = 4096
"""Answers of a generation; those beyond are not kept."""

_NAME = re.compile(r"[A-Za-z_]\w*(\.\w+)*(\([^~{}]*\))?", re.ASCII)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_FILE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def is_name(target: str) -> bool:
    """Return whether TARGET can only be a name of the catalog or of a library: its answer reads no file.

    >>> is_name("Opt4"), is_name("torch.optim.Adam(amsgrad=True)"), is_name("none ~ g")
    (True, True, False)
    """
    return _NAME.fullmatch(target) is not None and not os.path.lexists(target)


def remembered(arguments: tuple[object, ...], answer: Callable[[], str]) -> str:
    """Return an answer, from an earlier run where there is one.

    Args:
        arguments: the command and all that was given to it, as values whose ``repr`` says everything.
        answer: makes the answer; it depends on the arguments and the package alone, and writes nothing.
    """
    if os.environ.get(OFF) or not hasattr(os, "geteuid"):  # who owns a file is not known
        return answer()
    found = dependence()
    if found is None:
        return answer()
    name = sha256(repr(arguments).encode("utf-8", "backslashreplace")).hexdigest()
    with contextlib.suppress(OSError, ValueError), _generation(found.digest, create=False) as folder:
        return _read(folder, name)
    text = answer()
    if found.lasts:
        with contextlib.suppress(OSError, ValueError), _generation(found.digest, create=True) as folder:
            _write(folder, name, text)
    return text


def cache_home() -> Path:
    """Return the user's folder for caches: ``$XDG_CACHE_HOME``, or that of the system.

    Raises:
        OSError: there is no home.
    """
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if given.is_absolute():
        return given
    try:
        home = Path.home()
    except RuntimeError:
        raise FileNotFoundError("there is no home") from None
    return home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache"


@contextlib.contextmanager
def _generation(digest: str, *, create: bool) -> Iterator[int]:
    """Open the folder of the answers that one digest belongs to.

    Raises:
        OSError: it is not there, or is not the user's alone.
    """
    home = cache_home()
    if create:
        home.mkdir(parents=True, exist_ok=True)
        if home.stat().st_uid != os.geteuid():  # as another user, in a home that is theirs
            raise PermissionError(str(home))
    with _opened(str(home / "nos-sym"), None, create=create) as whole:
        if create:
            _drop_old(whole, digest)
        with _opened(digest, whole, create=create) as folder:
            yield folder


@contextlib.contextmanager
def _opened(path: str, inside: int | None, *, create: bool) -> Iterator[int]:
    if create:
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700, dir_fd=inside)
    folder = os.open(path, _FOLDER, dir_fd=inside)
    try:
        _expect_own(folder)
        yield folder
    finally:
        os.close(folder)


def _expect_own(file: int) -> None:
    """Raise :class:`PermissionError` where someone else could have written a file or folder."""
    found = os.fstat(file)
    if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError("not the user's alone")


def _read(folder: int, name: str) -> str:
    """Return a text that :func:`_write` wrote.

    Raises:
        OSError, ValueError: it is not there, not the user's alone, or not whole.
    """
    with os.fdopen(os.open(name, os.O_RDONLY | _FILE, dir_fd=folder), "rb") as file:
        _expect_own(file.fileno())
        digest, _, content = file.read().partition(b"\n")
    if digest.decode() != sha256(content).hexdigest():
        raise ValueError("damaged")
    return content.decode()


def _write(folder: int, name: str, text: str) -> None:
    """Write a text with its digest, whole or not at all."""
    if len(os.listdir(folder)) >= MOST:
        return
    content = text.encode()
    part = f"{name}.{secrets.token_hex(8)}"
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FILE
        with os.fdopen(os.open(part, flags, 0o600, dir_fd=folder), "wb") as file:
            file.write(sha256(content).hexdigest().encode() + b"\n" + content)
        os.replace(part, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(part, dir_fd=folder)
        raise


def _drop_old(whole: int, digest: str) -> None:
    """Remove the oldest generations, so that with a new one there are :data:`GENERATIONS`."""
    with contextlib.suppress(OSError):
        known = sorted(os.listdir(whole), key=lambda name: os.stat(name, dir_fd=whole).st_mtime)
        if digest in known:
            return
        import shutil

        for name in known[: max(0, len(known) + 1 - GENERATIONS)]:
            shutil.rmtree(name, ignore_errors=True, dir_fd=whole)
