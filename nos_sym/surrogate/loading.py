"""Import of a rendered optimizer from its file, and its construction by what its signature asks for."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import inspect
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from nos_sym.errors import NosSymError
from nos_sym.surrogate.settings import TrainingSettings

_NAME = "nos_sym_rendered"


class LoadError(NosSymError):
    """A source file that cannot be imported, or that has not the class it should have."""


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """An imported source file.

    Attributes:
        module: the module.
        optimizer: the class of the optimizer in it.
    """

    module: ModuleType
    optimizer: Any

    def construct(self, settings: TrainingSettings, *first: Any, **others: Any) -> Any:
        """Return an optimizer with the total number of steps and the momentum of settings, where it has them.

        Args:
            settings: of the training.
            first: arguments that come first, for PyTorch the parameters.
            others: the learning rate under its name in the framework.
        """
        if self.takes("total_steps"):
            others["total_steps"] = settings.steps
        if self.takes("momentum"):
            others.setdefault("momentum", settings.momentum_high)
        return self.optimizer(*first, **others)

    def takes(self, name: str) -> bool:
        """Return whether the class has an argument of a name."""
        return name in inspect.signature(self.optimizer).parameters


@dataclass(frozen=True, slots=True)
class Run:
    """A training that is to be made.

    Attributes:
        file: the optimizer.
        rate: its peak learning rate.
        seed: of the evaluation that it is part of.
    """

    file: RenderedFile
    rate: float
    seed: int


def load_file(source: Path, class_name: str) -> RenderedFile:
    """Import a source file, anew each time and without a trace among the modules: a search imports thousands.

    Raises:
        LoadError: it cannot be read or imported, or has no class of the name.
    """
    try:
        content = source.read_bytes()
    except OSError as error:
        raise LoadError(f"the source file '{source}' cannot be read: {error.strerror or error}") from None
    loader = _Loader(str(source), content)
    module = importlib.util.module_from_spec(importlib.machinery.ModuleSpec(_NAME, loader))
    module.__file__ = str(source)
    try:
        loader.exec_module(module)
    except Exception as error:
        raise LoadError(
            f"the source file '{source}' cannot be imported: {type(error).__name__}: {error}"
        ) from error
    optimizer = getattr(module, class_name, None)
    if not inspect.isclass(optimizer):
        raise LoadError(f"the source file '{source}' has no class '{class_name}'")
    return RenderedFile(module, optimizer)


class _Loader(importlib.abc.SourceLoader):
    """Imports a source text without bytecode files.

    Python takes bytecode for current while second and size of the source are the same, which they can be for
    two optimizers that are written to one path.
    """

    def __init__(self, path: str, content: bytes) -> None:
        self._path = path
        self._content = content

    def get_filename(self, fullname: str) -> str:
        """Return where the text is from, for tracebacks."""
        return self._path

    def get_data(self, path: Any) -> bytes:
        """Return the text."""
        return self._content
