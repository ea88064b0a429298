"""The option ``--set`` of ``nos-sym audit``: settings of rules, and arguments of originals in code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nos_sym.cli.failures import InputError
from nos_sym.cli.values import values_table
from nos_sym.errors import NosSymError, quoted

if TYPE_CHECKING:
    from nos_sym.auditing.side import Side

_OF_ONE = re.compile(r"([AB])\.(.+)")
_CONSTANTS: dict[str, object] = {"none": None, "true": True, "false": False}


class Values:
    """What ``--set`` gives: ``A.name`` and ``B.name`` are of one letter, a name is of all that have it.

    Args:
        texts: as they were given.

    Raises:
        InputError: one is no ``name=value``, or a name is given twice.
    """

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._rows: list[tuple[str, str, str]] = []
        for text, value in values_table(texts).items():
            letter, name = match.groups() if (match := _OF_ONE.fullmatch(text)) else ("", text)
            self._rows.append((letter, name, value))
        names = [(letter, name) for letter, name, _ in self._rows]
        for letter, name in names:
            if letter and ("", name) in names:
                raise InputError(f"'--set' gives {quoted(f'{letter}.{name}')} twice; leave one out")
        self._used: set[tuple[str, str]] = set()
        self._known: list[str] = []

    def arguments(self, letter: str) -> dict[str, object]:
        """Return the arguments of an original in code; it says itself which it does not have."""
        found: dict[str, object] = {}
        for own, name, text in self._rows:
            if own in ("", letter):
                found[name] = _literal(text)
                self._used.add((own, name))
        return found

    def given_to(self, side: Side, letter: str) -> Side:
        """Return a side with other defaults of those settings that it has.

        Raises:
            InputError: a value is no number or lies outside of the domain.
        """
        from nos_sym.language.setting import setting_name

        known = [setting_name(node) for node in side.rule.settings]
        self._known += [name for name in known if name not in self._known]
        table: dict[str, str] = {}
        for own, name, text in self._rows:
            if own in ("", letter) and name in known:
                table[name] = text
                self._used.add((own, name))
        try:
            return side.at(table)
        except NosSymError as error:
            raise InputError(f"'--set': {error}") from None

    def expect_all_used(self) -> None:
        """Raise :class:`InputError` where a name is a setting of no side that it is for."""
        from nos_sym.language.setting_values import hint_at

        for letter, name, _ in self._rows:
            if (letter, name) not in self._used:
                who = f"{letter} has no setting" if letter else "neither A nor B has a setting"
                raise InputError(f"'--set': {who} {quoted(name)}{hint_at(name, self._known)}")


def _literal(text: str) -> object:
    if text.lower() in _CONSTANTS:
        return _CONSTANTS[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text.strip("'\"")
