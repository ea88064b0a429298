"""What optimizers of Keras do with TensorFlow's own ways to keep and export, as :mod:`keras_behaviors`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from support.keras_behaviors import GRADIENTS, SHAPES, WEIGHTS, Make, arrays, go, tensors, trained


def checkpoint(make: Make, folder: Path) -> list[Any]:
    """``tf.train.Checkpoint`` brings weights and states back, and what goes on from there is the same."""
    import tensorflow as tf

    optimizer, weights = trained(make)
    saved = tf.train.Checkpoint(optimizer=optimizer, weights=[w.value for w in weights])
    path = saved.save(str(folder / "state"))
    go(optimizer, weights, 4, 6)
    gone = arrays(weights)
    saved.restore(path).assert_consumed()
    go(optimizer, weights, 4, 6)
    again = [np.abs(x - y).max() for x, y in zip(gone, arrays(weights), strict=True)]
    return [*gone, *again]


def exported(make: Make, folder: Path) -> list[Any]:
    """A training step in a ``SavedModel`` trains where it is loaded."""
    import tensorflow as tf

    module = tf.Module()
    module.weight = tf.Variable(WEIGHTS["kernel"])
    optimizer = make()
    optimizer.build([module.weight])
    module.states = [x.value for x in optimizer.variables]

    @tf.function(input_signature=[tf.TensorSpec(SHAPES["kernel"], tf.float32)])
    def train(gradient: Any) -> Any:
        optimizer.apply([gradient], [module.weight])
        return tf.identity(module.weight)

    module.train = train
    tf.saved_model.save(module, str(folder))
    loaded = tf.saved_model.load(str(folder))
    return [np.array(loaded.train(tf.constant(g["kernel"]))) for g in GRADIENTS[:3]]


def native_variables(make: Make) -> list[Any]:
    import tensorflow as tf

    weights = [tf.Variable(w) for w in WEIGHTS.values()]
    optimizer = make()
    for step in range(3):
        optimizer.apply_gradients(list(zip(tensors(step), weights, strict=True)))
    return [np.array(w) for w in weights]


OF_TENSORFLOW: tuple[Callable[..., list[Any]], ...] = (checkpoint, exported, native_variables)
