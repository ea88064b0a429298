"""The PyTorch printer: tensors by ``torch``, the scalars of a step by ``math`` on the host."""

from __future__ import annotations

from typing import ClassVar

from nos_sym.backends.printer import CodePrinter

RESERVED = frozenset(
    [
        "math",
        "torch",
        "Optimizer",
        "Callable",
        "Iterable",
        "Any",
        "LambdaLR",
        "warnings",
        "scalars",
        "update",
        "gradient",
        "weight",
        "params",
        "lr",
        "momentum",
        "closure",
        "group",
        "state",
        "parameter",
        "loss",
        "self",
        "super",
        "float",
        "int",
        "tuple",
        "zip",
        "min",
        "max",
        "abs",
    ]
)
"""Names that a rendered file uses itself; neither a class nor a value may take them."""


class TorchPrinter(CodePrinter):
    """Spells values for PyTorch."""

    tensors: ClassVar[str] = "torch"
    scalars: ClassVar[str] = "math"
    fill: ClassVar[str] = "torch.full_like(gradient, {0})"
    draw: ClassVar[str] = "torch.rand_like(gradient)"


PRINTER = TorchPrinter()
"""The printer of this backend."""
