"""Places of states: which name the original gives them, and which parameter they belong to."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from typing import Any

from nos_sym.lift.jax_traces import Place

STATE = "$"
"""Begins names of states until they get those of the rule, so that no setting has the same one."""

_NUMBERED = re.compile(r"variable(_\d+)?")
"""Names that Keras gives to variables without one."""


class Placing:
    """Gives each state of an original its place.

    Args:
        parameter: how names of parameters begin, before their number.
    """

    def __init__(self, parameter: str) -> None:
        self._parameter = parameter
        self._owned = re.compile(rf"_*{parameter}(\d+)_*")
        self._names: dict[tuple[str, Hashable], str] = {}

    def of_path(self, path: Sequence[Any]) -> Place:
        """Return the place of a leaf of a tree of states: its last field, and the parameter on the way."""
        parameter = None
        rest: list[Any] = []
        for key in path:
            text = getattr(key, "key", None)
            if isinstance(text, str) and text.startswith(self._parameter):
                parameter = int(text[len(self._parameter) :])
            else:
                rest.append(key)
        fields = [i for i, key in enumerate(rest) if hasattr(key, "name")]
        name = rest[fields[-1]].name if fields else "state"
        for key in rest[fields[-1] + 1 :] if fields else rest:
            index = getattr(key, "idx", getattr(key, "key", None))
            name += f"{index + 1}" if isinstance(index, int) else f"_{index}"
        return Place(self._named(name, tuple(map(str, rest))), parameter)

    def of_variable(self, name: str, attribute: str) -> Place:
        """Return the place of a variable whose name has that of its parameter in it.

        What else the name has is that of the state, or the attribute where there is nothing else.
        """
        owned = self._owned.search(name)
        plain = self._owned.sub("", name)
        if not plain or _NUMBERED.fullmatch(plain):
            plain = attribute or "state"
        return Place(self._named(plain, attribute), int(owned.group(1)) if owned else None)

    def _named(self, name: str, where: Hashable) -> str:
        """Return a name of a leaf, with a number behind where the same one stands elsewhere already."""
        known = self._names.get((name, where))
        if known is None:
            taken = set(self._names.values())
            known, count = f"{STATE}{name}", 2
            while known in taken:
                known, count = f"{STATE}{name}_{count}", count + 1
            self._names[(name, where)] = known
        return known
