"""Caltech101: 102 classes, the background among them, 30 images of each to train on and 6,084 to test.

The split of Table 12 of Morgan and Hougen 2024 is 30 of each class; which ones it does not say, so they are
drawn here with a fixed seed. Source: Fei-Fei, Fergus and Perona 2004, *Learning generative visual models
from few training examples*.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nos_sym.surrogate.cifar import DataError
from nos_sym.transfer.data.archive import Archive, nested_tar, zip_members
from nos_sym.transfer.data.images import ImageData, Part, gather

ARCHIVE = Archive(
    "caltech-101.zip",
    "3138e1922a9193bfa496528edbbc45d0",
    "137 MB",
    "https://data.caltech.edu/records/mzrjq-6wc02",
)
_INSIDE = "101_ObjectCategories.tar.gz"
_CLASSES = 102
PER_CLASS = 30
"""Training images of a class."""

_SEED = 101


def read_caltech(folder: Path, side: int, filter_name: str, *, check: bool = True) -> ImageData:
    """Return Caltech101 with images resized to a square.

    Args:
        folder: where the archive is.
        side: height and width.
        filter_name: ``bilinear`` or ``bicubic``.
        check: whether it must be the official one; one of a rehearsal may have fewer classes and images, of
            which half of a class are then trained on.

    Raises:
        DataError: the archive is missing, damaged or another one.
    """
    path = ARCHIVE.find(folder, check=check)
    inside = dict(zip_members(path, lambda name: name.endswith("/" + _INSIDE)))
    if len(inside) != 1:
        raise DataError(f"'{path}' has no '{_INSIDE}'; expected the official archive")
    name, content = inside.popitem()
    files = sorted(nested_tar(content, f"{path}: {name}", lambda n: n.endswith(".jpg")))
    names = sorted({_class_of(file, path) for file, _ in files})
    if len(names) > _CLASSES:
        raise DataError(f"'{path}' has {len(names)} classes; expected {_CLASSES}")
    numbers = {each: number for number, each in enumerate(names)}
    whole = gather(files, lambda n: numbers[_class_of(n, path)], side, filter_name, str(path))
    trained = _choose(whole)
    return ImageData(whole[np.flatnonzero(trained)], whole[np.flatnonzero(~trained)], len(names))


def _class_of(name: str, path: Path) -> str:
    parts = name.split("/")
    if len(parts) < 2:
        raise DataError(f"'{path}' has an image '{name}' in no folder of a class")
    return parts[-2]


def _choose(whole: Part) -> npt.NDArray[np.bool_]:
    """Return which images are trained on."""
    by_class: defaultdict[int, list[int]] = defaultdict(list)
    for number, label in enumerate(whole.labels):
        by_class[int(label)].append(number)
    rng = np.random.default_rng(_SEED)
    chosen = np.zeros(len(whole), dtype=np.bool_)
    for _, index in sorted(by_class.items()):
        count = PER_CLASS if len(index) > PER_CLASS else (len(index) + 1) // 2
        chosen[rng.permutation(index)[:count]] = True
    return chosen
