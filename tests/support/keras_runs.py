"""Keras' own optimizers and rendered ones, run alike on the backend that Keras has in this process."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from nos_sym.faces import Face
from support.keras_backend import CHOSEN, keras
from support.peers import problem

STEPS = 6
BOUND = 1e-12 if CHOSEN == "jax" else 1e-4
"""Elsewhere the originals round some of their arguments and numbers of the step to float32."""


def flagged(face: Face, draw: dict[str, Any]) -> dict[str, Any]:
    """Return a draw of the original, and the same for a file: what selects it is its default."""
    return {**dict(face.flags), **draw}


def start(make: Any, face: Face, **given: Any) -> tuple[list[Any], Any]:
    weights, _ = problem(face)
    optimizer = make(**given)
    variables = [keras.Variable(w, dtype="float64", name=f"w{i}") for i, w in enumerate(weights)]
    optimizer.build(variables)
    return variables, optimizer


def go(variables: list[Any], optimizer: Any, face: Face, first: int, count: int = STEPS) -> list[Any]:
    _, gradients = problem(face)
    for row in gradients[first : first + count]:
        optimizer.apply([keras.ops.convert_to_tensor(g, dtype="float64") for g in row], variables)
    return values(variables)


def values(variables: list[Any]) -> list[Any]:
    return [np.array(keras.ops.convert_to_numpy(v)) for v in variables]


def assert_same(found: list[Any], wanted: list[Any], bound: float = BOUND) -> None:
    for x, y in zip(found, wanted, strict=True):
        np.testing.assert_allclose(x, y, rtol=bound, atol=bound / 1000)


def saved(optimizer: Any) -> dict[str, Any]:
    store: dict[str, Any] = {}
    optimizer.save_own_variables(store)
    return {key: np.array(value) for key, value in store.items()}


def loaded(optimizer: Any, store: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it only warns where the numbers of variables differ
        optimizer.load_own_variables(store)
