"""The arguments of a rendered optimizer that give the rule its settings, by a library's names or our own."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from nos_sym.backends.layout import literal, tuple_text
from nos_sym.backends.settings import condition, description, outside
from nos_sym.errors import RenderError
from nos_sym.faces.face import Argument, Default, Face, Use, settings_at
from nos_sym.faces.finding import faces
from nos_sym.language.decimal_text import decimal_text
from nos_sym.program.program import Program, Setting

LOW_PRECISION = {
    "state_dtype": "None",
    "kahan_sum": "False",
    "stochastic_rounding": "False",
    "rounding_seed": "0",
}
"""Options of files for PyTorch with low precision, and their defaults."""


@dataclass(frozen=True, slots=True)
class Option:
    """An argument that gives one setting, or a tuple of some.

    Attributes:
        name: of the argument.
        settings: what it gives, in order.
        default: Python text of its default.
        is_tuple: whether its value is a tuple.
        none: Python text of the setting that ``None`` stands for, empty where it is refused.
        finite: whether infinite numbers are refused, which the libraries take.
    """

    name: str
    settings: tuple[Setting, ...]
    default: str
    is_tuple: bool = False
    none: str = ""
    finite: bool = True

    @property
    def says(self) -> str:
        """What it is, in words."""
        if not self.is_tuple:
            setting = self.settings[0]
            alike = setting.name == self.name or setting.description
            return description(setting) if alike else f"{setting.name} of U, in {setting.domain}"
        return f"coefficients of {self._parts}"

    @property
    def _parts(self) -> str:
        """What the numbers of a tuple are, in order."""
        return ", ".join(s.description or s.name for s in self.settings)

    @property
    def target(self) -> str:
        """The names of its settings as a target of an assignment."""
        names = [s.name for s in self.settings]
        return tuple_text(names) if len(names) == 1 and self.is_tuple else ", ".join(names)

    @property
    def check(self) -> tuple[str, str, str]:
        """The condition on its value, its name, and what a message says behind the value."""
        domains = dict.fromkeys(s.domain for s in self.settings)
        if not self.is_tuple:
            setting = self.settings[0]
            known = condition(self.name, setting.domain, finite=self.finite)
            return f"({self.name} is None or {known})" if self.none else known, self.name, outside(*domains)
        checks = [(s.name, condition(s.name, s.domain, finite=self.finite)) for s in self.settings]
        count = f"{len(checks)} number{'s' if len(checks) > 1 else ''}"
        said = outside(*domains, what=f"{count} in")
        return self._of_tuple(checks), self.name, f"{said}: {self._parts}"

    def _of_tuple(self, checks: list[tuple[str, str]]) -> str:
        """Return the check of a tuple: in one comprehension where all have the same domain."""
        # A number in place of a tuple has no length, and what is no number in one is compared with none.
        size = f'hasattr({self.name}, "__len__") and len({self.name}) == {len(checks)}'
        alike = {check.replace(name, "x") for name, check in checks}
        if len(alike) == 1:
            each = f'hasattr(x, "__float__") and {alike.pop()}'
            each = f"x is None or ({each})" if self.none else each
            return f"({size} and all({each} for x in {self.name}))"
        items = [f"{self.name}[{i}]" for i in range(len(checks))]
        parts = [
            f'hasattr({item}, "__float__") and {check.replace(name, item)}'
            for (name, check), item in zip(checks, items, strict=True)
        ]
        if self.none:
            parts = [f"({item} is None or ({part}))" for item, part in zip(items, parts, strict=True)]
        return f"({size} and {' and '.join(parts)})"


def option_of(setting: Setting) -> Option:
    """Return the argument of one setting under its own name."""
    return Option(setting.name, (setting,), decimal_text(setting.default))


def options_of_face(program: Program, face: Face, epsilon: str = "") -> dict[str, Option]:
    """Return the arguments of a face that give settings, by name.

    ``epsilon`` is how a file says the machine epsilon of the weights' type.

    Raises:
        RenderError: the rule has other settings than the face.
    """
    known = {s.name: s for s in program.settings}
    given = [a for a in face.arguments if a.use is Use.SETTINGS]
    if unknown := {name for a in given for name in a.settings}.symmetric_difference(known):
        raise RenderError(f"{face} and its rule differ in the settings {', '.join(sorted(unknown))}")
    if not epsilon and any(a.none == "eps" for a in given):
        raise RenderError(f"{face}: files of this backend do not know the type of the weights")
    return {a.name: _option(a, known, epsilon) for a in given}


def _option(argument: Argument, known: dict[str, Setting], epsilon: str) -> Option:
    settings = tuple(known[name] for name in argument.settings)
    none = epsilon if argument.none == "eps" else "" if argument.none is None else literal_text(argument.none)
    is_tuple = isinstance(argument.default, tuple)
    default = literal_text(argument.default)
    if not argument.required and settings_at(argument, argument.default) != _defaults(settings):
        texts = [decimal_text(s.default) for s in settings]
        default = tuple_text(texts) if is_tuple else texts[0]
    return Option(argument.name, settings, default, is_tuple, none, finite=False)


def _defaults(settings: tuple[Setting, ...]) -> dict[str, float]:
    return {s.name: float(s.default) for s in settings}


def _refusals(face: Face) -> Iterator[tuple[str, tuple[Default, ...], str]]:
    """Yield each argument or key that the rule does not honor, with the values that are as good as none.

    The last part is what a message says behind another value.
    """
    others = [other for other in faces() if other.name == face.name and other.flags != face.flags]
    for argument in face.arguments:
        if argument.use is Use.ONLY:
            yield argument.name, argument.only, _another(argument, face, others)
    for key, values in face.keys.items():
        yield key, values, f", not {_either(values)}; this rule does not have it"


def refused_rows(face: Face | None, foreign: Mapping[str, Default] = MappingProxyType({})) -> list[str]:
    """Return the lines of a table of what is refused: the values that are taken, and a message.

    Without a face these are the ``foreign`` options, which other optimizers have, with the value of each
    that switches it off; ``None`` where there is none.
    """
    rows = _foreign(foreign) if face is None else _refusals(face)
    return [
        line
        for name, values, says in rows
        for line in literal(f'"{name}": (', [literal_text(values), _quoted(says)], "),", 4)
    ]


def _foreign(options: Mapping[str, Default]) -> Iterator[tuple[str, tuple[Default, ...], str]]:
    for name, off in options.items():
        yield name, (off,), f"; this rule has no {name}: leave it out"


def rate_for_none(face: Face | None) -> str:
    """Return the text of the learning rate that ``None`` stands for, empty where it is refused."""
    rates = [a.none for a in face.arguments if a.use is Use.RATE] if face is not None else []
    return "" if not rates or rates[0] is None else literal_text(rates[0])


def _another(argument: Argument, face: Face, others: Iterable[Face]) -> str:
    said, name = f", not {_either(argument.only)}", argument.name
    for other in others:
        if other.flags.get(name) != face.flags.get(name):
            return f"{said}; nos-sym render '{other}' writes another file for that"
    return f"{said}; this file does not have it"


def _either(values: tuple[Default, ...]) -> str:
    return " or ".join(map(literal_text, values))


def literal_text(value: Default | tuple[Default, ...]) -> str:
    """Return the Python text of a value, in the double quotes of this project."""
    if isinstance(value, tuple):
        return tuple_text([literal_text(x) for x in value])
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    return repr(value).replace("e+", "e")


def _quoted(text: str) -> str:
    """Return the Python text of a text, in the quotes that a formatter prefers."""
    return f"'{text}'" if '"' in text and not set("'\\") & set(text) else json.dumps(text)


def written_of_face(face: Face | None) -> dict[str, tuple[list[str], str]]:
    """Return the options that an original keeps resolved: the items of its list, and the value here."""
    if face is None:
        return {}
    values = {a.name: literal_text(a.only[0]) for a in face.arguments if a.use is Use.ONLY}
    return {
        name: ([literal_text(x) for x in said], values[name]) for name, said in face.saved.written.items()
    }


def arguments_of_face(face: Face, options: Mapping[str, Option], rate: str) -> list[str]:
    """Return the parameters of a signature that a face stands for, ``*`` before those given by keyword alone.

    Args:
        face: with its arguments in the library's order.
        options: those that give settings, which may have other defaults by now.
        rate: what the learning rate is called in the file, whose name the face has to share.

    Raises:
        RenderError: the library calls it otherwise.
    """
    found = []
    for index, argument in enumerate(face.arguments):
        if index == face.positional:
            found.append("*")
        if argument.use is Use.RATE and argument.name != rate:
            raise RenderError(f"{face}: the learning rate is '{rate}' in files of this backend")
        given = options.get(argument.name)
        default = literal_text(argument.default) if given is None else given.default
        found.append(argument.name if argument.required else f"{argument.name}={default}")
    return found


def setting_values(program: Program, options: Mapping[str, Option]) -> dict[str, str]:
    """Return the value of each setting as an expression over the arguments, in the program's order."""
    found = {}
    for option in options.values():
        for index, setting in enumerate(option.settings):
            value = f"{option.name}[{index}]" if option.is_tuple else option.name
            found[setting.name] = f"{option.none} if {value} is None else {value}" if option.none else value
    return {s.name: found[s.name] for s in program.settings}
