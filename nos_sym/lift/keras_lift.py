"""Optimizers of Keras, read off under the backend that Keras has in this process, and run on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nos_sym.lift.arguments import Arguments, with_rate
from nos_sym.lift.front import Front
from nos_sym.lift.keras_backends import BACKENDS, VARIABLE, double_precision, wide_numbers
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.originals import Original
from nos_sym.lift.term import Terms
from nos_sym.lift.verifying import Array


def front(original: Original, arguments: Arguments, draw: int, terms: Terms) -> Front:
    """Read an optimizer of Keras off.

    Args:
        original: the class.
        arguments: of it; a number is a setting where the constructor keeps it as an attribute of its name.
        draw: which values settings have meanwhile.
        terms: the maker of terms.

    Raises:
        LiftError: it cannot be said as terms, or Keras has a backend that is not followed.
    """
    import keras

    backend = keras.backend.backend()
    if backend not in BACKENDS:
        raise LiftError(
            f"Keras runs on {backend} here, and is read off under {', '.join(BACKENDS)}; "
            f"set {VARIABLE} to one of them"
        )
    rated, conditions = with_rate(arguments)
    if backend == "torch":
        from nos_sym.lift import keras_on_torch

        found = keras_on_torch.front(original, rated, draw, terms)
    else:
        from nos_sym.lift import keras_traced

        found = keras_traced.front(original, rated, terms)
    return replace(found, conditions=(*found.conditions, *conditions))


def runner(original: Original, arguments: Arguments) -> Any:
    """Return what runs the original in float64, with what Keras or TensorFlow rounds to float32 taken out."""
    rated, _ = with_rate(arguments)

    def run(
        draw: Mapping[str, float], weights: Sequence[Array], gradients: Sequence[Sequence[Array]]
    ) -> list[list[Array]]:
        import keras

        with double_precision(), wide_numbers():
            optimizer = original.value(**rated.given(draw))
            variables = [keras.Variable(w, dtype="float64") for w in weights]
            optimizer.build(variables)
            step = _compiled(lambda *row: optimizer.apply(list(row), variables))
            found = []
            for row in gradients:
                step(*(keras.ops.convert_to_tensor(g, dtype="float64") for g in row))
                found.append([np.array(keras.ops.convert_to_numpy(v)) for v in variables])
            return found

    return run


def _compiled(step: Callable[..., object]) -> Callable[..., object]:
    """Return a step as Keras runs it when it trains under TensorFlow: as a graph, which is faster there."""
    import keras

    if keras.backend.backend() != "tensorflow":
        return step
    import tensorflow as tf

    compiled: Callable[..., object] = tf.function(step, autograph=False)
    return compiled
