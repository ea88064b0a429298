"""Arguments of an original: which of them are settings, under which names, and at which values it is run.

Numbers are settings, and so is each number of a tuple; flags, texts and ``None`` are fixed. Names come from
the face of the original where the tables have one; a tuple ``betas`` becomes ``beta1``, ``beta2``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from nos_sym.errors import quoted
from nos_sym.faces import Use, faces
from nos_sym.language.hints import did_you_mean
from nos_sym.language.setting import domain_of
from nos_sym.lift.lifted import Condition, LiftError
from nos_sym.lift.names import setting_names

RATES = ("lr", "learning_rate")
RATE = 0.01
"""The learning rate of an original that has no default."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number among the arguments.

    Attributes:
        name: of the setting, ``lr`` for the learning rate.
        argument: the original's name of the argument.
        index: place in a tuple, ``None`` for an argument that is one number.
        default: its value.
    """

    name: str
    argument: str
    index: int | None
    default: float


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of an original.

    Attributes:
        values: of all arguments by name, those that were set among them.
        numbers: the settings, in order.
        rate: the learning rate that it has by default or was given; ``None`` for none.
    """

    values: Mapping[str, Any]
    numbers: tuple[Number, ...]
    rate: float | None = None

    def given(self, numbers: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments with other values of settings.

        Args:
            numbers: by the name of the setting; others stay.
        """
        made = dict(self.values)
        for number in self.numbers:
            if number.name not in numbers:
                continue
            value = numbers[number.name]
            if number.index is None:
                made[number.argument] = value
            else:
                old = made[number.argument]
                items = [value if i == number.index else x for i, x in enumerate(old)]
                made[number.argument] = type(old)(items)
        return made

    def without(self, names: Mapping[str, Any]) -> Arguments:
        """Return the arguments with some settings fixed."""
        return Arguments(self.values, tuple(n for n in self.numbers if n.name not in names), self.rate)


def arguments_of(
    original: Callable[..., Any],
    qualified: str,
    given: Mapping[str, object],
    *,
    skipped: int = 1,
) -> Arguments:
    """Return the arguments of an original.

    Args:
        original: a class or a function.
        qualified: its name.
        given: values by the name of an argument, of a setting, or ``betas.0``.
        skipped: how many first parameters are no arguments (the parameters that torch steps).

    Raises:
        LiftError: an unknown name, or an argument that has no default and is not given.
    """
    parameters = list(inspect.signature(original).parameters.values())[skipped:]
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    values: dict[str, Any] = {}
    missing: list[str] = []
    for p in named:
        if p.default is not inspect.Parameter.empty:
            values[p.name] = p.default
        elif p.name in RATES:
            values[p.name] = RATE
        elif p.name not in given:
            missing.append(p.name)
    unknown = {p.name for p in named if p.default is inspect.Parameter.empty and p.name not in given}
    given = dict(given)
    keys = {key: values for face in faces() if face.name == qualified for key, values in face.keys.items()}
    for key, known in keys.items():
        # Keys that the original reads of a parameter group, and that no argument gives.
        if key not in values:
            values[f"group.{key}"] = known[0]
    values |= {n: given.pop(n) for n in [*given] if n.startswith("group.")}
    required = {p.name for p in named}
    for name in [n for n in given if n in values or n in required]:
        values[name] = _as(values.get(name), given.pop(name))
    if missing:
        raise LiftError(
            f"{qualified} has no default for {quoted(missing[0])}; give it by --set {missing[0]}=..."
        )
    numbers = _numbers(values, qualified)
    for name, value in given.items():
        values = _set(values, numbers, name, value, qualified)
    numbers = _numbers(values, qualified)
    rates = [values[n] for n in RATES if n in values and n not in unknown and _is_number(values[n])]
    return Arguments(values, tuple(numbers), rates[0] if rates else None)


def with_rate(arguments: Arguments) -> tuple[Arguments, tuple[Condition, ...]]:
    """Return arguments with a number as the learning rate where they have none, and what is said of that.

    A schedule among them is a matter of the training: the rule reads the rate that it gives.
    """
    for name in RATES:
        if name in arguments.values and all(n.argument != name for n in arguments.numbers):
            usual = arguments.values[name]
            text = "a learning rate is given"
            if usual is not None:
                text += f": {type(usual).__name__} of the original's default is one of many"
            rate = Number("lr", name, None, RATE)
            return Arguments({**arguments.values, name: RATE}, (rate, *arguments.numbers)), (
                Condition(text, ""),
            )
    return arguments, ()


def _as(usual: Any, value: object) -> object:
    if isinstance(usual, tuple | list) and isinstance(value, str):
        try:
            return type(usual)(float(x) for x in value.strip("()[] ").split(",") if x.strip())
        except ValueError:
            return value
    return float(value) if isinstance(usual, float) and isinstance(value, int) else value


def _set(
    values: dict[str, Any], numbers: list[Number], name: str, value: object, qualified: str
) -> dict[str, Any]:
    head, _, tail = name.partition(".")
    for number in numbers:
        if name == number.name or (head == number.argument and tail == str(number.index)):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise LiftError(
                    f"{quoted(name)} is a number of {qualified}, and {quoted(str(value))} is none"
                )
            return Arguments(values, (number,)).given({number.name: value})
    known = sorted({*values, *(n.name for n in numbers)})
    hint = did_you_mean(name, known) or f"; expected one of {', '.join(known)}"
    raise LiftError(f"{qualified} has no argument {quoted(name)}{hint}")


def _numbers(values: Mapping[str, Any], qualified: str) -> list[Number]:
    tables = _names_of_tables(qualified)
    found: list[tuple[str, str, int | None, float]] = []
    for name, value in values.items():
        if _is_number(value):
            wanted = "lr" if name in RATES else tables.get(name, (name,))[0]
            found.append((wanted, name, None, value))
        elif isinstance(value, tuple | list):
            own = tables.get(name, ())
            for i, x in enumerate(value):
                if _is_number(x):
                    stem = name.removesuffix("s") if len(name) > 2 else name
                    wanted = own[i] if i < len(own) else f"{stem}{i + 1}"
                    found.append((wanted, name, i, x))
    rates = [row[0] == "lr" and row[2] is None for row in found]
    names = iter(setting_names([row[0] for row, rate in zip(found, rates, strict=True) if not rate]))
    return [
        Number("lr" if rate else next(names), argument, index, value)
        for (_, argument, index, value), rate in zip(found, rates, strict=True)
    ]


def _is_number(x: object) -> bool:
    """Return whether an argument is a setting; a member of an enumeration is a choice."""
    return isinstance(x, int | float) and not isinstance(x, bool | Enum) and abs(x) < 1e300 and x == x


def _names_of_tables(qualified: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for face in faces():
        if face.name == qualified:
            for a in face.arguments:
                if a.use is Use.SETTINGS:
                    found.setdefault(a.name, a.settings)
    return found


def drawn(number: Number, draw: int) -> list[float]:
    """Return values of a setting for a draw, the most telling one first, its default last.

    They are near the default and have digits that no other number of a step has. Where the default is
    whole, whole ones stand behind those: an exponent of negative numbers has no others.
    """
    value, spread = number.default, 0.0123 + 0.0071 * draw
    salt = 1 + (sum(map(ord, number.name)) % 89) / 997
    small = spread * salt
    if isinstance(value, int) and abs(value) > 1:
        return [value + 1 + draw, value * (1 + small), value]
    whole = whole_draws(number, draw) if float(value).is_integer() and abs(value) > 1 else []
    if value == 0:
        inside = [small, -small] if 0.0 in domain_of(number.name) else [-small, small]
        return [*inside, 1 + draw if isinstance(value, int) else 0.0, value]
    shrunk, grown = value * (1 - small), value * (1 + small)
    if 0.9 <= abs(value) < 1:
        shrunk, grown = value * (1 - small), value + (1 - value) * small * 10 * (1 if value > 0 else 0)
    return [shrunk, grown, *whole, value]


def whole_draws(number: Number, draw: int) -> list[float]:
    """Return other whole values of a setting whose default is a whole one, even and odd ones."""
    return [number.default + 1 + 2 * draw, number.default + 2 + 2 * draw]
