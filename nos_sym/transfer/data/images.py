"""Images of a task in memory, and how compressed ones are decoded side by side."""

from __future__ import annotations

import io
import os
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nos_sym.surrogate.cifar import DataError

Bytes: TypeAlias = npt.NDArray[np.uint8]
Labels: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a data set.

    Attributes:
        images: in bytes, shape ``(count, height, width, 3)``.
        labels: their classes, shape ``(count,)``.
    """

    images: Bytes
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: npt.NDArray[np.int64] | slice) -> Part:
        return Part(self.images[index], self.labels[index])


@dataclass(frozen=True, eq=False)
class ImageData:
    """The images of a task.

    Attributes:
        training: what optimizers train on.
        test: what the results are measured on.
        classes: number of classes.
    """

    training: Part
    test: Part
    classes: int


def hold_out(part: Part, share: float, seed: int) -> tuple[Part, Part]:
    """Return a part without, and with only, a share of each class, one image of it at least.

    The learning-rate test is judged by what is held out, so that the test images have no say in it.

    Raises:
        DataError: a class has a single image.
    """
    rng = np.random.default_rng(seed)
    chosen = np.zeros(len(part), dtype=bool)
    for label in np.unique(part.labels):
        index = np.flatnonzero(part.labels == label)
        if len(index) < 2:
            raise DataError(f"class {label} has one training image; expected two, of which one is held out")
        count = min(max(1, round(share * len(index))), len(index) - 1)
        chosen[rng.permutation(index)[:count]] = True
    return part[np.flatnonzero(~chosen)], part[np.flatnonzero(chosen)]


def decode(content: bytes, where: str, side: int, filter_name: str) -> Bytes:
    """Return a compressed image in color, resized to a square, shape ``(side, side, 3)``.

    Args:
        content: a JPEG or PNG file.
        where: stands in messages.
        side: height and width in pixels.
        filter_name: ``bilinear`` or ``bicubic``.

    Raises:
        DataError: it is damaged, or larger than an image of a data set.
    """
    from PIL import Image

    kind = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}[filter_name]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as image:
                color = image.convert("RGB")
                if color.size != (side, side):
                    color = color.resize((side, side), kind)
                return np.asarray(color, dtype=np.uint8)
    except (
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise DataError(f"'{where}' is no image that can be read: {error}") from None


def decode_all(
    files: Iterable[tuple[str, bytes]], side: int, filter_name: str
) -> Iterator[tuple[str, Bytes]]:
    """Yield name and pixels of images in their order, decoded on all processors.

    At most a few hundred are in memory at a time that nobody has taken yet.
    """
    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[tuple[str, Future[Bytes]]] = deque()
        try:
            for name, content in files:
                waiting.append((name, pool.submit(decode, content, name, side, filter_name)))
                if len(waiting) > 64 * workers:
                    done, future = waiting.popleft()
                    yield done, future.result()
            while waiting:
                done, future = waiting.popleft()
                yield done, future.result()
        finally:
            for _, future in waiting:
                future.cancel()


def gather(
    files: Iterable[tuple[str, bytes]],
    label_of: Callable[[str], int],
    side: int,
    filter_name: str,
    where: str,
) -> Part:
    """Return a part from compressed images.

    Args:
        files: names and contents.
        label_of: class of an image by its name.
        side: height and width to which they are resized.
        filter_name: as in :func:`decode`.
        where: of the archive, for messages.

    Raises:
        DataError: there is none, or one is damaged.
    """
    images, labels = [], []
    for name, pixels in decode_all(files, side, filter_name):
        images.append(pixels)
        labels.append(label_of(name))
    if not images:
        raise DataError(f"'{where}' has no images; expected the official archive")
    return Part(np.stack(images), np.asarray(labels, dtype=np.int64))
