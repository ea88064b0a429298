"""How strongly operators of Python bind, and texts with the parentheses that follow from it."""

from __future__ import annotations

import re
from enum import IntEnum

_SLOT = re.compile(r"\{(\w+)\}")
_SIMPLE = re.compile(r"(?:[A-Za-z_][\w.]*|-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e-?[0-9]+)?)\Z")


class Precedence(IntEnum):
    """Binding strength of Python's operators, as far as generated code uses them."""

    CONDITIONAL = 0
    SUM = 1
    PRODUCT = 2
    UNARY = 3
    POWER = 4
    ATOM = 5


def wrap(operand: tuple[str, Precedence], level: Precedence) -> str:
    """Return the text of an operand, in parentheses where it binds less than its place asks for."""
    text, own = operand
    return f"({text})" if own < level else text


def power(base: str, exponent: str) -> str:
    """Return the text of a power of two texts that bind tightly enough."""
    # Formatters hug ** between simple operands.
    tight = _SIMPLE.match(base) and _SIMPLE.match(exponent)
    return f"{base}**{exponent}" if tight else f"{base} ** {exponent}"


def fill_template(
    template: str, operands: list[tuple[str, Precedence]], fields: dict[str, str]
) -> tuple[str, Precedence]:
    """Fill a format string, with parentheses around an operand that stands next to an operator."""

    def replace(match: re.Match[str]) -> str:
        key = match[1]
        if key in fields:
            return fields[key]
        before, after = template[: match.start()], template[match.end() :]
        enclosed = (before.endswith(("(", ", ", "["))) and after.startswith((")", ",", "]"))
        level = Precedence.CONDITIONAL if enclosed else Precedence.ATOM
        if not enclosed and before.endswith("* ") and not after.startswith(" **"):
            level = Precedence.UNARY
        return wrap(operands[int(key)], level)

    text = _SLOT.sub(replace, template)
    text = re.sub(r"([\w.]+) \*\* ([\w.]+)(?![\w.(\[])", lambda m: power(m[1], m[2]), text)
    return text, _precedence(template)


def _precedence(template: str) -> Precedence:
    """Return how strongly the outermost operator of a format string binds."""
    outer, depth = "", 0
    for character in template:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        outer += character if depth == 0 else ""
    for symbols, level in (
        ((" if ", " < ", " <= ", " == ", " != ", " & ", " | ", " and ", " or "), Precedence.CONDITIONAL),
        ((" + ", " - "), Precedence.SUM),
        ((" * ", " / ", " // ", " % "), Precedence.PRODUCT),
        ((" ** ",), Precedence.POWER),
    ):
        if any(symbol in outer for symbol in symbols):
            return level
    if template.startswith("not "):
        return Precedence.CONDITIONAL
    return Precedence.UNARY if template.startswith(("-", "~")) else Precedence.ATOM
