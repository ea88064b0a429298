"""The images of a task by its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nos_sym.surrogate.cifar import DataError
from nos_sym.transfer.data.caltech import read_caltech
from nos_sym.transfer.data.cars import read_cars
from nos_sym.transfer.data.cifar import SETS, read_cifar
from nos_sym.transfer.data.flowers import read_flowers
from nos_sym.transfer.data.images import ImageData
from nos_sym.transfer.data.tiny_imagenet import read_tiny_imagenet

_READERS: dict[str, Callable[..., ImageData]] = {
    "tinyimagenet": read_tiny_imagenet,
    "flowers102": read_flowers,
    "cars196": read_cars,
    "caltech101": read_caltech,
}


def read_images(task: str, folder: Path, side: int, interpolation: str, *, check: bool = True) -> ImageData:
    """Return the images of a task.

    Args:
        task: its name.
        folder: where its archives are.
        side: height and width to which images are resized; those of CIFAR have 32 pixels.
        interpolation: ``bilinear`` or ``bicubic``.
        check: whether the archives must be the official ones.

    Raises:
        DataError: an archive is missing or damaged, or Pillow is, which decodes images.
    """
    if task in SETS:
        data = read_cifar(task, folder, check=check)
        if data.training.images.shape[1] != side:
            raise DataError(f"images of {task} have 32 x 32 pixels; expected 'side' = 32, and not {side}")
        return data
    try:
        if task == "digits":
            from nos_sym.transfer.data.digits import read_digits

            return read_digits(side)
        return _READERS[task](folder, side, interpolation, check=check)
    except ModuleNotFoundError as error:
        raise DataError(
            f"reading images needs the package '{error.name}'; install nos-sym[transfer]"
        ) from None
