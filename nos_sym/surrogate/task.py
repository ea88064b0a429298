"""A training's data on its device, the batches of its steps there, and the environment that it runs in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Protocol, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from nos_sym.search.records import SettingsError
from nos_sym.surrogate.augment import Crops, cut_pixels
from nos_sym.surrogate.batches import Epoch, draw_epochs
from nos_sym.surrogate.convnet import ConvNet
from nos_sym.surrogate.data import Images, load_images
from nos_sym.surrogate.initialization import KERNEL
from nos_sym.surrogate.measured import Hits, Measured, read_epoch
from nos_sym.surrogate.protocol import ProtocolSettings
from nos_sym.surrogate.settings import TrainingSettings
from nos_sym.surrogate.trainable import Scores

_HELD_OUT_BATCH = 500

HeldOut: TypeAlias = tuple[tuple[Tensor, Tensor], ...]
"""Batches of images as the network sees them, with their classes."""


@dataclass(frozen=True, eq=False)
class Batch:
    """What one step trains on.

    Attributes:
        images: as the network sees them, shape ``(batch, channels, height, width)``.
        labels: shape ``(batch,)``.
        keep: dropout's factors of the features, shape ``(batch, features)``.
    """

    images: Tensor
    labels: Tensor
    keep: Tensor


class OnDevice(Protocol):
    """What is trained on a device, with a number of threads."""

    @property
    def settings(self) -> ProtocolSettings:
        """Settings of the training."""

    @property
    def device(self) -> torch.device:
        """Where it trains."""


@dataclass(frozen=True, eq=False)
class Task:
    """Settings with their data on the device.

    Attributes:
        settings: of the training.
        images: the data set, as bytes in NumPy.
        device: where it trains.
        training: training images in bytes, shape ``(count, height, width, channels)``.
        training_labels: their classes.
        validation: batches of validation images.
        tested: batches of test images; none where the fitness is measured by validation.
        mean: of each channel, in bytes.
        divisor: of each channel.
    """

    settings: TrainingSettings
    images: Images
    device: torch.device
    training: Tensor
    training_labels: Tensor
    validation: HeldOut
    tested: HeldOut
    mean: Tensor
    divisor: Tensor

    @property
    def multiplications(self) -> int:
        """Multiplications that the convolutions make in the forward pass of a batch."""
        area = self.images.size[0] * self.images.size[1]
        base, inside = self.settings.base, self.images.channels
        # Strides 1, 2 and 2: each further layer has a quarter of the pixels.
        layers = ((1, inside, base), (4, base, 2 * base), (16, 2 * base, 4 * base))
        return self.settings.batch * sum(area // part * KERNEL**2 * i * o for part, i, o in layers)

    @property
    def equal_batches(self) -> bool:
        """Whether all batches have the same number of images."""
        return self.settings.shuffle or len(self.images.training) % self.settings.batch == 0

    def network(self, seed: int) -> ConvNet:
        """Return a network with initial weights of a seed, on the device."""
        network = ConvNet(
            self.settings.base,
            self.images.channels,
            self.images.classes,
            seed=seed,
            norm_momentum=self.settings.norm_momentum,
        )
        return network.to(self.device)

    def network_alone(self, seed: int) -> ConvNet:
        """Return the same network, its weights with channels last if the settings say so."""
        network = self.network(seed)
        if self.settings.channels_last:
            network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return network

    def epochs(self, steps: int, seeds: dict[str, int], length: int) -> Iterator[Epoch]:
        """Yield the epochs of a training of some steps."""
        return draw_epochs(self.images, self.settings, steps, seeds, length)

    def batches(self, epoch: Epoch) -> Iterator[Batch]:
        """Yield the batches of an epoch."""
        for size, *parts in zip(epoch.sizes.tolist(), *self.moved(epoch), strict=True):
            yield self.batch(*(part[:size] for part in parts))

    def moved(self, epoch: Epoch) -> tuple[Tensor, ...]:
        """Return what an epoch trains on, on the device: index, dropout's factors, and crops if there are.

        Each has the shape ``(steps, batch, ...)``; what belongs to a step makes its :meth:`batch`, of which a
        short one has the first rows.
        """
        index = self._move(epoch.index)
        factors = self._move(epoch.keep).to(torch.float32) / (1 - self.settings.dropout)
        if not self.settings.augment:
            return index, factors
        return index, factors, *(self._move(getattr(epoch.crops, field.name)) for field in fields(Crops))

    def batch(self, chosen: Tensor, factors: Tensor, *crops: Tensor) -> Batch:
        """Return the batch of a step, from its parts of what :meth:`moved` returned."""
        if crops:
            pixels = self._cropped(chosen, *crops)
        else:
            pixels = scale_pixels(self.training[chosen], self.mean, self.divisor)
        # Pixels that are indexed lie with their channels last, which convolutions are fastest with.
        return Batch(pixels.permute(0, 3, 1, 2), self.training_labels[chosen], factors)

    def _cropped(
        self, chosen: Tensor, rows: Tensor, columns: Tensor, cut_rows: Tensor, cut_columns: Tensor
    ) -> Tensor:
        """Return the crops of some images as the network sees them, shape ``(batch, h, w, channels)``."""
        pixels = scale_pixels(cut_pixels(self.training, chosen, rows, columns), self.mean, self.divisor)
        cut = cut_rows[:, :, None] & cut_columns[:, None, :]
        return pixels.masked_fill_(cut[..., None], 0.0)

    def measure(self, network: ConvNet, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the mean cross-entropy of a batch, and how many of its images are right."""
        images = batch.images if self.settings.channels_last else batch.images.contiguous()
        with self.autocast():
            logits = network(images, batch.keep).float()
        return functional.cross_entropy(logits, batch.labels), count_hits(logits.detach(), batch.labels)

    def read(self, measured: Measured, network: ConvNet | None, epoch: Epoch) -> Scores:
        """Return accuracies of an epoch, on the validation images unless the network is ``None``."""
        hits = None if network is None else self._hits(network, self.validation)
        bad, right, validation = read_epoch(measured, hits)
        if bad is not None:
            return Scores(bad)
        return Scores(None, right / epoch.seen, validation)

    def test(self, network: ConvNet) -> float | None:
        """Return the accuracy on the test images; ``None`` where they are not asked for."""
        if not self.tested:
            return None
        right, total = self._hits(network, self.tested)
        return int(right) / total

    @torch.no_grad()
    def _hits(self, network: ConvNet, part: HeldOut) -> Hits:
        network.eval()
        right = torch.zeros((), dtype=torch.long, device=self.device)
        for images, labels in part:
            with self.autocast():
                logits = network(images).float()
            right += count_hits(logits, labels)
        return Hits(right, sum(len(labels) for _, labels in part))

    def autocast(self) -> contextlib.AbstractContextManager[object]:
        """Return the context of the forward pass."""
        if self.settings.precision != "bfloat16":
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def _move(self, array: object) -> Tensor:
        return torch.as_tensor(array).to(self.device)


def scale_pixels(pixels: Tensor, mean: Tensor, divisor: Tensor) -> Tensor:
    """Return bytes as a network sees them: float32, ``(pixels - mean) / divisor`` for each channel."""
    return pixels.to(torch.float32).sub_(mean).div_(divisor)


def count_hits(logits: Tensor, labels: Tensor) -> Tensor:
    """Return how many rows of logits have their largest entry at the label; what is not finite is no hit."""
    hits = (logits.argmax(dim=-1) == labels) & logits.isfinite().all(dim=-1)
    return hits.sum(dim=-1)


def prepare_task(settings: TrainingSettings, images: Images | None = None) -> Task:
    """Return the task of settings, its data moved to the device.

    Args:
        settings: of the training.
        images: a data set, by default the one that the settings name.

    Raises:
        SettingsError: the device is unknown or not there.
        DataError: the data is missing or damaged.
    """
    device = find_device(settings.device)
    images = load_images(settings) if images is None else images
    mean, divisor = (
        torch.from_numpy(part).to(device) for part in images.scale(settings.scaling, settings.scaled_by)
    )

    def batched(pixels: object, labels: object) -> HeldOut:
        seen = scale_pixels(torch.as_tensor(pixels).to(device), mean, divisor).permute(0, 3, 1, 2)
        known = torch.as_tensor(labels).to(device)
        parts = torch.split(seen, _HELD_OUT_BATCH), torch.split(known, _HELD_OUT_BATCH)
        return tuple(zip(*parts, strict=True))

    on_test = settings.split == "test" and images.test is not None
    return Task(
        settings,
        images,
        device,
        *_on_device(images, device),
        batched(images.validation, images.validation_labels),
        batched(images.test, images.test_labels) if on_test else (),
        mean,
        divisor,
    )


@lru_cache(maxsize=2)
def _on_device(images: Images, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return training images and labels on a device, moved once for all tasks of these images."""
    return torch.as_tensor(images.training).to(device), torch.as_tensor(images.training_labels).to(device)


def find_device(name: str) -> torch.device:
    """Return the device of a name of torch; ``auto`` is a GPU where there is one.

    Raises:
        SettingsError: there is no such device here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError):
        raise SettingsError(
            f"'device' is '{name}', which is not here; expected auto, cpu, or a device that torch sees"
        ) from None
    return device


@contextlib.contextmanager
def reproducible(task: OnDevice) -> Iterator[None]:
    """Run with the threads of the settings, deterministic convolutions, and random state of its own."""
    threads = torch.get_num_threads()
    devices = [task.device] if task.device.type == "cuda" else []
    torch.set_num_threads(task.settings.threads)
    try:
        deterministic = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True)
        with torch.random.fork_rng(devices), deterministic:
            yield
    finally:
        torch.set_num_threads(threads)


class RandomState:
    """The state of the generators that an optimizer may draw from, as it is now."""

    def __init__(self, device: torch.device) -> None:
        self._device = device if device.type == "cuda" else None
        self._own = None if self._device is None else torch.cuda.get_rng_state(self._device)
        self._state = torch.get_rng_state()

    def restore(self) -> None:
        """Set the generators back to it."""
        torch.set_rng_state(self._state)
        if self._own is not None and self._device is not None:
            torch.cuda.set_rng_state(self._own, self._device)
