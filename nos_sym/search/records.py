"""Settings from TOML and JSON: tables become nested frozen dataclasses, with errors that say where.

A table is checked against the types of the dataclass. Unknown keys, missing values and wrong types are errors
that name the key and, if the text is at hand, its line.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
import types
import typing
from collections import Counter
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from nos_sym.errors import NosSymError
from nos_sym.language.registry import suggestion

RecordT = TypeVar("RecordT")
_HEADER = re.compile(r"\s*(\[{1,2})([^\[\]]+)\]{1,2}\s*(?:#.*)?")
_KEY = re.compile(r"""\s*["']?([A-Za-z_0-9.-]+)["']?\s*=""")
_UNION = (types.UnionType, typing.Union)


RENAMED = {"road": "mode", "together": "candidates_per_program"}
"""Old names of settings, which are read like the new ones."""


class SettingsError(NosSymError):
    """Settings that cannot be used: an unknown key, or a value of a wrong type or out of range."""


@dataclasses.dataclass(frozen=True, slots=True)
class Text:
    """The text that a table was read from, to say where a key stands.

    Attributes:
        where: name of the text, as in ``'run.toml'``.
        text: the text; empty if there is none, as for JSON.
    """

    where: str = ""
    text: str = ""

    def place(self, path: tuple[str, ...]) -> str:
        """Return a prefix of a message that says where a key is, as in ``'run.toml', line 3: ``."""
        line = self._line(path)
        parts = [*([self.where] if self.where else []), *([f"line {line}"] if line else [])]
        return f"{', '.join(parts)}: " if parts else ""

    def _line(self, path: tuple[str, ...]) -> int | None:
        """Return the line of a key, counted from 1, or that of the nearest table around it."""
        path = tuple(RENAMED.get(part, part) for part in path)
        nearest, best = None, 0
        table: tuple[str, ...] = ()
        counts: Counter[tuple[str, ...]] = Counter()
        for number, line in enumerate(self.text.splitlines(), 1):
            if match := _HEADER.fullmatch(line):
                table = tuple(part.strip(" \"'") for part in match[2].split("."))
                if match[1] == "[[":
                    counts[table] += 1
                    table = (*table, str(counts[table]))
                here = table
            elif match := _KEY.match(line):
                here = (*table, *match[1].split("."))
            else:
                continue
            here = tuple(RENAMED.get(part, part) for part in here)
            if here == path[: len(here)] and len(here) > best:
                nearest, best = number, len(here)
        return nearest


NOWHERE = Text()
"""For values that come from no text."""


def read_toml(text: str, where: str) -> dict[str, Any]:
    """Return the table of a TOML text.

    Raises:
        SettingsError: the text is not TOML; the message has line and column.
    """
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Python refuses integers of thousands of digits with a plain ValueError.
        short = "a number has too many digits" if isinstance(error, ValueError) else "nested too deeply"
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else short
        raise SettingsError(f"{where} is not TOML: {reason[:1].lower()}{reason[1:]}") from None


def read_record(
    kind: type[RecordT],
    table: Any,
    text: Text = NOWHERE,
    path: tuple[str, ...] = (),
    names: Mapping[str, type] | None = None,
) -> RecordT:
    """Return the dataclass of a table; a missing key keeps its default.

    Args:
        kind: a frozen dataclass whose fields are bool, int, float, str, Path, an Enum, tuples, optional
            values and dataclasses of these. One with ``kind_of_table(table, text, path)`` is asked which
            class a table is read as, and which part of the table.
        table: a mapping of TOML or JSON.
        text: the text that the table was read from.
        path: keys under which the table stands.
        names: classes that replace names in the annotations of ``kind``.

    Raises:
        SettingsError: a key is unknown, a type is wrong, or the dataclass refuses a value.
    """
    choose = getattr(kind, "kind_of_table", None)
    if choose is not None:
        kind, table = choose(table, text, path)
    if not isinstance(table, Mapping):
        raise SettingsError(f"{text.place(path)}'{_dotted(path)}' is {_shown(table)}; expected a table")
    hints = typing.get_type_hints(kind, localns=dict(names or {}))
    fields = {f.name: f for f in dataclasses.fields(kind) if f.init}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for given, value in table.items():
        here = (*path, given)
        key = given if given in fields or not isinstance(given, str) else RENAMED.get(given, given)
        if key in values:
            raise SettingsError(
                f"{text.place(here)}'{_dotted(here)}' is an old name of '{key}'; give one of them"
            )
        if key not in fields:
            hint = _hint(key, hints) or f"; expected one of {', '.join(fields)}"
            raise SettingsError(f"{text.place(here)}unknown setting '{_dotted(here)}'{hint}")
        values[key] = _convert(hints[key], value, text, here)
    required = [
        name
        for name, f in fields.items()
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]
    for name in required:
        if name not in values:
            raise SettingsError(
                f"{text.place(path)}setting '{_dotted((*path, name))}' is missing; give it a value"
            )
    try:
        return kind(**values)
    except (NosSymError, ValueError, TypeError) as error:
        named = [n for n in re.findall(r"'(\w+)'", str(error)) if n in fields]
        # The record does not know in which table it stands; its text has what was given.
        message = (
            str(error).replace(f"'{named[0]}'", f"'{_dotted((*path, named[0]))}'", 1) if named else error
        )
        given = [(*path, n) for n in named if n in values]
        raise SettingsError(f"{text.place(given[0] if given else path)}{message}") from None


def check_domains(record: Any, domains: Mapping[str, tuple[float, float]]) -> None:
    """Check that numbers of a record lie in their domains.

    Args:
        record: a dataclass.
        domains: smallest and largest value of a field, by its name.

    Raises:
        SettingsError: one does not, or is not a number.
    """
    for name, (least, most) in domains.items():
        value = getattr(record, name)
        if not least <= value <= most:
            raise SettingsError(f"'{name}' is {_shown(value)}; expected {least} to {most}")


def with_new_names(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table in which settings have their new names, at every depth."""
    return {
        RENAMED.get(key, key): with_new_names(value) if isinstance(value, Mapping) else value
        for key, value in table.items()
    }


def record_to_table(record: Any) -> Any:
    """Return a dataclass as JSON data, which :func:`read_record` reads; ``None`` values are left out."""
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        values = {f.name: getattr(record, f.name) for f in dataclasses.fields(record) if f.init}
        return {name: record_to_table(value) for name, value in values.items() if value is not None}
    if isinstance(record, Enum):
        return record.value
    if isinstance(record, Path):
        return str(record)
    if isinstance(record, tuple | list):
        return [record_to_table(item) for item in record]
    return record


def _hint(name: str, hints: Mapping[str, Any]) -> str:
    """Return which setting may be meant: one of the name in a table below, else one of a near name."""
    below = [f"'{table}.{name}'" for table, kind in hints.items() if name in _fields_of(kind)]
    return f"; did you mean {' or '.join(below)}?" if below else suggestion(name, hints)


def _fields_of(kind: Any) -> set[str]:
    """Return the settings of a table, which may be left out."""
    kinds = typing.get_args(kind) if typing.get_origin(kind) in _UNION else (kind,)
    return {f.name for each in kinds if dataclasses.is_dataclass(each) for f in dataclasses.fields(each)}


def _convert(hint: Any, value: Any, text: Text, path: tuple[str, ...]) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in _UNION:
        return _convert_union(arguments, value, text, path)
    if origin is typing.Literal:
        if value in arguments and type(value) in {type(a) for a in arguments}:
            return value
        raise _wrong(value, "one of " + ", ".join(repr(a) for a in arguments), text, path)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise _wrong(value, "a list", text, path)
        open_ended = len(arguments) == 2 and arguments[1] is Ellipsis
        if not open_ended and len(value) != len(arguments):
            raise _wrong(value, f"a list of {len(arguments)} values", text, path)
        kinds = [arguments[0]] * len(value) if open_ended else arguments
        # Tables of a list are told apart by their number, counted from 1.
        paths = [
            (*path, str(number)) if dataclasses.is_dataclass(k) else path for number, k in enumerate(kinds, 1)
        ]
        return tuple(_convert(k, v, text, p) for k, v, p in zip(kinds, value, paths, strict=True))
    if dataclasses.is_dataclass(hint):
        return read_record(typing.cast(Any, hint), value, text, path)
    return _convert_plain(hint, value, text, path)


def _convert_union(arguments: tuple[Any, ...], value: Any, text: Text, path: tuple[str, ...]) -> Any:
    kinds = [a for a in arguments if a is not type(None)]
    if value is None and len(kinds) < len(arguments):
        return None
    failures: list[SettingsError] = []
    for kind in kinds:
        try:
            return _convert(kind, value, text, path)
        except SettingsError as error:
            failures.append(error)
    raise failures[0]


def _convert_plain(hint: Any, value: Any, text: Text, path: tuple[str, ...]) -> Any:
    if isinstance(hint, type) and issubclass(hint, Enum):
        known = {member.value: member for member in hint}
        if isinstance(value, str) and value in known:
            return known[value]
        raise _wrong(value, "one of " + ", ".join(str(k) for k in known), text, path)
    if isinstance(value, int) and abs(value) >= _BEYOND:
        raise _wrong(value, "a number below 2^63", text, path)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is Path and isinstance(value, str):
        return Path(value)
    # In Python a truth value is a number; in settings it is none.
    if isinstance(value, bool) and hint is not bool:
        raise _wrong(value, _NAMES.get(hint, str(hint)), text, path)
    if isinstance(hint, type) and isinstance(value, hint):
        return value
    raise _wrong(value, _NAMES.get(hint, str(hint)), text, path)


_BEYOND = 2**63
"""No store, file or library keeps such integers."""

_NAMES: dict[Any, str] = {
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "a string",
    Path: "a path as a string",
}


def _wrong(value: Any, expected: str, text: Text, path: tuple[str, ...]) -> SettingsError:
    return SettingsError(f"{text.place(path)}'{_dotted(path)}' is {_shown(value)}; expected {expected}")


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:
        # Python writes no integers of thousands of digits.
        return "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _dotted(path: tuple[str, ...]) -> str:
    return ".".join(path)
