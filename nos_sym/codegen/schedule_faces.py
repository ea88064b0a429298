"""Faces of schedules: how those of libraries are called, and what in the catalog each of them is.

A face is data, a table of ``backends/<backend>/schedule_faces.toml``. A schedule of the catalog is a factor
of a base rate; a face says what the base rate, the number of steps and the settings are, each as a
*relation* of the library's arguments: a number, an argument, one of several that an argument holds
(``values[0]``, or ``cosine_kwargs[0].peak_value`` of calls), or such joined by ``+`` and ``-``, or by ``*``
and ``/``, from left to right, as ``eta_min / lr`` for an absolute minimum.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from nos_sym.errors import RenderError

FILE = "schedule_faces.toml"
BACKENDS = ("torch", "keras", "optax")
"""Backends with faces of schedules; TensorFlow has those of Keras."""

_TERM = re.compile(r"([A-Za-z_]\w*)(?:\.(key|value))?(?:\[([0-9]+)\](?:\.([a-z_]+))?)?")
_CALLS = "calls of "


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a library's schedule.

    Attributes:
        name: its name.
        kind: ``rate``, ``steps`` (a whole number from 1), ``begin`` (one from 0), ``factor`` (a number from
            0), ``fraction`` (from 0 to 1), ``flag``, or the ``list`` or ``table`` of three or four of them;
            ``calls of NAME`` are dicts of arguments of another schedule;
            ``given`` is passed by: the optimizer, a name, the step to go on from, what cycles the momentum.
        default: its default; ``None`` too where it has none.
        required: whether it has none.
    """

    name: str
    kind: str
    default: bool | float | str | None
    required: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry of the catalog that a face is under some flags.

    Attributes:
        flags: arguments and the values that choose this entry; the text ``given`` is any value but ``None``.
        entry: name in the catalog.
        base: relation of the base rate.
        total_steps: relation of the number of steps; ``None`` where the entry reads none.
        settings: names of the entry's settings to relations.
    """

    flags: tuple[tuple[str, object], ...]
    entry: str
    base: str
    total_steps: str | None
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What the call of a library's schedule means: the base rate times the factor of an entry."""

    entry: str
    base: float
    total_steps: float | None
    settings: dict[str, float]


@dataclass(frozen=True, slots=True)
class ScheduleFace:
    """A learning-rate schedule of a library.

    Attributes:
        backend: the backend in whose folder the face is.
        name: qualified name, for example ``torch.optim.lr_scheduler.StepLR``.
        version: of the library that it was checked against.
        arguments: in the library's order.
        choices: the entries that it may be, the first whose flags hold.
        note: where it differs, and how precise the original is.
        instead: arguments that may be ``None``, and the relation that stands for each then.
        refused: arguments and the values at which the original fails, or is no entry.
    """

    backend: str
    name: str
    version: str
    arguments: tuple[Argument, ...]
    choices: tuple[Choice, ...]
    note: str = ""
    instead: tuple[tuple[str, str], ...] = ()
    refused: tuple[tuple[str, tuple[float, ...]], ...] = ()

    def said(self, *positional: object, **named: object) -> Said:
        """Return what a call of the library's schedule means; a rate of the optimizer is given as ``lr``.

        Raises:
            RenderError: an argument is unknown or missing, or no entry has its value.
        """
        rate = {"lr": named.pop("lr")} if "lr" in named else {}
        values = self._bound(positional, named) | rate
        for name, relation in self.instead:
            if values[name] is None and any(values.get(x, x) is None for x in relation.split()):
                raise RenderError(f"the argument '{name}' of {self.name} is missing; give it")
            if values[name] is None:
                values[name] = self._value(relation, values)
        for name, wrong in self.refused:
            if values[name] in wrong:
                raise RenderError(f"no schedule of the catalog is {self.name} with {name}={values[name]!r}")
        for choice in self.choices:
            if all(_holds(values[name], wanted) for name, wanted in choice.flags):
                break
        else:
            flags = sorted({name for choice in self.choices for name, _ in choice.flags})
            given = ", ".join(f"{name}={values[name]!r}" for name in flags)
            raise RenderError(
                f"no schedule of the catalog is {self.name} with {given}; leave it at its default"
            )
        total = choice.total_steps
        return Said(
            choice.entry,
            self._value(choice.base, values),
            None if total is None else self._value(total, values),
            {name: self._value(relation, values) for name, relation in choice.settings},
        )

    def call(self, choice: Choice) -> str:
        """Return the call that makes the original one of its entries, ``name(flag='value')``."""
        usual = {argument.name: argument.default for argument in self.arguments}
        said = [
            f"{name}={'...' if value == 'given' else repr(value)}"
            for name, value in choice.flags
            if value == "given" or usual.get(name) != value
        ]
        return f"{self.name}({', '.join(said)})" if said else self.name

    def _bound(self, positional: tuple[object, ...], named: Mapping[str, object]) -> dict[str, object]:
        names = [argument.name for argument in self.arguments]
        if len(positional) > len(names):
            raise RenderError(f"{self.name} takes {len(names)} arguments, not {len(positional)}")
        given = dict(zip(names, positional, strict=False))
        for name, value in named.items():
            if name not in names or name in given:
                what = "given twice" if name in given else f"unknown; expected one of {', '.join(names)}"
                raise RenderError(f"the argument '{name}' of {self.name} is {what}")
            given[name] = value
        for argument in self.arguments:
            if argument.required and argument.kind != "given" and argument.name not in given:
                raise RenderError(f"the argument '{argument.name}' of {self.name} is missing; give it")
        values = {a.name: a.default for a in self.arguments} | given
        for argument in self.arguments:
            if argument.kind.startswith(_CALLS):
                values[argument.name] = self._calls(argument, values[argument.name])
        return values

    def _calls(self, argument: Argument, value: object) -> list[dict[str, object]]:
        """Return the arguments of calls of another schedule, with its defaults."""
        if not (isinstance(value, list | tuple) and all(isinstance(call, Mapping) for call in value)):
            raise RenderError(f"'{argument.name}' of {self.name} is {value!r}; expected several dicts")
        other = schedule_face(argument.kind.removeprefix(_CALLS))
        return [other._bound((), call) for call in value]

    def _value(self, relation: str, values: Mapping[str, object]) -> float:
        first, *rest = relation.split(" ")
        value = self._term(first, values)
        for sign, term in zip(rest[::2], rest[1::2], strict=True):
            other = self._term(term, values)
            if sign in "+-":
                value += other if sign == "+" else -other
            else:
                value = value * other if sign == "*" else value / other if other else 0.0
        return value

    def _term(self, term: str, values: Mapping[str, object]) -> float:
        match = _TERM.fullmatch(term)
        if match is None:
            return float(term)
        name, part, index, key = match.groups()
        if name not in values:
            raise RenderError(f"{self.name} needs the optimizer's rate; give it as 'lr'")
        value: Any = values[name]
        if part is not None:
            if not isinstance(value, Mapping):
                raise RenderError(f"'{name}' of {self.name} is {value!r}; expected a dict of numbers")
            value = [pair[part == "value"] for pair in sorted(value.items())]
        if index is not None:
            if not isinstance(value, list | tuple):
                raise RenderError(f"'{name}' of {self.name} is {value!r}; expected several numbers")
            wanted = self._count(name, part)
            if len(value) != wanted:
                what = "numbers" if key is None else "dicts"
                raise RenderError(f"'{name}' of {self.name} has {wanted} {what} here, not {len(value)}")
            value = value[int(index)]
        if key is not None:
            value = value[key]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RenderError(f"'{key or name}' of {self.name} is {value!r}; expected a number")
        return float(value)

    def _count(self, name: str, part: str | None) -> int:
        """Return how many numbers an argument has that holds several."""
        texts = [text for choice in self.choices for text in (choice.base, *dict(choice.settings).values())]
        terms = [_TERM.fullmatch(term) for text in texts for term in text.split(" ")]
        return 1 + max(int(m[3]) for m in terms if m and m[1] == name and m[2] == part and m[3])


@lru_cache(maxsize=1)
def schedule_faces() -> tuple[ScheduleFace, ...]:
    """Return the faces of schedules of all libraries, in the order of their files."""
    return tuple(face for backend in BACKENDS for face in _of(backend))


def schedule_face(name: str) -> ScheduleFace:
    """Return the face of a qualified name.

    Raises:
        RenderError: there is none of that name.
    """
    for face in schedule_faces():
        if face.name == name:
            return face
    raise RenderError(f"no schedule of a library is known as '{name}'; expected, for example, "
                      "'torch.optim.lr_scheduler.StepLR'")  # fmt: skip


def calls_of_schedule(entry: str) -> list[str]:
    """Return the calls of libraries that are a schedule of the catalog, ``optax.constant_schedule``.

    Flags that are not at their defaults are said, ``...`` being any value that is given.
    """
    return [
        face.call(choice) for face in schedule_faces() for choice in face.choices if choice.entry == entry
    ]


def _of(backend: str) -> list[ScheduleFace]:
    text = files("nos_sym.backends").joinpath(backend, FILE).read_text(encoding="utf-8")
    data = tomllib.loads(text)
    return [_face(backend, data["version"], row) for row in data["face"]]


def _face(backend: str, version: str, row: dict[str, Any]) -> ScheduleFace:
    choices = tuple(
        Choice(
            tuple((k, None if v == "None" else v) for k, v in choice.get("flags", {}).items()),
            choice["entry"],
            choice["base"],
            choice.get("total_steps"),
            tuple(choice.get("settings", {}).items()),
        )
        for choice in row["choices"]
    )
    arguments = tuple(_argument(*argument) for argument in row["arguments"])
    instead = tuple(row.get("instead", {}).items())
    refused = tuple((name, tuple(values)) for name, values in row.get("refused", {}).items())
    return ScheduleFace(
        backend, row["name"], version, arguments, choices, row.get("note", ""), instead, refused
    )


def _argument(name: str, kind: str, *default: bool | float | str) -> Argument:
    value = None if not default or default[0] == "None" else default[0]
    return Argument(name, kind, value, not default)


def _holds(value: object, wanted: object) -> bool:
    return value is not None if wanted == "given" else value == wanted


__all__ = [
    "Argument",
    "Choice",
    "Said",
    "ScheduleFace",
    "calls_of_schedule",
    "schedule_face",
    "schedule_faces",
]
