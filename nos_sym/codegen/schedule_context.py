"""What the templates of schedules see beside their statements: the arguments, and how they are checked."""

from __future__ import annotations

import re
from typing import Any

from nos_sym.backends.layout import literal
from nos_sym.backends.settings import check_names, condition, outside
from nos_sym.codegen.emit import Code
from nos_sym.language.decimal_text import decimal_text
from nos_sym.program.program import Program

_OPTIONS = [
    *("optimizer", "base", "total_steps", "last_epoch", "self", "name", "config"),
    # Attributes of the schedulers of PyTorch, among which settings are kept.
    *("base_lrs", "lr_lambdas", "get_lr", "get_last_lr", "print_lr", "state_dict", "load_state_dict"),
    *("value", "rate", "count", "learning_rate", "schedule", "dtype", "single", "cls", "rule_key"),
]
"""Names of arguments and values of the templates, which no setting may have."""

_HELD = re.compile(r"\bt\b")
_TOTAL = re.compile(r"\btotal_steps\b")


def schedule_context(program: Program, code: Code) -> dict[str, Any]:
    """Return the arguments of a rendered schedule.

    ``given`` are the names, the number of steps first where it is needed; ``options`` have the defaults;
    ``valid`` are conditions, names and what an error says. ``holds`` says whether a decay
    function holds its last value, and ``converted`` are those numbers that functions of the backend take.
    """
    check_names(program, _OPTIONS)
    lines = [*code.scalars.lines, *code.scalars.outputs]
    names = [setting.name for setting in program.settings]
    total = ["total_steps"] if program.needs_total_steps else []
    valid = [("total_steps >= 1", "total_steps", _message("total_steps", "")) for _ in total]
    valid += [
        (condition(s.name, s.domain), s.name, _message(s.name, outside(s.domain))) for s in program.settings
    ]
    return {
        "given": [*total, *names],
        "given_by_self": [f"self.{name}" for name in (*total, *names)],
        "config": [f'"{name}": self.{name}' for name in (*total, *names)],
        "literal": literal,
        "options": [*total, *(f"{s.name}={decimal_text(s.default)}" for s in program.settings)],
        "settings": [(s.name, f"setting of the factor, in {s.domain}") for s in program.settings],
        "valid": valid,
        "holds": any(map(_HELD.search, lines)),
        "converted": [*(total if any(map(_TOTAL.search, _after_basis(lines))) else []), *names],
    }


def _message(name: str, wanted: str) -> str:
    return f'f"Invalid {name}: {{{name}}}{wanted}"'


def _after_basis(lines: list[str]) -> list[str]:
    """Return the statements without those of decay functions, which divide by the number of steps alone."""
    return [line for line in lines if not re.match(r"(?:p|r|remaining)(?:_[0-9]+)? = ", line)]
