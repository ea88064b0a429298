"""Steps in Keras: its own Adam and rendered rules, on each of its backends as they are run there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from optimizer_steps.contest import Contestant, traffic
from optimizer_steps.rendered import entry, optimizer, settings

RULE = "AdamKeras"
"""Adam with the epsilon of Keras."""
LEARNING_RATE = 1e-6


def contestants(
    shapes: Sequence[tuple[int, ...]], backends: Sequence[str], folder: Path, seed: int = 0
) -> Iterator[Contestant]:
    """Yield Keras' Adam and the rendered ones of each backend, over shared variables."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras
    import tensorflow as tf

    rng = np.random.default_rng(seed)
    variables = [keras.Variable(0.1 * rng.standard_normal(shape, "float32")) for shape in shapes]
    gradients = [tf.constant(0.01 * rng.standard_normal(shape, "float32")) for shape in shapes]
    needed = traffic(entry(RULE))
    for mode in ("graph", "xla"):
        adam = keras.optimizers.Adam(LEARNING_RATE)
        step = traced(adam, variables, gradients, mode == "xla")
        yield Contestant(f"keras.optimizers.Adam {mode}", "keras", mode, "", needed, step)
        for backend in backends:
            kind = optimizer(RULE, backend, folder)
            step = traced(kind(LEARNING_RATE, **settings(RULE)), variables, gradients, mode == "xla")
            yield Contestant(f"rendered {RULE} {backend} {mode}", "keras", mode, RULE, needed, step)


def of_rules(
    shapes: Sequence[tuple[int, ...]], mode: str, rules: Sequence[str], folder: Path, seed: int = 0
) -> Iterator[Contestant]:
    """Yield Keras' Adam and rendered rules on the backend that Keras runs on.

    The mode is ``eager`` on PyTorch, ``graph`` or ``xla`` on TensorFlow, where the files for TensorFlow alone
    take part too, and ``jit`` on JAX.
    """
    import keras

    rng = np.random.default_rng(seed)
    variables = [keras.Variable(0.1 * rng.standard_normal(shape, "float32")) for shape in shapes]
    arrays = [0.01 * rng.standard_normal(shape, "float32") for shape in shapes]
    gradients = [keras.ops.convert_to_tensor(array) for array in arrays]
    ways = {"eager": applied, "jit": stateless}
    backends = ("keras", "tensorflow") if mode in ("graph", "xla") else ("keras",)

    def taken(optimizer: Any) -> Callable[[], object]:
        """Return one step."""
        if mode in ways:
            return ways[mode](optimizer, variables, gradients)
        return traced(optimizer, variables, gradients, mode == "xla")

    own = taken(keras.optimizers.Adam(LEARNING_RATE))
    yield Contestant(f"keras.optimizers.Adam {mode}", "keras", mode, "", traffic(entry(RULE)), own)
    for name in rules:
        rule = RULE if name == "Adam" else name
        for backend in backends:
            made = optimizer(rule, backend, folder)(LEARNING_RATE, **settings(rule))
            called = f"rendered {rule} {backend} {mode}"
            yield Contestant(called, "keras", mode, rule, traffic(entry(rule)), taken(made))


def applied(optimizer: Any, variables: list[Any], gradients: list[Any]) -> Callable[[], object]:
    """Return one step as it is."""
    optimizer.build(variables)
    return lambda: optimizer.apply(gradients, variables)


def stateless(optimizer: Any, variables: list[Any], gradients: list[Any]) -> Callable[[], object]:
    """Return one step as a function that JAX has compiled; what it replaces is donated."""
    import jax

    optimizer.build(variables)
    function = jax.jit(
        lambda weights, states, values: optimizer.stateless_apply(states, values, weights),
        donate_argnums=(0, 1),
    )
    # Donated weights are gone after a step, so each optimizer has its own.
    held = [[jax.numpy.array(x.value) for x in y] for y in (variables, optimizer.variables)]

    def step() -> None:
        held[:] = function(*held, gradients)
        jax.block_until_ready(held)

    return step


def traced(optimizer: Any, variables: list[Any], gradients: list[Any], xla: bool) -> Callable[[], object]:
    """Return one step as a function that TensorFlow has traced; gradients are arguments, not constants."""
    import tensorflow as tf

    optimizer.build(variables)
    graph = tf.function(lambda values: optimizer.apply(values, variables), jit_compile=xla)

    def step() -> None:
        graph(gradients)
        optimizer.iterations.numpy()

    return step
