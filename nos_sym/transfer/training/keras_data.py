"""Batches of images for Keras models, augmented side by side by ``tf.data``, whatever Keras runs on.

RandAugment is Keras' own layer; its progressive schedule is ours: the magnitude rises in four equal stages,
as Tan and Le 2021 raise theirs from 5 to 15 for EfficientNetV2-Small, but images keep their size. A
magnitude is of 30, as Cubuk et al. 2020 count it, and the layer takes it as a share.

The layer is traced once a magnitude in a process, and one map runs it on all processors. What an image
becomes is a function of the seed and of its place in the training, so that the same seed gives the same
images on any number of processors, and a shorter training the first of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf

from nos_sym.transfer.data.images import Part
from nos_sym.transfer.settings import ImageTraining
from nos_sym.transfer.training.augmenting import augmentation
from nos_sym.transfer.training.parts import shuffled

STAGES = 4
"""Steps in which the progressive magnitude rises."""

_AHEAD = 4
"""Batches that are made before they are asked for."""


def magnitudes(settings: ImageTraining) -> list[tuple[int, float]]:
    """Return the updates at whose end the magnitude changes, and the magnitude up to there.

    A training of the learning-rate test is the beginning of the whole one here, too.
    """
    if settings.augmentation != "progressive-randaugment":
        magnitude = settings.magnitude if settings.augmentation == "randaugment" else 0.0
        return [(settings.steps, magnitude)]
    rise = settings.magnitude - settings.first_magnitude
    return [
        (round(settings.steps * (stage + 1) / STAGES), settings.first_magnitude + rise * stage / (STAGES - 1))
        for stage in range(STAGES)
    ]


def training_batches(part: Part, settings: ImageTraining, seed: int) -> Iterator[tuple[Any, Any]]:
    """Yield the batches of a training as NumPy arrays: images in bytes as float32, and labels."""
    begin = 0
    for end, magnitude in magnitudes(settings):
        end = min(end, settings.ends)
        if end > begin:
            with tf.device("CPU:0"):
                batches = _stage(part, settings.batch, begin, end, magnitude, seed).as_numpy_iterator()
            yield from batches
            begin = end


def _stage(part: Part, batch: int, begin: int, end: int, magnitude: float, seed: int) -> Any:
    """Return the batches of some updates as a data set of TensorFlow."""
    shape = part.images.shape[1:]

    def gathered() -> Iterator[tuple[Any, Any, Any]]:
        # One call of Python a batch: NumPy picks its images, which stay in NumPy's memory.
        order = shuffled(np.random.default_rng(seed), len(part), batch)
        for number, index in enumerate(islice(order, begin, end), begin):
            places = np.arange(number * batch, (number + 1) * batch, dtype=np.int64)
            yield part.images[index], part.labels[index].astype(np.int64), places

    signature = (
        tf.TensorSpec((batch, *shape), tf.uint8),
        tf.TensorSpec((batch,), tf.int64),
        tf.TensorSpec((batch,), tf.int64),
    )
    augmented = augmentation(magnitude, tuple(shape)) if magnitude > 0 else None

    def finished(image: Any, label: Any, place: Any) -> tuple[Any, Any]:
        pixels = tf.cast(image, tf.float32)
        return (pixels if augmented is None else augmented(pixels, seed, place)), label

    data = tf.data.Dataset.from_generator(gathered, output_signature=signature).prefetch(2).unbatch()
    data = data.map(finished, num_parallel_calls=processors(), deterministic=True)
    options = tf.data.Options()
    # Threads of its own, so that the threads of the network do not limit those that make its images.
    options.threading.private_threadpool_size = processors() + 2
    options.threading.max_intra_op_parallelism = 1
    return data.batch(batch, drop_remainder=True).prefetch(_AHEAD).with_options(options)


def processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def scored_batches(part: Part, batch: int) -> Iterator[tuple[Any, Any]]:
    """Yield the images that a network is scored on as float32, and their labels."""
    for start in range(0, len(part), batch):
        each = part[start : start + batch]
        yield each.images.astype(np.float32), each.labels


def limit_threads(threads: int) -> None:
    """Use at most this many threads in an operation, where TensorFlow has not begun yet."""
    if tf.config.threading.get_intra_op_parallelism_threads() == threads:
        return
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(max(threads, processors()))
    except RuntimeError:
        return


def leave_accelerators() -> None:
    """Keep TensorFlow, which only makes the images here, from the memory of a GPU."""
    try:
        tf.config.set_visible_devices([], "GPU")
    except RuntimeError:
        return
