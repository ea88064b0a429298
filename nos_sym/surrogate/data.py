"""The data sets of the surrogate: images as bytes, a fixed validation part, and how they are augmented."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nos_sym.surrogate.cifar import DataError, read_cifar10
from nos_sym.surrogate.settings import DataName, TrainingSettings

_SYNTHETIC_SEED = 20240601
_SYNTHETIC_CLASSES = 4


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How a training image is changed at random.

    Attributes:
        pad: pixels of reflected border, out of which a window of the image's size is cropped.
        flip: whether it is mirrored horizontally, every second time.
        cutout: side of the square around a random pixel that a network sees as zeros; 0 for none.
    """

    pad: int
    flip: bool
    cutout: int


@dataclass(frozen=True, eq=False)
class Images:
    """A data set.

    Attributes:
        training: images in bytes, shape ``(count, height, width, channels)``.
        training_labels: their classes, shape ``(count,)``.
        validation: the images that fitness is measured on.
        validation_labels: their classes.
        classes: number of classes.
        largest: the byte of a full pixel, by which ``unit`` scaling divides.
        augmentation: how training images are changed.
    """

    training: npt.NDArray[np.uint8]
    training_labels: npt.NDArray[np.int64]
    validation: npt.NDArray[np.uint8]
    validation_labels: npt.NDArray[np.int64]
    classes: int
    largest: int
    augmentation: Augmentation

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of an image."""
        return self.training.shape[1], self.training.shape[2]

    @property
    def channels(self) -> int:
        """Number of colors."""
        return int(self.training.shape[3])

    def scale(self, scaling: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return mean and divisor of each channel, in bytes: a network sees ``(image - mean) / divisor``.

        ``standard`` gives each channel of the training images mean 0 and variance 1; ``unit`` the range
        [0, 1].
        """
        if scaling == "unit":
            zeros = np.zeros(self.channels, np.float32)
            return zeros, zeros + self.largest
        mean = self.training.mean(axis=(0, 1, 2), dtype=np.float64)
        deviation = self.training.std(axis=(0, 1, 2), dtype=np.float64)
        return mean.astype(np.float32), deviation.astype(np.float32)


def load_images(settings: TrainingSettings) -> Images:
    """Return the data set that settings name, read once in a process.

    Raises:
        DataError: it is missing or damaged, or what reads it is not installed.
    """
    return _load(settings.data, settings.folder)


@lru_cache(maxsize=2)
def _load(name: DataName, folder: Path) -> Images:
    if name == "cifar10":
        # The official batches are in random order: the last 5,000 of 50,000 validate.
        return _split(*read_cifar10(folder), 5000, 255, Augmentation(4, True, 8))
    if name == "digits":
        return _digits()
    return _synthetic()


def _digits() -> Images:
    """Return scikit-learn's digits: 1,437 to train and 360, of writers that come last, to validate.

    A digit that is mirrored is none, and a 2 x 2 hole is to 8 x 8 pixels what 8 x 8 is to CIFAR-10's.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise DataError(
            "the data set 'digits' needs scikit-learn, which is not installed; "
            "install nos-sym with the extra 'demo', or choose other data"
        ) from None
    digits = load_digits()
    images = np.asarray(digits.images, dtype=np.uint8)[..., None]
    return _split(images, np.asarray(digits.target, dtype=np.int64), 360, 16, Augmentation(1, False, 2))


def _synthetic() -> Images:
    """Return 640 noisy copies of four random 8 x 8 patterns, which any good optimizer tells apart at once."""
    rng = np.random.default_rng(_SYNTHETIC_SEED)
    patterns = rng.uniform(0, 255, (_SYNTHETIC_CLASSES, 8, 8, 1))
    labels = rng.integers(0, _SYNTHETIC_CLASSES, 640)
    noisy = patterns[labels] + rng.normal(0, 60, (len(labels), 8, 8, 1))
    images = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    return _split(images, labels.astype(np.int64), 128, 255, Augmentation(1, False, 2))


def _split(
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.int64],
    held_out: int,
    largest: int,
    augmentation: Augmentation,
) -> Images:
    return Images(
        images[:-held_out],
        labels[:-held_out],
        images[-held_out:],
        labels[-held_out:],
        int(labels.max()) + 1,
        largest,
        augmentation,
    )
