"""The paper's ConvNet for PyTorch (Section 3.3), with Keras' normalization, padding and initialization."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from nos_sym.surrogate.initialization import KERNEL, initial_weights

EPSILON = 1e-3
"""Keras' epsilon of batch normalization."""


class BatchNorm(nn.Module):
    """Batch normalization of channels; its statistics are buffers and count as parameters in the paper.

    Args:
        channels: of the input.
        momentum: Keras' momentum of the statistics, ``mean <- m * mean + (1 - m) * batch mean``.
    """

    def __init__(self, channels: int, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.mean: Tensor
        self.variance: Tensor
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` normalized over all but its channels, shape ``(batch, channels, height, width)``."""
        return functional.batch_norm(
            x, self.mean, self.variance, self.weight, self.bias, self.training, 1 - self.momentum, EPSILON
        )


class ConvNet(nn.Module):
    """Three 3 x 3 convolutions, each with batch normalization and swish, pooling, dropout and a dense layer.

    The convolutions have ``base``, ``2 * base`` and ``4 * base`` channels and strides 1, 2 and 2. With 10
    classes and 3 channels there are 0.212 M parameters at base 48, 0.375 M at 64, 0.839 M at 96 and 1.487 M
    at 128 (the last digit cut off), biases and the statistics of batch normalization included.

    Args:
        base: channels of the first convolution.
        channels: colors of the images.
        classes: length of the output.
        seed: of the initial weights.
        norm_momentum: of batch normalization, 0.99 in Keras.
    """

    def __init__(
        self, base: int, channels: int = 3, classes: int = 10, *, seed: int = 0, norm_momentum: float = 0.99
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, base, KERNEL)
        self.norm1 = BatchNorm(base, norm_momentum)
        self.conv2 = nn.Conv2d(base, 2 * base, KERNEL, stride=2)
        self.norm2 = BatchNorm(2 * base, norm_momentum)
        self.conv3 = nn.Conv2d(2 * base, 4 * base, KERNEL, stride=2)
        self.norm3 = BatchNorm(4 * base, norm_momentum)
        self.dense = nn.Linear(4 * base, classes)
        weights = initial_weights(base, channels, classes, seed)
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                parameter.copy_(torch.from_numpy(weights[name]))

    def forward(self, images: Tensor, keep: Tensor | None = None) -> Tensor:
        """Return the logits, shape ``(batch, classes)``.

        Args:
            images: shape ``(batch, channels, height, width)``.
            keep: factors of the pooled features, shape ``(batch, 4 * base)``: dropout, drawn outside.
                ``None`` leaves it out.
        """
        x = functional.silu(self.norm1(self.conv1(pad_same(images, 1))))
        x = functional.silu(self.norm2(self.conv2(pad_same(x, 2))))
        x = functional.silu(self.norm3(self.conv3(pad_same(x, 2))))
        features = x.mean(dim=(-2, -1))
        logits: Tensor = self.dense(features if keep is None else features * keep)
        return logits


def pad_same(images: Tensor, stride: int) -> Tensor:
    """Return images with TensorFlow's padding "same" for a 3 x 3 convolution.

    The output has ``ceil(length / stride)`` pixels a side. Where the border is odd in number, the pixel more
    stands at the end: an even side at stride 2 is padded by nothing before and one pixel behind.
    """
    amounts: list[int] = []
    for length in (images.shape[-1], images.shape[-2]):
        outputs = -(-length // stride)
        total = max((outputs - 1) * stride + KERNEL - length, 0)
        amounts += [total // 2, total - total // 2]
    return functional.pad(images, amounts)


def count_parameters(network: nn.Module) -> int:
    """Return the number of parameters and statistics, as the paper counts them."""
    return sum(t.numel() for t in (*network.parameters(), *network.buffers()))
