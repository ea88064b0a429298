"""The C printer: one entry of a tensor, and the scalars of a tensor, as expressions over ``real``."""

from __future__ import annotations

import re
import sys
from typing import ClassVar

from nos_sym.backends.c import spellings as _spellings  # noqa: F401 - how C spells the operations
from nos_sym.backends.precedence import Precedence
from nos_sym.backends.printer import CodePrinter
from nos_sym.language.kind import Kind
from nos_sym.program.program import Value

KEYWORDS = frozenset({
    "agree", "asm", "at", "auto", "b", "between", "break", "case", "char", "chunks", "columns_of",
    "common", "const", "continue", "copysign", "copysignf", "default", "do", "double", "e", "else",
    "end", "entry", "enum", "extern", "fabs", "fabsf", "finish", "finish_columns", "finish_rows",
    "first", "float", "floor", "floorf", "fmod", "fmodf", "for", "found", "goto", "gradients", "grid",
    "grid_of", "half", "height", "high", "i", "if", "inline", "int", "int64_t", "j", "joined",
    "joined_b", "joined_r", "k", "lane", "last", "length", "lines", "linux", "long", "lost", "low",
    "main", "many", "matrices", "matrix", "memcpy", "move", "move_part", "n", "n_cols", "n_rows",
    "numbers", "of_bf16", "own", "part", "parts", "piece", "pieces", "place", "r", "real", "register",
    "restrict", "return", "row", "rows_of", "shares", "short", "signed", "size", "size_t", "sizeof",
    "sizes", "sqrt", "sqrtf", "sqrtl", "start", "state_t", "static", "step", "stop", "struct", "sums",
    "switch", "tensor", "tensors", "to_bf16", "together", "total", "typedef", "typeof", "uint16_t",
    "uint32_t", "union", "unix", "unsigned", "void", "volatile", "weight_t", "weights", "while",
    "wide", "word",
})  # fmt: skip
"""Words of C and of the kernel's template, which no value is called."""

_PLAIN = re.compile(
    r"(?!nos_|lane_|(sums|lost|entry|add|share|line)_[0-9])[a-z]\w*(?<!_all)(?<!_at)", re.ASCII
)

_SMALL = 2.0**-100
_FLOAT_MAX = float.fromhex("0x1.fffffep127")


class CPrinter(CodePrinter):
    """Spells values for C.

    Args:
        norms: names of the norms that clipped tensors are divided by.
    """

    tensors: ClassVar[str] = "c"
    scalars: ClassVar[str] = "c"
    narrow: ClassVar[str] = "(real){0}"
    fill: ClassVar[str] = "{0}"
    draw: ClassVar[str] = ""
    number_of_tensor: ClassVar[str] = "{0}"

    def __init__(self, norms: dict[Value, str] | None = None) -> None:
        self.norms = norms or {}

    def template(self, value: Value) -> str | None:
        """Return the format string of a value."""
        if value.operation in ("fill", "copy"):
            return "{0}"
        if value.operation == "limit":
            root = float(value.parameters[0])
            bounds = (repr(largest ** (1 / root) / 4) for largest in (_FLOAT_MAX, sys.float_info.max))
            return f"nos_limit({{0}}, BOUND({', '.join(bounds)}))"
        if value.operation == "saturate" and value.operands[0].range.low >= 0:
            return "nos_below({0}, LARGEST)"
        if value.operation in ("saturate", "positive"):
            return f"nos_{value.operation}({{0}})"
        if value.operation == "apart":
            return "nos_above({0}, R({floor}))"
        if value.operation == "confine":
            return "nos_clamp({0}, R(8e37))"
        if value.operation == "pow":
            return None
        if value.operation == "abspow":
            return "nos_pow({0}, {1})"  # no infix operator, even where the base is a positive number
        if value.operation == "div" and _has_inverse(value.operands[1]) and not value.guarded:
            return "{0} * (1 / {1})"  # computed once a loop
        if value.operation == "where" and _is_choice(value, by=0):
            return "nos_either({0}, {1}, {2})"
        if value.operation == "div" and value.guarded and _is_choice(value, by=1):
            return "nos_either({1}, {0} / {1}, R(0))"
        if value in self.norms:
            return f"{{0}} / nos_above({self.norms[value]}, R(1))"
        return super().template(value)

    def number(self, value: float) -> str:
        """Return the text of a constant, in the type that a step is computed in."""
        if value != value:
            return "NAN"
        if value in (float("inf"), float("-inf")):
            return "INFINITY" if value > 0 else "(-INFINITY)"
        return f"R({value!r})"

    def format(self, value: Value, operands: list[tuple[str, Precedence]]) -> tuple[str, Precedence]:
        """Return the text of a value; a sign stands in parentheses, since ``--`` is an operator of C."""
        if value.operation == "constant":
            return self.number(value.number), Precedence.ATOM
        if value.operation == "neg":
            text, level = operands[0]
            return f"(-{text if level == Precedence.ATOM else f'({text})'})", Precedence.ATOM
        if value.operation == "pow":
            exponent = int(value.parameters[0])
            power = f"nos_power_{abs(exponent)}({operands[0][0]})"
            return power if exponent >= 0 else f"(1 / {power})", Precedence.ATOM
        return super().format(value, operands)

    def _parameters(self, value: Value) -> dict[str, str]:
        plain = super()._parameters(value)
        return {name: re.sub(r"\AR\((.*)\)\Z", r"\1", text) for name, text in plain.items()}


def name_in_c(wish: str) -> str:
    """Return what a value is called in C: its name, but no word, macro or other name of the kernel.

    Macros are in capitals; ``nos_`` and ``lane_`` begin names of functions, ``_all`` and ``_at`` end those of
    arrays.
    """
    return wish if _PLAIN.fullmatch(wish) and wish not in KEYWORDS else f"own_{wish.strip('_')}_"


def _is_choice(value: Value, *, by: int) -> bool:
    """Return whether all entries of a tensor choose alike, for an operand is the same for them."""
    kind = value.operands[by].kind
    return value.kind is Kind.TENSOR and (kind.of_step or kind in (Kind.GLOBAL, Kind.SCALAR))


def _has_inverse(divisor: Value) -> bool:
    """Return whether a divisor is a number of the step whose inverse neither overflows nor underflows."""
    size = divisor.range.absolute()
    return divisor.kind.of_step and size.low >= _SMALL and size.high <= 1 / _SMALL
