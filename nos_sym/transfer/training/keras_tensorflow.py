"""Trainings of Keras models on TensorFlow, with rendered optimizers of Keras.

TensorFlow compiles a network's forward and backward pass in more time than a rehearsal trains. What it
compiles is a function of the settings and holds no weights, so one compiled network of a process serves all
trainings that are alike but for optimizer, rate and seed: each begins with the variables of a network that is
built for it. The optimizer's update is compiled for each training, around the compiled gradient.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
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
        s = settings
        drawn = build_efficientnet(data.classes, s.side, s.dropout, weights, s.precision)
        compiled = _compiled(
            data.classes, s.side, s.dropout, s.precision, s.batch, s.weight_decay, s.device
        ).begin(drawn)
        optimizer = build(file.optimizer, learning_rate=Rates(rates_of(settings)), total_steps=settings.steps)
        update = _update(compiled, optimizer, settings)
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
            scores.append(
                sum(compiled.hits(*each) for each in scored_batches(scored, _SCORED_BATCH)) / len(scored)
            )
    return Curve(tuple(losses), tuple(scores), done)


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A network whose passes are compiled.

    Attributes:
        network: the model of Keras.
        gradients: from images and labels of a batch to loss and gradients of the trainable variables.
        hits: counts the images of a batch, of any length, whose class is found.
    """

    network: Any
    gradients: Callable[[Any, Any], tuple[Any, list[Any]]]
    hits: Callable[[Any, Any], int]

    def begin(self, drawn: Any) -> _Compiled:
        """Take all variables of another network of the same settings, the seeds of dropout included."""
        for own, other in zip(self.network.variables, drawn.variables, strict=True):
            own.assign(other)
        return self


@lru_cache(maxsize=1)
def _compiled(
    classes: int, side: int, dropout: float, precision: str, batch: int, decay: float, device: str
) -> _Compiled:
    """Return a network of these settings; it is traced where it is first called, which is on the device."""
    network = build_efficientnet(classes, side, dropout, None, precision)
    weights = network.trainable_variables

    @tf.function(input_signature=_signature(batch, side))  # type: ignore[untyped-decorator]
    def gradients(images: Any, labels: Any) -> tuple[Any, list[Any]]:
        with tf.GradientTape() as tape:
            logits = tf.cast(network(images, training=True), tf.float32)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_mean(losses)
        found = tape.gradient(loss, [w.value for w in weights])
        if decay:
            found = [g + decay * w for g, w in zip(found, weights, strict=True)]
        return loss, found

    @tf.function(input_signature=_signature(None, side))  # type: ignore[untyped-decorator]
    def right(images: Any, labels: Any) -> Any:
        logits = tf.cast(network(images, training=False), tf.float32)
        finite = tf.reduce_all(tf.math.is_finite(logits), axis=-1)
        return tf.reduce_sum(tf.cast((tf.argmax(logits, axis=-1) == labels) & finite, tf.int32))

    return _Compiled(network, gradients, lambda images, labels: int(right(images, labels)))


def _signature(batch: int | None, side: int) -> tuple[Any, Any]:
    """Return the types of a batch of images and of their labels."""
    return tf.TensorSpec((batch, side, side, 3), tf.float32), tf.TensorSpec((batch,), tf.int64)


def _update(compiled: _Compiled, optimizer: Any, settings: ImageTraining) -> Callable[[Any, Any], Any]:
    """Return a compiled function that trains one batch and returns its loss."""
    weights = compiled.network.trainable_variables
    optimizer.build(weights)

    @tf.function(input_signature=_signature(settings.batch, settings.side))  # type: ignore[untyped-decorator]
    def update(images: Any, labels: Any) -> Any:
        loss, gradients = compiled.gradients(images, labels)
        optimizer.apply(gradients, weights)
        return loss

    trained: Callable[[Any, Any], Any] = update
    return trained


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
