"""ResNet9 for images of 64 x 64 pixels, in PyTorch.

The layers are those that the name stands for since Page 2018, *How to train your ResNet*: eight convolutions
of 3 x 3 with batch normalization and rectifiers, two residual blocks, and a linear layer. Its convolutions
have 6,563,520 weights, the "6.5 M parameters" of Morgan and Hougen 2024, Section 4, who call theirs custom
and print no more of it. With normalization and the 200 classes of TinyImageNet there are 6,670,600
parameters.
"""

from __future__ import annotations

from torch import Tensor, nn


def _layer(inside: int, outside: int, *, pool: bool = False) -> nn.Sequential:
    """Return a convolution with normalization and rectifier, which keeps the size or halves it by pooling."""
    parts: list[nn.Module] = [
        nn.Conv2d(inside, outside, 3, padding=1, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(inplace=True),
    ]
    return nn.Sequential(*parts, nn.MaxPool2d(2)) if pool else nn.Sequential(*parts)


class Residual(nn.Module):
    """Two layers whose output is added to their input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(_layer(channels, channels), _layer(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x + f(x)``, of the shape of ``x``."""
        result: Tensor = x + self.layers(x)
        return result


class ResNet9(nn.Module):
    """Eight convolutions, of which four stand in two residual blocks, and a linear layer.

    Args:
        classes: length of the output.
        channels: colors of the images.
        width: channels of the first convolution; the others have two, four and eight times as many.
    """

    def __init__(self, classes: int, channels: int = 3, width: int = 64) -> None:
        super().__init__()
        self.features = nn.Sequential(
            _layer(channels, width),
            _layer(width, 2 * width, pool=True),
            Residual(2 * width),
            _layer(2 * width, 4 * width, pool=True),
            _layer(4 * width, 8 * width, pool=True),
            Residual(8 * width),
            nn.AdaptiveMaxPool2d(1),
            nn.Flatten(),
        )
        self.dense = nn.Linear(8 * width, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits, shape ``(batch, classes)``, of images ``(batch, channels, height, width)``.

        Height and width are at least 8 pixels.
        """
        logits: Tensor = self.dense(self.features(images))
        return logits
