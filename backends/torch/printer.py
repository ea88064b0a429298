"""The PyTorch printer: tensors by ``torch``, the scalars of a step by ``math`` on the host."""

from __future__ import annotations

from typing import ClassVar

from nos_sym.backends.printer import CodePrinter
from nos_sym.backends.torch.context import context

_GLOBALS = (
    "BLOCK", "COMPILED", "LambdaLR", "Optimizer", "STATE", "accumulate", "cache", "factor", "join", "math",
    "move", "pieces", "scalars", "torch", "update", "warnings",
)  # fmt: skip
_ARGUMENTS = ("gradient", "weight", "momentum")
RESERVED = frozenset([*_GLOBALS, *_ARGUMENTS])
"""Names of a rendered file that neither a class nor a value may take."""


class TorchPrinter(CodePrinter):
    """Spells values for PyTorch."""

    tensors: ClassVar[str] = "torch"
    scalars: ClassVar[str] = "math"
    fill: ClassVar[str] = "torch.full_like(gradient, {0})"
    draw: ClassVar[str] = "torch.rand_like(gradient)"


PRINTER = TorchPrinter()
"""The printer of this backend."""

__all__ = ["PRINTER", "RESERVED", "TorchPrinter", "context"]
