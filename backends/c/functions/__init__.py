"""Elementary and special functions in C99, for loops that compilers turn into vector instructions.

A rendered C function holds those that it calls: ``definitions(["nos_tanhf"])`` is the C of ``nos_tanhf`` and
of what it needs, each once, in an order that compiles after ``INCLUDES``. The texts have no branches, no
tables and, in float32, no calls, so that gcc and clang vectorize ``y[i] = nos_tanhf(x[i])`` with ``-O3
-fno-math-errno -fno-trapping-math``. They need no ``-ffast-math``, which would break infinities, NaN and
rounding by addition.

float32 (``nos_expf``, ...)
    Polynomials, at most 4 ulp from the real value for every float, subnormal arguments and results included.
    Overflow is infinite, NaN stays NaN, and an element has the same bits wherever it lies in a loop. Bits
    differ between processors with and without fused multiply-add, and between compilers.
float32, whole vectors (``lane_exp``, ...; :mod:`nos_sym.backends.c.lanes`)
    The same formulas with instructions of AVX-512, for kernels whose operations all have them.
float64 (``nos_exp``, ...)
    The C library's, which gcc vectorizes through glibc's libmvec where ``NOS_LIBMVEC`` is defined: at most
    4 ulp too, but an element in the remainder of a loop may differ by as much from one in its body.
    ``nos_sigmoid`` and ``nos_softplus``, which are made of them, add up what theirs are off by.
    ``nos_i1e`` is the project's own, for the C library has none.

Errors are those of ``tests/backends/test_c_functions.py``, in units of the last place of the result, with and
without fused multiply-add.

``nos_powf(x, y)`` is the total :math:`|x|^y`: 0 where x is 0, 1 where y is 0. The others are at their edges
what the C library's are, ``nos_logf(0)`` is minus infinity: guards belong to a program, not to its functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

INCLUDES = ("math.h", "stdint.h", "string.h")
"""Headers of the C library that the texts need."""

_NEEDS: dict[str, tuple[str, ...]] = {
    "bitsf": (),
    "exp_partsf": ("bitsf",),
    "log_partsf": (),
    "expf": ("exp_partsf",),
    "logf": ("bitsf", "log_partsf"),
    "tanhf": ("exp_partsf",),
    "sigmoidf": ("expf",),
    "softplusf": ("expf", "log_partsf"),
    "asinhf": ("bitsf", "log_partsf"),
    "atanf": ("bitsf",),
    "cospif": (),
    "erff": ("exp_partsf",),
    "erfcf": ("exp_partsf",),
    "i1ef": ("exp_partsf",),
    "powf": ("exp_partsf", "log_partsf"),
    "bits": (),
    "vector": (),
    "exp": ("vector",),
    "log": ("vector",),
    "tanh": ("vector",),
    "sigmoid": ("exp",),
    "softplus": ("exp",),
    "asinh": ("vector",),
    "atan": ("vector",),
    "cospi": ("vector",),
    "erf": ("vector",),
    "erfc": ("vector",),
    "i1e": ("bits",),
    "pow": ("vector",),
}
"""For each text those that stand before it."""

_PARTS = {"bitsf", "exp_partsf", "log_partsf", "bits", "vector"}
"""Texts that only other texts use."""

FUNCTIONS = tuple(sorted(f"nos_{name}" for name in _NEEDS.keys() - _PARTS))
"""Names of the functions in C; those of float end in ``f`` as in the C library."""

_CALL = re.compile(r"\b(" + "|".join(sorted(FUNCTIONS, key=len, reverse=True)) + r")\(")


def called(lines: Iterable[str]) -> list[str]:
    """Return the names of the functions that lines of C call, in alphabetical order."""
    return sorted({match[1] for line in lines for match in _CALL.finditer(line)})


def definitions(names: Iterable[str]) -> str:
    """Return the C of functions and of what they need, each once, for names of ``FUNCTIONS``."""
    order: dict[str, None] = {}

    def visit(name: str) -> None:
        for other in _NEEDS[name]:
            visit(other)
        order.setdefault(name)

    for name in names:
        visit(name.removeprefix("nos_"))
    return "\n".join(_text(name) for name in order)


@cache
def _text(name: str) -> str:
    folder = "float32" if name.endswith("f") and name != "erf" else "float64"
    return files(__package__).joinpath(folder, f"{name}.c").read_text(encoding="utf-8")
