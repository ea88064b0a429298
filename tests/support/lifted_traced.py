"""Transformations of optax that are stepped otherwise where neither the trace nor the hundred steps are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax


def _of(change: Callable[..., Any], learning_rate: Any) -> optax.GradientTransformation:
    """Return a transformation without a state, that of a function of a leaf and its path."""

    def update(updates: Any, state: Any, params: Any = None) -> Any:
        changed = jax.tree_util.tree_map_with_path(change, updates)
        return jax.tree_util.tree_map(lambda x: -learning_rate * x, changed), state

    return optax.GradientTransformation(lambda params: (), update)


def counting(learning_rate: float = 0.05) -> optax.GradientTransformation:
    """Return one that counts its steps in Python."""
    calls: list[int] = []

    def change(path: Any, x: Any) -> Any:
        calls.append(1)
        return x if len(calls) < 200 else 0.1 * x

    return _of(change, learning_rate)


def compiled(learning_rate: float = 0.05) -> optax.GradientTransformation:
    """Return one that asks whether it is compiled."""
    return _of(lambda path, x: x if isinstance(x, jax.core.Tracer) else 2 * x, learning_rate)


def named(learning_rate: float = 0.05) -> optax.GradientTransformation:
    """Return one that knows biases."""
    return _of(lambda path, x: 0.5 * x if "bias" in str(path) else x, learning_rate)


def crowded(learning_rate: float = 0.05) -> optax.GradientTransformation:
    """Return one for which the fifth parameter is another one."""

    def update(updates: Any, state: Any, params: Any = None) -> Any:
        leaves, shape = jax.tree_util.tree_flatten(updates)
        moved = [-learning_rate * x * (2 if i > 3 else 1) for i, x in enumerate(leaves)]
        return jax.tree_util.tree_unflatten(shape, moved), state

    return optax.GradientTransformation(lambda params: (), update)


def shared(learning_rate: float = 0.05) -> optax.GradientTransformation:
    """Return one that divides by the number of parameters."""

    def update(updates: Any, state: Any, params: Any = None) -> Any:
        count = len(jax.tree_util.tree_leaves(updates))
        return jax.tree_util.tree_map(lambda x: -learning_rate * x / count, updates), state

    return optax.GradientTransformation(lambda params: (), update)


def typed(learning_rate: float = 0.05) -> optax.GradientTransformation:
    """Return one that steps float32 by signs."""
    return _of(lambda path, x: x if x.dtype == jnp.float64 else jnp.sign(x), learning_rate)


def sized(learning_rate: float = 0.05) -> optax.GradientTransformation:
    """Return one that knows large matrices."""
    return _of(lambda path, x: 0.5 * x if x.ndim == 2 and x.size > 1000 else x, learning_rate)


def late(learning_rate: float = 0.05) -> optax.GradientTransformation:
    """Return one that takes half steps after a few hundred, which is read off."""

    def update(updates: Any, count: Any, params: Any = None) -> Any:
        factor = jnp.where(count >= 260, 0.5, 1.0)
        return jax.tree_util.tree_map(lambda x: -learning_rate * factor * x, updates), count + 1

    return optax.GradientTransformation(lambda params: jnp.zeros((), jnp.int32), update)


def first_rate(learning_rate: Any = 0.05) -> optax.GradientTransformation:
    """Return one that keeps its first learning rate, which the rule does, too."""

    def update(updates: Any, state: Any, params: Any = None) -> Any:
        count, first = state
        rate = learning_rate(count) if callable(learning_rate) else learning_rate
        first = jnp.where(count == 0, rate, first)
        moved = jax.tree_util.tree_map(lambda x: -jnp.minimum(rate, first) * x, updates)
        return moved, (count + 1, first)

    return optax.GradientTransformation(lambda params: (jnp.zeros((), jnp.int32), jnp.zeros(())), update)


def accumulating(learning_rate: float = 0.05) -> optax.MultiSteps:
    """Return one whose accumulators are of float32."""
    return optax.MultiSteps(optax.sgd(learning_rate), 2)
