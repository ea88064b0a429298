"""The Keras printer: tensors and the scalars of a step by ``keras.ops``, whatever computes them."""

from __future__ import annotations

from typing import ClassVar

from nos_sym.backends.keras.context import LOCALS, context
from nos_sym.backends.printer import CodePrinter
from nos_sym.program.blocks import StatesOf

_GLOBALS = (
    "COMMON", "Integral", "LOOPS", "REFUSED", "Rational", "Real", "STATE", "branch", "check", "dense",
    "factor", "home", "is_slices", "keras", "math", "next_common", "numbers_only", "one_loop", "ops",
    "ordinary", "parts", "scalars", "tensor_sums", "update", "wider",
)  # fmt: skip
_ARGUMENTS = ("gradient", "weight")
RESERVED = frozenset([*_GLOBALS, *_ARGUMENTS])
"""Names of a rendered file that neither a class nor a value may take."""


class KerasPrinter(CodePrinter):
    """Spells values for the operations that all backends of Keras share."""

    tensors: ClassVar[str] = "keras"
    scalars: ClassVar[str] = "keras"
    number_of_tensor: ClassVar[str] = "ops.cast({0}, weight.dtype)"
    literal: ClassVar[str] = "ops.convert_to_tensor({0}, {1})"
    fill: ClassVar[str] = "{0} * ops.ones_like(gradient)"
    copied: ClassVar[str] = "ops.copy({0})"
    draw: ClassVar[str] = ""
    states: ClassVar[StatesOf] = StatesOf.FLAGS
    sums: ClassVar[bool] = True
    locals: ClassVar[frozenset[str]] = LOCALS


PRINTER = KerasPrinter()
"""The printer of this backend."""

__all__ = ["PRINTER", "RESERVED", "KerasPrinter", "context"]
