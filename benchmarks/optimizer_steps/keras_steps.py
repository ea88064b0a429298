"""Steps in Keras on TensorFlow: its own Adam and the rendered one, as graphs and under XLA."""

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


def traced(optimizer: Any, variables: list[Any], gradients: list[Any], xla: bool) -> Callable[[], object]:
    """Return one step as a function that TensorFlow has traced; gradients are arguments, not constants."""
    import tensorflow as tf

    optimizer.build(variables)
    graph = tf.function(lambda values: optimizer.apply(values, variables), jit_compile=xla)

    def step() -> None:
        graph(gradients)
        optimizer.iterations.numpy()

    return step
