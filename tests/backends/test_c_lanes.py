"""Functions of the C code for whole vectors, on processors with AVX-512."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest
from support import c_functions
from support.c_functions import FLAGS, Array, applied, ulps
from test_c_functions import AT_EDGES, NAN, reference, sample

from nos_sym.backends.c import lanes
from nos_sym.backends.c.prelude import template


def has_vectors() -> bool:
    """Return whether the compiler makes instructions of AVX-512 for this processor."""
    info = Path("/proc/cpuinfo")
    there = info.exists() and {"avx512f", "avx512dq"} <= set(info.read_text().split())
    return there and c_functions.compiler() is not None


pytestmark = pytest.mark.skipif(not has_vectors(), reason="the processor has no AVX-512")

NAMES = sorted(lanes.FUNCTIONS.values())


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder = tmp_path_factory.mktemp("lanes")
    text = c_functions.loops_of_lanes([f"lane_{name}" for name in NAMES]) + "const int width = LANES;\n"
    result = c_functions.run(folder, text, *FLAGS, "-shared", "-fPIC", "-o", "functions.so", "-lm")
    assert result.returncode == 0, result.stderr
    found = ctypes.CDLL(str(folder / "functions.so"))
    assert ctypes.c_int.in_dll(found, "width").value == 16
    return found


def whole(x: Array) -> Array:
    """Return numbers with zeros behind them that make the last vector whole."""
    return np.concatenate([x, np.zeros(-x.size % 16, np.float32)])


@pytest.mark.parametrize("name", NAMES)
def test_functions_are_within_four_ulp(library: ctypes.CDLL, name: str) -> None:
    x = whole(sample())
    far = ulps(applied(library, f"lane_{name}", x), reference(f"nos_{name}f", x))
    worst = int(np.argmax(far))
    assert far[worst] <= 4, f"{far[worst]} ulp at {x[worst]!r}"


@pytest.mark.parametrize("name", NAMES)
def test_values_at_edges_are_exact(library: ctypes.CDLL, name: str) -> None:
    table = {**AT_EDGES[name], NAN: NAN}
    got = applied(library, f"lane_{name}", whole(np.array([*table], np.float32)))
    np.testing.assert_array_equal(got[: len(table)], np.array([*table.values()], np.float32))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "exp"])
def test_odd_functions_are_odd(library: ctypes.CDLL, name: str) -> None:
    x = sample(3)
    x = whole(np.ascontiguousarray(x[~np.isnan(x)]))
    minus = applied(library, f"lane_{name}", -x)
    np.testing.assert_array_equal(minus, -applied(library, f"lane_{name}", x))
    zero = applied(library, f"lane_{name}", np.full(16, -0.0, np.float32))
    assert np.signbit(zero).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_value_does_not_depend_on_its_place(library: ctypes.CDLL, name: str) -> None:
    x = whole(sample(4, each=5)[::7].copy())
    all_of_it = applied(library, f"lane_{name}", x)
    for shift in (1, 7, 15):
        part = applied(library, f"lane_{name}", np.roll(x, shift))
        np.testing.assert_array_equal(part, np.roll(all_of_it, shift))


COMPARED = """
int differ(const float *x, const float *y, const float *bounds, int64_t n)
{
    int found = 0;
    for (int64_t i = 0; i < n; i += LANES) {
        const lane a = AT(x[i]), b = AT(y[i]);
        float got[LANES];
        for (int k = 0; k < 16; k++) {
            const float bound = bounds[k];
            for (int which = 0; which < 17; which++) {
                lane c = a;
                CHOSEN
                AT(got[0]) = c;
                for (int j = 0; j < LANES; j++) {
                    const float p = x[i + j], q = y[i + j];
                    float want = p;
                    WANTED
                    const int nan = want != want && got[j] != got[j];
                    if (!nan && nos_bitsf(want) != nos_bitsf(got[j]))
                        found |= 1 << which;
                }
            }
        }
    }
    return found;
}
"""
OPERATIONS = (
    ("max", "({0}, {1})"), ("min", "({0}, {1})"), ("ratio", "({0}, {1})"), ("fabs", "({0})"),
    ("sqrt", "(nos_or_lane_fabs({0}))"), ("sign", "({0})"), ("saturate", "({0})"), ("positive", "({0})"),
    ("limit", "({0}, bound)"), ("clamp", "({0}, bound)"), ("above", "({0}, bound)"),
    ("below", "({0}, bound)"),
    ("lerp", "({0}, {1}, 0.0f)"), ("lerp", "({0}, {1}, 1.0f)"), ("lerp", "({0}, {1}, 0.3f)"),
    ("either", "(bound, {0}, {1})"), ("signed", "({0}, {1})"),
)  # fmt: skip
"""Operations, and what they are applied to."""
VALUES = (
    0.0, -0.0, 1e-45, -1e-45, 1.1754944e-38, -1e-38, 1e-20, 0.5, -0.5, 1.0, -1.0, 3.0, 1e10, -1e10,
    8.507059e37, -8.6e37, 3.4e38, -3.4e38, np.inf, -np.inf, np.nan, -np.nan,
)  # fmt: skip
BOUNDS = (1e-45, 1e-38, 1e-20, 0.5, 1.0, 2.0, 3.0, 7.5, 1e5, 1e10, 1e12, 1e18, 1e25, 8e37, 1e38, 3e38)


def test_short_operations_are_those_of_single_numbers_bit_by_bit(tmp_path: Path) -> None:
    chosen, wanted = [], []
    for index, (name, given) in enumerate(OPERATIONS):
        for lines, to, prefix, operands in ((chosen, "c", "lane_", "ab"), (wanted, "want", "nos_", "pq")):
            text = given.format(*operands).replace("nos_or_lane_", prefix)
            own = "nos_signedf" if (name, prefix) == ("signed", "nos_") else f"{prefix}{name}"
            lines.append(f"if (which == {index}) {to} = {own}{text};")
    compared = COMPARED.replace("CHOSEN", "\n".join(chosen)).replace("WANTED", "\n".join(wanted))
    types = [
        "#define WEIGHT 32",
        "#define STATE 32",
        template("types"),
        c_functions.functions.definitions(["nos_expf"]),
    ]
    text = "\n".join([*types, template("operations"), template("lanes"), compared])
    result = c_functions.run(
        tmp_path, text, *FLAGS, "-std=gnu11", "-shared", "-fPIC", "-o", "functions.so", "-lm"
    )
    assert result.returncode == 0, result.stderr
    x, y = (np.ascontiguousarray(z.ravel()) for z in np.meshgrid(*[np.array(VALUES, np.float32)] * 2))
    x, y = whole(x), whole(y)
    bounds = np.array(BOUNDS, np.float32)
    pointers = [ctypes.c_void_p(z.ctypes.data) for z in (x, y, bounds)]
    found = ctypes.CDLL(str(tmp_path / "functions.so")).differ(*pointers, ctypes.c_int64(x.size))
    assert [name for index, (name, _) in enumerate(OPERATIONS) if found >> index & 1] == []


@pytest.mark.heavy
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", NAMES)
def test_every_float_is_within_four_ulp(name: str, tmp_path: Path) -> None:
    text = c_functions.judge(name, vectors=True)
    flags = (*FLAGS, "-shared", "-fPIC", "-o", "functions.so")
    for libraries in (["-DNOS_LIBMVEC", "-lmvec", "-lm"], ["-lm"]):
        result = c_functions.run(tmp_path, text, *flags, *libraries)
        if result.returncode == 0:
            break
    assert result.returncode == 0, result.stderr
    judge = getattr(ctypes.CDLL(str(tmp_path / "functions.so")), f"judge_{name}")
    judge.restype = ctypes.c_double
    at = ctypes.c_float()
    worst = judge(ctypes.c_int64(0), ctypes.c_int64(2**32), ctypes.byref(at))
    assert 0 < worst <= 4, f"{worst} ulp at {at.value!r}"
