"""What a function of the package is given in place of a rule: a name, a text, a file, or the rule itself."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from nos_sym.errors import RenderError, RuleError, described
from nos_sym.faces import Face, face_named, rule_of_face
from nos_sym.language.block import Block
from nos_sym.language.hints import did_you_mean
from nos_sym.language.rule import Rule, Schedule
from nos_sym.targets.finding import face_of, find

if TYPE_CHECKING:
    from nos_sym.algebra.levels import Level

Given: TypeAlias = Rule | Block | Schedule | Face | str | os.PathLike[str]
"""A rule, or what stands for one: the name of an entry of the catalog (``"Opt4"``), the qualified name of a
library's optimizer (``"torch.optim.AdamW"``) or its face, a rule as text (``"none ~ tanh(g)"``), a file with
one rule, or ``"FILE:NAME"``. A text that reads as a rule is that rule, also where a file has it for its name;
a path is always a file."""

_CHOICE = "choose one of those that nos_sym.parse_file returns"

_EXPECTED = "a rule, a name of the catalog such as 'Opt4', or a text such as 'none ~ tanh(g)'"


def rule_of(given: Given) -> Rule | Block | Schedule:
    """Return the rule, block or schedule that is meant; a warning says where a text may be misread.

    Raises:
        NosSymError: nothing is meant, and what would be, in one line.
    """
    if isinstance(given, Rule | Block | Schedule):
        return given
    if isinstance(given, Face):
        return rule_of_face(given)
    if isinstance(given, os.PathLike):
        # A path is never a name of the catalog, nor a rule.
        return find(str(Path.cwd() / _path_of(given)), _warn, choice=_CHOICE)
    if isinstance(given, str):
        return find(str.__str__(given), _warn, choice=_CHOICE)
    raise RuleError(f"expected {_EXPECTED}, not {described(given)}")


def optimizer_of(given: Given) -> Rule | Block:
    """Return the optimizer that is meant.

    Raises:
        NosSymError: none is, or a schedule.
    """
    rule = rule_of(given)
    if isinstance(rule, Schedule):
        name = rule.name or "the text"
        raise RuleError(f"{name} is a schedule of learning rates; expected an optimizer such as 'Opt4'")
    return rule


def one_line_of(given: Given) -> Rule:
    """Return the optimizer of one line that is meant.

    Raises:
        NosSymError: none is, or a schedule, or a block.
    """
    rule = optimizer_of(given)
    if isinstance(rule, Block):
        name = rule.name or "the rule"
        raise RuleError(f"{name} is a block; expected a rule of one line, such as 'none ~ tanh(g)'")
    return rule


def given_face(given: Given) -> Face | None:
    """Return the library's optimizer that is meant; ``None`` where a rule is."""
    if isinstance(given, Face):
        return given
    return face_of(given) if isinstance(given, str) else None


def named_face(given: Face | str) -> Face:
    """Return a library's optimizer, given as itself or by its qualified name.

    Raises:
        NosSymError: there is none of the name.
    """
    if isinstance(given, Face):
        return given
    if isinstance(given, str):
        return face_named(given)
    raise RenderError(
        f"expected the name of a library's optimizer such as 'torch.optim.AdamW', not {described(given)}"
    )


def level_of(given: Level | str) -> Level:
    """Return a level of equality, given as itself or by its name.

    Raises:
        RuleError: there is no such level.
    """
    from nos_sym.algebra.levels import Level

    if isinstance(given, Level):
        return given
    names = [level.value for level in Level]
    if isinstance(given, str) and given in names:
        return Level(given)
    hint = did_you_mean(given, names) if isinstance(given, str) else ""
    raise RuleError(f"a level is one of {', '.join(names)}, not {described(given)}{hint}")


def _path_of(given: os.PathLike[str]) -> str:
    try:
        path = os.fspath(given)
    except TypeError:
        path = None
    if not isinstance(path, str):
        raise RuleError(f"expected {_EXPECTED}, not {described(given)}, which has no text for its path")
    return path


def _warn(message: str) -> None:
    warnings.warn(message, stacklevel=5)
