"""Orthogonalization in every backend, against the singular value decomposition with the same polynomial."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from support.harness import Problem, load, run_backend, run_numpy
from support.keras_backend import CHOSEN, keras

from nos_sym.codegen.render import render
from nos_sym.language.parser import parse
from nos_sym.program.interpreter import Interpreter

Array = npt.NDArray[Any]
BACKENDS = ["numpy", "torch", "optax", "keras", *(["tensorflow"] if CHOSEN == "tensorflow" else [])]
JORDAN = (3.4445, -4.775, 2.0315)
CUBIC = (1.5, -0.5, 0.0)
FEW = ("tall", "rank-deficient", "several with a zero one", "vector")
CASES = [
    *((backend, FEW) for backend in BACKENDS),
    *(pytest.param(backend, (), marks=pytest.mark.heavy) for backend in BACKENDS),
]
"""What is compiled for each shape takes its time, so that most shapes are left to heavy tests."""
RULE = "Orth = none ~ orth(g) + newton_schulz(w) + orth_exact(g)"


def matrices(names: tuple[str, ...]) -> dict[str, Array]:
    """Return the matrices of these names, or all."""
    normal = np.random.default_rng(0).normal
    every = {
        "tall": normal(size=(9, 4)),
        "wide": normal(size=(3, 8)),
        "square": normal(size=(5, 5)),
        "rank-deficient": normal(size=(6, 2)) @ normal(size=(2, 5)),
        "zero": np.zeros((3, 4)),
        "a zero row": np.vstack([np.zeros((1, 4)), normal(size=(2, 4))]),
        "several": normal(size=(2, 3, 4, 2)),
        "several with a zero one": np.stack([np.zeros((3, 4)), normal(size=(3, 4))]),
        "vector": normal(size=6),
        "number": np.array(-0.3),
        "one entry": np.array([[2.0]]),
        "empty": np.zeros((3, 0)),
        "tiny": 1e-9 * normal(size=(4, 3)),
        "below any square": 1e-250 * normal(size=(4, 3)),
        "huge": 1e200 * normal(size=(4, 3)),
    }
    return {name: x for name, x in every.items() if name in names or not names}


def by_values(x: Array, f: Callable[[Array], Array], eps: float, plus: float) -> Array:
    """Return ``U f(S / divisor) V'`` in float64, computed at the size of 1."""
    m = np.asarray(x, np.float64).reshape(x.shape if x.ndim > 1 else (1, -1))
    if not x.size:
        return m.reshape(x.shape)
    scale = np.max(np.abs(m)) or 1.0
    u, s, v = np.linalg.svd(m / scale, full_matrices=False)
    norm = np.sqrt(np.sum(s * s, -1, keepdims=True))
    divisor = np.maximum(norm, eps / scale) + plus / scale
    return ((u * f(s / np.where(divisor == 0, 1, divisor))[..., None, :]) @ v).reshape(x.shape)


def composed(steps: int, a: float, b: float, c: float) -> Callable[[Array], Array]:
    def f(s: Array) -> Array:
        for _ in range(steps):
            s = a * s + b * s**3 + c * s**5
        return s

    return f


@cache
def module_of(backend: str, folder: Path) -> ModuleType:
    return load(render(parse(RULE), backend), folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("orth")


def called(backend: str, folder: Path, name: str, x: Array, **parameters: Any) -> Array:
    """Return what a backend's function makes of a matrix, in its type."""
    if backend == "numpy":
        written = ", ".join(["g", *(f"{key}={value!r}" for key, value in parameters.items())])
        rule = parse(f"none ~ {name}({written})")
        return Interpreter(rule, x.shape, dtype=x.dtype, saturating=False).update(x, x)
    function = getattr(module_of(backend, folder), name)
    given = list(parameters.values())
    if backend == "torch":
        torch = pytest.importorskip("torch")
        return np.asarray(function(torch.tensor(x), *given).numpy())
    if backend == "optax":
        jax = pytest.importorskip("jax")
        with jax.enable_x64(x.dtype == np.float64):
            return np.asarray(function(jax.numpy.asarray(x), *given))
    with double_of_jax(x.dtype == np.float64):
        return np.asarray(keras.ops.convert_to_numpy(function(keras.ops.convert_to_tensor(x), *given)))


def double_of_jax(wanted: bool) -> Any:
    """Return the context in which Keras on JAX has float64."""
    if CHOSEN != "jax":
        return nullcontext()
    import jax

    return jax.enable_x64(wanted)


# Of few matrices the first two alone.
SETTINGS: list[tuple[int, float, float, tuple[float, float, float]]] = [
    (5, 1e-7, 0.0, JORDAN),
    (5, 0.0, 1e-8, JORDAN),
    (0, 0.5, 0.25, JORDAN),
    (1, 0.0, 0.0, JORDAN),
    (8, 1e-7, 0.0, CUBIC),
]


@pytest.mark.parametrize(("backend", "names"), CASES)
def test_newton_schulz_is_the_decomposition_with_the_same_polynomial(
    backend: str, names: tuple[str, ...], folder: Path
) -> None:
    for name, x in matrices(names).items():
        for steps, eps, plus, (a, b, c) in SETTINGS[: 2 if names else None]:
            found = called(backend, folder, "orth", x, steps=steps, eps=eps, plus=plus, a=a, b=b, c=c)
            wanted = by_values(x, composed(steps, a, b, c), eps, plus)
            assert found.dtype == x.dtype and found.shape == x.shape
            np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-10, err_msg=f"{name} {steps} {eps}")


@pytest.mark.parametrize(("backend", "names"), CASES)
def test_float32_of_every_size(backend: str, names: tuple[str, ...], folder: Path) -> None:
    a, b, c = JORDAN
    for name, x in matrices(names[:2]).items():
        for size in (1.0, 1e20, 1e-20, 8e37):
            y = (x / max(np.max(np.abs(x), initial=0), 1e-300) * size).astype(np.float32)
            for eps, plus in ((1e-7, 0.0), (0.0, 1e-8), (0.0, 0.0)):
                found = called(backend, folder, "orth", y, steps=5, eps=eps, plus=plus, a=a, b=b, c=c)
                wanted = by_values(y, composed(5, *JORDAN), eps, plus)
                assert found.dtype == y.dtype
                np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-4, err_msg=f"{name} {size} {eps}")
            assert np.isfinite(called(backend, folder, "orth_exact", y)).all()


@pytest.mark.parametrize(("backend", "names"), CASES)
def test_the_exact_one_has_the_singular_values_one_and_zero(
    backend: str, names: tuple[str, ...], folder: Path
) -> None:
    for name, x in matrices(names).items():
        found = called(backend, folder, "orth_exact", x)
        assert found.dtype == x.dtype and found.shape == x.shape
        if not x.any():
            assert not found.any()
            continue
        wanted = by_values(x, lambda s: (s > 1e-9 * s[..., :1]) * 1.0, 0.0, 0.0)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-10, err_msg=name)


@pytest.mark.parametrize(("backend", "names"), CASES)
def test_a_step_has_no_norm_of_its_own(backend: str, names: tuple[str, ...], folder: Path) -> None:
    a, b, c = JORDAN
    for name, x in matrices(names).items():
        # A norm of at most 1 is divided by nothing.
        y = np.asarray(x / max(1.0, np.max(np.abs(x), initial=0) * 2 * x.size**0.5))
        found = called(backend, folder, "newton_schulz", y, a=a, b=b, c=c)
        wanted = by_values(y, composed(1, *JORDAN), 1.0, 0.0)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_largest_numbers_and_coefficients_stay_finite(backend: str, dtype: str, folder: Path) -> None:
    largest = np.full((40, 50), np.finfo(dtype).max / 4, dtype)
    for a, b, c in (JORDAN, (100.0, -100.0, 100.0)):
        found = called(backend, folder, "newton_schulz", largest, a=a, b=b, c=c)
        assert found.dtype == largest.dtype and np.isfinite(found).all()
        found = called(backend, folder, "orth", largest, steps=9, eps=0.0, plus=0.0, a=a, b=b, c=c)
        assert np.isfinite(found).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_not_finite_spoils_its_matrix_and_no_other(backend: str, folder: Path) -> None:
    a, b, c = JORDAN
    for bad in (np.inf, np.nan):
        for shape in ((3, 4), (5,)):
            x = np.ones((2, *shape) if len(shape) > 1 else shape)
            x[(0,) * x.ndim] = bad
            for steps in (0, 5):
                found = called(backend, folder, "orth", x, steps=steps, eps=1e-7, plus=0.0, a=a, b=b, c=c)
                exact = called(backend, folder, "orth_exact", x)
                for y in (found, exact):
                    assert np.isnan(y[0] if x.ndim > 2 else y).all()
                    assert x.ndim < 3 or np.isfinite(y[1]).all()


BLOCKS = {
    "settings": "Set(eps=1e-3, a=3 in [0, 4], b=-4 in [-5, 0]) = "
    "{ state m; m <- 0.9 * m + g; w <- w - lr * orth(m, eps=eps, plus=eps, a=a, b=b) }",
    "steps": "Steps = { x = orth(g, steps=1, a=4.0848, b=-6.8946, c=2.927); "
    "w <- w - lr * newton_schulz(x, a=3.9505, b=-6.3029, c=2.6377) }",
    "schedule": "Sched = none ~ orth(g, a=3 + a1) + orth_exact(w + g)",
    "momentum": "Heavy = nesterov ~ orth(g, eps=0, plus=1e-8)",
}


@pytest.mark.parametrize("backend", BACKENDS[1:])
@pytest.mark.parametrize("name", BLOCKS)
def test_rendered_rules_are_the_interpreter(name: str, backend: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    steps = 3
    for shape in ((4, 3), (2, 3, 2)) if backend == "torch" else ((4, 3),):
        given = Problem(
            rng.normal(size=shape), rng.normal(size=(steps, *shape)), np.full(steps, 0.1), np.full(steps, 0.9)
        )
        given.gradients[1] = 0
        rule = parse(BLOCKS[name])
        # JAX has no other type by default, and Keras computes scalars of a step in it on PyTorch.
        single = backend == "keras" and CHOSEN != "tensorflow"
        dtype, bound = ("float32", 1e-4) if single else ("float64", 1e-10)
        found = run_backend(backend, rule, given, tmp_path, dtype)
        np.testing.assert_allclose(found, run_numpy(rule, given, dtype), rtol=bound, atol=bound)


def test_tensors_of_one_group_are_not_joined(tmp_path: Path) -> None:
    """Each tensor is orthogonalized for itself."""
    torch = pytest.importorskip("torch")
    rule = parse("Each = { state m; m <- 0.9 * m + g; w <- w - lr * orth(m) }")
    shapes = ((4, 3), (2, 5), (3,), (4, 3))
    rng = np.random.default_rng(5)
    weights, gradients = ([rng.normal(size=shape) for shape in shapes] for _ in range(2))
    wanted = [Interpreter(rule, w.shape).apply(w, g, 0.1) for w, g in zip(weights, gradients, strict=True)]
    for minimal in (False, True):
        module = load(render(rule, "torch", minimal=minimal), tmp_path)
        parameters = [torch.nn.Parameter(torch.tensor(w)) for w in weights]
        for parameter, g in zip(parameters, gradients, strict=True):
            parameter.grad = torch.tensor(g)
        module.Each(parameters, lr=0.1).step()
        for parameter, other in zip(parameters, wanted, strict=True):
            np.testing.assert_allclose(parameter.detach().numpy(), other, rtol=1e-10, atol=1e-12)
