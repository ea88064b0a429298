"""Whole vectors of entries, where a processor has AVX-512: what of a program they have, and their texts.

The loops of a kernel whose entries are made of these operations call ``lane_exp`` in place of ``nos_exp``.
Elsewhere, and where a number is no float32, both are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

from nos_sym.program.program import Value

FUNCTIONS = {"exp": "exp", "tanh": "tanh", "arcsinh": "asinh", "arctan": "atan", "i1e": "i1e"}
"""Long functions that whole vectors have, and their names in C."""

_NEEDS = {"exp": ("exp_reduced",), "i1e": ("exp_reduced",)}

_SHORT = frozenset({
    "abs", "add", "apart", "copy", "div", "g", "limit", "max", "min", "mul", "neg", "positive", "pow",
    "saturate", "sign", "sqrt", "state", "sub", "w", "wmean",
})  # fmt: skip

_CALL = re.compile(r"\blane_(\w+)\(")
_NUMBER = re.compile(r"\bconst real (?=\w+ = )")
_ENTRY = re.compile(r"\b(\w+\[(?:i|i - at)\])")
_POWER = re.compile(r"power_\d+")


def has_lanes(value: Value) -> bool:
    """Return whether whole vectors have the operation of a value of an entry."""
    if value.operation == "wmean":
        return value.operands[2].kind.of_step
    return value.operation in _SHORT or value.operation in FUNCTIONS


def in_lanes(lines: Iterable[str]) -> Iterator[str]:
    """Yield the loops over entries, given a line each, as loops over whole vectors where there are any."""
    for line in lines:
        if line.startswith("#pragma omp simd"):
            yield from ("#if LANES == 1", line, "#endif")
        else:
            entry = _ENTRY.sub(r"AT(\1)", _NUMBER.sub("const lane ", line))
            yield entry.replace("i++", "i += LANES").replace("nos_", "lane_")


def in_numbers(line: str) -> str:
    """Return a text of whole vectors as one of an entry."""
    return line.replace("lane_", "nos_")


def texts(body: Iterable[str], powers: dict[str, str]) -> str:
    """Return the functions of whole vectors that C calls.

    Args:
        body: what calls them.
        powers: of each integer power that is called the text of its function for an entry.
    """
    called = sorted({match[1] for text in body for match in _CALL.finditer(text)})
    long = [name for name in called if name in FUNCTIONS.values()]
    order = dict.fromkeys(other for name in long for other in (*_NEEDS.get(name, ()), name))
    own = [name for name in called if _POWER.fullmatch(name)]
    vectors = [re.sub(r"\breal\b", "lane", powers[name]).replace("nos_", "lane_") for name in own]
    return "\n".join(
        [
            "#if LANES > 1",
            *map(_text, order),
            *vectors,
            "#else",
            *(f"#define lane_{name} nos_{name}" for name in [*long, *own]),
            "#endif",
        ]
    )


@cache
def _text(name: str) -> str:
    file = files("nos_sym.backends.c.functions").joinpath("lanes", f"{name}.c")
    return file.read_text(encoding="ascii").rstrip()
