"""Oxford Flowers102: 102 classes, 2,040 images to train on and 6,149 to test.

What the archive calls training and validation images, 1,020 each, are trained on, as in Table 12 of Morgan
and Hougen 2024. Source: Nilsback and Zisserman 2008, *Automated flower classification over a large number
of classes*.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nos_sym.surrogate.cifar import DataError
from nos_sym.transfer.data.archive import Archive, tar_members
from nos_sym.transfer.data.images import ImageData, Part, gather
from nos_sym.transfer.data.matlab import counted, read_matlab

_PAGE = "https://www.robots.ox.ac.uk/~vgg/data/flowers/102/"
IMAGES = Archive("102flowers.tgz", "52808999861908f626f3c1f4e79d11fa", "345 MB", _PAGE)
LABELS = Archive("imagelabels.mat", "e0620be6f572b9609742df49c70aed4d", "502 bytes", _PAGE)
SPLIT = Archive("setid.mat", "a5357ecc9cb78c4bef273ce3793fc85c", "15 kB", _PAGE)
_CLASSES = 102


def read_flowers(folder: Path, side: int, filter_name: str, *, check: bool = True) -> ImageData:
    """Return Flowers102 with images resized to a square.

    Args:
        folder: where the three files are.
        side: height and width.
        filter_name: ``bilinear`` or ``bicubic``.
        check: whether they must be the official ones.

    Raises:
        DataError: a file is missing, damaged or another one.
    """
    path, labels_path, split_path = (each.find(folder, check=check) for each in (IMAGES, LABELS, SPLIT))
    found = read_matlab(labels_path.read_bytes(), str(labels_path), "labels")
    labels = counted(found, _CLASSES, "classes", str(labels_path))
    split = split_path.read_bytes()

    def numbers(name: str) -> list[int]:
        of_part = read_matlab(split, str(split_path), name)
        return [int(number) for number in counted(of_part, len(labels), "images", str(split_path))]

    parts = dict.fromkeys((*numbers("trnid"), *numbers("valid")), True)
    parts |= dict.fromkeys(numbers("tstid"), False)

    def wanted(name: str) -> bool:
        return name.endswith(".jpg") and _number(name, path) in parts

    whole = gather(tar_members(path, wanted), lambda name: _number(name, path), side, filter_name, str(path))
    trained = np.array([parts[number] for number in whole.labels], dtype=bool)
    classes = Part(whole.images, labels[whole.labels - 1] - 1)
    if trained.all() or not trained.any():
        raise DataError(f"'{path}' has no images of a part that '{split_path}' names")
    return ImageData(classes[np.flatnonzero(trained)], classes[np.flatnonzero(~trained)], _CLASSES)


def _number(name: str, path: Path) -> int:
    """Return the number of an image, as in ``jpg/image_00001.jpg``."""
    digits = name.rpartition("_")[2].removesuffix(".jpg")
    if not (digits.isascii() and digits.isdigit()):
        raise DataError(f"'{path}' has an image '{name}'; expected names as in 'jpg/image_00001.jpg'")
    return int(digits)
