"""Augmentation as indices: which pixels of which images make up the batches of an epoch, drawn at once.

Crop and flip only choose pixels, so a batch is one indexing operation on the whole data set, on whatever
device that is; every framework gets the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nos_sym.surrogate.data import Augmentation

Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Crops:
    """Crop, flip and cutout of many images.

    Attributes:
        rows: the row of the image that each row of the crop shows, shape ``(..., height)``.
        columns: the same for columns, mirrored where the image is flipped, shape ``(..., width)``.
        cut_rows: whether a row of the crop meets the cutout, shape ``(..., height)``.
        cut_columns: the same for columns; a pixel is cut out where both are.
    """

    rows: Indices
    columns: Indices
    cut_rows: Mask
    cut_columns: Mask


def draw_crops(
    rng: np.random.Generator, shape: tuple[int, ...], size: tuple[int, int], augmentation: Augmentation
) -> Crops:
    """Return random crops for images of a height and width; ``shape`` is that of the crops."""
    height, width = size
    pad = augmentation.pad
    rows = reflect(rng.integers(-pad, pad + 1, (*shape, 1)) + np.arange(height), height)
    columns = reflect(rng.integers(-pad, pad + 1, (*shape, 1)) + np.arange(width), width)
    if augmentation.flip:
        mirrored = rng.random((*shape, 1)) < 0.5
        columns = np.where(mirrored, columns[..., ::-1], columns)
    return Crops(
        rows,
        columns,
        _interval(rng.integers(0, height, (*shape, 1)), height, augmentation.cutout),
        _interval(rng.integers(0, width, (*shape, 1)), width, augmentation.cutout),
    )


def whole_crops(shape: tuple[int, ...], size: tuple[int, int]) -> Crops:
    """Return the crops that leave images as they are."""
    height, width = size
    return Crops(
        np.tile(np.arange(height), (*shape, 1)),
        np.tile(np.arange(width), (*shape, 1)),
        np.zeros((*shape, height), bool),
        np.zeros((*shape, width), bool),
    )


def reflect(positions: Indices, length: int) -> Indices:
    """Return the pixel that a position beyond the border shows: -1 is 1, ``length`` is ``length - 2``."""
    last = length - 1
    reflected: Indices = last - np.abs(last - np.abs(positions))
    return reflected


def cut_pixels(images: Any, index: Any, rows: Any, columns: Any) -> Any:
    """Return the crops of some images, shape ``(batch, height, width, channels)``, arrays or tensors alike.

    Args:
        images: all images, shape ``(count, height, width, channels)``.
        index: which ones, shape ``(batch,)``.
        rows: rows of the crops, shape ``(batch, height)``.
        columns: columns of the crops, shape ``(batch, width)``.
    """
    return images[index[:, None, None], rows[:, :, None], columns[:, None, :]]


def _interval(center: Indices, length: int, side: int) -> Mask:
    """Return which positions lie in an interval of ``side`` around a center, cut off at the border."""
    first = center - side // 2
    position = np.arange(length)
    return (first <= position) & (position < first + side)
