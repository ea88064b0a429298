"""Functions that rendered files define, against SciPy: units in the last place, oddness, special values."""

from __future__ import annotations

import functools
import importlib.util
import re
import shutil
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import scipy.special
from support.harness import load

from nos_sym.backends.functions import FUNCTIONS, called
from nos_sym.backends.printer import SPREAD, WITHIN_THE_TYPE
from nos_sym.backends.spelling import TABLES
from nos_sym.backends.torch import in_place
from nos_sym.codegen.render import render
from nos_sym.errors import RenderError
from nos_sym.language.parser import parse

Array = npt.NDArray[Any]
SPECIAL = [0.0, np.inf, -np.inf, np.nan]
REFERENCES = {
    "i1e": scipy.special.i1e, "asinh": np.arcsinh, "atan": np.arctan, "tanhf": np.tanh,
    "erfc_of": scipy.special.erfc,
}  # fmt: skip
RULE = "F = none ~ i1e(i1e(g)) + arcsinh(g) + arctan(g) + tanh(g)"
OTHERS = f"{RULE} + erfc(g)"
"""What PyTorch computes well itself."""
BOUNDS = {
    ("i1e", "float32"): 5, ("asinh", "float32"): 4, ("atan", "float32"): 3, ("tanhf", "float32"): 2,
    ("erfc_of", "float32"): 5, ("erfc_of", "float64"): 12,
    ("i1e", "float64"): 12, ("asinh", "float64"): 4, ("atan", "float64"): 4, ("tanhf", "float64"): 4,
}  # fmt: skip
"""Units in the last place; SciPy's own i1e is 9 off in float64."""


def arguments(dtype: str, largest: float = 1e38) -> Array:
    """Return points of both signs: close ones up to 40, and all magnitudes but the subnormal."""
    dense = np.concatenate([np.linspace(0.01, 40, 20011), np.geomspace(1e-36, largest, 4001)])
    dense = dense[dense <= largest]
    return np.concatenate([dense, -dense]).astype(dtype)


def ulps(found: Array, x: Array, name: str) -> float:
    """Return the largest distance from the reference in units in the last place of the dtype of ``x``."""
    assert found.dtype == x.dtype
    exact = REFERENCES[name](x.astype("float64"))
    normal = np.abs(exact) >= 2 * np.finfo(x.dtype).tiny  # XLA takes others for 0
    found, exact = found[normal], exact[normal]
    return float(np.max(np.abs(found - exact) / np.spacing(np.abs(exact).astype(x.dtype))))


def check(function: Any, name: str, dtype: str) -> None:
    """Check a function of arrays: bound, oddness, zero, infinities, NaN."""
    x = arguments(dtype)
    found = function(x)
    assert ulps(found, x, name) <= BOUNDS[name, dtype]
    if name != "erfc_of":
        np.testing.assert_array_equal(found[: len(x) // 2], -found[len(x) // 2 :])
    special = np.array(SPECIAL, dtype)
    np.testing.assert_allclose(function(special), REFERENCES[name](special), rtol=1e-6)


@pytest.fixture(scope="module")
def torch_file(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    pytest.importorskip("torch")
    return load(render(parse(RULE), "torch"), tmp_path_factory.mktemp("torch"))


def of_arrays(function: Any) -> Any:
    """Return a function of tensors as one of arrays."""
    import torch

    return lambda x: function(torch.from_numpy(x)).numpy()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["i1e", "asinh", "atan", "tanhf"])
def test_torch_traced_functions_keep_the_bound(torch_file: ModuleType, name: str, dtype: str) -> None:
    import torch

    # The tracer without a code generator: what is compiled, with the kernels of PyTorch.
    function = torch.compile(getattr(torch_file, name), backend="eager", fullgraph=True, dynamic=False)
    check(of_arrays(function), name, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_torch_inverse_hyperbolic_sine_keeps_the_bound_in_eager_mode(
    torch_file: ModuleType, dtype: str
) -> None:
    check(of_arrays(torch_file.asinh), "asinh", dtype)


def test_torch_small_arguments_take_the_short_series(torch_file: ModuleType) -> None:
    import torch

    function = torch.compile(torch_file.i1e_small, backend="eager", fullgraph=True, dynamic=False)
    x = arguments("float32", 1.0)
    assert ulps(of_arrays(function)(x), x, "i1e") <= 4
    assert "i1e_small(i1e(gradient))" in render(parse(RULE), "torch")


def test_torch_eager_and_vmapped_functions_agree(torch_file: ModuleType) -> None:
    import torch

    x = torch.linspace(-20, 20, 64).reshape(4, 16)
    for name in ("asinh", "atan", "i1e", "i1e_small", "tanhf"):
        function = getattr(torch_file, name)
        rows = x / 20 if name == "i1e_small" else x
        torch.testing.assert_close(torch.vmap(function)(rows), function(rows), rtol=0, atol=0)
        traced = torch.compile(torch.vmap(function), backend="eager", fullgraph=True)
        torch.testing.assert_close(traced(rows), function(rows), rtol=2e-6, atol=0)


# PyTorch's own compiler warns of its own modules.
@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")
def test_torch_compiled_update_calls_no_scalar_function(torch_file: ModuleType) -> None:
    import torch
    from torch._inductor.utils import run_and_get_code

    if shutil.which("g++") is None and shutil.which("clang++") is None:
        pytest.skip("no C++ compiler: g++ or clang++ is needed to compile")
    x = torch.from_numpy(arguments("float32"))
    update = torch.compile(torch_file.update, dynamic=False)
    (found, *_), (source, *_) = run_and_get_code(lambda: as_tuple(update(x, x, 1.0)))
    assert "at::vec::Vectorized<float>::loadu" in source
    # Whatever has no vector form is computed number by number, with functions of these names.
    vector_part = source.split("for(")[1]
    assert not re.search(r"calc_i1e|std::(asinh|atan|tanh|exp|log)", vector_part)
    torch.testing.assert_close(found, as_tuple(torch_file.update(x, x, 1.0))[0], rtol=3e-6, atol=0)


def as_tuple(result: Any) -> tuple[Any, ...]:
    """Return what an update gives as a tuple; without state it is a tensor."""
    return result if isinstance(result, tuple) else (result,)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["i1e", "asinh", "atan", "erfc_of"])
@pytest.mark.parametrize("backend", ["keras", "tensorflow"])
def test_keras_functions_keep_the_bound(backend: str, name: str, dtype: str, tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    if (name, dtype) == ("erfc_of", "float64"):
        pytest.skip("that of TensorFlow, within 500")
    function = getattr(load(render(parse(OTHERS), backend), tmp_path), name)
    check(lambda x: function(tf.constant(x)).numpy(), name, dtype)
    traced = tf.function(function, jit_compile=True)
    x = arguments(dtype)
    assert ulps(traced(tf.constant(x)).numpy(), x, name) <= BOUNDS[name, dtype]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["i1e", "asinh", "atan", "erfc_of"])
def test_jax_functions_keep_the_bound(name: str, dtype: str, tmp_path: Path) -> None:
    jax = pytest.importorskip("jax")
    pytest.importorskip("optax")
    function = jax.jit(getattr(load(render(parse(OTHERS), "optax"), tmp_path), name))
    with jax.enable_x64(True):
        check(lambda x: np.asarray(function(jax.numpy.asarray(x))), name, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("backend", ["keras", "tensorflow", "optax"])
def test_short_polynomials_of_small_arguments(backend: str, dtype: str, tmp_path: Path) -> None:
    tf, jax = pytest.importorskip("tensorflow"), pytest.importorskip("jax")
    pytest.importorskip("optax")
    function = load(render(parse(RULE), backend), tmp_path).i1e_small
    x = arguments(dtype, 1.0)
    with jax.enable_x64(True):
        found = [function((jax.numpy.asarray if backend == "optax" else tf.constant)(x))]
        found += [tf.function(function, jit_compile=True)(tf.constant(x))] if backend != "optax" else []
        for values in found:
            assert ulps(np.asarray(values), x, "i1e") <= (4 if dtype == "float32" else 12)
            special = np.array([0.0, np.nan], dtype)
        np.testing.assert_array_equal(
            np.asarray(function(tf.constant(special) if backend != "optax" else special)), special
        )


@pytest.mark.parametrize(
    "name, jax_own",
    [("i1e", "scipy.special.i1e"), ("i1e_small", "scipy.special.i1e"), ("asinh", "numpy.arcsinh")],
)
def test_jax_functions_have_derivatives_of_every_order(name: str, jax_own: str, tmp_path: Path) -> None:
    """Those of JAX's own functions: at 0, where the pieces meet, and far out."""
    jax = pytest.importorskip("jax")
    pytest.importorskip("optax")
    function = getattr(load(render(parse(RULE), "optax"), tmp_path), name)
    own = functools.reduce(getattr, jax_own.split("."), jax)
    x = np.array([0.0, 0.1, -0.5, 0.6, 1.0, *([] if name == "i1e_small" else [-6.0, 7.0, 1e20])], "float32")
    for _ in range(3):
        function, own = jax.grad(function), jax.grad(own)
        # Rounding grows with the order, near 0 most.
        np.testing.assert_allclose(jax.vmap(function)(x), jax.vmap(own)(x), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(jax.jit(jax.vmap(function))(x), jax.vmap(own)(x), rtol=1e-4, atol=1e-4)


def test_jax_computes_a_function_that_two_results_read_once(tmp_path: Path) -> None:
    """XLA gives each result a loop of its own; of i1e the exponential is in one of them, not in all."""
    jax = pytest.importorskip("jax")
    pytest.importorskip("optax")
    update = load(render(parse("F = nesterov ~ i1e(i1e(g))"), "optax"), tmp_path).update
    x = jax.numpy.ones(10_000)
    text = jax.jit(lambda *given: update(*given, 1e-3, 0.9)).lower(x, x, x).compile().as_text()
    assert text.count(" exponential(") == 1
    assert text.count(" divide(") <= 2 and text.count(" sqrt(") + text.count(" rsqrt(") == 1


def test_jax_arc_tangent_has_its_derivative(tmp_path: Path) -> None:
    """Also at 0, and at 1 where the series in x and that in 1/x meet."""
    jax = pytest.importorskip("jax")
    pytest.importorskip("optax")
    function = load(render(parse(RULE), "optax"), tmp_path).atan
    x = np.array([0.0, 0.5, 1.0, -1.0, 3.0, -1e20], "float32")
    found = jax.vmap(jax.grad(function))(x)
    np.testing.assert_allclose(found, 1 / (1 + x.astype("float64") ** 2), rtol=1e-4, atol=1e-37)


def test_spellings_call_the_functions_that_are_there() -> None:
    spellings = [
        text for table in TABLES.values() for spelling in table.values() for text in asdict(spelling).values()
    ]
    others = [*WITHIN_THE_TYPE.values(), *in_place.WITHIN_THE_TYPE.values(), in_place.LENT, *SPREAD.values()]
    assert called([*spellings, *others]) == sorted(FUNCTIONS)
    templates = Path(str(importlib.util.find_spec("nos_sym.backends.functions").origin)).parent / "templates"
    others = ["newton_schulz_cast.py.jinja", "refused.jinja"]  # which a file chooses in other ways
    names = sorted([*(f"{name}.py.jinja" for name in FUNCTIONS), *others])
    assert sorted(path.name for path in templates.glob("*.jinja")) == names


def test_functions_are_found_by_their_calls() -> None:
    assert called(["y = i1e(x) + torch.asinh(x)", "z = my_atan(x) + i1e"]) == ["i1e", "i1e_slope"]


def test_files_define_only_what_they_call() -> None:
    assert "def i1e" not in render(parse("F = none ~ arcsinh(g)"), "torch")
    assert "def asinh" in render(parse("F = none ~ arcsinh(g)"), "torch")
    assert render(parse("F = none ~ i1e(g) - i1e(w)"), "torch").count("def i1e(") == 1


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_class_takes_the_name_of_a_function(name: str) -> None:
    with pytest.raises(RenderError, match="is used by the rendered file"):
        render(parse("none ~ g"), "torch", name=name)
