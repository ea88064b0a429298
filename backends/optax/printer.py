"""The optax printer: tensors and the scalars of a step by ``jax.numpy``, so that both can be traced."""

from __future__ import annotations

from typing import ClassVar

from nos_sym.backends.optax.context import context
from nos_sym.backends.printer import CodePrinter

__all__ = ["PRINTER", "RESERVED", "OptaxPrinter", "context"]

_GLOBALS = (
    "Any", "NamedTuple", "OWN", "REFUSED", "RULE_KEY", "check", "factor", "in_line", "jax", "jnp",
    "next_common", "optax", "refuse_another", "scalars", "tensor_sums", "update",
)  # fmt: skip
_ARGUMENTS = ("gradient", "weight")
_LOCALS = (
    "add_up", "added", "bound", "change", "changed", "changes", "common", "count", "dtype", "fixed",
    "found", "gradients", "high", "init_fn", "learning_rate", "low", "momentum", "numbers", "params",
    "part", "settings", "slots", "state", "total_steps", "trees", "update_fn", "values", "x", "zeros",
)  # fmt: skip
RESERVED = frozenset([*_GLOBALS, *_ARGUMENTS])
"""Names of a rendered file that neither a function nor a value may take."""


class OptaxPrinter(CodePrinter):
    """Spells values for JAX."""

    tensors: ClassVar[str] = "optax"
    scalars: ClassVar[str] = "optax"
    changes: ClassVar[bool] = True
    number_of_tensor: ClassVar[str] = "jnp.asarray({0}, weight.dtype)"
    fill: ClassVar[str] = "jnp.full_like(gradient, {0})"
    draw: ClassVar[str] = ""
    sums: ClassVar[bool] = True
    locals: ClassVar[frozenset[str]] = frozenset(_LOCALS)
    count: ClassVar[str] = "count"

    def number(self, value: float) -> str:
        """Return the text of a constant: the shortest that binary64 reads back."""
        return super().number(value).replace("math.", "jnp.")


PRINTER = OptaxPrinter()
"""The printer of this backend."""
