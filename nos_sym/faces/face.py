"""The record of a face: a library's class or function, its arguments, and the rule that it computes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from nos_sym.faces.saved import Saved

Default: TypeAlias = "bool | int | float | str | tuple[float | None, ...] | None"
"""A value of an argument, as Python has it."""


class Use(Enum):
    """What an argument is to the rule."""

    RATE = "rate"
    """The learning rate."""
    SETTINGS = "settings"
    """A setting, or a tuple of some."""
    ONLY = "only"
    """Nothing: the rule holds for one value (or a few), and any other is refused by name."""
    OPTION = "option"
    """Nothing to the equation: rendered files of the backend have the option under the same name."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a face.

    Attributes:
        name: the library's.
        use: what it is to the rule.
        default: the library's default, or for a flag the value that this face is about.
        required: whether it has no default.
        settings: names of settings of the entry; several are a tuple to the library.
        none: what ``None`` stands for as a setting, or ``eps`` for the machine epsilon of the weights' type;
            ``None`` where it is refused.
        only: the values that are not refused.
        names: a text in the names of matrices that the original treats otherwise at these values, in small
            letters; a rule knows no names, so that rendered files refuse such a matrix.
    """

    name: str
    use: Use
    default: Default = None
    required: bool = False
    settings: tuple[str, ...] = ()
    none: float | str | None = None
    only: tuple[Default, ...] = ()
    names: str = ""


@dataclass(frozen=True, slots=True)
class Face:
    """An optimizer of a library, which an entry of the catalog computes.

    Attributes:
        name: qualified name, ``torch.optim.AdamW``.
        flags: values of its flags that make it this rule, where it is several; empty at the defaults.
        library: the distribution that has it.
        version: of the library whose code was compared.
        backend: the backend whose files replace it.
        entry: name of the catalog entry.
        arguments: in the library's order.
        positional: how many of them may be given by position.
        states: names of the entry's states to those in the library's state dict, where they differ.
        keys: further keys of a parameter group that the original reads, each with the values at which it does
            nothing that the rule does not.
        groups: states that a saved file of the library has together for each parameter, one group behind the
            other; empty where all of them are together.
        present: states that the original has only where a setting is positive, and that setting.
        squeezed: whether its rows and columns lack the axis that they are means over, and are single numbers
            of a parameter that has less than two axes.
        detached: states of the entry whose first value has no history for autograd in the original.
        counts: whose steps the original counts: those of a ``parameter``, a ``group``, or all of the
            ``optimizer``.
        saved: what else the original's state dict has otherwise than a file.
        ranks: numbers of axes that the original takes and the rule steps alike, 3 for three and more.
        precision: relative error to which the original follows its own equation in float64.
        because: why that is more than rounding, empty where it is not.
    """

    name: str
    flags: Mapping[str, Default]
    library: str
    version: str
    backend: str
    entry: str
    arguments: tuple[Argument, ...]
    positional: int
    states: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, tuple[Default, ...]] = field(default_factory=dict)
    groups: tuple[tuple[str, ...], ...] = ()
    present: Mapping[str, str] = field(default_factory=dict)
    squeezed: bool = False
    detached: tuple[str, ...] = ()
    counts: str = "parameter"
    saved: Saved = field(default_factory=Saved)
    ranks: tuple[int, ...] = (0, 1, 2, 3)
    precision: float = 1e-9
    because: str = ""

    def __str__(self) -> str:
        """Return the call that makes the original this rule, ``torch.optim.Adam(amsgrad=True)``."""
        given = ", ".join(f"{name}={value!r}" for name, value in self.flags.items())
        return f"{self.name}({given})" if given else self.name

    @property
    def class_name(self) -> str:
        """The last part of the qualified name, which the rendered class or function has."""
        return self.name.rpartition(".")[2]

    @property
    def defaults(self) -> dict[str, float]:
        """The library's defaults of the entry's settings."""
        found: dict[str, float] = {}
        for argument in self.arguments:
            if argument.use is Use.SETTINGS and not argument.required:
                found |= settings_at(argument, argument.default)
        return found


def settings_at(argument: Argument, value: Default) -> dict[str, float]:
    """Return the settings of a value of an argument, by name, for weights in float64.

    Raises:
        ValueError: a tuple of another length, or no number.
    """
    values = value if isinstance(value, tuple) else (value,)
    if len(values) != len(argument.settings):
        raise ValueError(f"'{argument.name}' takes {len(argument.settings)} numbers")
    found: dict[str, float] = {}
    for name, one in zip(argument.settings, values, strict=True):
        number = argument.none if one is None else one
        if one is None and number == "eps":
            number = sys.float_info.epsilon
        if isinstance(number, str) or number is None:
            raise ValueError(f"'{argument.name}' is {one!r}, which is no number")
        found[name] = number
    return found
