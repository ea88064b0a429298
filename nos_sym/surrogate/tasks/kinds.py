"""The tasks that settings can name: images, those of the package, and those of plug-ins.

Their modules import a framework, so they are named here and imported when a search needs them. The settings
of a training say which task they are of: ``task = "tabular"``, or ``tasks`` for several; images say nothing.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from nos_sym import plugins
from nos_sym.errors import described
from nos_sym.search.records import NOWHERE, SettingsError, Text

if TYPE_CHECKING:
    from nos_sym.surrogate.tasks.definition import Task

IMAGES = "images"
"""The name of the task that settings are of which name none."""


@dataclass(frozen=True, slots=True)
class TaskKind:
    """Where the class of a task and the class of its settings are, each as ``module:name``."""

    task: str
    settings: str


TASKS: dict[str, TaskKind] = {
    "charlm": TaskKind(
        "nos_sym.surrogate.tasks.charlm:CharLM", "nos_sym.surrogate.tasks.settings:CharLMSettings"
    ),
    "quadratic": TaskKind(
        "nos_sym.surrogate.tasks.quadratic:Quadratic", "nos_sym.surrogate.tasks.settings:QuadraticSettings"
    ),
    "tabular": TaskKind(
        "nos_sym.surrogate.tasks.tabular:Tabular", "nos_sym.surrogate.tasks.settings:TabularSettings"
    ),
}
"""Tasks of the package beside images, by the name that settings use."""

_OWN = (IMAGES, *TASKS)
_PARTS = ("load", "model", "loss", "metric")


def of_plugins() -> dict[str, plugins.Named]:
    """Return the tasks that plug-ins add, by name, without importing any.

    Raises:
        PluginError: two packages, or one and nos-sym, give the same name.
    """
    return plugins.named(plugins.TASKS, _OWN)


def package_of(name: str) -> str:
    """Return name and version of the package that a task comes from; nothing for one of nos-sym."""
    found = None if name in _OWN or not name else of_plugins().get(name)
    return "" if found is None else found.package


def load_task(name: str) -> Task[Any]:
    """Return a task by its name, one of the package or of a plug-in.

    Raises:
        SettingsError: there is none of this name.
        PluginError: the plug-in cannot be imported, or what it gives is no task.
    """
    if name in TASKS:
        task: Task[Any] = _load(TASKS[name].task)()
        return task
    found = _plugin(name)
    own = _class_of(found)
    with plugins.fails_as(found.who):
        task = own()
    missing = [part for part in _PARTS if not callable(getattr(task, part, None))]
    if missing:
        raise plugins.PluginError(f"{found.who} has no method '{missing[0]}'; expected {', '.join(_PARTS)}")
    return task


def settings_of(name: Any, text: Text = NOWHERE, path: tuple[str, ...] = ("task",)) -> Any:
    """Return the class of the settings of a task other than images.

    Raises:
        SettingsError: there is none of this name.
        PluginError: the plug-in cannot be imported, or has no class of settings.
    """
    from nos_sym.surrogate.tasks.budget import Budget

    if isinstance(name, str) and name in TASKS:
        return _load(TASKS[name].settings)
    found = _plugin(name, text, path)
    own = getattr(_class_of(found), "settings", None)
    if not (isinstance(own, type) and dataclasses.is_dataclass(own) and issubclass(own, Budget)):
        raise plugins.PluginError(
            f"{found.who} has no 'settings'; expected a frozen dataclass derived from "
            "nos_sym.surrogate.tasks.budget.Budget"
        )
    named = next(field.default for field in dataclasses.fields(own) if field.name == "task")
    if named != name:
        raise plugins.PluginError(
            f"{found.who} has settings of the task {described(named)}; expected the default "
            f"task = {described(name)}"
        )
    return own


def class_of_table(images: type, table: Any, text: Text, path: tuple[str, ...]) -> tuple[type, Any]:
    """Return the class of settings that a table is read as, and the table without what only chooses it.

    Args:
        images: the class where no task is named.
        table: the settings of a training.
        text: what it was read from.
        path: keys under which it stands.

    Raises:
        SettingsError: there is no task of the name.
    """
    if not isinstance(table, Mapping):
        return images, table
    if "tasks" in table:
        from nos_sym.surrogate.tasks.several import SeveralSettings

        return SeveralSettings, table
    if table.get("task", IMAGES) == IMAGES:
        return images, {key: value for key, value in table.items() if key != "task"}
    return settings_of(table["task"], text, (*path, "task")), table


def _class_of(found: plugins.Named) -> type:
    own = found.load()
    if not isinstance(own, type):
        raise plugins.PluginError(f"{found.who} is {described(own)}; expected a class")
    return own


def _plugin(name: Any, text: Text = NOWHERE, path: tuple[str, ...] = ("task",)) -> plugins.Named:
    """Return the plug-in of a task."""
    found = of_plugins()
    if not isinstance(name, str) or name not in found:
        expected = ", ".join([*_OWN, *found])
        raise SettingsError(
            f"{text.place(path)}unknown task {described(name)} in '{'.'.join(path)}'; expected one of "
            f"{expected}, or that of a package with the entry point '{plugins.TASKS}'"
        )
    return found[name]


def _load(path: str) -> Any:
    module, name = path.split(":")
    return attrgetter(name)(importlib.import_module(module))
