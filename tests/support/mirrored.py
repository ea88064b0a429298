"""A program: rendered optimizers on two devices of TensorFlow, beside one; run with their modules."""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from typing import Any

import numpy as np
import tensorflow as tf

CPU = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(CPU, [tf.config.LogicalDeviceConfiguration()] * 2)

import keras  # noqa: E402 - the devices are there before

STRATEGY = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"], tf.distribute.ReductionToOneDevice())
"""The only way to add up that knows bfloat16 on processors."""
SHAPES = [(3, 2), (4,), (2, 3, 2)]
RNG = np.random.default_rng(0)
WEIGHTS = [RNG.normal(size=s) for s in SHAPES]
GRADIENTS = [[[RNG.normal(size=s) for s in SHAPES] for _ in range(2)] for _ in range(4)]
"""Of each step, for both devices."""


def numbers(values: Any) -> list[Any]:
    return [np.array(tf.cast(x, tf.float32)) for x in values]


def made(module: str) -> Any:
    """Return a maker of the optimizer of a file."""
    found = importlib.import_module(module)
    (optimizer,) = [
        x for x in vars(found).values()
        if isinstance(x, type) and issubclass(x, keras.Optimizer) and x.__module__ == module
    ]  # fmt: skip
    given = {"total_steps": 40, "seed": 1}
    parameters = inspect.signature(optimizer).parameters
    return lambda: optimizer(0.1, **{k: v for k, v in given.items() if k in parameters})


def on_one(make: Any, dtype: str) -> list[Any]:
    """Return the weights after steps by the sums of the gradients."""
    weights = [keras.Variable(w, dtype=dtype) for w in WEIGHTS]
    optimizer = make()
    optimizer.build(weights)

    @tf.function
    def step(rows: Any) -> None:
        optimizer.apply([tf.cast(a, dtype) + tf.cast(b, dtype) for a, b in zip(*rows, strict=True)], weights)

    for rows in GRADIENTS:
        step(rows)
    return numbers(w.value for w in weights)


def on_two(make: Any, dtype: str) -> tuple[list[Any], Any]:
    """Return the weights after steps of both devices, each of whose copies is the same, and the optimizer."""
    with STRATEGY.scope():
        weights = [keras.Variable(w, dtype=dtype) for w in WEIGHTS]
        optimizer = make()
        optimizer.build(weights)

    @tf.function
    def step(rows: Any) -> None:
        def on_device() -> None:
            context = tf.distribute.get_replica_context()
            first = context.replica_id_in_sync_group == 0
            given = [tf.cast(tf.where(first, a, b), dtype) for a, b in zip(*rows, strict=True)]
            optimizer.apply(given, weights)

        STRATEGY.run(on_device)

    for rows in GRADIENTS:
        step(rows)
    for variable in [*weights, *optimizer.variables]:
        one, other = numbers(STRATEGY.experimental_local_results(variable.value))
        assert np.array_equal(one, other), f"{variable.path} differs between devices"
    return numbers(w.value for w in weights), optimizer


for name in sys.argv[1:]:
    for dtype in ("float32", "bfloat16"):
        wanted = on_one(made(name), dtype)
        found, optimizer = on_two(made(name), dtype)
        for before, x, y in zip(WEIGHTS, found, wanted, strict=True):
            assert np.allclose(x, y, rtol=1e-6), f"{name} in {dtype} differs"
            assert dtype == "bfloat16" or not np.allclose(x, before, rtol=1e-7), f"{name} stands still"
        store: dict[str, Any] = {}
        optimizer.save_own_variables(store)
        json.dumps(optimizer.get_config())
        assert len(store.keys() - {"rule_key"}) == len(optimizer.variables)
        print(name, dtype, "the same")
