"""The surrogate trainer for TensorFlow: the same network, batches, weights and early stops as for PyTorch.

It trains learning rates one after the other and is there to hold the other one against, and for optimizers
that are to be judged in the framework in which they will be used.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from nos_sym.errors import NosSymError
from nos_sym.search.records import SettingsError
from nos_sym.search.results import Trained
from nos_sym.surrogate.augment import cut_pixels
from nos_sym.surrogate.batches import Epoch, Phase, draw_epochs, seeds_of
from nos_sym.surrogate.data import Images, load_images
from nos_sym.surrogate.early_stop import Curve, cuts_rate, ends_run
from nos_sym.surrogate.evaluation import Evaluation, finish
from nos_sym.surrogate.halving import finished, train_halving
from nos_sym.surrogate.initialization import KERNEL, initial_weights
from nos_sym.surrogate.loading import Run, load_file
from nos_sym.surrogate.schedule import cycle_momenta, cycle_rates
from nos_sym.surrogate.settings import TrainingSettings

EPSILON = 1e-3
_CHECK = 20
_HELD_OUT_BATCH = 500


class BackendError(NosSymError):
    """Keras runs on another framework than TensorFlow."""


class TensorFlowTrainer:
    """Trains the ConvNet with an optimizer of Keras; see :class:`~nos_sym.search.trainers.Trainer`."""

    name: ClassVar[str] = "tensorflow"
    backend: ClassVar[str] = "tensorflow"

    def train(self, source: Path, class_name: str, settings: TrainingSettings, seed: int) -> Trained:
        """Return the fitness of the optimizer in a source file, as ``TorchTrainer.train`` does.

        Raises:
            BackendError: Keras does not run on TensorFlow.
            LoadError: the file cannot be imported.
            DataError: the data is missing or damaged.
            SettingsError: the device is not there.
        """
        _require_images(settings)
        _require_tensorflow()
        _make_reproducible(settings.threads)
        images = load_images(settings)
        evaluation = Evaluation(settings, load_file(source, class_name), seed)

        def train(runs: Sequence[Run], phase: Phase) -> list[Curve]:
            trainings = [train_run(run, images, settings, phase) for run in runs]
            if phase is Phase.FIRST and settings.halving:
                return train_halving(settings, runs, trainings)
            return [finished(training) for training in trainings]

        with tf.device(_device_name(settings.device)):
            finish([evaluation], train)
        return evaluation.result()


class Table(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A schedule given by its value at every step."""

    def __init__(self, values: Sequence[float]) -> None:
        self.values = list(values)

    def __call__(self, step: Any) -> Any:
        """Return the value of a step, float32."""
        return tf.gather(tf.constant(self.values, tf.float32), tf.cast(step, tf.int32))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the schedule."""
        return {"values": self.values}


def build_network(settings: TrainingSettings, images: Images, seed: int) -> Any:
    """Return the ConvNet, which takes images and dropout's factors and returns logits."""
    policy = "mixed_bfloat16" if settings.precision == "bfloat16" else "float32"
    pixels = keras.Input((*images.size, images.channels))
    keep = keras.Input((4 * settings.base,))
    x = pixels
    for number, stride in ((1, 1), (2, 2), (3, 2)):
        channels = settings.base * 2 ** (number - 1)
        x = keras.layers.Conv2D(
            channels, KERNEL, strides=stride, padding="same", dtype=policy, name=f"conv{number}"
        )(x)
        x = keras.layers.BatchNormalization(
            momentum=settings.norm_momentum, epsilon=EPSILON, dtype=policy, name=f"norm{number}"
        )(x)
        x = keras.layers.Activation("silu", dtype=policy)(x)
    x = keras.layers.GlobalAveragePooling2D(dtype="float32")(x)
    x = keras.layers.Multiply(dtype=policy)([x, keep])
    logits = keras.layers.Dense(images.classes, dtype=policy, name="dense")(x)
    network = keras.Model([pixels, keep], logits)
    for name, value in initial_weights(settings.base, images.channels, images.classes, seed).items():
        _variable(network, name).assign(_to_keras(name, value))
    return network


def train_run(
    run: Run, images: Images, settings: TrainingSettings, phase: Phase
) -> Generator[Curve, None, Curve]:
    """Train a network from its initial weights; as ``train_by_epochs`` for PyTorch.

    An optimizer that draws has a generator of its own.
    """
    seeds = seeds_of(run.seed, phase)
    keras.utils.set_random_seed(seeds["optimizer"] % 2**32)
    network = build_network(settings, images, seeds["weights"])
    rates = Table([run.rate * factor for factor in cycle_rates(settings)])
    momentum = {"momentum": Table(cycle_momenta(settings))} if run.file.takes("momentum") else {}
    optimizer = run.file.construct(settings, learning_rate=rates, **momentum)
    step = _train_step(network, optimizer, settings)
    training: list[float] = []
    validation: list[float] = []
    test: float | None = None
    done = 0
    length = phase.epoch_steps(settings)
    for epoch in draw_epochs(images, settings, phase.steps(settings), seeds, length):
        losses: list[Any] = []
        hits: list[Any] = []
        for index in range(len(epoch)):
            loss, hit = step(*_batch(images, settings, epoch, index))
            losses.append(loss)
            hits.append(hit)
            if len(losses) % _CHECK == 0 or len(losses) == len(epoch):
                bad = np.flatnonzero(~np.isfinite([float(loss) for loss in losses]))
                if len(bad):
                    at = done + int(bad[0])
                    return Curve(tuple(training), tuple(validation), at, at, test)
        done += len(epoch)
        training.append(sum(int(hit) for hit in hits) / epoch.seen)
        if phase is Phase.WHOLE:
            score = _accuracy(network, images, settings, images.validation, images.validation_labels)
            if images.test is not None and score > max(validation, default=-1.0):
                test = _accuracy(network, images, settings, images.test, images.test_labels)
            validation.append(score)
            if ends_run(settings, done, training[-1]):
                break
        elif cuts_rate(settings, done, training[-1]):
            break
        yield Curve(tuple(training), tuple(validation), None, done, test)
    return Curve(tuple(training), tuple(validation), None, done, test)


def _train_step(network: Any, optimizer: Any, settings: TrainingSettings) -> Callable[..., Any]:
    """Return a function that trains one batch and returns its loss and how many images are right."""

    @tf.function  # type: ignore[untyped-decorator]
    def step(pixels: Any, labels: Any, keep: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = tf.cast(network([pixels, keep], training=True), tf.float32)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply(gradients, network.trainable_variables)
        return loss, _count_hits(logits, labels)

    optimizer.build(network.trainable_variables)
    train: Callable[..., Any] = step
    return train


def _count_hits(logits: Any, labels: Any) -> Any:
    finite = tf.reduce_all(tf.math.is_finite(logits), axis=-1)
    hits = (tf.argmax(logits, axis=-1, output_type=labels.dtype) == labels) & finite
    return tf.reduce_sum(tf.cast(hits, tf.int32))


def _accuracy(network: Any, images: Images, settings: TrainingSettings, held_out: Any, labels: Any) -> float:
    mean, divisor = images.scale(settings.scaling, settings.scaled_by)
    hits = 0
    for start in range(0, len(held_out), _HELD_OUT_BATCH):
        part = slice(start, start + _HELD_OUT_BATCH)
        pixels = (held_out[part] - mean) / divisor
        keep = np.ones((len(pixels), 4 * settings.base), np.float32)
        logits = tf.cast(network([tf.constant(pixels), tf.constant(keep)], training=False), tf.float32)
        hits += int(_count_hits(logits, tf.constant(labels[part])))
    return hits / len(held_out)


def _batch(images: Images, settings: TrainingSettings, epoch: Epoch, step: int) -> tuple[Any, Any, Any]:
    """Return images as the network sees them, labels, and dropout's factors."""
    size, crops = epoch.sizes[step], epoch.crops
    index, rows, columns = epoch.index[step, :size], crops.rows[step, :size], crops.columns[step, :size]
    mean, divisor = images.scale(settings.scaling, settings.scaled_by)
    pixels = (cut_pixels(images.training, index, rows, columns) - mean) / divisor
    cut = crops.cut_rows[step, :size, :, None] & crops.cut_columns[step, :size, None, :]
    pixels[cut] = 0
    keep = epoch.keep[step, :size].astype(np.float32) / np.float32(1 - settings.dropout)
    return tf.constant(pixels), tf.constant(images.training_labels[index]), tf.constant(keep)


def _variable(network: Any, name: str) -> Any:
    layer, part = name.split(".")
    keys = {"weight": 0, "bias": 1}
    return network.get_layer(layer).trainable_variables[keys[part]]


def _to_keras(name: str, value: Any) -> Any:
    """Return weights in Keras' layout: ``(3, 3, in, out)`` and ``(in, out)``."""
    if name.startswith("conv") and value.ndim == 4:
        return value.transpose(2, 3, 1, 0)
    return value.T


def _require_images(settings: Any) -> None:
    if not isinstance(settings, TrainingSettings):
        raise SettingsError(
            "the trainer 'tensorflow' has images alone; use the trainer 'torch' for other tasks"
        )


def _require_tensorflow() -> None:
    found = keras.backend.backend()
    if found != "tensorflow":
        raise BackendError(
            f"Keras runs on '{found}' here; expected TensorFlow: set KERAS_BACKEND to tensorflow, "
            "or use the trainer 'torch'"
        )


def _make_reproducible(threads: int) -> None:
    """Fix the number of threads, and have operations of a GPU add in a fixed order."""
    with contextlib.suppress(RuntimeError):
        # TensorFlow takes it before its first operation alone; a worker's first training is that.
        tf.config.threading.set_intra_op_parallelism_threads(threads)
    if tf.config.list_physical_devices("GPU"):
        tf.config.experimental.enable_op_determinism()


def _device_name(name: str) -> str | None:
    """Return TensorFlow's name of a device.

    Raises:
        SettingsError: there is none of this name.
    """
    if name == "auto":
        return None
    kind, _, number = name.partition(":")
    wanted = {"cpu": "CPU", "cuda": "GPU", "gpu": "GPU"}.get(kind, kind.upper())
    place = f"{wanted}:{number or 0}"
    known = [device.name.removeprefix("/physical_device:") for device in tf.config.list_physical_devices()]
    if place not in known:
        raise SettingsError(f"'device' is '{name}', which is not here; expected auto, cpu, or one of {known}")
    return f"/{place}"
