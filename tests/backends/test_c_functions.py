"""Functions of the C code: distances from the real values, edges, and what compilers make of them."""

from __future__ import annotations

import ctypes
import math
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import c_functions
from support.c_functions import FLAGS, REFERENCES, Array, applied, compiled, kind, ulps

from nos_sym.backends.c.functions import FUNCTIONS, called, definitions

pytestmark = pytest.mark.skipif(c_functions.compiler() is None, reason="there is no C compiler")

SINGLE = [name for name in FUNCTIONS if kind(name) is np.float32]
DOUBLE = [name for name in FUNCTIONS if kind(name) is np.float64]
OF_ONE = [name for name in SINGLE if name != "nos_powf"]
PLAIN = ("-std=c99", "-O2")
"""Flags without instructions of this processor: on x86, no fused multiply-add."""

POWERS = (-1.0, 0.5, 2.0, 3.0, -0.5, 1.0, 1.37, -2.71, 17.3, 0.001, -0.001, 100.0, 1e30, -1e30)

EDGES = (
    0.25, 0.414213562, 0.5, 0.70710678, 1.0, 1.41421356, 1.5, 2.0, 2.41421356, 4.0, 6.0, 9.0, 10.0, 10.5,
    17.0, 87.34, 88.72284, 90.0, 103.28, 103.97, 105.0, 4096.0, 2.0**22, 2.0**23, 2.0**24, 2.0**25, 2.0**63,
    2.0**64, 2.0**-12, 2.0**-126,
)  # fmt: skip
"""Where functions change their formula, overflow, or round to a constant."""


def sample(seed: int = 0, each: int = 200) -> Array:
    """Return floats of every sign and exponent, infinite and NaN too, and the neighbors of edges."""
    generator = np.random.default_rng(seed)
    head = np.arange(512, dtype=np.uint32)[:, None] << np.uint32(23)
    tail = generator.integers(0, 2**23, size=(512, each), dtype=np.uint32)
    tail[:, :4] = (0, 1, 2**22, 2**23 - 1)
    near = np.array(EDGES, np.float32).view(np.uint32)[:, None] + np.arange(-40, 41).astype(np.uint32)
    dense = np.linspace(-20, 20, 40001, dtype=np.float32).view(np.uint32)
    bits = np.concatenate([(head | tail).ravel(), near.ravel(), near.ravel() | np.uint32(2**31), dense])
    return bits.view(np.float32)


def reference(name: str, x: Array) -> Array:
    with np.errstate(all="ignore"):
        return REFERENCES[name.removeprefix("nos_").removesuffix("f" if name in SINGLE else "")](
            x.astype(np.float64)
        )


def real(name: str, x: float) -> Any:
    """Return an enclosure of the value to 60 digits."""
    flint = pytest.importorskip("flint")
    flint.ctx.prec = 200
    at = flint.arb(x)
    return {
        "exp": at.exp, "log": at.log, "tanh": at.tanh, "asinh": at.asinh, "atan": at.atan, "erf": at.erf,
        "erfc": at.erfc, "cospi": at.cos_pi, "sigmoid": lambda: 1 / (1 + (-at).exp()),
        "softplus": lambda: at.exp().log1p(), "i1e": lambda: at.bessel_i(1) * (-abs(at)).exp(),
    }[name]()  # fmt: skip


@pytest.fixture(scope="module", params=[FLAGS, PLAIN], ids=["native", "plain"])
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return compiled(tmp_path_factory.mktemp("single"), SINGLE, *request.param)


@pytest.mark.parametrize("name", OF_ONE)
def test_functions_of_float32_are_within_four_ulp(library: ctypes.CDLL, name: str) -> None:
    x = sample()
    far = ulps(applied(library, name, x), reference(name, x))
    worst = int(np.argmax(far))
    assert far[worst] <= 4, f"{far[worst]} ulp at {x[worst]!r}"


@pytest.mark.parametrize("power", POWERS)
def test_powers_of_float32_are_within_four_ulp(library: ctypes.CDLL, power: float) -> None:
    x = sample(each=40)
    with np.errstate(all="ignore"):
        want = np.where(x == 0, 0.0, np.abs(x.astype(np.float64)) ** float(np.float32(power)))
    far = ulps(applied(library, "nos_powf", x, power), want)
    worst = int(np.argmax(far))
    assert far[worst] <= 4, f"{far[worst]} ulp at {x[worst]!r}"


@pytest.mark.parametrize("name", OF_ONE)
def test_values_of_float64_that_judge_float32_are_those_of_arb(name: str) -> None:
    generator = np.random.default_rng(1)
    x = np.concatenate([generator.choice(sample(2), 300), generator.normal(size=200).astype(np.float32) * 4])
    x = x[(np.abs(x) < (110 if name == "nos_expf" else 1e4)) & (x > (0 if name == "nos_logf" else -np.inf))]
    want = reference(name, x)
    for at, value in zip(x.tolist(), want.tolist(), strict=True):
        exact = real(name[4:-1], at)
        assert abs(exact - value) <= 1e-11 * abs(exact) + 1e-60, (name, at, value, exact)


NAN, INF = math.nan, math.inf
AT_EDGES = {
    "exp": {0.0: 1.0, -INF: 0.0, INF: INF, 1e30: INF, -1e30: 0.0},
    "log": {0.0: -INF, 1.0: 0.0, INF: INF, -1.0: NAN, -1e-45: NAN, -INF: NAN},
    "tanh": {0.0: 0.0, INF: 1.0, -INF: -1.0, 30.0: 1.0},
    "sigmoid": {0.0: 0.5, INF: 1.0, -INF: 0.0},
    "softplus": {INF: INF, -INF: 0.0, 1e6: 1e6},
    "asinh": {0.0: 0.0, INF: INF, -INF: -INF},
    "atan": {0.0: 0.0, INF: math.pi / 2, -INF: -math.pi / 2},
    "cospi": {0.0: 1.0, 0.5: 0.0, 1.0: -1.0, -1.5: 0.0, 2.0: 1.0, 2.0**24 - 1: -1.0, 1e30: 1.0, INF: NAN},
    "erf": {0.0: 0.0, INF: 1.0, -INF: -1.0},
    "erfc": {0.0: 1.0, INF: 0.0, -INF: 2.0},
    "i1e": {0.0: 0.0, INF: 0.0, -INF: 0.0},
}  # fmt: skip


@pytest.mark.parametrize("name", AT_EDGES)
def test_values_at_edges_are_exact(library: ctypes.CDLL, name: str) -> None:
    table = {**AT_EDGES[name], NAN: NAN}
    got = applied(library, f"nos_{name}f", np.array([*table], np.float32))
    np.testing.assert_array_equal(got, np.array([*table.values()], np.float32))


def test_powers_are_total(library: ctypes.CDLL) -> None:
    x = np.array([0.0, -0.0, 1.0, -1.0, INF, -INF, NAN, -2.0], np.float32)
    for power, want in {
        0.0: [1.0] * 8,
        2.0: [0, 0, 1, 1, INF, INF, NAN, 4],
        -1.0: [0, 0, 1, 1, 0, 0, NAN, 0.5],
        INF: [0, 0, None, None, INF, INF, NAN, INF],
        -INF: [0, 0, None, None, 0, 0, NAN, 0],
        NAN: [NAN] * 8,
    }.items():
        got = applied(library, "nos_powf", x, power)
        for value, expected in zip(got.tolist(), want, strict=True):
            assert expected is None or value == expected or (math.isnan(value) and math.isnan(expected))


@pytest.mark.parametrize("name", ["tanh", "asinh", "atan", "erf", "i1e"])
def test_odd_functions_are_odd(library: ctypes.CDLL, name: str) -> None:
    x = sample(3)
    x = np.ascontiguousarray(x[~np.isnan(x)])
    np.testing.assert_array_equal(applied(library, f"nos_{name}f", -x), -applied(library, f"nos_{name}f", x))


@pytest.mark.parametrize("name", SINGLE)
def test_a_value_does_not_depend_on_its_place_in_a_loop(library: ctypes.CDLL, name: str) -> None:
    x = sample(4, each=5)[::7].copy()
    whole = applied(library, name, x, 1.37)
    for length in (1, 3, 17, 37):
        for start in range(0, x.size - length, 111 + length):
            part = applied(library, name, x[start : start + length], 1.37)
            np.testing.assert_array_equal(part, whole[start : start + length])


@pytest.mark.parametrize("vector", [False, True], ids=["libm", "libmvec"])
def test_functions_of_float64_are_within_four_ulp(vector: bool, tmp_path: Path) -> None:
    text = c_functions.loops(DOUBLE)
    libraries = ["-DNOS_LIBMVEC", "-lmvec", "-lm"] if vector else ["-lm"]
    result = c_functions.run(tmp_path, text, *FLAGS, "-shared", "-fPIC", "-o", "functions.so", *libraries)
    if vector and result.returncode:
        pytest.skip("the C library has no libmvec")
    double = ctypes.CDLL(str(tmp_path / "functions.so"))
    generator = np.random.default_rng(5)
    x = np.concatenate([generator.normal(size=64) * scale for scale in (1e-9, 0.01, 0.3, 1, 3, 10, 60)])
    for name in DOUBLE:
        if name == "nos_pow":
            continue
        at = np.abs(x) if name == "nos_log" else x
        for point, got in zip(at.tolist(), applied(double, name, at).tolist(), strict=True):
            exact = real(name[4:], point)
            unit = float(np.spacing(abs(float(exact.mid()))))
            assert abs(exact - got) <= 4 * unit, (name, point, got, exact)
    for name, table in AT_EDGES.items():
        at = np.array([*table, NAN] * 8)
        got = applied(double, f"nos_{name}", at)
        np.testing.assert_allclose(got, np.array([*table.values(), NAN] * 8), rtol=1e-15, atol=0)
    at = np.array([0.0, -0.0, 2.0, -2.0, INF, NAN, 0.5, 1.0])
    for power, want in {
        0.0: [1] * 8,
        -1.0: [0, 0, 0.5, 0.5, 0, NAN, 2, 1],
        2.0: [0, 0, 4, 4, INF, NAN, 0.25, 1],
    }.items():
        np.testing.assert_array_equal(applied(double, "nos_pow", at, power), want)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_compiles_with_what_it_needs_alone(name: str, tmp_path: Path) -> None:
    flags = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wno-unused-function", "-Werror", "-fsyntax-only")
    result = c_functions.run(tmp_path, c_functions.loops([name]), *flags)
    assert result.returncode == 0, result.stderr


@pytest.mark.heavy
def test_compilers_turn_the_loops_into_vector_instructions(tmp_path: Path) -> None:
    text = c_functions.loops(SINGLE)
    for report in ("-fopt-info-vec-optimized", "-Rpass=loop-vectorize"):
        result = c_functions.run(tmp_path, text, *FLAGS, report, "-c", "-o", "functions.o")
        if result.returncode == 0:
            break
    else:
        pytest.skip("the compiler does not say what it vectorizes")
    lines = {int(match[1]) for match in re.finditer(r"functions\.c:(\d+):.*vectorized", result.stderr)}
    loops = {i + 1 for i, line in enumerate(text.splitlines()) if line.startswith("    for (int64_t")}
    assert loops and loops <= lines


MAIN = """
#include <stdio.h>
int main(void) {
    static float x[4096], y[4096];
    static double u[4096], v[4096];
    const float powers[] = {-1.0f, 0.5f, 0.0f, 1e30f, INFINITY, NAN};
    for (int i = 0; i < 4096; i++) {
        x[i] = nos_from_bitsf((uint32_t)i * 1048583u);
        u[i] = nos_from_bits((uint64_t)i * 4503599627370501u);
    }
    for (int j = 0; j < 6; j++) {
        CALLS
    }
    printf("done");
    return 0;
}
"""


@pytest.mark.heavy
def test_sanitizers_find_nothing(tmp_path: Path) -> None:
    arguments = {np.float32: "x, y", np.float64: "u, v"}
    calls = [f"loop_{name}({arguments[kind(name)]}, 4096, powers[j]);" for name in FUNCTIONS]
    text = c_functions.loops(FUNCTIONS) + MAIN.replace("CALLS", "\n        ".join(calls))
    checks = "-fsanitize=address,undefined,float-cast-overflow"
    flags = ("-std=c99", "-O1", checks, "-fno-sanitize-recover=all", "-o", "main", "-lm")
    result = c_functions.run(tmp_path, text, *flags)
    if result.returncode and "asan" in result.stderr:
        pytest.skip("the compiler has no sanitizers")
    assert result.returncode == 0, result.stderr
    run = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("done", "")


@pytest.mark.heavy
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", [name[4:-1] for name in OF_ONE])
def test_every_float_is_within_four_ulp(name: str, tmp_path: Path) -> None:
    flags = (*FLAGS, "-shared", "-fPIC", "-o", "functions.so")
    for libraries in (["-DNOS_LIBMVEC", "-lmvec", "-lm"], ["-lm"]):
        result = c_functions.run(tmp_path, c_functions.judge(name), *flags, *libraries)
        if result.returncode == 0:
            break
    assert result.returncode == 0, result.stderr
    judge = getattr(ctypes.CDLL(str(tmp_path / "functions.so")), f"judge_{name}")
    judge.restype = ctypes.c_double
    at = ctypes.c_float()
    worst = judge(ctypes.c_int64(0), ctypes.c_int64(2**32), ctypes.byref(at))
    assert 0 < worst <= 4, f"{worst} ulp at {at.value!r}"


def test_texts_are_plain_and_hold_each_part_once() -> None:
    text = definitions(FUNCTIONS)
    assert text.isascii() and "\\" not in text and '"""' not in text
    assert text.count("nos_expf(float x) {") == 1
    names = re.findall(r"static inline \w+ (nos_\w+)\(", text)
    assert len(names) == len(set(names)) and set(FUNCTIONS) <= set(names)


def test_calls_are_found_by_their_whole_names() -> None:
    assert called(["y = nos_erff(x) + nos_exp(z);", "w = my_nos_logf(x); nos_i1e;"]) == [
        "nos_erff",
        "nos_exp",
    ]
