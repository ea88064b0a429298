"""What optimizers of Keras do beside stepping: each a function of a maker, whose results are compared.

``make(**options)`` makes an optimizer. A result is a list of arrays, numbers and texts.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

from support.keras_backend import CHOSEN, keras

Make = Callable[..., Any]
SHAPES = {"kernel": (5, 2), "bias": (3,), "scale": ()}
_RNG = np.random.default_rng(7)
WEIGHTS = {name: _RNG.normal(size=shape).astype("float32") for name, shape in SHAPES.items()}
GRADIENTS = [
    {name: _RNG.normal(size=shape).astype("float32") for name, shape in SHAPES.items()} for _ in range(6)
]
ROWS = (3, 0)
"""Rows of the kernel that a sparse gradient has."""


def variables(dtype: str = "float32") -> list[Any]:
    return [keras.Variable(w, dtype=dtype, name=name) for name, w in WEIGHTS.items()]


def tensors(step: int, dtype: str = "float32") -> list[Any]:
    return [keras.ops.convert_to_tensor(g, dtype=dtype) for g in GRADIENTS[step].values()]


def arrays(values: Any) -> list[Any]:
    """Return arrays of float64, which compare whatever the type was."""
    return [
        np.array(keras.ops.convert_to_numpy(keras.ops.cast(keras.ops.convert_to_tensor(x), "float32")))
        for x in values
    ]


def go(optimizer: Any, weights: list[Any], first: int, last: int, dtype: str = "float32") -> None:
    """Step; on JAX without changing variables, as its compiled steps do."""
    for step in range(first, last):
        given = tensors(step, dtype)
        if CHOSEN != "jax":
            optimizer.apply(given, weights)
            continue
        stateless(optimizer, weights, given)


def stateless(optimizer: Any, weights: list[Any], gradients: list[Any]) -> None:
    kept = [x.value for x in optimizer.variables]
    moved, kept = optimizer.stateless_apply(kept, gradients, [x.value for x in weights])
    for own, value in zip([*weights, *optimizer.variables], [*moved, *kept], strict=True):
        own.assign(value)


def built(make: Make, dtype: str = "float32", **options: Any) -> tuple[Any, list[Any]]:
    optimizer, weights = make(**options), variables(dtype)
    optimizer.build(weights)
    return optimizer, weights


def trained(make: Make, dtype: str = "float32", **options: Any) -> tuple[Any, list[Any]]:
    optimizer, weights = built(make, dtype, **options)
    go(optimizer, weights, 0, 4, dtype)
    return optimizer, weights


def refusal(kind: type[Exception], call: Callable[[], Any]) -> str:
    """Return the class of what a call raises."""
    try:
        call()
    except kind as error:
        return type(error).__name__
    return "taken"


def names_and_shapes(make: Make) -> list[Any]:
    """Those of the slots of half precision included."""
    options = {"name": "made", "use_ema": True, "gradient_accumulation_steps": 2}
    found = [built(make, dtype, **options)[0].variables for dtype in ("float32", "bfloat16")]
    return [x for row in found for v in row for x in (v.path.replace("bfloat16", ""), str(tuple(v.shape)))]


def empty_build(make: Make) -> list[Any]:
    optimizer = make()
    optimizer.build([])
    return [len(optimizer.variables), *(str(v.dtype) for v in optimizer.variables)]


def counts(make: Make) -> list[Any]:
    optimizer, weights = trained(make, gradient_accumulation_steps=3)
    return [*arrays([optimizer.iterations, optimizer._iterations]), *arrays(weights)]


def rate_is_set(make: Make) -> list[Any]:
    optimizer, weights = built(make)
    go(optimizer, weights, 0, 1)
    optimizer.learning_rate = 0.25
    go(optimizer, weights, 1, 3)
    before = len(optimizer.variables)
    optimizer.learning_rate = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    go(optimizer, weights, 3, 5)
    refused = refusal(TypeError, lambda: setattr(optimizer, "learning_rate", 0.5))
    return [*arrays(weights), before - len(optimizer.variables), refused]


def rate_of_a_function(make: Make) -> list[Any]:
    """A number is called for at each step where none is compiled."""
    rates = iter([0.1, 0.5, 0.0, 0.2])
    optimizer, weights = built(make, learning_rate=lambda: next(rates))
    go(optimizer, weights, 0, 4)
    return arrays(weights)


def rates_refused(make: Make) -> list[Any]:
    return [refusal(ValueError, lambda x=x: make(learning_rate=x)) for x in (None, "fast", 1, [0.1])]


def resumed(make: Make) -> list[Any]:
    """By ``set_weights``, ``save_own_variables``, a copy, and pickles of what is not built."""
    first, weights = trained(make)
    second, other = built(make)
    second.set_weights(first.variables)
    store: dict[str, Any] = {}
    first.save_own_variables(store)
    third, third_weights = built(make)
    third.load_own_variables({key: np.array(value) for key, value in store.items()})
    for w, x, y in zip(weights, other, third_weights, strict=True):
        x.assign(w)
        y.assign(w)
    for optimizer, given in ((first, weights), (second, other), (third, third_weights)):
        go(optimizer, given, 4, 6)
    fresh = make(name="own")
    same = [
        x.get_config() == fresh.get_config() for x in (pickle.loads(pickle.dumps(fresh)), copy.copy(fresh))
    ]
    return [*arrays([*weights, *other, *third_weights]), *same]


def overwritten(make: Make) -> list[Any]:
    """Variables that take gradients for their values have no slots, and saved ones stay in place."""
    found: list[Any] = []
    for options in ({}, {"gradient_accumulation_steps": 2}):
        optimizer, weights = make(**options), variables()
        weights[0].overwrite_with_gradient = True
        optimizer.build(weights)
        go(optimizer, weights, 0, 4)
        found += [len(optimizer.variables), *arrays([*weights, *optimizer.variables])]
    return found


def constrained(make: Make) -> list[Any]:
    optimizer, weights = make(), variables()
    weights[0].constraint = keras.constraints.NonNeg()
    optimizer.build(weights)
    for step in range(3):
        optimizer.apply(tensors(step), weights)
    return arrays(weights)


def missing_gradients(make: Make) -> list[Any]:
    """Also variables of which some are given alone, and those that the optimizer was not built with."""
    optimizer, weights = built(make)
    for step in range(3):
        given = tensors(step)
        given[step] = None
        optimizer.apply(given, weights)
    optimizer.apply(tensors(3)[:1], weights[:1])
    unknown = keras.Variable(np.ones(2), name="late")
    late = refusal(ValueError, lambda: optimizer.apply([keras.ops.ones(2)], [unknown]))
    none = refusal(ValueError, lambda: optimizer.apply([None] * 3, weights))
    optimizer.apply([])
    few = refusal(ValueError, lambda: optimizer.apply(tensors(0)[:2]))
    return [*arrays(weights), *arrays([optimizer.iterations]), late, none, few]


def sparse(indices: tuple[int, ...], *, values: Any = None, known: bool = True) -> Any:
    """Return the gradient of some rows of the kernel as the backend has it."""
    rows = GRADIENTS[0]["kernel"][: len(indices)] if values is None else values
    if CHOSEN == "tensorflow":
        import tensorflow as tf

        return tf.IndexedSlices(tf.constant(rows), tf.constant(indices), SHAPES["kernel"] if known else None)
    if CHOSEN == "jax":
        import jax.experimental.sparse as jax_sparse

        return jax_sparse.BCOO((np.array(rows), np.array(indices)[:, None]), shape=SHAPES["kernel"])
    import torch

    given = torch.tensor([indices]), torch.tensor(rows), SHAPES["kernel"]
    return torch.sparse_coo_tensor(*given, check_invariants=True)


def sparse_gradients(make: Make) -> list[Any]:
    optimizer, weights = make(), variables()[:1]
    optimizer.build(weights)
    for _ in range(3):
        if CHOSEN == "jax":
            stateless(optimizer, weights, [sparse(ROWS)])
        else:
            optimizer.apply([sparse(ROWS)], weights)
    return arrays([*weights, *optimizer.variables])


def scaled_loss(make: Make) -> list[Any]:
    """A step whose gradients are not finite is left out, and neither counted nor seen by a state."""
    optimizer, weights = keras.optimizers.LossScaleOptimizer(make(), initial_scale=8.0), variables()
    optimizer.build(weights)
    for step in range(4):
        scale = float(arrays([optimizer.dynamic_scale])[0])
        given = [scale * g for g in tensors(step)]
        if step == 1:
            given[0] = given[0] * float("inf")
        if CHOSEN == "jax":
            stateless(optimizer, weights, given)
        else:
            optimizer.apply(given, weights)
    return [*arrays(weights), *arrays([optimizer.inner_optimizer.iterations, optimizer.dynamic_scale])]


def several(make: Make) -> list[Any]:
    """Optimizers of parts of the weights, in one."""
    table = keras.optimizers.OptimizerMap(keras.optimizers.SGD(0.5))
    table[".*bias.*"] = make()
    optimizer, weights = keras.optimizers.MultiOptimizer(table), variables()
    optimizer.build(weights)
    go(optimizer, weights, 0, 3)
    return arrays(weights)


def lower_precision(make: Make) -> list[Any]:
    """The policy computes in bfloat16 and keeps weights in float32."""
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    try:
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
        model.compile(make(), "mse", jit_compile=CHOSEN == "jax")
        x = np.linspace(-1, 1, 16, dtype="float32").reshape(8, 2)
        model.fit(x, x[:, ::-1], batch_size=4, epochs=2, shuffle=False, verbose=0)
        return [np.array(w) for w in model.get_weights()]
    finally:
        keras.mixed_precision.set_dtype_policy("float32")


def frozen_layers(make: Make) -> list[Any]:
    """A layer that is frozen before the model is compiled, and thawed for another optimizer."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.Dense(2)])
    x = np.linspace(-1, 1, 16, dtype="float32").reshape(8, 2)
    found: list[Any] = []
    for trainable in (False, True):
        model.layers[0].trainable = trainable
        model.compile(make(), "mse", run_eagerly=CHOSEN != "jax")
        model.fit(x, x[:, ::-1], batch_size=4, epochs=1, shuffle=False, verbose=0)
        found += [*(np.array(w) for w in model.get_weights()), len(model.optimizer.variables)]
    return found


BEHAVIORS: tuple[Callable[[Make], list[Any]], ...] = (
    names_and_shapes, empty_build, counts, rate_is_set, rate_of_a_function, rates_refused, resumed,
    overwritten, constrained, missing_gradients, sparse_gradients, scaled_loss, several, lower_precision,
    frozen_layers,
)  # fmt: skip
