"""Rendered optax files in what wraps, moves and saves transformations, beside the originals."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import partial
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

STEPS = 6
NAMES = [pytest.param(x, marks=() if x == "adam" else pytest.mark.heavy) for x in ("adam", "adamw", "lamb")]
LABELS = {"a": "x", "b": "y", "c": ["x", "y"]}
START = {"a": jnp.linspace(-1, 1, 6).reshape(3, 2), "b": jnp.zeros(2), "c": [jnp.ones(3), jnp.float32(0.5)]}

Make = Callable[..., Any]


@pytest.fixture(scope="module")
def makers(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Make, Make]]:
    """Return the function of a file and the original, by the name of the latter."""
    folder, made = tmp_path_factory.mktemp("wrapped"), {}

    def of(name: str) -> tuple[Make, Make]:
        if name not in made:
            face = face_named(f"optax.{name}")
            made[name] = getattr(load(render(rule_of_face(face), "optax", face=face), folder), name)
        return made[name], getattr(optax, name)

    return of


def loss(weights: Any) -> Any:
    product = jnp.sum((weights["a"] @ (weights["b"] + 1) - 1) ** 2) + jnp.sum((weights["a"] - 1) ** 2) / 2
    return product + jnp.sum(jnp.sin(weights["c"][0])) + weights["c"][1] ** 2


def trained(transform: Any, given: bool = False, broken: tuple[int, ...] = ()) -> Any:
    """Return the weights after some steps, of which some have gradients that are no numbers."""
    weights, state = START, transform.init(START)
    update = transform.update if given else jax.jit(transform.update)
    for step in range(STEPS):
        gradients = jax.grad(loss)(weights)
        if step in broken:
            gradients = jax.tree.map(lambda x: x * jnp.nan, gradients)
        more = {"value": loss(weights), "grad": gradients, "value_fn": loss} if given else {}
        changes, state = update(gradients, state, weights, **more)
        weights = optax.apply_updates(weights, changes)
    return weights


def looked_ahead(make: Make) -> Any:
    transform = optax.lookahead(make(0.1), sync_period=2, slow_step_size=0.5)
    weights = optax.LookaheadParams.init_synced(START)
    state = transform.init(weights)
    for _ in range(STEPS):
        changes, state = jax.jit(transform.update)(jax.grad(loss)(weights.fast), state, weights)
        weights = optax.apply_updates(weights, changes)
    return weights.slow, weights.fast


def injected(make: Make) -> Any:
    """Injected numbers in groups, with a schedule in one."""
    rate = optax.exponential_decay(0.1, 1, 0.9)
    parts = {"x": optax.inject_hyperparams(make)(learning_rate=0.1)}
    return optax.multi_transform(parts | {"y": optax.inject_hyperparams(make)(learning_rate=rate)}, LABELS)


def nested(make: Make) -> Any:
    """A function that makes a chain, whose numbers are injected."""

    def chain(learning_rate: Any, size: Any) -> Any:
        return optax.chain(optax.clip(size), make(learning_rate))

    return optax.inject_hyperparams(chain)(learning_rate=0.1, size=optax.constant_schedule(0.3))


def averaged(make: Make) -> Any:
    nearby = optax.chain(optax.contrib.normalize(), optax.sgd(0.05))
    return optax.contrib.sam(make(0.1), nearby, sync_period=2)


RUNS: dict[str, Callable[[Make], Any]] = {
    "lookahead": looked_ahead,
    "inject_hyperparams in groups": lambda make: trained(injected(make)),
    "inject_hyperparams around a chain": lambda make: trained(nested(make)),
    "flatten": lambda make: trained(optax.flatten(make(0.1))),
    "partition": lambda make: trained(optax.partition({"x": make(0.1), "y": optax.set_to_zero()}, LABELS)),
    "masked by a function": lambda make: trained(
        optax.masked(make(0.1), lambda weights: jax.tree.map(lambda x: x.ndim > 0, weights))
    ),
    "MultiSteps by a schedule": lambda make: trained(
        optax.MultiSteps(make(0.1), lambda step: jnp.where(step < 1, 1, 2)).gradient_transformation()
    ),
    "apply_if_finite": lambda make: trained(optax.apply_if_finite(make(0.1), 2), broken=(1, 2)),
    "conditionally_transform": lambda make: trained(
        optax.conditionally_transform(make(0.1), lambda step: step % 2 == 0)
    ),
    "reduce_on_plateau": lambda make: trained(
        optax.chain(make(0.1), optax.contrib.reduce_on_plateau(patience=1, factor=0.5)), given=True
    ),
    "sam": lambda make: trained(averaged(make)),
    "mechanize": lambda make: trained(optax.contrib.mechanize(make(0.1))),
    "split_real_and_imaginary": lambda make: trained(optax.contrib.split_real_and_imaginary(make(0.1))),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "way", [pytest.param(x, marks=() if x in ("lookahead", "flatten") else pytest.mark.heavy) for x in RUNS]
)
def test_wrapped_as_the_original(way: str, name: str, makers: Any) -> None:
    """To the rounding of ``1 - beta^t``, which optax has in float32."""
    found, wanted = map(RUNS[way], makers(name))
    for x, y in zip(*map(jax.tree.leaves, (found, wanted)), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-5)


def test_buffers_are_donated_and_nothing_is_compiled_again(makers: Any) -> None:
    transform = makers("adam")[0](optax.linear_schedule(0.2, 0.1, 3))

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(weights: Any, state: Any) -> Any:
        changes, state = transform.update(jax.grad(loss)(weights), state, weights)
        return optax.apply_updates(weights, changes), state

    weights = jax.tree.map(jnp.copy, START)
    state = transform.init(weights)
    for _ in range(STEPS):
        weights, state = step(weights, state)
    assert step._cache_size() == 1
    for x, y in zip(*map(jax.tree.leaves, (weights, trained(transform))), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["Opt10", "LR1"])
def test_cloudpickle_takes_what_pickle_does_not(name: str, tmp_path: Path) -> None:
    """As of optax' own, which are made of local functions."""
    cloudpickle = pytest.importorskip("cloudpickle")
    made = getattr(load(render(catalog.entry(name), "optax"), tmp_path), name)(0.1, total_steps=9)
    for own in (made, optax.adam(0.1), optax.cosine_decay_schedule(0.1, 9)):
        with pytest.raises((AttributeError, pickle.PicklingError)):
            pickle.dumps(own)
    copied = pickle.loads(cloudpickle.dumps(made))
    if name == "LR1":
        assert float(copied(4)) == float(made(4))
        return
    state = pickle.loads(pickle.dumps(made.init(jnp.ones(3))))
    for x, y in zip(copied.update(jnp.ones(3), state), made.update(jnp.ones(3), state), strict=True):
        jax.tree.map(np.testing.assert_array_equal, x, y)
