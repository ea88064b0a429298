"""Optimizers of Keras: which of their variables are states, and which arguments they keep as attributes."""

from __future__ import annotations

from typing import Any

from nos_sym.lift.arguments import Arguments
from nos_sym.lift.lifted import Condition
from nos_sym.lift.originals import Original

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


def kept_settings(original: Original, arguments: Arguments) -> tuple[Arguments, tuple[Condition, ...]]:
    """Return arguments whose settings the original keeps as attributes, and conditions for the others."""
    made = original.value(**arguments.values)
    fixed = {}
    for n in arguments.numbers:
        own = getattr(made, n.argument, None)
        is_number = isinstance(own, float | int) and not isinstance(own, bool)
        if n.name != "lr" and not (n.index is None and is_number and own == n.default):
            fixed[n.name] = n.default
    conditions = tuple(
        Condition(f"{n} == {x!r}, of which the constructor makes something else", "")
        for n, x in fixed.items()
    )
    return arguments.without(fixed), conditions
