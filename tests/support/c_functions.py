"""Functions of the C code, compiled as loops over arrays, and what they should give."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.special

from nos_sym.backends.c import functions, lanes
from nos_sym.backends.c.prelude import template

Array = np.ndarray[Any, np.dtype[Any]]

FLAGS = ("-std=gnu99", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math")
"""Those that rendered code is compiled with."""

REFERENCES: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "sigmoid": scipy.special.expit,
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "cospi": lambda x: cospi(x),
    "erf": scipy.special.erf,
    "erfc": scipy.special.erfc,
    "i1e": scipy.special.i1e,
}
"""Values in float64; tests hold them against Arb, to more digits than those of float32 need."""


def cospi(x: Array) -> Array:
    """Return cos(pi x), its argument reduced exactly; NaN where x is infinite."""
    with np.errstate(invalid="ignore"):
        rest = np.abs(x - 2 * np.round(x / 2))
    return np.where(np.abs(rest - 0.5) < 0.25, np.sin(np.pi * (0.5 - rest)), np.cos(np.pi * rest))


def compiler() -> list[str] | None:
    """Return the command of the C compiler, ``$CC`` or ``cc``; None where there is none."""
    command = os.environ.get("CC", "cc").split()
    return command if shutil.which(command[0]) else None


def kind(name: str) -> type[np.floating[Any]]:
    """Return the floating-point numbers that a function takes."""
    single = name.startswith("lane_") or (name.endswith("f") and name != "nos_erf")
    return np.float32 if single else np.float64


def loops(names: Sequence[str]) -> str:
    """Return C that applies each function to arrays: ``loop_<name>(x, y, n, power)``."""
    lines = [f"#include <{header}>" for header in functions.INCLUDES]
    lines.append(functions.definitions(names))
    for name in names:
        real = "float" if kind(name) is np.float32 else "double"
        power = ", power" if name.startswith("nos_pow") else ""
        lines += [
            f"void loop_{name}(const {real} *restrict x, {real} *restrict y, int64_t n, {real} power) {{",
            "    (void)power;",
            f"    for (int64_t i = 0; i < n; i++) y[i] = {name}(x[i]{power});",
            "}",
        ]
    return "\n".join(lines) + "\n"


JUDGE = """
double judge_NAME(int64_t first, int64_t last, float *at) {
    static float x[4096];
    static float y[4096];
    static double far[4096];
    double worst = -1.0;
    for (int64_t start = first; start < last; start += 4096) {
        for (int i = 0; i < 4096; i++) x[i] = nos_from_bitsf((uint32_t)(start + i));
        LOOP
        for (int i = 0; i < 4096; i++) {
            double got = (double)y[i];
            double want = nos_NAME((double)x[i]);
            int wrong = (got != got) != (want != want);
            int both = got != got && want != want;
            got = got > 0x1p128 ? 0x1p128 : got < -0x1p128 ? -0x1p128 : got;
            want = want > 0x1p128 ? 0x1p128 : want < -0x1p128 ? -0x1p128 : want;
            double power = nos_from_bits(nos_bits(want) & 0x7ff0000000000000u);
            power = power > 0x1p127 ? 0x1p127 : power < 0x1p-126 ? 0x1p-126 : power;
            double d = fabs(got - want) / (power * 0x1p-23);
            far[i] = both ? 0.0 : wrong ? INFINITY : d;
        }
        for (int i = 0; i < 4096; i++) {
            if (far[i] > worst) {
                worst = far[i];
                *at = x[i];
            }
        }
    }
    return worst;
}
"""
"""The largest distance of a float32 function from that of float64 over the floats of a range of bits."""


LOOP = "for (int i = 0; i < 4096; i++) y[i] = nos_NAMEf(x[i]);"
LOOP_OF_LANES = "for (int i = 0; i < 4096; i += LANES) AT(y[i]) = lane_NAME((lane)AT(x[i]));"


def judge(name: str, *, vectors: bool = False) -> str:
    """Return C that compares ``nos_<name>f``, or ``lane_<name>``, with ``nos_<name>``."""
    lines = [f"#include <{header}>" for header in functions.INCLUDES]
    names = [f"nos_{name}f", f"nos_{name}", "nos_i1ef", "nos_i1e", "nos_logf"]
    text = JUDGE.replace("LOOP", LOOP_OF_LANES if vectors else LOOP).replace("NAME", name)
    own = [lanes_of([f"lane_{name}"])] if vectors else []
    return "\n".join([*lines, functions.definitions(names), *own, text])


def lanes_of(names: Sequence[str]) -> str:
    """Return the C of functions of whole vectors, to stand behind those of numbers."""
    types = ["#define WEIGHT 32", "#define STATE 32", "#define LARGEST 0x1p126f", "#define TINY 0x1p-126f"]
    types.append("typedef float real;")
    return "\n".join([*types, template("lanes"), lanes.texts([f"{name}(" for name in names], {})])


def loops_of_lanes(names: Sequence[str]) -> str:
    """Return C that applies each function of whole vectors to arrays, whose length is a multiple of them."""
    lines = [f"#include <{header}>" for header in functions.INCLUDES]
    lines.append(
        functions.definitions(
            [name.replace("lane_", "nos_") + "f" for name in names] + ["nos_logf", "nos_expf"]
        )
    )
    lines.append(lanes_of(names))
    for name in names:
        lines += [
            f"void loop_{name}(const float *restrict x, float *restrict y, int64_t n, float power) {{",
            "    (void)power;",
            f"    for (int64_t i = 0; i < n; i += LANES) AT(y[i]) = {name}((lane)AT(x[i]));",
            "}",
        ]
    return "\n".join(lines) + "\n"


def run(folder: Path, text: str, *flags: str) -> subprocess.CompletedProcess[str]:
    """Run the compiler in a folder on a text of C, with flags behind it for its libraries."""
    command = compiler()
    assert command is not None
    (folder / "functions.c").write_text(text, encoding="ascii")
    call = [*command, "functions.c", *flags]
    return subprocess.run(call, cwd=folder, check=False, capture_output=True, text=True)


def compiled(folder: Path, names: Sequence[str], *flags: str) -> ctypes.CDLL:
    """Compile loops into a library of a folder and load it."""
    result = run(folder, loops(names), *flags, "-shared", "-fPIC", "-o", "functions.so", "-lm")
    assert result.returncode == 0, result.stderr
    return ctypes.CDLL(str(folder / "functions.so"))


def applied(library: ctypes.CDLL, name: str, x: Array, power: float = 0.0) -> Array:
    """Return a function of an array."""
    assert x.dtype == kind(name) and x.flags.c_contiguous
    y = np.empty_like(x)
    real = ctypes.c_float if kind(name) is np.float32 else ctypes.c_double
    getattr(library, f"loop_{name}")(
        ctypes.c_void_p(x.ctypes.data), ctypes.c_void_p(y.ctypes.data), ctypes.c_int64(x.size), real(power)
    )
    return y


def ulps(got: Array, want: Array) -> Array:
    """Return distances of floats from float64 values, in units of the last place of float32 there.

    An infinity is the power of two after the largest float. NaN is 0 from NaN, infinitely far from numbers.
    """
    largest = float(np.finfo(np.float32).max)
    beyond = 2.0**128
    with np.errstate(invalid="ignore", over="ignore"):
        unit = np.spacing(np.minimum(np.abs(want), largest).astype(np.float32)).astype(np.float64)
        far = np.abs(np.clip(got.astype(np.float64), -beyond, beyond) - np.clip(want, -beyond, beyond)) / unit
    far = np.where(np.isinf(want) & (got != want), np.inf, far)
    both = np.isnan(got) & np.isnan(want)
    return np.where(both, 0.0, np.where(np.isnan(got) | np.isnan(want), np.inf, far))
