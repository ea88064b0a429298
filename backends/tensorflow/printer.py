"""The TensorFlow printer: tensors and the scalars of a step by ``tf``, so that both live in the graph."""

from __future__ import annotations

from typing import ClassVar

from nos_sym.backends.printer import CodePrinter

RESERVED = frozenset(
    [
        "math",
        "tf",
        "keras",
        "Optimizer",
        "scalars",
        "update",
        "gradient",
        "weight",
        "variable",
        "variables",
        "learning_rate",
        "momentum",
        "step",
        "self",
        "super",
        "float",
        "int",
        "tuple",
        "zip",
        "min",
        "max",
        "abs",
        "factor",
        "config",
        "mu",
        "lr",
    ]
)
"""Names that a rendered file uses itself; neither a class nor a value may take them."""


class TensorFlowPrinter(CodePrinter):
    """Spells values for TensorFlow."""

    tensors: ClassVar[str] = "tensorflow"
    scalars: ClassVar[str] = "tensorflow"
    fill: ClassVar[str] = "{0} * tf.ones_like(gradient)"
    draw: ClassVar[str] = ""


PRINTER = TensorFlowPrinter()
"""The printer of this backend."""
