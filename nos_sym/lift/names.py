"""Names of the language for what an original calls otherwise."""

from __future__ import annotations

import re
from collections.abc import Collection

from nos_sym.language.registry import REGISTRY
from nos_sym.language.reserved import NO_STATEMENTS, RESERVED, UNSAID
from nos_sym.language.setting import RESERVED as NO_SETTINGS

_NO_STATES = frozenset(("step", "count", "params", "momentum"))
_MOST = 40


def _plain(name: str) -> str:
    """Return a name as an identifier of the language."""
    made = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")[:_MOST]
    made = re.sub(r"_(\d+)$", r"\1", made)
    return f"x{made}" if not made or made[0].isdigit() else made


def _taken(name: str) -> bool:
    return name in REGISTRY or name in RESERVED or name in NO_STATEMENTS or name in UNSAID or name == "w"


def setting_names(wanted: Collection[str]) -> list[str]:
    """Return a name of a setting for each, none of them twice."""
    found: list[str] = []
    for name in wanted:
        made = _plain(name)
        if (_taken(made) and made != "momentum") or made in NO_SETTINGS:
            made += "_value"
        while made in found:
            made += "_"
        found.append(made)
    return found


class Names:
    """Makes names.

    Args:
        taken: names of settings.
    """

    def __init__(self, taken: Collection[str] = ()) -> None:
        self._fixed = set(taken)
        self._values: set[str] = set()

    def state(self, name: str) -> str:
        """Return a name of a state."""
        made = _plain(name)
        if _taken(made) or made in _NO_STATES or made in self._fixed:
            made += "_state"
        while made in self._fixed:
            made += "_"
        self._fixed.add(made)
        return made

    def value(self, name: str) -> str:
        """Return a name of a value, ``u`` with a number where the original has none."""
        made = _plain(name) if name else "u"
        if _taken(made) or made in _NO_STATES:
            made += "_now"
        count, base = 2, made
        while made in self._fixed or made in self._values or _taken(made):
            made, count = f"{base}{count}", count + 1
        self._values.add(made)
        return made

    def forget(self) -> None:
        """Let names of values be given again."""
        self._values.clear()

    def add(self, names: Collection[str]) -> None:
        """Take names that exist."""
        self._fixed.update(names)
