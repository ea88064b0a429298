"""Plug-ins: packages that add operations, backends, tasks or algorithms, found through entry points.

A package says in its metadata which module to import::

    [project.entry-points."nos_sym.operations"]
    sinh = "nos_sym_sinh"

    [project.entry-points."nos_sym.backends"]
    numpy = "nos_sym_numpy"

    [project.entry-points."nos_sym.tasks"]
    spiral = "nos_sym_spiral:Spiral"

    [project.entry-points."nos_sym.algorithms"]
    climb = "nos_sym_climb:Climb"

The module of an operation calls the same functions as the project's own tables: ``register``, ``spell``,
``write`` and so on. It is imported when a rule first names an operation that the project does not have, so
plug-ins cost nothing where they are not used, and cannot change what the project's own names mean. Tasks and
algorithms are classes, imported when a search names them.
"""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nos_sym.errors import NosSymError, loaded_once, quoted

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

OPERATIONS = "nos_sym.operations"
"""Entry point group of modules that add operations."""

BACKENDS = "nos_sym.backends"
"""Entry point group of packages that are backends, by the name of the backend."""

TASKS = "nos_sym.tasks"
"""Entry point group of classes that are tasks of a search, by the name of the task."""

ALGORITHMS = "nos_sym.algorithms"
"""Entry point group of classes that are search algorithms, by the name of the algorithm."""

_KINDS = {TASKS: "task", ALGORITHMS: "algorithm"}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


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


@dataclass(frozen=True, slots=True)
class Named:
    """A class that a plug-in adds under a name, not imported yet.

    Attributes:
        name: its name in settings.
        path: ``module:Class``.
        package: name and version of the package that it comes from, as in ``nos-sym-spiral 1.0``.
        who: how errors name it.
    """

    name: str
    path: str
    package: str
    who: str

    def load(self) -> Any:
        """Import the class.

        Raises:
            PluginError: it cannot be imported; the message names the package.
        """
        module, _, name = self.path.partition(":")
        with loaded_once(self.who, PluginError):
            return attrgetter(name)(importlib.import_module(module))


@lru_cache(maxsize=4)
def named(group: str, own: Collection[str]) -> dict[str, Named]:
    """Return the classes that plug-ins add to a group, by their names, without importing any.

    Args:
        group: :data:`TASKS` or :data:`ALGORITHMS`.
        own: the names that the project has there itself, a tuple.

    Raises:
        PluginError: two packages give the same name, one gives a name of the project, or what a package gives
            is not written as ``name = "module:Class"``.
    """
    kind = _KINDS[group]
    found: dict[str, Named] = {}
    points = _points(group)
    times = Counter(point.name for point in points)
    for point in points:
        dist = point.dist
        package = "" if dist is None else f"{dist.name} {dist.version}"
        who = f"{kind} {quoted(point.name)} of package {quoted(package)}"
        if _NAME.fullmatch(point.name) is None:
            raise PluginError(f"{who} has a name with other signs than letters, digits, '_' and '-'")
        if point.pattern.match(point.value) is None or not point.attr:
            raise PluginError(f"{who} is to be {quoted(point.value)}; expected 'module:Class'")
        if point.name in own:
            raise PluginError(
                f"{who} has the name of one of nos-sym; rename it there, or uninstall the package"
            )
        if times[point.name] > 1:
            others = [p.dist.name for p in points if p.name == point.name and p.dist is not None]
            raise PluginError(
                f"{who} has a name that {' and '.join(quoted(o) for o in others)} give; uninstall one of them"
            )
        found[point.name] = Named(point.name, f"{point.module}:{point.attr}", package, who)
    return found


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
def fails_as(who: str) -> Iterator[None]:
    """Turn what is raised into an error of the plug-in, one line that begins with its name.

    Raises:
        PluginError: something was raised that is none.
    """
    try:
        yield
    except PluginError:
        raise
    except (Exception, SystemExit) as error:
        raise PluginError(f"{who} fails: {_one_line(error)}") from error


def blamed(plugin: str, operation: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of a plug-in's record whose errors name the plug-in."""

    def call(*arguments: Any) -> Any:
        with fails_as(f"operation '{operation}' of plug-in '{plugin}'"):
            return function(*arguments)

    return call


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, NosSymError) else f"{type(error).__name__}: {text}"
