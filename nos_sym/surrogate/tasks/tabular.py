"""Regression on rows of numbers: Friedman's function with noise, or the diabetes data of scikit-learn."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from nos_sym.surrogate.cifar import DataError
from nos_sym.surrogate.tasks.definition import Examples, Metric, Splits
from nos_sym.surrogate.tasks.networks import initialize
from nos_sym.surrogate.tasks.settings import TabularSettings

_SEED = 19910301
_SIZES = {"friedman": (1200, 400, 400), "diabetes": (282, 80, 80)}
_COLUMNS, _NOISE = 10, 1.0


class Tabular:
    """Fits a perceptron by least squares.

    The score is the share of the variance that is explained, of what can be: of all of the diabetes data, and
    without the noise of Friedman's function.
    """

    title: ClassVar[str] = "a perceptron fits rows of numbers by least squares"
    settings: ClassVar[type[TabularSettings]] = TabularSettings

    def load(self, settings: TabularSettings) -> Splits:
        """Return the data; inputs and target have mean 0 and variance 1 in the training part.

        Raises:
            DataError: scikit-learn is not installed, which has the diabetes data.
        """
        return _load(settings.data)[0]

    def model(self, settings: TabularSettings, data: Splits, seed: int) -> nn.Module:
        """Return the perceptron."""
        widths = [data.train.inputs.shape[1], *[settings.hidden] * settings.layers]
        layers: list[nn.Module] = []
        for inside, outside in pairwise(widths):
            layers += [nn.Linear(inside, outside), nn.SiLU()]
        return initialize(nn.Sequential(*layers, nn.Linear(widths[-1], 1)), seed)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean squared error."""
        return (outputs - targets).square().mean()

    def metric(self, settings: TabularSettings, data: Splits) -> Metric:
        """Return the mean squared error, in variances of the target."""
        return Metric("mean squared error", 1.0, _load(settings.data)[1], self.loss)


@lru_cache(maxsize=2)
def _load(name: str) -> tuple[Splits, float]:
    """Return the data, and the variance of its noise in variances of the target."""
    inputs, target = _friedman() if name == "friedman" else _diabetes()
    first, second, _ = _SIZES[name]
    mean, deviation = inputs[:first].mean(axis=0), inputs[:first].std(axis=0)
    inputs = ((inputs - mean) / deviation).astype(np.float32)
    variance = target[:first].var()
    scaled = ((target - target[:first].mean()) / np.sqrt(variance)).astype(np.float32)[:, None]
    bounds = (slice(0, first), slice(first, first + second), slice(first + second, None))
    parts = [Examples(inputs[part], scaled[part]) for part in bounds]
    return Splits(*parts), float(_NOISE**2 / variance) if name == "friedman" else 0.0


def _friedman() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return rows of ten numbers of U(0, 1), of which five matter, and the function of them with noise.

    Source: Friedman 1991, *Multivariate adaptive regression splines*, equation 61.
    """
    rng = np.random.default_rng(_SEED)
    x = rng.random((sum(_SIZES["friedman"]), _COLUMNS))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    return x, y + _NOISE * rng.standard_normal(len(x))


def _diabetes() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the 442 patients of Efron et al. 2004 in an order of our own, ten numbers each."""
    try:
        from sklearn.datasets import load_diabetes
    except ImportError:
        raise DataError(
            "the data set 'diabetes' needs scikit-learn, which is not installed; "
            "install nos-sym with the extra 'demo', or choose other data"
        ) from None
    data = load_diabetes()
    order = np.random.default_rng(_SEED).permutation(len(data.target))
    return np.asarray(data.data)[order], np.asarray(data.target, dtype=np.float64)[order]
