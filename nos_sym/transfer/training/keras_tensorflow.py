"""Trainings of Keras models on TensorFlow, with rendered optimizers of Keras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from nos_sym.search.loading import RenderedFile, build
from nos_sym.transfer.data.images import ImageData, Part
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
    """Train EfficientNetV2-Small on TensorFlow; as ``train_keras_torch`` on PyTorch."""
    limit_threads(settings.threads)
    training, scored = parts_of(data, settings)
    keras.utils.set_random_seed(seed % 2**32)
    network = build_efficientnet(data.classes, settings.side, settings.dropout, weights, settings.precision)
    optimizer = build(file.optimizer, learning_rate=Rates(rates_of(settings)), total_steps=settings.steps)
    update = _update(network, optimizer, settings.weight_decay)
    batches = training_batches(training, settings, seed)
    losses: list[float] = []
    scores: list[float] = []
    done = 0
    while done < settings.ends:
        count = min(settings.epoch_steps, settings.ends - done)
        total = 0.0
        for start in range(done, done + count, CHECK):
            length = min(CHECK, done + count - start)
            waiting = [update(*next(batches)) for _ in range(length)]
            found = [float(loss) for loss in waiting]
            if (bad := first_bad(found, start)) is not None:
                return Curve(tuple(losses), tuple(scores), bad, bad)
            total += sum(found)
        done += count
        losses.append(total / count)
        scores.append(_accuracy(network, scored))
    return Curve(tuple(losses), tuple(scores), done)


def _update(network: Any, optimizer: Any, weight_decay: float) -> Callable[[Any, Any], Any]:
    """Return a compiled function that trains one batch and returns its loss."""
    weights = network.trainable_variables
    optimizer.build(weights)

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def update(images: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = tf.cast(network(images, training=True), tf.float32)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, [w.value for w in weights])
        if weight_decay:
            gradients = [g + weight_decay * w for g, w in zip(gradients, weights, strict=True)]
        optimizer.apply(gradients, weights)
        return loss

    trained: Callable[[Any, Any], Any] = update
    return trained


def _accuracy(network: Any, part: Part) -> float:
    hits = 0
    for images, labels in scored_batches(part, _SCORED_BATCH):
        logits = tf.cast(network(images, training=False), tf.float32)
        finite = tf.reduce_all(tf.math.is_finite(logits), axis=-1)
        right = (tf.argmax(logits, axis=-1) == labels) & finite
        hits += int(tf.reduce_sum(tf.cast(right, tf.int32)))
    return hits / len(part)
