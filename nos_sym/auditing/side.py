"""One side of an audit: an optimizer, and where its rule comes from."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from nos_sym.errors import NosSymError, RuleError, described, one_line, quoted
from nos_sym.faces import Face, rule_of_face
from nos_sym.faces.face import Use
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule
from nos_sym.targets.files import exists, is_identifier, looks_like_path
from nos_sym.targets.finding import face_of, find

if TYPE_CHECKING:
    from nos_sym.lift import Lifted

_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
_LONGEST = 60


class AuditError(NosSymError):
    """An audit that cannot be made: what stands in its way, and what to do."""


@dataclass(frozen=True, slots=True)
class Side:
    """An optimizer that is audited.

    Attributes:
        name: how it was named, ``torch.optim.Adam`` or ``my.py:MyOptimizer``, or a short text of its rule.
        rule: the rule, with the defaults of the implementation as its own.
        library: distribution that has it, or the file; empty for a rule.
        version: of the library; empty where there is none.
        face: the library's optimizer that it is, where the catalog has it.
        lifted: what lifting gave, where it was read off code.
        target: the code as it was named, whole; empty where there is none.
    """

    name: str
    rule: Rule | Block
    library: str = ""
    version: str = ""
    face: Face | None = None
    lifted: Lifted | None = None
    target: str = ""

    @property
    def where(self) -> str:
        """The library with its version, ``torch 2.13``; empty for a rule, and for a file of that name."""
        if self.library and self.name.startswith(f"{self.library}:"):
            return self.version
        return f"{self.library} {self.version}".strip()

    @property
    def rate(self) -> float | None:
        """The default learning rate of a library's optimizer; ``None`` where there is none."""
        if self.face is None:
            return None
        rates = [a.default for a in self.face.arguments if a.use is Use.RATE and not a.required]
        return float(rates[0]) if rates and isinstance(rates[0], int | float) else None

    @property
    def conditions(self) -> list[str]:
        """What the rule takes for granted of the code that it was lifted from."""
        if self.lifted is None:
            return []
        return [f"{c.text} ({c.place})" if c.place else c.text for c in self.lifted.conditions]

    @property
    def special(self) -> bool:
        """Whether the rule leaves out ways of the code that it was lifted from."""
        return self.lifted is not None and any(c.special for c in self.lifted.conditions)

    def at(self, values: Mapping[str, str]) -> Side:
        """Return the side with other defaults of its settings."""
        return replace(self, rule=self.rule.with_settings(dict(values))) if values else self


def read_side(
    given: object,
    note: Callable[[str], None],
    arguments: Mapping[str, object] | None = None,
    *,
    read: Callable[[str], Rule | Block | Schedule] | None = None,
) -> Side:
    """Return the optimizer that is meant.

    Args:
        given: a rule, a face, a path, or a text: a name of the catalog or of a library, a rule, a file, or an
            original in code, ``module:Class`` or ``file.py:Class``, which is imported and run.
        note: is told what the writer of a text may not have meant.
        arguments: what an original is made with, by the names of its arguments.
        read: reads any other text; by default as all functions of the package do.

    Raises:
        NosSymError: nothing is meant, a schedule, or code that could not be lifted or that its rule does not
            follow.
    """
    if isinstance(given, Rule | Block | Schedule):
        return _of_rule(given, given.name)
    if isinstance(given, Face):
        return _of_face(given)
    if isinstance(given, os.PathLike):
        given = str(Path.cwd() / os.fsdecode(os.fspath(given)))
    if not isinstance(given, str):
        raise RuleError(
            f"expected an optimizer by name, as text, from a file or as a rule, not {described(given)}"
        )
    if is_original(given):
        return _of_code(given, arguments or {})
    face = face_of(given) if read is None or given != "-" else None
    if face is not None:
        return _of_face(face)
    found = find(given, note, choice="name one of them, as in 'FILE:NAME'") if read is None else read(given)
    named = "" if given == "-" else given if is_identifier(given) or looks_like_path(given) else ""
    return _of_rule(found, found.name or named)


def is_original(text: str) -> bool:
    """Return whether a text names a class or function in code: ``torch.optim:Adam``, ``my.py:MyOptimizer``.

    >>> is_original("torch.optim:Adam"), is_original("none ~ g"), is_original("rules.nos:Mine")
    (True, False, False)
    """
    place, colon, name = text.strip().rpartition(":")
    if not colon or not is_identifier(name) or len(text) > 4096:
        return False
    if place.endswith(".py"):
        return "\n" not in place and "~" not in place.rpartition("/")[2]
    return _MODULE.fullmatch(place) is not None and not exists(place)


def _of_rule(rule: Rule | Block | Schedule, name: str) -> Side:
    if isinstance(rule, Schedule):
        said = quoted(name or str(rule), _LONGEST)
        raise AuditError(
            f"{said} is a schedule of learning rates; an audit takes optimizers, and 'nos-sym equal' two "
            "schedules"
        )
    return Side(one_line(name or str(rule), _LONGEST), rule)


def _of_face(face: Face) -> Side:
    return Side(str(face), rule_of_face(face), face.library, face.version, face)


def _of_code(target: str, arguments: Mapping[str, object]) -> Side:
    try:
        # Lifting imports a framework; rules and names need none.
        lifting = import_module("nos_sym.lift.lifting")
    except ModuleNotFoundError:
        raise AuditError(
            f"{quoted(target, _LONGEST)} is code, and this installation cannot lift code; name a rule"
        ) from None
    found: Lifted = lifting.lift(target, dict(arguments))
    check = found.verification
    if not check.verified:
        raise AuditError(
            f"{quoted(target, _LONGEST)} was lifted and the rule does not follow it: relative error "
            f"{check.error:.2g} over {check.steps} steps, expected at most {check.bound:.2g}"
        )
    return Side(
        one_line(target, _LONGEST), found.rule, found.library, found.version, _face_of(found), found, target
    )


def _face_of(lifted: Lifted) -> Face | None:
    """Return the library's optimizer that was lifted, where the catalog has it without other flags."""
    try:
        return face_of(lifted.original)
    except NosSymError:
        return None
