"""CIFAR-10 and CIFAR-100 from their official binary archives.

Source: Krizhevsky 2009, *Learning multiple layers of features from tiny images*.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nos_sym.surrogate import cifar
from nos_sym.surrogate.cifar import DataError
from nos_sym.transfer.data.archive import Archive, tar_members
from nos_sym.transfer.data.images import Bytes, ImageData, Labels, Part

_SIDE, _CHANNELS = 32, 3
_PIXELS = _CHANNELS * _SIDE * _SIDE


@dataclass(frozen=True, slots=True)
class _Set:
    archive: Archive
    training: tuple[str, ...]
    test: tuple[str, ...]
    classes: int
    label_bytes: int
    """Bytes of a record before its pixels, of which the last is the class."""


SETS = {
    "cifar10": _Set(
        Archive(cifar.ARCHIVE, cifar.MD5, "162 MB", cifar.PAGE), cifar.TRAINING, cifar.TEST, 10, 1
    ),
    "cifar100": _Set(
        Archive("cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8", "161 MB", cifar.PAGE),
        ("cifar-100-binary/train.bin",),
        ("cifar-100-binary/test.bin",),
        100,
        2,
    ),
}
"""The two data sets by the names of their tasks."""


def read_cifar(name: str, folder: Path, *, check: bool = True) -> ImageData:
    """Return CIFAR-10 or CIFAR-100: 50,000 training and 10,000 test images of 32 x 32 pixels.

    Args:
        name: ``cifar10`` or ``cifar100``.
        folder: where the archive is.
        check: whether it must be the official one.

    Raises:
        DataError: the archive is missing, damaged or another one.
    """
    each = SETS[name]
    path = each.archive.find(folder, check=check)
    found = dict(tar_members(path, {*each.training, *each.test}.__contains__))
    return ImageData(
        _part(each, found, each.training, path), _part(each, found, each.test, path), each.classes
    )


def _part(each: _Set, found: dict[str, bytes], names: tuple[str, ...], path: Path) -> Part:
    images: list[Bytes] = []
    labels: list[Labels] = []
    size = each.label_bytes + _PIXELS
    for name in names:
        content = found.get(name, b"")
        if not content or len(content) % size:
            raise DataError(
                f"'{name}' in '{path}' has {len(content)} bytes; expected one or more records of {size}"
            )
        records = np.frombuffer(content, dtype=np.uint8).reshape(-1, size)
        labels.append(records[:, each.label_bytes - 1].astype(np.int64))
        planes = records[:, each.label_bytes :].reshape(-1, _CHANNELS, _SIDE, _SIDE)
        images.append(planes.transpose(0, 2, 3, 1))
    part = Part(np.ascontiguousarray(np.concatenate(images)), np.concatenate(labels))
    if part.labels.max() >= each.classes:
        raise DataError(f"'{path}' has the label {part.labels.max()}; expected labels below {each.classes}")
    return part
