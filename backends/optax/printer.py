"""The optax printer: tensors and the scalars of a step by ``jax.numpy``, so that both can be traced."""

from __future__ import annotations

from typing import ClassVar

from nos_sym.backends.optax.context import context
from nos_sym.backends.printer import CodePrinter

__all__ = ["PRINTER", "RESERVED", "OptaxPrinter", "context"]

_GLOBALS = ("Any", "NamedTuple", "factor", "jax", "jnp", "optax", "scalars", "update")
_ARGUMENTS = ("gradient", "weight")
RESERVED = frozenset([*_GLOBALS, *_ARGUMENTS])
"""Names of a rendered file that neither a function nor a value may take."""


class OptaxPrinter(CodePrinter):
    """Spells values for JAX."""

    tensors: ClassVar[str] = "optax"
    scalars: ClassVar[str] = "optax"
    number_of_tensor: ClassVar[str] = "jnp.asarray({0}, weight.dtype)"
    fill: ClassVar[str] = "jnp.full_like(gradient, {0})"
    draw: ClassVar[str] = ""
    count: ClassVar[str] = "count"

    def number(self, value: float) -> str:
        """Return the text of a constant: the shortest that binary64 reads back."""
        return super().number(value).replace("math.", "jnp.")


PRINTER = OptaxPrinter()
"""The printer of this backend."""
