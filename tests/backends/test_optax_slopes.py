"""Derivatives of the functions of optax files, of three orders, against their formulas in many digits."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf
from support.harness import backends, load

from nos_sym.codegen.render import render
from nos_sym.language.parser import parse

if "optax" not in backends():
    pytest.skip("optax is not installed", allow_module_level=True)

import jax
import jax.numpy as jnp

RULE = """F = none ~ i1e(i1e(g)) + arcsinh(g) + arctan(g) + tanh(g) + sigmoid(g) + softplus(g) + erfc(g)"""


def i1e(x: mpf) -> list[mpf]:
    """By I_n' = (I_(n-1) + I_(n+1)) / 2, under the exponential."""
    size, factors, found = abs(x), {1: mpf(1)}, []
    values = [mpmath.besseli(n, size) * mpmath.exp(-size) for n in range(7)]
    for order in range(1, 5):
        new: dict[int, mpf] = {}
        for n, factor in factors.items():
            for index, part in ((n - 1, factor / 2), (n + 1, factor / 2), (n, -factor)):
                new[index] = new.get(index, mpf(0)) + part
        factors = new
        value = sum(factor * values[abs(n)] for n, factor in factors.items())
        found.append(value if order % 2 else value * mpmath.sign(x))
    return found


def asinh(x: mpf) -> list[mpf]:
    s = 1 / mpmath.sqrt(1 + x * x)
    return [s, -x * s**3, (2 * x**2 - 1) * s**5, (9 * x - 6 * x**3) * s**7]


def atan(x: mpf) -> list[mpf]:
    s = 1 / (1 + x * x)
    return [s, -2 * x * s**2, (6 * x**2 - 2) * s**3, 24 * x * (1 - x**2) * s**4]


def tanh(x: mpf) -> list[mpf]:
    t, s = mpmath.tanh(x), mpmath.sech(x) ** 2
    return [s, -2 * t * s, s * (6 * t**2 - 2), t * s * (16 - 24 * t**2)]


def softplus(x: mpf) -> list[mpf]:
    return [1 / (1 + mpmath.exp(-x)), *sigmoid(x)[:3]]


def sigmoid(x: mpf) -> list[mpf]:
    t, q = mpmath.tanh(x / 2), mpmath.sech(x / 2) ** 2 / 4
    return [q, -q * t, q * (3 * t**2 - 1) / 2, q * t * (2 - 3 * t**2)]


def erfc(x: mpf) -> list[mpf]:
    e = 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x)
    return [-e, 2 * x * e, (2 - 4 * x**2) * e, (8 * x**3 - 12 * x) * e]


FORMULAS: dict[str, Callable[[mpf], list[mpf]]] = {
    "i1e": i1e, "i1e_small": i1e, "asinh": asinh, "atan": atan, "tanh": tanh, "sigmoid": sigmoid,
    "softplus": softplus, "erfc": erfc,
}  # fmt: skip

VALUES: dict[str, Callable[[mpf], mpf]] = {
    "i1e": lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(1, x), "asinh": mpmath.asinh,
    "atan": mpmath.atan, "tanh": mpmath.tanh, "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)), "erfc": mpmath.erfc,
}  # fmt: skip
VALUES["i1e_small"] = VALUES["i1e"]


def points(name: str) -> Any:
    """Return numbers of both signs and all magnitudes, close ones where pieces meet."""
    sizes = np.concatenate([np.geomspace(1e-30, 1e30, 61), np.linspace(0.05, 25, 60), [1.0, 6.0, 24.0]])
    sizes = sizes[sizes <= 1] if name == "i1e_small" else sizes
    return np.concatenate([sizes, -sizes])


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return load(render(parse(RULE), "optax"), tmp_path_factory.mktemp("optax"))


def function_of(rendered: ModuleType, name: str) -> Callable[[Any], Any]:
    """Return a function of a file, whose name is longer where a value could have it."""
    return getattr(rendered, name, None) or getattr(rendered, f"{name}_of")


def slope_of(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the derivative of a function of each element."""
    return lambda x: jax.jvp(function, (x,), (jnp.ones_like(x),))[1]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FORMULAS)
def test_derivatives(name: str, dtype: str, rendered: ModuleType) -> None:
    """A derivative of order n is right but for roundings of it and of x, whose effect is x times the next."""
    function, x = function_of(rendered, name), points(name).astype(dtype)
    with mp.workdps(180):  # of which the recurrence loses 120 at 1e30
        exact = np.array([FORMULAS[name](mpf(float(value))) for value in x]).T
        conditions = abs(exact[:3]) + abs(exact[1:] * x)
    known, limits = exact[:3].astype(float), np.finfo(dtype)
    with jax.enable_x64(dtype == "float64"):
        for order in range(3):
            function = slope_of(function)
            found = np.asarray(jax.jit(function)(jnp.asarray(x)), float)
            errors = np.abs(found - known[order]) - 16 * limits.eps * conditions[order].astype(float)
            # XLA takes what is below the smallest normal number for 0, also before a factor of up to 4 x^2.
            errors -= limits.tiny * (1 + 4 * np.minimum(np.abs(x), 10.0) ** 2)
            worst = np.argmax(errors)
            assert errors[worst] <= 0, (
                f"order {order + 1} at {x[worst]}: {found[worst]}, not {known[order, worst]}"
            )


@pytest.mark.parametrize(
    "name", [pytest.param(x, marks=() if x in ("asinh", "softplus") else pytest.mark.heavy) for x in FORMULAS]
)
def test_scans_that_are_differentiated_twice(name: str, rendered: ModuleType) -> None:
    """JAX drops the rule of a derivative in a scan that it has differentiated, and takes the values'."""
    function = function_of(rendered, name)
    x = [1e-7, 1e-3, 0.3, 0.9, *([] if name == "i1e_small" else [2.0, 8.0, 1e4])]
    x = jnp.array([0.0, *x, *(-value for value in x)])

    def of(x: Any) -> Any:
        return jax.lax.scan(lambda total, k: (total + function(x * k) * jnp.sin(x), None), 0 * x, ones)[0]

    ones = jnp.ones(2)
    with mp.workdps(50):
        wanted = []
        for value in map(float, x):
            (first, second, *_), sine = FORMULAS[name](mpf(value)), mpmath.sin(value)
            product = second * sine + 2 * first * mpmath.cos(value) - VALUES[name](mpf(value)) * sine
            wanted.append(float(2 * product))
    for transformed in (jax.jacfwd(jax.grad(of)), jax.jit(jax.grad(jax.grad(of)))):
        np.testing.assert_allclose(jax.vmap(transformed)(x), wanted, rtol=2e-5, atol=1e-5)
