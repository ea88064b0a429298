"""Backends as the renderer sees them: a printer, the context of its templates, and the templates.

A backend is a package with a module ``printer`` and a folder ``templates``; the project's own are
``nos_sym.backends.<name>``, those of plug-ins are named by entry points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any

from nos_sym import plugins
from nos_sym.backends.functions import MODULES
from nos_sym.errors import RenderError, loaded_once

if TYPE_CHECKING:
    from nos_sym.backends.printer import CodePrinter

BACKENDS = ("torch", "tensorflow", "keras", "optax", "latex")
"""The project's own targets of :func:`nos_sym.render`."""


@dataclass(frozen=True, slots=True)
class Backend:
    """A target that is code.

    Attributes:
        name: what it is called.
        printer: turns values into text.
        minimal: the printer of minimal files, where the backend has them.
        reserved: names of a rendered file that neither the class nor a value may take.
        context: ``(program, states, scalars)`` to what the optimizer's template sees beside the statements.
        templates: ``optimizer.py.jinja``, ``schedule.py.jinja`` and others.
        modules: fields of the templates of functions that the backend lacks; ``None`` where it lacks none.
    """

    name: str
    printer: CodePrinter
    minimal: CodePrinter | None
    reserved: frozenset[str]
    context: Callable[..., dict[str, Any]]
    templates: Traversable
    modules: dict[str, str] | None


@lru_cache(maxsize=32)
def backend_of(name: str) -> Backend:
    """Return a backend by its name.

    Raises:
        RenderError: there is no such backend, or it is LaTeX, which is no code, or a plug-in's package lacks
            a part.
    """
    check_backend(name)
    if name == "latex":
        raise RenderError("LaTeX is no code; expected another backend")
    if name in BACKENDS:
        package = f"nos_sym.backends.{name}"
    else:
        loaded = plugins.load_backend(name)
        assert loaded is not None
        package = loaded.__name__
    try:
        module = _printer(name, package)
        modules = MODULES.get(name)
        return Backend(
            name,
            module.PRINTER,
            getattr(module, "MINIMAL", None),
            module.RESERVED,
            module.context,
            files(package).joinpath("templates"),
            modules and modules._asdict(),
        )
    except (ImportError, AttributeError) as error:
        if name in BACKENDS:
            raise
        raise RenderError(f"the backend '{name}' of a plug-in lacks a part: {error}") from error


def _printer(name: str, package: str) -> Any:
    """Return the module of a backend's printer, which imports its table of spellings."""
    if name not in BACKENDS:
        return import_module(f"{package}.printer")
    with loaded_once(f"the import of backend '{name}'"):
        return import_module(f"{package}.printer")


def check_backend(name: str) -> None:
    """Raise :class:`RenderError` unless there is a backend of a name; none is imported."""
    if name in BACKENDS:
        return
    added = plugins.backend_names()
    if name not in added:
        raise RenderError(f"unknown backend '{name}'; expected one of {', '.join((*BACKENDS, *added))}")
