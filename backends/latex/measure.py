"""What a printer must know about a piece of LaTeX: how tightly it binds, and how wide and tall it is."""

from __future__ import annotations

import re
from enum import IntEnum

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)
_OPENING = {"(": ")", r"\lvert": r"\rvert", r"\lVert": r"\rVert"}
_FRACTIONS = (r"\frac", r"\dfrac")
_TALL = (*_FRACTIONS, r"\begin")
_CLOSING = set(_OPENING.values())
_ENVIRONMENT = re.compile(r"\\(begin|end)\{cases\}")
_SILENT = {"{", "}", r"\left", r"\right", r"\operatorname", r"\mathrm", r"\widehat", r"\hat"}


class Level(IntEnum):
    """Binding strength, from cases, whose last row would take what follows, to what never needs brackets.

    ``CALL`` always puts brackets.
    """

    CASES = -1
    SIGNED = 0
    SUM = 1
    PRODUCT = 2
    FACTOR = 3
    ATOM = 4
    CALL = 5


def level_of(text: str) -> Level:
    """Return how tightly a piece of LaTeX binds, from the operators outside its braces and brackets."""
    level, depth = Level.ATOM, 0
    before = ""
    for index, symbol in enumerate(_TOKEN.findall(text)):
        if symbol == "{" or symbol in _OPENING:
            if before == r"\ln" and symbol != "(" and not depth:
                # The logarithm of bars has no brackets: a power behind it would be that of the bars.
                level = min(level, Level.FACTOR)
            depth += 1
        elif symbol == "}" or symbol in _CLOSING:
            depth -= 1
        elif depth:
            pass
        elif symbol == r"\begin":
            return Level.CASES
        elif symbol == "-" and index == 0:
            level = Level.SIGNED
        elif symbol in ("+", "-"):
            level = min(level, Level.SUM)
        elif symbol in (r"\,", r"\cdot"):
            level = min(level, Level.PRODUCT)
        elif symbol in ("^", r"\frac"):
            level = min(level, Level.FACTOR)
        before = symbol
    return level


def is_cases(text: str) -> bool:
    """Return whether a piece of LaTeX is cases and nothing beside them."""
    depth = 0
    for match in _ENVIRONMENT.finditer(text):
        if depth == 0 and match.start() > 0:
            return False
        depth += 1 if match[1] == "begin" else -1
        if depth == 0 and match.end() < len(text):
            return False
    return text.startswith(r"\begin")


def width_of(text: str) -> float:
    """Return the estimated width of a piece of LaTeX, in digits of its size."""
    tokens = _TOKEN.findall(text)
    width, position = _width(tokens, 0)
    assert position == len(tokens), text
    return width


def _width(tokens: list[str], position: int) -> tuple[float, int]:
    """Return the width up to the brace that closes the current group, and the position of that brace."""
    width = 0.0
    while position < len(tokens) and tokens[position] != "}":
        symbol = tokens[position]
        position += 1
        if symbol == r"\frac":
            numerator, position = _group(tokens, position)
            denominator, position = _group(tokens, position)
            width += max(numerator, denominator) + 0.5
        elif symbol in ("^", "_"):
            script, position = _group(tokens, position)
            width += 0.7 * script
        elif symbol == "{":
            inner, position = _width(tokens, position)
            position += 1
            width += inner
        else:
            width += _token_width(symbol)
    return width, position


def _group(tokens: list[str], position: int) -> tuple[float, int]:
    if tokens[position] != "{":
        return _token_width(tokens[position]), position + 1
    width, end = _width(tokens, position + 1)
    return width, end + 1


def _token_width(symbol: str) -> float:
    if symbol == " " or symbol in _SILENT:
        return 0.0
    if symbol in ("+", "-", "=", r"\cdot"):
        return 2.2
    if symbol in ("(", ")", ",", ".", r"\,", r"\lvert", r"\rvert", r"\lVert", r"\rVert"):
        return 0.6
    if re.fullmatch(r"\\(?:tanh|exp|ln|max|min|arctan|cos)", symbol):
        return float(len(symbol) - 1)
    return 1.0


def fraction_depth_of(text: str) -> int:
    """Return how many fractions stand inside one another."""
    tokens = _TOKEN.findall(text)
    deepest, inside = 0, [0]
    for index, symbol in enumerate(tokens):
        if symbol == "{":
            inside.append(inside[-1] + _opens_fraction(tokens, index))
            deepest = max(deepest, inside[-1])
        elif symbol == "}":
            inside.pop()
    return deepest


def with_large_parts(text: str) -> str:
    r"""Return the text with large brackets around fractions, and large fractions inside fractions.

    The bars and brackets that hold a ``\frac`` or cases get ``\left`` and ``\right``; a ``\frac`` inside
    another becomes ``\dfrac``, which keeps its size.
    """
    tokens = _TOKEN.findall(text)
    opened: list[int] = []
    inside: list[bool] = []
    for index, symbol in enumerate(tokens):
        if symbol == "{":
            inside.append(_opens_fraction(tokens, index))
        elif symbol == "}":
            inside.pop()
        elif symbol in _OPENING:
            opened.append(index)
        elif symbol in _CLOSING:
            start = opened.pop()
            if any(t in _TALL for t in tokens[start:index]):
                tokens[start] = rf"\left{tokens[start]}"
                tokens[index] = rf"\right{symbol}"
        elif symbol == r"\frac" and any(inside):
            tokens[index] = r"\dfrac"
    return "".join(tokens)


def _opens_fraction(tokens: list[str], index: int) -> bool:
    """Return whether the brace at ``index`` opens a numerator or a denominator."""
    if tokens[index - 1] != "}":
        return tokens[index - 1] in _FRACTIONS
    depth = 0
    for start in range(index - 1, -1, -1):
        depth += (tokens[start] == "}") - (tokens[start] == "{")
        if depth == 0:
            return start > 0 and tokens[start - 1] in _FRACTIONS
    return False
