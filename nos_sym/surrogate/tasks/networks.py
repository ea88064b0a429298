"""Initial weights of the models of tasks: drawn by NumPy, as those of images are."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import nn


@torch.no_grad()
def initialize(model: nn.Module, seed: int) -> nn.Module:
    """Draw the weights of a model: matrices uniform (Glorot and Bengio 2010), biases zero."""
    rng = np.random.default_rng(seed)
    for name, weight in model.named_parameters():
        if weight.ndim >= 2:
            limit = math.sqrt(6 / (weight.shape[0] + weight.shape[1]))
            drawn = rng.uniform(-limit, limit, tuple(weight.shape)).astype(np.float32)
            weight.copy_(torch.from_numpy(drawn))
        elif name.rpartition(".")[2] == "bias":
            weight.zero_()
    return model
