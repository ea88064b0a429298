"""CIFAR-10 from its official binary archive, read in memory after its digest is checked.

An archive in the binary version holds plain records, one byte of label and 3,072 of image; nothing in it is
executed. Source: Krizhevsky 2009, *Learning multiple layers of features from tiny images*.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nos_sym.errors import NosSymError

ARCHIVE = "cifar-10-binary.tar.gz"
"""Name of the official archive."""
MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
"""Its digest, as the data set's page states it."""
PAGE = "https://www.cs.toronto.edu/~kriz/cifar.html"
"""The data set's page."""

TRAINING = tuple(f"cifar-10-batches-bin/data_batch_{number}.bin" for number in range(1, 6))
"""The five batches of training images."""
TEST = ("cifar-10-batches-bin/test_batch.bin",)
"""The batch of test images."""

_SIDE, _CHANNELS, _RECORDS = 32, 3, 10_000
_RECORD = 1 + _CHANNELS * _SIDE * _SIDE
_CLASSES = 10


class DataError(NosSymError):
    """A data set that is missing, damaged, or cannot be read here."""


def read_cifar10(
    folder: Path, batches: Sequence[str] = TRAINING
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Return the 50,000 training images, shape ``(50000, 32, 32, 3)``, and their labels, in official order.

    Args:
        folder: where the archive is.
        batches: :data:`TRAINING`, or :data:`TEST` for the 10,000 test images.

    Raises:
        DataError: the archive is not in the folder, is not the official one, or cannot be read.
    """
    path = folder / ARCHIVE
    advice = f"download '{ARCHIVE}' (162 MB, MD5 {MD5}), the binary version at {PAGE}, into '{folder}'"
    if not path.is_file():
        python = folder / "cifar-10-python.tar.gz"
        found = f"; '{python.name}' there is another version" if python.is_file() else ""
        raise DataError(f"there is no '{ARCHIVE}' in the folder '{folder}'{found}; {advice}")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error.strerror or error}") from None
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if digest != MD5:
        raise DataError(
            f"'{path}' is damaged or another file: its MD5 is {digest}, {len(content)} bytes; {advice} again"
        )
    return read_records(content, str(path), batches)


def read_records(
    archive: bytes, where: str, batches: Sequence[str] = TRAINING
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Return images, shape ``(count, 32, 32, 3)``, and labels of batches of an archive.

    Raises:
        DataError: a batch is missing or is not made of whole records with labels below 10.
    """
    parts = []
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            for name in batches:
                member = tar.extractfile(name)
                parts.append(member.read() if member else b"")
    except (tarfile.TarError, OSError, EOFError, KeyError, zlib.error) as error:
        raise DataError(f"'{where}' is no archive of CIFAR-10: {error}") from None
    for name, part in zip(batches, parts, strict=True):
        if not part or len(part) % _RECORD:
            raise DataError(f"'{name}' in '{where}' has {len(part)} bytes; expected records of {_RECORD}")
    records = np.frombuffer(b"".join(parts), dtype=np.uint8).reshape(-1, _RECORD)
    labels = records[:, 0].astype(np.int64)
    if labels.max() >= _CLASSES:
        raise DataError(f"'{where}' has the label {labels.max()}; expected labels below {_CLASSES}")
    planes = records[:, 1:].reshape(-1, _CHANNELS, _SIDE, _SIDE)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels
