"""Arguments of an original: which are settings of the rule, and which are fixed.

Numbers are settings, those in tuples too, under the names that the field has for them; booleans, texts,
``None`` and everything else are flags, which the rule is about.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nos_sym.errors import quoted
from nos_sym.lift.jax_naming import setting_name
from nos_sym.lift.lifted import LiftError

Number = float | int
USUAL_RATE = 0.01


@dataclass(frozen=True, slots=True)
class Arguments:
    """Arguments of an original.

    Attributes:
        values: all that are passed, by name, the learning rate with a usual value.
        rate: name of the argument that is the learning rate, empty where there is none.
        places: for each setting the argument, and the part of it for one in a tuple.
        settings: their values.
    """

    values: Mapping[str, Any]
    rate: str
    places: Mapping[str, tuple[str, int | None]]
    settings: Mapping[str, Number]

    def filled(self, settings: Mapping[str, Any], lr: Any) -> dict[str, Any]:
        """Return arguments with other values of settings, and a learning rate."""
        found = dict(self.values)
        for name, value in settings.items():
            argument, part = self.places[name]
            if part is None:
                found[argument] = value
            else:
                old = found[argument]
                found[argument] = type(old)(value if i == part else x for i, x in enumerate(old))
        if self.rate:
            found[self.rate] = lr
        return found


def arguments_of(original: Callable[..., Any], given: Mapping[str, object], *, rate: str) -> Arguments:
    """Return the arguments of an original.

    Args:
        original: a function or class.
        given: values by name, ``betas.0`` for a part of a tuple.
        rate: name of the argument that is the learning rate.

    Raises:
        LiftError: an argument that it does not have, or one that it needs and has no value.
    """
    parameters = {
        name: p
        for name, p in inspect.signature(original).parameters.items()
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    }
    values = {name: p.default for name, p in parameters.items() if p.default is not p.empty}
    for name, value in given.items():
        argument, _, part = name.partition(".")
        if argument not in parameters and not _open(original):
            raise LiftError(f"{quoted(_name(original))} has no argument {quoted(argument)}; it has {', '.join(parameters)}")
        if part:
            old = values.get(argument)
            if not isinstance(old, tuple | list) or not part.isdigit() or int(part) >= len(old):
                raise LiftError(f"{quoted(name)} is no part of {quoted(argument)}, which is {old!r}")
            values[argument] = type(old)(value if i == int(part) else x for i, x in enumerate(old))
        else:
            values[argument] = value
    has_rate = rate in parameters
    if has_rate:
        values[rate] = values.get(rate) if isinstance(values.get(rate), float | int) else USUAL_RATE
    missing = [name for name, p in parameters.items() if p.default is p.empty and name not in values]
    if missing:
        raise LiftError(f"{quoted(_name(original))} needs {', '.join(missing)}; set them")
    places = _places({name: x for name, x in values.items() if name != rate})
    settings = {name: _at(values, place) for name, place in places.items()}
    return Arguments(values, rate if has_rate else "", places, settings)


def _open(original: Callable[..., Any]) -> bool:
    return any(p.kind is p.VAR_KEYWORD for p in inspect.signature(original).parameters.values())


def _name(original: Callable[..., Any]) -> str:
    return getattr(original, "__name__", str(original))


def _is_number(x: object) -> bool:
    return isinstance(x, float | int) and not isinstance(x, bool)


def _places(values: Mapping[str, Any]) -> dict[str, tuple[str, int | None]]:
    found: dict[str, tuple[str, int | None]] = {}
    for name, value in values.items():
        if _is_number(value):
            found[setting_name(name)] = (name, None)
        elif isinstance(value, tuple | list):
            numbers = [i for i, x in enumerate(value) if _is_number(x)]
            single = name[:-1] if name.endswith("s") else name
            for i in numbers:
                label = setting_name(single if len(value) == 1 or len(numbers) == 1 else f"{single}{i + 1}")
                found[label] = (name, i)
    return found


def _at(values: Mapping[str, Any], place: tuple[str, int | None]) -> Number:
    argument, part = place
    found = values[argument] if part is None else values[argument][part]
    assert isinstance(found, float | int)
    return found
