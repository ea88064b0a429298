"""The data sets of the surrogate: images as bytes, fixed parts of them, and how they are augmented."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nos_sym.surrogate.cifar import TEST, DataError, read_cifar10
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
        validation: the images that epochs are compared on, and the fitness of a search is measured on.
        validation_labels: their classes.
        classes: number of classes.
        largest: the byte of a full pixel, by which ``unit`` scaling divides.
        augmentation: how training images are changed.
        test: images that no search sees; ``None`` where they were not asked for.
        test_labels: their classes.
    """

    training: npt.NDArray[np.uint8]
    training_labels: npt.NDArray[np.int64]
    validation: npt.NDArray[np.uint8]
    validation_labels: npt.NDArray[np.int64]
    classes: int
    largest: int
    augmentation: Augmentation
    test: npt.NDArray[np.uint8] | None = None
    test_labels: npt.NDArray[np.int64] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of an image."""
        return self.training.shape[1], self.training.shape[2]

    @property
    def channels(self) -> int:
        """Number of colors."""
        return int(self.training.shape[3])

    def scale(
        self, scaling: str, scaled_by: str = "training"
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return mean and divisor of each channel, in bytes: a network sees ``(image - mean) / divisor``.

        ``standard`` gives each channel mean 0 and variance 1, those of the training images, or of training
        and validation images where it is scaled by ``all``; ``unit`` gives the range [0, 1].
        """
        if scaling == "unit":
            zeros = np.zeros(self.channels, np.float32)
            return zeros, zeros + self.largest
        return _statistics(self, scaled_by)


@lru_cache(maxsize=4)
def _statistics(images: Images, which: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return mean and deviation of each channel, computed once for a data set."""
    pixels = images.training
    if which == "all":
        pixels = np.concatenate([pixels, images.validation])
    mean = pixels.mean(axis=(0, 1, 2), dtype=np.float64)
    deviation = pixels.std(axis=(0, 1, 2), dtype=np.float64)
    return mean.astype(np.float32), deviation.astype(np.float32)


def load_images(settings: TrainingSettings) -> Images:
    """Return the data set that settings name, read once in a process.

    Its test part is there only where the settings have the split ``test``: what a search trains and validates
    with cannot depend on it.

    Raises:
        DataError: it is missing or damaged, or what reads it is not installed.
    """
    return _load(settings.data, settings.folder, settings.split == "test")


@lru_cache(maxsize=2)
def _load(name: DataName, folder: Path, with_test: bool) -> Images:
    if name == "cifar10":
        # The official batches are in random order: the last 5,000 of 50,000 validate.
        images = _split(*read_cifar10(folder), 5000, 255, Augmentation(4, True, 8))
        return _with_test(images, *read_cifar10(folder, TEST)) if with_test else images
    if name == "digits":
        return _digits(with_test=False)
    if name == "digits-with-test":
        images = _digits(with_test=True)
        return images if with_test else replace(images, test=None, test_labels=None)
    return _synthetic(with_test=with_test)


def _with_test(images: Images, test: npt.NDArray[np.uint8], labels: npt.NDArray[np.int64]) -> Images:
    return replace(images, test=test, test_labels=labels)


def _digits(*, with_test: bool) -> Images:
    """Return scikit-learn's digits: 1,437 to train and 360, of writers that come last, to validate.

    With a test part it is these 360, and of the others the last 360 validate and 1,077 train.

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
    labels, augmentation = np.asarray(digits.target, dtype=np.int64), Augmentation(1, False, 2)
    if not with_test:
        return _split(images, labels, 360, 16, augmentation)
    parts = _split(images[:-360], labels[:-360], 360, 16, augmentation)
    return _with_test(parts, images[-360:], labels[-360:])


def _synthetic(*, with_test: bool) -> Images:
    """Return 640 noisy copies of four random 8 x 8 patterns, which any good optimizer tells apart at once.

    The test part is 128 more of them, drawn after the others, which are the same with it and without.
    """
    rng = np.random.default_rng(_SYNTHETIC_SEED)
    patterns = rng.uniform(0, 255, (_SYNTHETIC_CLASSES, 8, 8, 1))

    def copies(count: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        labels = rng.integers(0, _SYNTHETIC_CLASSES, count)
        noisy = patterns[labels] + rng.normal(0, 60, (len(labels), 8, 8, 1))
        return np.clip(np.rint(noisy), 0, 255).astype(np.uint8), labels.astype(np.int64)

    images = _split(*copies(640), 128, 255, Augmentation(1, False, 2))
    return _with_test(images, *copies(128)) if with_test else images


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
