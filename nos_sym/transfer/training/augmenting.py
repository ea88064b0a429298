"""RandAugment of Keras in ``tf.data``, so that an image's random numbers are a function of its place.

Keras' layer draws from a state that it changes, so that images which are augmented side by side take numbers
in the order in which they happen to be ready. Here the numbers of an image follow from the seed and from the
place of the image in the training: any number of processors gives the same images. Keras also applies all
eleven operations to every image, twice, and keeps one result of each eleven; here only what is chosen is
computed. Each image is bit for bit what Keras' layer makes of it with the same random numbers.

Source: Cubuk et al. 2020, *RandAugment*; ``keras.layers.RandAugment``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import keras
import tensorflow as tf

LARGEST = 30.0
"""The magnitude that is the layer's whole ``factor``, as Cubuk et al. 2020 count it."""


class _Numbers(keras.random.SeedGenerator):  # type: ignore[misc]
    """Seeds that are counted from a base, which is a tensor of the graph that is being traced."""

    def __init__(self) -> None:
        super().__init__(seed=0)
        self._base: Any = None
        self._drawn = 0

    def begin(self, base: Any) -> None:
        """Count from a base, a tensor of shape ``(2,)``."""
        self._base, self._drawn = base, 0

    def next(self, ordered: bool = True) -> Any:
        """Return the next seed, a tensor of shape ``(2,)``."""
        self._drawn += 1
        return tf.random.experimental.stateless_fold_in(self._base, self._drawn)


class RandAugment(keras.layers.RandAugment):  # type: ignore[misc]
    """Keras' layer with the random numbers of a base, which computes only the operations that are chosen.

    Args:
        factor: strength, from 0 to 1.
        every: compute all operations as Keras' layer does, and choose then.
    """

    def __init__(self, factor: float, *, every: bool = False) -> None:
        super().__init__(value_range=(0, 255), factor=factor, seed=0)
        self.numbers = _Numbers()
        self.every = every

    def _get_seed_generator(self, backend: Any = None) -> Any:
        return self.numbers

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """Return images of shape ``(1, height, width, 3)`` after ``num_ops`` operations."""
        if not training or self.every:
            return super().transform_images(images, transformation, training)
        images = self.backend.cast(images, self.compute_dtype)
        shape = images.shape
        drawn = transformation["transforms"]

        def applied(name: str) -> Callable[[], Any]:
            layer = getattr(self, name)
            return lambda: tf.ensure_shape(layer.transform_images(images, drawn[name]), shape)

        for number in range(self.num_ops):
            images = tf.switch_case(transformation["layer_idxes"][number], [applied(name) for name in drawn])
        return images


@lru_cache(maxsize=32)
def augmentation(magnitude: float, shape: tuple[int, int, int], *, every: bool = False) -> Any:
    """Return a compiled function from an image, a seed and a place in the training to the augmented image.

    It is traced once in a process, which takes seconds, and serves all trainings.

    Args:
        magnitude: of 30, above 0.
        shape: of an image, which is float32 from 0 to 255; seed and place are int64.
        every: compute all operations as Keras' layer does.
    """
    layer = RandAugment(magnitude / LARGEST, every=every)
    number = tf.TensorSpec((), tf.int64)

    @tf.function(input_signature=(tf.TensorSpec(shape, tf.float32), number, number))  # type: ignore[untyped-decorator]
    def augmented(image: Any, seed: Any, place: Any) -> Any:
        start = tf.stack([seed, tf.zeros_like(seed)])
        layer.numbers.begin(tf.random.experimental.stateless_fold_in(start, place))
        return layer(image, training=True)

    return augmented
