"""The initial weights of the surrogate, as Keras draws them, for every framework the same.

Glorot uniform (Glorot and Bengio 2010): U(-a, a) with a = sqrt(6 / (fan_in + fan_out)); biases zero.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Weights = dict[str, npt.NDArray[np.float32]]

KERNEL = 3
"""Side of the convolutions."""


def initial_weights(base: int, channels: int, classes: int, seed: int) -> Weights:
    """Return the trained weights by name, in the order and layout of PyTorch's ``ConvNet``.

    A convolution has the shape ``(out, in, 3, 3)``, the dense layer ``(classes, 4 * base)``.
    """
    rng = np.random.default_rng(seed)
    weights: Weights = {}
    inside = channels
    for number, outside in enumerate((base, 2 * base, 4 * base), 1):
        area = KERNEL * KERNEL
        weights[f"conv{number}.weight"] = _glorot(
            rng, (outside, inside, KERNEL, KERNEL), area * inside, area * outside
        )
        weights[f"conv{number}.bias"] = np.zeros(outside, np.float32)
        weights[f"norm{number}.weight"] = np.ones(outside, np.float32)
        weights[f"norm{number}.bias"] = np.zeros(outside, np.float32)
        inside = outside
    weights["dense.weight"] = _glorot(rng, (classes, inside), inside, classes)
    weights["dense.bias"] = np.zeros(classes, np.float32)
    return weights


def _glorot(
    rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int
) -> npt.NDArray[np.float32]:
    limit = math.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, shape).astype(np.float32)
