"""Steps in JAX: optax's Adam and the rendered one, each compiled with its buffers donated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from optimizer_steps.contest import Contestant, traffic
from optimizer_steps.rendered import entry, optimizer, settings

RULE = "Adam"
LEARNING_RATE = 1e-6


def contestants(
    shapes: Sequence[tuple[int, ...]], folder: Path, rules: Sequence[str] = (RULE,), seed: int = 0
) -> Iterator[Contestant]:
    """Yield optax's Adam and the rendered rules."""
    import jax.numpy as jnp
    import optax

    rng = np.random.default_rng(seed)
    gradients = [jnp.asarray(0.01 * rng.standard_normal(shape, "float32")) for shape in shapes]
    weights = [0.1 * rng.standard_normal(shape, "float32") for shape in shapes]
    rendered = [(f"rendered {rule} optax jit", rule, optimizer(rule, "optax", folder)) for rule in rules]
    made = [(name, rule, kind(LEARNING_RATE, **settings(rule))) for name, rule, kind in rendered]
    for name, rule, made_one in [("optax.adam jit", "", optax.adam(LEARNING_RATE)), *made]:
        # Donated weights are gone after a step, so each has its own.
        own = [jnp.array(weight) for weight in weights]
        needed = traffic(entry(rule or RULE))
        yield Contestant(name, "optax", "jit", rule, needed, compiled(made_one, own, gradients))


def compiled(transformation: Any, weights: list[Any], gradients: list[Any]) -> Callable[[], object]:
    """Return one step: the update and its application, in one compiled function."""
    import jax
    import optax

    def update(weights: Any, state: Any, gradients: Any) -> Any:
        updates, state = transformation.update(gradients, state, weights)
        return optax.apply_updates(weights, updates), state

    function = jax.jit(update, donate_argnums=(0, 1))
    held = [weights, jax.jit(transformation.init)(weights)]

    def step() -> None:
        held[:] = function(*held, gradients)
        jax.block_until_ready(held)

    return step
