"""Import of a rendered optimizer from its file, and its construction by what its signature asks for."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from nos_sym.errors import NosSymError, quoted

_NAME = "nos_sym_rendered"
_RATES = ("lr", "learning_rate")


class LoadError(NosSymError):
    """A source file that cannot be imported, one without the class it should have, or a missing argument."""


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """An imported source file.

    Attributes:
        module: the module.
        optimizer: the class of the optimizer in it, for optax a function.
    """

    module: ModuleType
    optimizer: Any

    def takes(self, name: str) -> bool:
        """Return whether the optimizer has an argument of a name."""
        return name in inspect.signature(self.optimizer).parameters


def build(
    optimizer: Callable[..., Any],
    *first: Any,
    lr: Any = None,
    total_steps: int | None = None,
    **offered: Any,
) -> Any:
    """Return an optimizer of a rendered class, with those arguments that it takes.

    Args:
        optimizer: the class, for optax a function.
        first: arguments that come first, for PyTorch the parameters.
        lr: the learning rate, also where the framework calls it ``learning_rate``.
        total_steps: length of the training, which an optimizer needs whose rule depends on it.
        offered: other arguments by name, such as ``momentum`` or ``betas``; those that it does not have are
            left out.

    Raises:
        LoadError: it needs an argument that is not given, or does not say what it takes.
    """
    try:
        parameters = inspect.signature(optimizer).parameters
    except (TypeError, ValueError):
        name = getattr(optimizer, "__name__", "the optimizer")
        raise LoadError(
            f"{quoted(str(name))} does not say which arguments it takes; call it itself"
        ) from None
    offered |= {} if total_steps is None else {"total_steps": total_steps}
    offered |= {} if lr is None else dict.fromkeys(_RATES, lr)
    given = {name: value for name, value in offered.items() if name in parameters}
    rest = list(parameters.values())[len(first) :]
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    for parameter in rest:
        needed = parameter.default is inspect.Parameter.empty and parameter.kind not in variadic
        if needed and parameter.name not in given:
            name = getattr(optimizer, "__name__", "the optimizer")
            raise LoadError(f"{quoted(name)} needs the argument '{parameter.name}', which was not given")
    return optimizer(*first, **given)


def load_file(source: Path, class_name: str | None = None) -> RenderedFile:
    """Import a source file, anew each time and without a trace among the modules: a search imports thousands.

    Args:
        source: path of the file.
        class_name: name of the optimizer in it; by default the one that a rendered file begins with.

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
    except (Exception, SystemExit) as error:
        raise LoadError(
            f"the source file '{source}' cannot be imported: {type(error).__name__}: {error}"
        ) from error
    optimizer = getattr(module, class_name or _told_name(module, source), None)
    if not callable(optimizer):
        raise LoadError(f"the source file '{source}' has no class '{class_name}'")
    return RenderedFile(module, optimizer)


def _told_name(module: ModuleType, source: Path) -> str:
    """Return the name of the optimizer, with which the text of a rendered file begins."""
    name = (module.__doc__ or "").partition(",")[0]
    if not callable(getattr(module, name, None)):
        raise LoadError(f"the source file '{source}' does not say which optimizer it has; give 'class_name'")
    return name


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
