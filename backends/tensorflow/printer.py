"""The TensorFlow printer: tensors and the scalars of a step by ``tf``, so that both live in the graph."""

from __future__ import annotations

from typing import ClassVar

from nos_sym.backends.keras.context import LOCALS, context
from nos_sym.backends.printer import CodePrinter
from nos_sym.program.blocks import StatesOf

_GLOBALS = (
    "COMMON", "Integral", "LOOPS", "Rational", "Real", "STATE", "SavedKey", "branch", "dense", "factor",
    "is_slices", "keras", "math", "next_common", "one_loop", "scalars", "tensor_sums", "tf", "update",
    "wider",
)  # fmt: skip
_ARGUMENTS = ("gradient", "weight")
RESERVED = frozenset([*_GLOBALS, *_ARGUMENTS])
"""Names of a rendered file that neither a class nor a value may take."""


class TensorFlowPrinter(CodePrinter):
    """Spells values for TensorFlow."""

    tensors: ClassVar[str] = "tensorflow"
    scalars: ClassVar[str] = "tensorflow"
    number_of_tensor: ClassVar[str] = "tf.cast({0}, weight.dtype)"
    literal: ClassVar[str] = "tf.constant({0}, {1})"
    fill: ClassVar[str] = "{0} * tf.ones_like(gradient)"
    draw: ClassVar[str] = ""
    states: ClassVar[StatesOf] = StatesOf.FLAGS
    sums: ClassVar[bool] = True
    locals: ClassVar[frozenset[str]] = LOCALS


PRINTER = TensorFlowPrinter()
"""The printer of this backend."""

__all__ = ["PRINTER", "RESERVED", "TensorFlowPrinter", "context"]
