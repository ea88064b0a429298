"""Plug-ins: packages that add operations or backends, found through entry points.

A package says in its metadata which module to import::

    [project.entry-points."nos_sym.operations"]
    sinh = "nos_sym_sinh"

    [project.entry-points."nos_sym.backends"]
    numpy = "nos_sym_numpy"

The module of an operation calls the same functions as the project's own tables: ``register``, ``spell``,
``write`` and so on. It is imported when a rule first names an operation that the project does not have, so
plug-ins cost nothing where they are not used, and cannot change what the project's own names mean.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nos_sym.errors import NosSymError, loaded_once, quoted

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

OPERATIONS = "nos_sym.operations"
"""Entry point group of modules that add operations."""

BACKENDS = "nos_sym.backends"
"""Entry point group of packages that are backends, by the name of the backend."""


class PluginError(NosSymError):
    """A plug-in that cannot be loaded, or whose operation fails; the message names the plug-in."""


_LOADING: list[str] = []


def current() -> str:
    """Return the name of the plug-in that is being loaded, or nothing."""
    return _LOADING[-1] if _LOADING else ""


@lru_cache(maxsize=1)
def load_operations() -> tuple[str, ...]:
    """Import every plug-in that adds operations, once; return their names.

    Raises:
        PluginError: a plug-in cannot be imported, or describes an operation that is there already.
    """
    return tuple(_load(point).__name__ for point in _points(OPERATIONS))


def load_backend(name: str) -> ModuleType | None:
    """Return the package of a backend that a plug-in adds, or ``None``.

    Raises:
        PluginError: it cannot be imported.
    """
    return next((_load(point) for point in _points(BACKENDS) if point.name == name), None)


def backend_names() -> tuple[str, ...]:
    """Return the names of the backends that plug-ins add, without importing any."""
    return tuple(point.name for point in _points(BACKENDS))


def _points(group: str) -> list[EntryPoint]:
    # Reading the metadata of an environment takes as long as a command: only when a name is not known.
    from importlib.metadata import entry_points

    return sorted(entry_points(group=group), key=lambda point: point.name)


def _load(point: EntryPoint) -> ModuleType:
    if point.pattern.match(point.value) is None:
        raise PluginError(
            f"plug-in {quoted(point.name)} is to be {quoted(point.value)}; expected the name of a module"
        )
    with loaded_once(f"plug-in {quoted(point.name)} ({point.module})", PluginError):
        _LOADING.append(point.name)
        try:
            return importlib.import_module(point.module)
        finally:
            _LOADING.pop()


@contextmanager
def _blamed(who: str) -> Iterator[None]:
    try:
        yield
    except PluginError:
        raise
    except (Exception, SystemExit) as error:
        raise PluginError(f"{who} fails: {_one_line(error)}") from error


def blamed(plugin: str, operation: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of a plug-in's record whose errors name the plug-in."""

    def call(*arguments: Any) -> Any:
        with _blamed(f"operation '{operation}' of plug-in '{plugin}'"):
            return function(*arguments)

    return call


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, NosSymError) else f"{type(error).__name__}: {text}"
