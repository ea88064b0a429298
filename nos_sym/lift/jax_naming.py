"""Names of settings and states: the original's, made names of the language and of the field."""

from __future__ import annotations

import re
from collections.abc import Hashable
from functools import lru_cache

_FIELD = {
    "b1": "beta1", "b2": "beta2", "b3": "beta3", "beta_1": "beta1", "beta_2": "beta2", "epsilon": "eps",
    "epsilon_1": "eps1", "epsilon_2": "eps2",
}  # fmt: skip
"""How the field calls what libraries call otherwise."""


class Namer:
    """Gives states names that differ."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, Hashable], str] = {}

    def named(self, name: str, where: Hashable) -> str:
        """Return the name of what stands somewhere: another one where the same name stands elsewhere."""
        known = self._of.get((name, where))
        if known is None:
            taken = set(self._of.values())
            plain = identifier(name)
            known, count = plain, 2
            while known in taken:
                known, count = f"{plain}_{count}", count + 1
            self._of[(name, where)] = known
        return known


def identifier(text: str) -> str:
    """Return a text as a name that a state or a setting may have."""
    cleaned = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_") or "state"
    if not cleaned[0].isalpha():
        cleaned = f"s_{cleaned}"
    cleaned = cleaned[:50]
    return f"{cleaned}_state" if cleaned in reserved() else cleaned


def setting_name(argument: str) -> str:
    """Return the name that an argument has as a setting."""
    name = _FIELD.get(argument, argument)
    return f"{name}_setting" if name in reserved() - {"momentum"} else identifier_of_setting(name)


def identifier_of_setting(text: str) -> str:
    """Return a text as a name that a setting may have."""
    cleaned = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_") or "value"
    return cleaned if cleaned[0].isalpha() else f"s_{cleaned}"


@lru_cache(maxsize=1)
def reserved() -> frozenset[str]:
    """Return names that the language has taken."""
    from nos_sym.language.registry import REGISTRY

    words = {"g", "w", "lr", "t", "T", "p", "r", "rows", "cols", "size", "rank", "momentum", "state", "if", "else"}
    more = {"and", "or", "not", "input", "eval", "matmul", "transpose", "svd", "qr", "eigh", "cholesky"}
    return frozenset(REGISTRY) | words | more | {"closure", "noise", "row", "col", "scalar", "step", "global"}
