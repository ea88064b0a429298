"""What the answer of a command depends on beside its arguments, as a digest.

An answer that is kept must not outlive anything that it was made from. So the digest is one of contents:
every file of the package, byte for byte, the version of Python, every distribution that Python sees with its
version, and the variables that SymPy reads. Where a part may change and show it nowhere, there is no digest
and nothing is kept: with a plug-in of nos-sym installed, and where a library is not that of its distribution,
as in a checkout on the path.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

LIBRARIES = {
    "sympy": "sympy", "mpmath": "mpmath", "lark": "lark", "jinja2": "jinja2", "markupsafe": "markupsafe",
    "flint": "python_flint", "gmpy2": "gmpy2",
}  # fmt: skip
"""What takes part in an answer: the names of packages, and of the distributions that they come from."""

SETTLED = 10.0
"""Seconds for which a file must have been as it is, before anything that was made from it is kept.

A process imports a file some time before its digest is taken, or after.
"""

_PLUGIN = re.compile(rb"^\s*\[\s*nos_sym\.", re.MULTILINE)
_INFO = (".dist-info", ".egg-info")

_State = tuple[int, int, int]


class Dependence(NamedTuple):
    """What answers depend on at a time.

    Attributes:
        digest: of all of it.
        installed: folder and name of each distribution.
        files: the files of the package, and what the system says of each: number, size, time of last change.
        taken: when, in seconds since the epoch.
    """

    digest: str
    installed: list[tuple[str, str]]
    files: dict[Path, _State]
    taken: float

    @property
    def lasts(self) -> bool:
        """Whether nothing has changed since, nor a file shortly before."""
        before = (self.taken - SETTLED) * 1e9
        try:
            unchanged = all(_state(path.stat()) == state for path, state in self.files.items())
            same = list(_installed()) == self.installed
        except (OSError, _Untold):
            return False
        return unchanged and same and all(changed < before for _, _, changed in self.files.values())


def dependence() -> Dependence | None:
    """Return what answers depend on now; ``None`` where it cannot be told."""
    taken = time.time()
    whole = sha256()
    files: dict[Path, _State] = {}
    try:
        installed = list(_installed())
        if not all(_is_of_a_distribution(*pair, installed) for pair in LIBRARIES.items()):
            return None
        for folder in _folders():
            for path in _paths(folder):
                with path.open("rb") as file:
                    files[path] = _state(os.fstat(file.fileno()))
                    content = sha256(file.read()).hexdigest()
                whole.update(f"{path.relative_to(folder)}\0{content}\n".encode())
    except (OSError, ValueError, _Untold):
        return None
    variables = {k: v for k, v in os.environ.items() if k.startswith(("SYMPY_", "MPMATH_"))}
    whole.update(repr((sys.version, sys.platform, sorted(installed), sorted(variables.items()))).encode())
    return Dependence(whole.hexdigest(), installed, files, taken)


class _Untold(Exception):
    """Something may change and show it nowhere."""


def _state(found: os.stat_result) -> _State:
    # Who sets the time of a file's content back sets the time of its last change to now.
    return found.st_ino, found.st_size, found.st_ctime_ns


def _folders() -> list[str]:
    """Return the folders of the package; those of a checkout lie apart, see ``docs/architecture.md``."""
    places = (find_spec(name) for name in ("nos_sym", "nos_sym.backends", "nos_sym.grammar"))
    return [
        folder for place in places if place is not None for folder in place.submodule_search_locations or ()
    ]


def _paths(folder: str | os.PathLike[str]) -> Iterator[Path]:
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _paths(entry)
        else:
            yield Path(entry)


def _installed() -> Iterator[tuple[str, str]]:
    """Yield folder and name of each distribution on the path.

    Raises:
        _Untold: one is a plug-in of nos-sym, or may be.
    """
    for folder in dict.fromkeys(map(_absolute, sys.path)):
        try:
            names = sorted(path.name for path in Path(folder).iterdir())
        except FileNotFoundError:
            continue
        except NotADirectoryError:
            raise _Untold from None  # an archive may hold distributions
        for name in names:
            if name.endswith(".egg"):
                raise _Untold
            if name.endswith(_INFO):
                if _is_plugin(Path(folder, name, "entry_points.txt")):
                    raise _Untold
                yield folder, name


def _absolute(path: str | Path) -> str:
    return str(Path(path).absolute())


def _is_plugin(path: Path) -> bool:
    try:
        return _PLUGIN.search(path.read_bytes()) is not None
    except (FileNotFoundError, NotADirectoryError):
        return False


def _is_of_a_distribution(package: str, distribution: str, installed: list[tuple[str, str]]) -> bool:
    """Return whether a package lies beside the record of its version; also where it is not installed."""
    place = find_spec(package)
    if place is None:
        return True
    if not place.origin:
        return False
    parent = Path(place.origin).parent
    if place.submodule_search_locations is not None:
        parent = parent.parent
    return any(
        folder == _absolute(parent) and name.lower().startswith(f"{distribution}-")
        for folder, name in installed
    )
