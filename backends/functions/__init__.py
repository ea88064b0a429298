"""Functions that a backend lacks, or computes one number at a time; a rendered file holds those it calls.

The registry spells an operation as a call, for example ``i1e({0})``, and the template of that name gives the
definition. It is written once over the modules of all backends: ``tensors`` is ``torch``, ``tf``, ``ops`` or
``jnp``, ``mathematics`` the module of exp, log1p, ... there, and ``copied`` what writes a copy of a tensor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

FUNCTIONS = (
    "asinh", "atan", "clip_norm", "column_max", "column_zeros", "i1e", "i1e_small", "limited", "mean_rest",
    "modulo", "newton_schulz", "norm2", "norm_inf", "orth", "orth_exact", "positive", "row_max", "row_zeros",
    "saturate", "tanhf",
)  # fmt: skip
"""Names of the functions; neither a class nor a value of a rendered file takes one."""

_CALLS = {
    "norm2": ("norm_inf",),
    "row_max": ("row_zeros",),
    "column_max": ("column_zeros",),
    "orth": ("newton_schulz",),
}
"""What functions call in turn."""

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
