"""Search algorithms of other packages: found by name, with the class of their settings.

What an algorithm is stands in :mod:`nos_sym.search.algorithms.protocol`. One of a package is a class that
takes the settings of the search, the proposer and the listener. Its own settings are a frozen dataclass,
``settings`` of the class, read from the table ``[algorithm_settings]``.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Protocol

from nos_sym import plugins
from nos_sym.errors import described
from nos_sym.search.records import NOWHERE, SettingsError, Text


class AlgorithmSettings(Protocol):
    """Settings of an algorithm of a plug-in: a frozen dataclass of plain values."""


def of_plugins(own: tuple[str, ...]) -> dict[str, plugins.Named]:
    """Return the algorithms that plug-ins add, by name, without importing any.

    Raises:
        PluginError: two packages, or one and nos-sym, give the same name.
    """
    return plugins.named(plugins.ALGORITHMS, own)


def find(name: str, own: tuple[str, ...], text: Text = NOWHERE) -> plugins.Named:
    """Return the algorithm of a plug-in by its name.

    Raises:
        SettingsError: no package has one of this name.
    """
    found = of_plugins(own)
    if name not in found:
        raise SettingsError(
            f"{text.place(('algorithm',))}'algorithm' is {described(name)}; expected one of "
            f"{', '.join([*own, *found])}, or that of a package with the entry point '{plugins.ALGORITHMS}'"
        )
    return found[name]


def load(found: plugins.Named) -> type:
    """Return the class of an algorithm of a plug-in.

    Raises:
        PluginError: it cannot be imported, or is no algorithm.
    """
    own = found.load()
    if not isinstance(own, type):
        raise plugins.PluginError(f"{found.who} is {described(own)}; expected a class")
    missing = [part for part in ("ask", "tell") if not callable(getattr(own, part, None))]
    if missing:
        raise plugins.PluginError(f"{found.who} has no method '{missing[0]}'; expected 'ask' and 'tell'")
    return own


def settings_class(found: plugins.Named) -> type | None:
    """Return the class of the settings of an algorithm; ``None`` where it has none.

    Raises:
        PluginError: it cannot be imported, or what stands there is no frozen dataclass.
    """
    own: Any = getattr(load(found), "settings", None)
    if own is None:
        return None
    if not (isinstance(own, type) and dataclasses.is_dataclass(own) and own.__dataclass_params__.frozen):  # type: ignore[attr-defined]
        raise plugins.PluginError(
            f"{found.who} has 'settings' that are {described(own)}; expected a frozen dataclass"
        )
    return own


def class_of(name: Any, own: tuple[str, ...], text: Text = NOWHERE) -> type:
    """Return the class that a table of settings of an algorithm is read as.

    Raises:
        SettingsError: no package has an algorithm of this name.
        PluginError: it cannot be imported.
    """
    if not isinstance(name, str) or name in own:
        return _NoSettings
    return settings_class(find(name, own, text)) or _NoSettings


def checked(found: plugins.Named | None, name: str, given: Any) -> Any:
    """Return the settings of an algorithm: those that are given, or its defaults; ``None`` where it has none.

    Args:
        found: the plug-in, ``None`` for an algorithm of nos-sym.
        name: of the algorithm.
        given: settings, or ``None``.

    Raises:
        SettingsError: the settings are of another algorithm.
        PluginError: the defaults cannot be.
    """
    kind = None if found is None else settings_class(found)
    if found is None or kind is None:
        if given is not None:
            raise SettingsError(f"'algorithm_settings' is given; the algorithm '{name}' has none of its own")
        return None
    if given is None:
        with plugins.fails_as(found.who):
            return kind()
    if not isinstance(given, kind):
        raise SettingsError(f"'algorithm_settings' is {described(given)}; expected {kind.__qualname__}")
    return given


@dataclasses.dataclass(frozen=True)
class _NoSettings:
    """What is read for an algorithm without settings of its own."""

    @classmethod
    def kind_of_table(cls, table: Any, text: Text, path: tuple[str, ...]) -> tuple[type, Any]:
        del table
        raise SettingsError(
            f"{text.place(path)}'{'.'.join(path)}' is given; the algorithm has no settings of its own"
        )
