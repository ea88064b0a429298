"""Batches of images for Keras models, augmented side by side by ``tf.data``, whatever Keras runs on.

RandAugment is Keras' own layer; its progressive schedule is ours: the magnitude rises in four equal stages,
as Tan and Le 2021 raise theirs from 5 to 15 for EfficientNetV2-Small, but images keep their size. A
magnitude is of 30, as Cubuk et al. 2020 count it, and the layer takes it as a share.

Each of several streams augments its images one after the other with random numbers of its own, and batches
take from the streams in turn. So all processors work, and the same seed gives the same images.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nos_sym.transfer.data.images import Part
from nos_sym.transfer.settings import ImageTraining

STAGES = 4
"""Steps in which the progressive magnitude rises."""

_STREAMS = 8
"""Streams of images, the same number everywhere, so that a seed gives the same images."""

_LARGEST = 30.0


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
    for stage, (end, magnitude) in enumerate(magnitudes(settings)):
        end = min(end, settings.ends)
        if end <= begin:
            continue
        data = _augmented(part, settings, magnitude, (seed * STAGES + stage) % 2**31)
        yield from data.take(end - begin).as_numpy_iterator()
        begin = end


def _augmented(part: Part, settings: ImageTraining, magnitude: float, seed: int) -> Any:
    order = np.random.default_rng(seed).permutation(len(part))
    streams = []
    count = min(_STREAMS, len(order))
    for number in range(count):
        index = tf.constant(order[number::count])
        stream = tf.data.Dataset.from_tensor_slices(index)
        stream = stream.shuffle(len(index), seed=seed + number, reshuffle_each_iteration=True).repeat()
        stream = stream.map(_reader(part))
        if magnitude > 0:
            layer = keras.layers.RandAugment(
                value_range=(0, 255), factor=magnitude / _LARGEST, seed=(seed * _STREAMS + number) % 2**31
            )
            stream = stream.map(lambda image, label, layer=layer: (layer(image, training=True), label))
        streams.append(stream.prefetch(2 * settings.batch // count + 1))
    turns = tf.data.Dataset.range(count).repeat()
    mixed = tf.data.Dataset.choose_from_datasets(streams, turns) if count > 1 else streams[0]
    return mixed.batch(settings.batch, drop_remainder=True).prefetch(2)


def _reader(part: Part) -> Any:
    """Return a function from the number of an image to its pixels and label.

    The images stay in NumPy's memory: a constant of TensorFlow would copy them.
    """
    shape = part.images.shape[1:]

    def pixels(index: Any) -> Any:
        return part.images[int(index)], part.labels[int(index)]

    def read(index: Any) -> tuple[Any, Any]:
        image, label = tf.numpy_function(pixels, [index], (tf.uint8, tf.int64), stateful=False)
        return tf.cast(tf.ensure_shape(image, shape), tf.float32), tf.ensure_shape(label, ())

    return read


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
        tf.config.threading.set_inter_op_parallelism_threads(max(threads, os.cpu_count() or 1))
    except RuntimeError:
        return
