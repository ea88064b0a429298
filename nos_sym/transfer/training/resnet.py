"""Trainings of ResNet9: images stay on the device as bytes and are cut there, shifted and mirrored."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nos_sym.search.loading import RenderedFile
from nos_sym.surrogate.task import count_hits
from nos_sym.transfer.data.images import ImageData, Part
from nos_sym.transfer.models.resnet9 import ResNet9
from nos_sym.transfer.settings import ImageTraining
from nos_sym.transfer.training.curve import Curve
from nos_sym.transfer.training.parts import parts_of, shuffled
from nos_sym.transfer.training.torch_loop import Learner, autocast, prepared, train

_SCORED_BATCH = 500
_SHIFT = 0.1
"""Largest translation, as a share of the side; the paper prints none."""


def train_resnet(file: RenderedFile, data: ImageData, settings: ImageTraining, seed: int) -> Curve:
    """Train ResNet9 on images."""
    training, scored = parts_of(data, settings)
    with prepared(settings, seed) as device:
        network = ResNet9(data.classes, width=settings.width).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        mean, divisor = (torch.from_numpy(x).to(device) for x in channel_scale(training))
        pixels = torch.from_numpy(training.images).to(device)
        labels = torch.from_numpy(training.labels).to(device)
        rng = np.random.default_rng(seed)

        def losses() -> Iterator[Tensor]:
            for index in shuffled(rng, len(training), settings.batch):
                seen = (_cut(pixels, index, rng, settings) - mean) / divisor
                with autocast(settings, device):
                    logits = network(seen.permute(0, 3, 1, 2)).float()
                yield functional.cross_entropy(logits, labels[torch.from_numpy(index).to(device)])

        held = [
            (torch.from_numpy(p.images).to(device), torch.from_numpy(p.labels).to(device))
            for p in _batches(scored)
        ]

        def score() -> float:
            network.eval()
            with torch.no_grad():
                hits = 0
                for images, truth in held:
                    seen = (_middle(images, settings.side) - mean) / divisor
                    with autocast(settings, device):
                        hits += int(count_hits(network(seen.permute(0, 3, 1, 2)).float(), truth))
            return hits / len(scored)

        return train(Learner(network, losses(), score, 0.0, settings.weight_decay), file, settings)


def channel_scale(part: Part) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation of each channel in bytes, float32, shape ``(3,)``."""
    sums, squares, count = np.zeros(3), np.zeros(3), 0
    for each in _batches(part):
        values = each.images.reshape(-1, 3).astype(np.float64)
        sums += values.sum(axis=0)
        squares += np.square(values).sum(axis=0)
        count += len(values)
    mean = sums / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 0))
    return mean.astype(np.float32), np.where(deviation > 0, deviation, 1.0).astype(np.float32)


def _batches(part: Part) -> Iterator[Part]:
    for start in range(0, len(part), _SCORED_BATCH):
        yield part[start : start + _SCORED_BATCH]


def _middle(images: Tensor, side: int) -> Tensor:
    """Return the middle square of images."""
    top, left = (images.size(1) - side) // 2, (images.size(2) - side) // 2
    return images[:, top : top + side, left : left + side].to(torch.float32)


def _cut(pixels: Tensor, index: np.ndarray, rng: np.random.Generator, settings: ImageTraining) -> Tensor:
    """Return random crops of images, moved and mirrored at random; what moves in from outside is black."""
    side, whole = settings.side, pixels.size(1)
    chosen = torch.from_numpy(index).to(pixels.device)
    if settings.augmentation == "none":
        return _middle(pixels[chosen], side)
    grid = np.arange(side)
    most = round(_SHIFT * side)
    inside: list[Tensor] = []
    places: list[Tensor] = []
    for mirrored in (False, True):
        begin = rng.integers(0, whole - side + 1, (len(index), 1))
        moved = grid - rng.integers(-most, most + 1, (len(index), 1))
        visible = (moved >= 0) & (moved < side)
        at = begin + np.clip(moved, 0, side - 1)
        if mirrored:
            flip = rng.random((len(index), 1)) < 0.5
            at, visible = np.where(flip, at[:, ::-1], at), np.where(flip, visible[:, ::-1], visible)
        places.append(torch.from_numpy(at).to(pixels.device))
        inside.append(torch.from_numpy(visible).to(pixels.device))
    rows, columns = places
    cut = pixels[chosen[:, None, None], rows[:, :, None], columns[:, None, :]].to(torch.float32)
    return cut * (inside[0][:, :, None] & inside[1][:, None, :])[..., None]
