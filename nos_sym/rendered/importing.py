"""The import of modules that are printed for it."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from nos_sym.errors import quoted
from nos_sym.rendered.names import PACKAGE, Printed, current_version, printed_as


class RenderedLoader(importlib.abc.SourceLoader):
    """Prints the source of a module, and imports it without bytecode files."""

    def __init__(self, printed: Printed, path: str) -> None:
        self._printed = printed
        self._path = path

    def get_filename(self, fullname: str) -> str:
        """Return the name of the text in tracebacks, for which Python asks this loader, and no disk."""
        return self._path

    def get_data(self, path: Any) -> bytes:
        """Return the text."""
        from nos_sym.rendered.sources import source_of

        return source_of(self._printed).encode()


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return how a module is imported, where its name is one of a rendered optimizer.

        Raises:
            ImportError: another version of nos-sym prints it, or it is no code.
        """
        printed = printed_as(fullname) if fullname.startswith(f"{PACKAGE}.") else None
        if printed is None:
            return None
        if printed.version != current_version():
            made_by = quoted(printed.version)[1:-1]
            raise ImportError(
                f"a rendered optimizer ({quoted(printed.rule)}) is of nos-sym {made_by}, and this is "
                f"{current_version()}, whose file may differ; load its state dict into one that is made here",
                name=fullname,
            )
        if printed.backend == "latex":
            raise ImportError("the name of a rendered module asks for LaTeX, which is no code", name=fullname)
        file = f"{fullname.replace('.', '/')}.py"
        spec = importlib.machinery.ModuleSpec(fullname, RenderedLoader(printed, file), origin=file)
        spec.has_location = True
        return spec


def install() -> None:
    """Let Python import rendered optimizers by their names."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
