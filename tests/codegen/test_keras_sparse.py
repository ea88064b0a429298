"""Sparse gradients in rendered Keras and TensorFlow files: what they are, and where they are refused.

Runs on the backend that Keras has in this process; :mod:`test_keras_backends` runs it on the others.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import load
from support.keras_backend import CHOSEN, TARGETS, keras
from support.keras_behaviors import SHAPES, WEIGHTS, arrays, sparse

from nos_sym import catalog
from nos_sym.codegen.render import render

KINDS = ("AdamKeras", "SGDMomentum", "AdafactorKeras", "ProdigyPO", "NadamKeras")
"""A state like the weight, momentum, rows and columns, sums over all weights, a state of the step."""


def moved(make: Any, gradient: Any, dtype: str = "float32") -> np.ndarray[Any, Any]:
    weight = keras.Variable(WEIGHTS["kernel"], dtype=dtype, name="kernel")
    optimizer = make(learning_rate=0.1)
    optimizer.build([weight])
    for _ in range(3):
        optimizer.apply([gradient], [weight])
    return arrays([weight])[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", KINDS)
def test_they_are_what_they_are_as_dense_ones(name: str, target: str, tmp_path: Path) -> None:
    """With rows that come twice, whose sum is the gradient; Keras' Adam on TensorFlow squares each alone."""
    make = getattr(load(render(catalog.entry(name), target), tmp_path), name)
    values = np.array([[1, 2], [3, -1], [2, 1]], "float32")
    dense = np.zeros(SHAPES["kernel"], "float32")
    np.add.at(dense, [0, 2, 0], values)
    wanted = moved(make, keras.ops.convert_to_tensor(dense))
    assert np.abs(wanted - WEIGHTS["kernel"]).max() > 1e-6
    np.testing.assert_allclose(moved(make, sparse((0, 2, 0), values=values)), wanted, rtol=1e-6)
    if CHOSEN == "tensorflow":
        unknown = sparse((0, 2, 0), values=values, known=False)
        np.testing.assert_allclose(moved(make, unknown), wanted, rtol=1e-6)


@pytest.mark.parametrize("target", TARGETS)
def test_others_are_refused(target: str, tmp_path: Path) -> None:
    make = load(render(catalog.entry("SGDMomentum"), target), tmp_path).SGDMomentum
    optimizer, weight = make(0.1), keras.Variable(np.ones((2, 5)), name="kernel")
    with pytest.raises(
        ValueError, match=r"\AInvalid gradient: of shape \(5, 2\), and kernel\S* is of \(2, 5\)\Z"
    ):
        optimizer.apply([sparse((0, 1))], [weight])


@pytest.mark.skipif(CHOSEN != "tensorflow", reason="graphs of TensorFlow may not know shapes")
@pytest.mark.parametrize("target", TARGETS)
def test_a_shape_that_a_graph_does_not_know_is_checked_when_it_runs(target: str, tmp_path: Path) -> None:
    import tensorflow as tf

    optimizer = load(render(catalog.entry("SGD"), target), tmp_path).SGD(0.5)
    variable = keras.Variable(np.ones((4, 3), "float32"))
    optimizer.build([variable])

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.float32)])
    def step(gradient: Any) -> None:
        optimizer.apply([gradient], [variable])

    step(tf.ones((4, 3)))
    assert np.all(keras.ops.convert_to_numpy(variable) == 0.5)
    with pytest.raises(tf.errors.InvalidArgumentError):
        step(tf.ones((2, 6)))
    assert np.all(keras.ops.convert_to_numpy(variable) == 0.5)
