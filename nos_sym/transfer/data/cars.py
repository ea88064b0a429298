"""Stanford Cars196: 196 classes, 8,144 images to train on and 8,041 to test.

Source: Krause et al. 2013, *3D object representations for fine-grained categorization*.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nos_sym.surrogate.cifar import DataError
from nos_sym.transfer.data.archive import Archive, one_member, tar_members
from nos_sym.transfer.data.images import ImageData, Part, gather
from nos_sym.transfer.data.matlab import counted, read_matlab

_PAGE = "https://ai.stanford.edu/~jkrause/cars/car_dataset.html"
DEVKIT = Archive("car_devkit.tgz", "c3b158d763b6e2245038c8ad08e45376", "331 kB", _PAGE)
TRAINING = Archive("cars_train.tgz", "065e5b463ae28d29e77c1b4b166cfe61", "979 MB", _PAGE)
TEST = Archive("cars_test.tgz", "4ce7ebf6a94d07f1952d94dd34c4d501", "977 MB", _PAGE)
TEST_LABELS = Archive("cars_test_annos_withlabels.mat", "b0a2b23655a3edd16d84508592a98d10", "185 kB", _PAGE)
_CLASSES = 196


def read_cars(folder: Path, side: int, filter_name: str, *, check: bool = True) -> ImageData:
    """Return Cars196 with whole images, not cut to their boxes, resized to a square.

    Args:
        folder: where the four files are.
        side: height and width.
        filter_name: ``bilinear`` or ``bicubic``.
        check: whether they must be the official ones.

    Raises:
        DataError: a file is missing, damaged or another one.
    """
    devkit, training, test, labels = (
        each.find(folder, check=check) for each in (DEVKIT, TRAINING, TEST, TEST_LABELS)
    )
    known = one_member(devkit, "devkit/cars_train_annos.mat")
    return ImageData(
        _part(training, known, str(devkit), side, filter_name),
        _part(test, labels.read_bytes(), str(labels), side, filter_name),
        _CLASSES,
    )


def _part(path: Path, annotations: bytes, where: str, side: int, filter_name: str) -> Part:
    rows = np.atleast_1d(read_matlab(annotations, where, "annotations"))
    if rows.dtype.names is None or not {"class", "fname"} <= set(rows.dtype.names):
        raise DataError(f"'{where}' has no fields 'class' and 'fname'; expected the official file")
    classes = counted(rows["class"].tolist(), _CLASSES, "classes", where)
    labels = dict(zip(map(str, rows["fname"]), map(int, classes), strict=True))

    def label_of(name: str) -> int:
        return labels[name.rpartition("/")[2]] - 1

    files = tar_members(path, lambda name: name.rpartition("/")[2] in labels)
    return gather(files, label_of, side, filter_name, str(path))
