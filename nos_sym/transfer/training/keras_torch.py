"""Trainings of Keras models on PyTorch, with rendered optimizers of PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nos_sym.search.loading import RenderedFile
from nos_sym.surrogate.task import count_hits
from nos_sym.transfer.data.images import ImageData
from nos_sym.transfer.models.efficientnet import build_efficientnet
from nos_sym.transfer.settings import ImageTraining
from nos_sym.transfer.training.curve import Curve
from nos_sym.transfer.training.keras_data import leave_accelerators, scored_batches, training_batches
from nos_sym.transfer.training.parts import parts_of
from nos_sym.transfer.training.torch_loop import Learner, prepared, train

_SCORED_BATCH = 250


def train_keras_torch(
    file: RenderedFile, data: ImageData, settings: ImageTraining, seed: int, weights: Path | None
) -> Curve:
    """Train EfficientNetV2-Small on PyTorch.

    Args:
        file: the optimizer.
        data: the images.
        settings: of the training.
        seed: of weights, order and augmentation.
        weights: pretrained ones, or ``None``.
    """
    leave_accelerators()
    training, scored = parts_of(data, settings)
    # Layers of Keras make their tensors on its own device, which is a GPU wherever there is one.
    with prepared(settings, seed) as device, keras.device(str(device)):
        keras.utils.set_random_seed(seed % 2**32)
        network = build_efficientnet(
            data.classes, settings.side, settings.dropout, weights, settings.precision
        ).to(device)

        def losses() -> Iterator[Tensor]:
            for images, labels in training_batches(training, settings, seed):
                logits = network(_tensor(images, device), training=True).float()
                yield functional.cross_entropy(logits, _tensor(labels, device))

        def score() -> float:
            hits = torch.zeros((), dtype=torch.int64, device=device)
            with torch.no_grad():
                for images, labels in scored_batches(scored, _SCORED_BATCH):
                    logits = network(_tensor(images, device), training=False).float()
                    hits += count_hits(logits, _tensor(labels, device))
            return int(hits) / len(scored)

        return train(Learner(network, losses(), score, 0.0, settings.weight_decay), file, settings)


def _tensor(values: np.ndarray, device: torch.device) -> Tensor:
    # TensorFlow's memory is read-only, and what is written to a tensor of PyTorch must not be.
    return torch.tensor(values, device=device)
