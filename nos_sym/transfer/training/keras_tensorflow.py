"""Trainings of Keras models on TensorFlow, with rendered optimizers of Keras."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from nos_sym.errors import quoted
from nos_sym.search.loading import RenderedFile, build
from nos_sym.search.records import SettingsError
from nos_sym.transfer.data.images import ImageData
from nos_sym.transfer.models.efficientnet import build_efficientnet
from nos_sym.transfer.settings import ImageTraining
from nos_sym.transfer.training.curve import CHECK, Curve, first_bad, rates_of
from nos_sym.transfer.training.keras_data import limit_threads, scored_batches, training_batches
from nos_sym.transfer.training.parts import parts_of

_SCORED_BATCH = 250


class Rates(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A schedule given by its value at every update."""

    def __init__(self, values: list[float]) -> None:
        self.values = values

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of an update, float32."""
        return tf.gather(tf.constant(self.values, tf.float32), tf.cast(step, tf.int32))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the schedule."""
        return {"values": self.values}


def train_keras_tensorflow(
    file: RenderedFile, data: ImageData, settings: ImageTraining, seed: int, weights: Path | None
) -> Curve:
    """Train EfficientNetV2-Small on TensorFlow; as ``train_keras_torch`` on PyTorch.

    Raises:
        SettingsError: the device is not there.
    """
    limit_threads(settings.threads)
    training, scored = parts_of(data, settings)
    with _device(settings.device):
        keras.utils.set_random_seed(seed % 2**32)
        network = build_efficientnet(
            data.classes, settings.side, settings.dropout, weights, settings.precision
        )
        optimizer = build(file.optimizer, learning_rate=Rates(rates_of(settings)), total_steps=settings.steps)
        update = _update(network, optimizer, settings)
        hits = _hits(network, settings.side)
        batches = training_batches(training, settings, seed)
        losses: list[float] = []
        scores: list[float] = []
        done = 0
        while done < settings.ends:
            count = min(settings.epoch_steps, settings.ends - done)
            total = 0.0
            for start in range(done, done + count, CHECK):
                length = min(CHECK, done + count - start)
                found = tf.stack([update(*next(batches)) for _ in range(length)]).numpy().tolist()
                if (bad := first_bad(found, start)) is not None:
                    return Curve(tuple(losses), tuple(scores), bad, bad)
                total += sum(found)
            done += count
            losses.append(total / count)
            scores.append(sum(hits(*each) for each in scored_batches(scored, _SCORED_BATCH)) / len(scored))
    return Curve(tuple(losses), tuple(scores), done)


def _update(network: Any, optimizer: Any, settings: ImageTraining) -> Callable[[Any, Any], Any]:
    """Return a compiled function that trains one batch and returns its loss."""
    weights = network.trainable_variables
    optimizer.build(weights)
    batch, side, decay = settings.batch, settings.side, settings.weight_decay
    signature = (tf.TensorSpec((batch, side, side, 3), tf.float32), tf.TensorSpec((batch,), tf.int64))

    @tf.function(input_signature=signature)  # type: ignore[untyped-decorator]
    def update(images: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = tf.cast(network(images, training=True), tf.float32)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, [w.value for w in weights])
        if decay:
            gradients = [g + decay * w for g, w in zip(gradients, weights, strict=True)]
        optimizer.apply(gradients, weights)
        return loss

    trained: Callable[[Any, Any], Any] = update
    return trained


def _hits(network: Any, side: int) -> Callable[[Any, Any], int]:
    """Return a function that counts the images of a batch, of any length, whose class is found."""

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=(tf.TensorSpec((None, side, side, 3), tf.float32), tf.TensorSpec((None,), tf.int64))
    )
    def right(images: Any, labels: Any) -> Any:
        logits = tf.cast(network(images, training=False), tf.float32)
        finite = tf.reduce_all(tf.math.is_finite(logits), axis=-1)
        return tf.reduce_sum(tf.cast((tf.argmax(logits, axis=-1) == labels) & finite, tf.int32))

    return lambda images, labels: int(right(images, labels))


def _device(name: str) -> Any:
    """Return the scope of a device by its name in torch; ``auto`` is a GPU where there is one.

    Raises:
        SettingsError: there is no such device here.
    """
    here = tf.config.list_physical_devices("GPU")
    for gpu in here:
        # Several trainings share a GPU where none takes its whole memory.
        with contextlib.suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(gpu, True)
    kind, _, number = name.partition(":")
    place = int(number or 0) if (number or "0").isdecimal() else -1
    if name == "auto" and here:
        return tf.device("GPU:0")
    if name in ("auto", "cpu", "cpu:0"):
        return tf.device("CPU:0")
    if kind not in ("cuda", "gpu") or not 0 <= place < len(here):
        raise SettingsError(
            f"'device' is {quoted(name)}, which is not here; expected auto, cpu, or a GPU of TensorFlow"
        )
    return tf.device(f"GPU:{place}")
