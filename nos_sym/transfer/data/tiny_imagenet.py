"""TinyImageNet: 200 classes, 100,000 training images of 64 x 64 pixels, and 10,000 others with labels.

Its test images have no labels, so results are those of its validation images, as is common. Source: Le and
Yang 2015, *Tiny ImageNet visual recognition challenge*.
"""

from __future__ import annotations

from pathlib import Path

from nos_sym.surrogate.cifar import DataError
from nos_sym.transfer.data.archive import Archive, zip_members
from nos_sym.transfer.data.images import ImageData, gather

ARCHIVE = Archive(
    "tiny-imagenet-200.zip",
    "90528d7ca1a48142e341f4ef8d21d0de",
    "248 MB",
    "http://cs231n.stanford.edu/tiny-imagenet-200.zip",
)
_ROOT = "tiny-imagenet-200"
_CLASSES = 200


def read_tiny_imagenet(folder: Path, side: int, filter_name: str, *, check: bool = True) -> ImageData:
    """Return TinyImageNet, training images resized to a side and test images as they are, 64 x 64.

    Args:
        folder: where the archive is.
        side: height and width of training images, out of which crops are taken.
        filter_name: ``bilinear`` or ``bicubic``.
        check: whether the archive must be the official one.

    Raises:
        DataError: the archive is missing, damaged or another one.
    """
    path = ARCHIVE.find(folder, check=check)
    texts = {name: content.decode("utf-8", "replace") for name, content in zip_members(path, _is_text)}
    names = texts.get(f"{_ROOT}/wnids.txt", "").split()
    if not 1 <= len(names) <= _CLASSES:
        raise DataError(f"'{path}' names {len(names)} classes in wnids.txt; expected 1 to {_CLASSES}")
    numbers = {name: number for number, name in enumerate(names)}
    rows = (line.split("\t") for line in texts.get(f"{_ROOT}/val/val_annotations.txt", "").splitlines())
    tested = {row[0]: row[1] for row in rows if len(row) > 1}

    def training_label(name: str) -> int:
        return _number(numbers, name.split("/")[2], path)

    def test_label(name: str) -> int:
        file = name.rpartition("/")[2]
        if file not in tested:
            raise DataError(f"'{path}' has no class for '{file}' in val_annotations.txt")
        return _number(numbers, tested[file], path)

    training = zip_members(path, lambda n: n.startswith(f"{_ROOT}/train/") and n.endswith(".JPEG"))
    test = zip_members(path, lambda n: n.startswith(f"{_ROOT}/val/images/") and n.endswith(".JPEG"))
    return ImageData(
        gather(training, training_label, side, filter_name, str(path)),
        gather(test, test_label, 64, filter_name, str(path)),
        len(names),
    )


def _is_text(name: str) -> bool:
    return name in (f"{_ROOT}/wnids.txt", f"{_ROOT}/val/val_annotations.txt")


def _number(numbers: dict[str, int], name: str, path: Path) -> int:
    if name not in numbers:
        raise DataError(f"'{path}' has images of the class '{name}', which wnids.txt does not name")
    return numbers[name]
