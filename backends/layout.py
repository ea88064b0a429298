"""Layout of generated Python: the line breaks that a formatter would choose."""

from __future__ import annotations

import re
from collections.abc import Iterable

COLUMNS = 88
"""Width of a line, the default of ruff and black."""


def fit(head: str, items: list[str], tail: str, indent: int) -> list[str]:
    """Return ``head(items)tail`` in one line, or with the items in an indented line, or one item a line.

    ``head`` ends with the opening bracket and ``tail`` begins with the closing one.
    """
    pad = " " * indent
    inner = ", ".join(items)
    if indent + len(head) + len(inner) + len(tail) <= COLUMNS:
        return [f"{pad}{head}{inner}{tail}"]
    if indent + 4 + len(inner) <= COLUMNS:
        return [f"{pad}{head}", f"{pad}    {inner}", f"{pad}{tail}"]
    return [f"{pad}{head}", *(f"{pad}    {item}," for item in items), f"{pad}{tail}"]


def literal(head: str, items: list[str], tail: str, indent: int) -> list[str]:
    """Return a display of items in one line, or with one item a line."""
    lines = fit(head, items, tail, indent)
    pad = " " * indent
    return lines if len(lines) == 1 else [pad + head, *(f"{pad}    {item}," for item in items), pad + tail]


def tuple_text(items: Iterable[str]) -> str:
    """Return the text of a tuple."""
    listed = list(items)
    return f"({listed[0]},)" if len(listed) == 1 else f"({', '.join(listed)})"


def returned(values: tuple[str, ...], indent: int, *, single: bool = True) -> list[str]:
    """Return a return statement of a tuple; one value is a tuple of one where ``single`` says so."""
    pad = " " * indent
    text = ", ".join(values)
    if len(values) == 1:
        return [f"{pad}return ({text},)" if single else f"{pad}return {text}"]
    if indent + len("return ") + len(text) <= COLUMNS:
        return [f"{pad}return {text}"]
    return [f"{pad}return (", *(f"{pad}    {value}," for value in values), f"{pad})"]


def statement(line: str, indent: int) -> list[str]:
    """Return a statement, broken after the bracket of an outermost call where it is too long."""
    if indent + len(line) <= COLUMNS:
        return [" " * indent + line]
    match = re.match(r"((?:\w+ = |return )[\w.]+\()(.*)\)\Z", line)
    if match is None or not _one_bracket(match[2]):
        return [" " * indent + line]
    return fit(match[1], _split(match[2]), ")", indent)


def _one_bracket(inner: str) -> bool:
    """Return whether the closing bracket of a call is the last character, not an earlier one."""
    depth = 0
    for character in inner:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            return False
    return depth == 0


def _split(inner: str) -> list[str]:
    items, depth, start = [], 0, 0
    for index, character in enumerate(inner):
        depth += {"(": 1, ")": -1, "[": 1, "]": -1}.get(character, 0)
        if character == "," and depth == 0:
            items.append(inner[start:index].strip())
            start = index + 1
    return [*items, inner[start:].strip()]


def refusal(condition: str, indent: int) -> list[str]:
    """Return the head of a statement for when a condition fails, with an operand a line where it is long.

    ``condition`` is in parentheses where it has alternatives.
    """
    pad = " " * indent
    line = f"{pad}if not {condition}:"
    if len(line) <= COLUMNS or not condition.startswith("("):
        return [line]
    if len(inside := f"{pad}    {condition[1:-1]}") <= COLUMNS:
        return [f"{pad}if not (", inside, f"{pad}):"]
    word = "or" if len(_operands(condition[1:-1], "or")) > 1 else "and"
    first, *others = _operands(condition[1:-1], word)
    return [f"{pad}if not (", f"{pad}    {first}", *(f"{pad}    {word} {x}" for x in others), f"{pad}):"]


def _operands(condition: str, word: str) -> list[str]:
    """Return what stands between the outermost words of a condition."""
    found = [""]
    for part in condition.split(f" {word} "):
        if found[-1] and found[-1].count("(") == found[-1].count(")"):
            found.append(part)
        else:
            found[-1] += f" {word} {part}" if found[-1] else part
    return found
