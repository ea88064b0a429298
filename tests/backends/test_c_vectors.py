"""Functions of the C code in float64: those of glibc's libmvec beside those of the C library."""

from __future__ import annotations

import ctypes
import math
from pathlib import Path

import numpy as np
import pytest
from support import c_functions
from support.c_functions import FLAGS, applied, kind

from nos_sym.backends.c.functions import FUNCTIONS

pytestmark = pytest.mark.skipif(c_functions.compiler() is None, reason="there is no C compiler")

DOUBLE = [name for name in FUNCTIONS if kind(name) is np.float64]
EDGES = (0.25, 0.5, 1.0, 1.5, 2.0, 4.0, 10.0, 17.0, 90.0, 2.0**23, 2.0**52, 2.0**53)
NAN, INF = math.nan, math.inf


def test_vectors_of_float64_have_the_values_of_single_numbers(tmp_path: Path) -> None:
    libraries = []
    for index, flags in enumerate((["-DNOS_LIBMVEC"], [])):
        (folder := tmp_path / str(index)).mkdir()
        text = c_functions.loops(DOUBLE)
        result = c_functions.run(
            folder, text, *FLAGS, "-shared", "-fPIC", "-o", "functions.so", *flags, "-lm"
        )
        if result.returncode:
            pytest.skip("the C library has no libmvec")
        libraries.append(ctypes.CDLL(str(folder / "functions.so")))
    generator = np.random.default_rng(6)
    bits = generator.integers(0, 2**64, size=200_000, dtype=np.uint64)
    edges = [
        *EDGES,
        5e-324,
        2.0**-1022,
        708.4,
        709.78,
        709.79,
        745.2,
        1e22,
        2.0**53 + 2,
        1.7e308,
        INF,
        NAN,
        0.0,
    ]
    near = [generator.normal(size=20_000) * scale for scale in (1e-9, 0.01, 1, 10, 700)]
    x = np.concatenate([bits.view(np.float64), *near, np.array(edges * 8), -np.array(edges * 8)])
    for name in DOUBLE:
        # 4 units of libmvec and 1 of the C library; of two functions in a row, those of both.
        bound = {"nos_softplus": 9, "nos_sigmoid": 6}.get(name, 5)
        for power in (0.5, 1 / 3, -2.3, 17.3) if name == "nos_pow" else (0.0,):
            vector, single = (applied(library, name, x, power) for library in libraries)
            with np.errstate(all="ignore"):
                far = np.abs(vector - single) / np.spacing(np.minimum(np.abs(single), 1.7e308))
            same = (vector == single) | (np.isnan(vector) & np.isnan(single))
            wrong = ~same & ~(far <= bound)
            assert not wrong.any(), (name, x[wrong][:3], vector[wrong][:3], single[wrong][:3])
