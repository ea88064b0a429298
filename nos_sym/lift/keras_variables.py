"""Variables of an optimizer of Keras: which of them are states, and which attribute has each."""

from __future__ import annotations

from typing import Any

PARAMETER = "nos_sym_parameter_"
"""Begins the names of variables that an optimizer steps, before their numbers."""


def states_of(optimizer: Any) -> list[Any]:
    """Return the variables that an optimizer keeps, but for its learning rate."""
    return [v for v in optimizer.variables if v is not optimizer._learning_rate]


def attributes_of(optimizer: Any) -> dict[int, str]:
    """Return the attribute of an optimizer that has a variable, alone or in a list, by its identity."""
    found: dict[int, str] = {}
    for name, value in vars(optimizer).items():
        if name not in ("_variables", "_trainable_variables"):
            for one in value if isinstance(value, list | tuple) else [value]:
                found.setdefault(id(one), name.strip("_"))
    return found
