"""Rendered optax files under derivatives with respect to their settings, and over trees of all kinds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import backends, load

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.faces import face_named, rule_of_face

if "optax" not in backends():
    pytest.skip("optax is not installed", allow_module_level=True)

import jax
import jax.numpy as jnp
import optax

STEPS = 4
CASES: dict[str, tuple[dict[str, float], dict[str, Any]]] = {
    "Adam": ({"learning_rate": 0.1, "beta1": 0.9, "beta2": 0.99}, {}),
    "AdamTorch": ({"learning_rate": 0.1, "beta1": 0.9, "eps": 1e-3, "weight_decay": 0.1}, {}),
    "SGDMomentum": ({"learning_rate": 0.1, "momentum": 0.8}, {}),
    "Opt4": ({"learning_rate": 1e-3, "beta": 0.8}, {"total_steps": 2 * STEPS}),
    "Lion": ({"learning_rate": 0.1}, {}),
}


def loss(make: Callable[..., Any], names: list[str], fixed: dict[str, Any]) -> Callable[[Any], Any]:
    """Return the loss after some steps as a function of the numbers that the optimizer is made of."""

    def of(weight: Any) -> Any:
        return jnp.sum(weight**2 + jnp.sin(weight))

    def after(numbers: Any) -> Any:
        optimizer = make(**dict(zip(names, numbers, strict=True)), **fixed)
        weight = jnp.array([1.0, 2.0, -3.0])

        def step(carried: Any, _: Any) -> Any:
            weight, state = carried
            changes, state = optimizer.update(jax.grad(of)(weight), state, weight)
            return (weight + changes, state), None

        return of(jax.lax.scan(step, (weight, optimizer.init(weight)), None, length=STEPS)[0][0])

    return after


def slopes(function: Callable[[Any], Any], at: Any, width: float = 1e-6) -> Any:
    """Return the derivatives of a function by differences, in float64."""
    shifts = width * np.eye(len(at))
    found = [(function(at + shift) - function(at - shift)) / (2 * width) for shift in shifts]
    return np.stack([np.asarray(x, np.float64) for x in found], axis=-1)


@pytest.mark.parametrize("wide", [False, True], ids=["float32", "float64"])
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "name", [pytest.param(x, marks=() if x == "Adam" else pytest.mark.heavy) for x in CASES]
)
def test_derivatives_of_first_and_second_order(name: str, wide: bool, tmp_path: Path) -> None:
    """With respect to each number, through a scan, forward over reverse and reverse over reverse."""
    make = getattr(load(render(catalog.entry(name), "optax"), tmp_path), name)
    given, fixed = CASES[name]
    with jax.enable_x64(True):
        numbers = np.array(list(given.values()))
        exact = loss(make, list(given), fixed)
        first = slopes(jax.jit(exact), numbers)
        second = slopes(jax.jit(jax.grad(exact)), numbers)
    with jax.enable_x64(wide):
        after = loss(make, list(given), fixed)
        numbers = jnp.asarray(numbers)
        bound = {"rtol": 1e-4, "atol": 1e-5} if wide else {"rtol": 3e-2, "atol": 3e-2}
        np.testing.assert_allclose(jax.jit(jax.grad(after))(numbers), first, **bound)
        np.testing.assert_allclose(jax.grad(jax.jit(after))(numbers), first, **bound)
        np.testing.assert_allclose(jax.jit(jax.hessian(after))(numbers), second, **bound)
        np.testing.assert_allclose(jax.jit(jax.jacrev(jax.jacrev(after)))(numbers), second, **bound)
        many = jax.jit(jax.vmap(jax.grad(after)))(jnp.stack([numbers, numbers]))
        np.testing.assert_allclose(many[1], first, **bound)


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_the_third_order_is_that_of_optax(tmp_path: Path) -> None:
    face = face_named("optax.adam")
    mine = load(render(rule_of_face(face), "optax", face=face), tmp_path).adam
    with jax.enable_x64(True):
        numbers = jnp.array([0.1, 0.9, 0.99, 1e-3])
        found, wanted = (
            jax.jit(jax.jacfwd(jax.hessian(loss(make, ["learning_rate", "b1", "b2", "eps"], {}))))(numbers)
            for make in (mine, optax.adam)
        )
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "parameters",
    [
        {"a": jnp.ones(2), "b": None},
        {"a": 1.0, "b": (jnp.ones((2, 3)), [jnp.float32(2.0)])},
        {"a": np.ones(3, np.float32), "b": optax.MaskedNode()},
        {"a": jnp.ones((0, 3))},
        {},
        jnp.float32(1.0),
    ],
    ids=["none", "numbers", "masked", "empty tensor", "empty", "no tree"],
)
def test_trees(parameters: Any, tmp_path: Path) -> None:
    face = face_named("optax.adam")
    mine = load(render(rule_of_face(face), "optax", face=face), tmp_path).adam(0.1)
    found = []
    for optimizer in (mine, optax.adam(0.1)):
        state, now = optimizer.init(parameters), parameters
        for _ in range(3):
            # What a loop over any optimizer passes on, as line searches and Polyak's rate want it.
            changes, state = optimizer.update(now, state, now, value=1.0, grad=now)
            now = optax.apply_updates(now, changes)
        found.append(now)
    assert jax.tree.structure(found[0]) == jax.tree.structure(found[1])
    for mine_, original in zip(*map(jax.tree.leaves, found), strict=True):
        np.testing.assert_allclose(mine_, original, rtol=2e-5)


def test_whole_numbers_are_not_moved_by_a_rounded_change(tmp_path: Path) -> None:
    """A change of a parameter of a whole type is a real number, which only adding it rounds."""
    make = load(render(catalog.entry("SGD"), "optax"), tmp_path).SGD
    optimizer, weight = make(0.25), jnp.arange(3)
    changes, _ = optimizer.update(weight, optimizer.init(weight), weight)
    np.testing.assert_array_equal(changes, [0, -0.25, -0.5])


@pytest.mark.parametrize("name", ["optax.lamb", "optax.lars"])
def test_a_tensor_of_zeros_has_a_derivative(name: str, tmp_path: Path) -> None:
    face = face_named(name)
    own = getattr(load(render(rule_of_face(face), "optax", face=face), tmp_path), face.class_name)

    def moved(make: Callable[..., Any]) -> Callable[[Any], Any]:
        def of(weight: Any) -> Any:
            optimizer = make(0.1)
            update, _ = optimizer.update(weight + 1.0, optimizer.init(weight), weight)
            return (weight + update).sum()

        return of

    original = getattr(optax, name.rpartition(".")[2])
    found, wanted = (jax.grad(moved(make))(jnp.zeros(2)) for make in (own, original))
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_infinitely_many_steps_are_refused(tmp_path: Path) -> None:
    made = load(render(catalog.entry("Opt4"), "optax"), tmp_path)
    with pytest.raises(ValueError, match="Invalid total_steps: inf"):
        made.Opt4(0.1, total_steps=float("inf"))
