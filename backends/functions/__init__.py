"""Functions that a backend lacks, or computes one number at a time; a rendered file holds those it calls.

The registry spells an operation as a call, for example ``i1e({0})``, and the template of that name gives the
definition. It is written once over the modules of all backends: ``tensors`` is ``torch``, ``tf``, ``ops`` or
``jnp``, ``mathematics`` the module of exp, log1p, ... there, ``copied`` what writes a copy of a tensor, and
``cast`` the type of the matrices of an iteration, ``None`` where that is the one of the weights.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

FUNCTIONS = (
    "as_condition", "asinh", "asinh_slope", "atan", "clip_norm", "column_max", "column_zeros", "erfc_of",
    "i1e", "i1e_slope", "i1e_small", "limit_", "limited", "largest_first",
    "largest_rest", "mean_first", "mean_rest", "modulo", "newton_schulz", "newton_schulz_flat",
    "norm2", "norm_inf", "orth", "orth_exact", "orth_flat", "positive", "positive_", "row_max", "row_zeros",
    "saturate", "saturate_", "sigmoid_of", "softplus_of", "tanh_of", "tanh_slope", "tanhf", "within_",
)  # fmt: skip
"""Names of the functions; neither a class nor a value of a rendered file takes one."""

ITERATIONS = frozenset({"newton_schulz", "newton_schulz_flat", "orth", "orth_flat"})
"""Functions whose matrices may be of a narrower type, as the originals cast them."""

CASTS = ("bfloat16",)
"""Types that these matrices may have; each holds the range of float32."""

_CALLS = {
    "norm2": ("norm_inf",),
    "row_max": ("row_zeros",),
    "column_max": ("column_zeros",),
    "orth": ("newton_schulz",),
    "orth_flat": ("newton_schulz", "orth"),
    "newton_schulz_flat": ("newton_schulz",),
    "within_": ("limit_",),
    # Derivatives, in files for JAX alone.
    "i1e": ("i1e_slope",),
    "i1e_small": ("i1e_slope",),
    "asinh": ("asinh_slope",),
    "atan": ("asinh_slope",),
    "tanh_of": ("tanh_slope",),
    "sigmoid_of": ("tanh_of", "tanh_slope"),
    "softplus_of": ("sigmoid_of", "tanh_of", "tanh_slope"),
}
"""What functions call in turn; where a backend has no use for one, its template gives nothing."""

_CALL = re.compile(r"(?<![\w.])(" + "|".join(FUNCTIONS) + r")\(")


class Modules(NamedTuple):
    """What the templates of functions are printed with."""

    tensors: str
    mathematics: str


MODULES = {
    "torch": Modules("torch", "torch"),
    "tensorflow": Modules("tf", "tf.math"),
    "keras": Modules("ops", "ops"),
    "optax": Modules("jnp", "jnp"),
}
"""Modules of each backend."""


def called(lines: Iterable[str]) -> list[str]:
    """Return the names of the functions that lines of code call, in alphabetical order."""
    found = {match[1] for line in lines for match in _CALL.finditer(line)}
    return sorted(found | {other for name in found for other in _CALLS.get(name, ())})
