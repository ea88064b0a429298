"""Handwritten digits of 8 x 8 pixels, which scikit-learn ships: 1,437 to train on and 360 to test.

Source: Alpaydin and Kaynak 1998, *Optical recognition of handwritten digits*.
"""

from __future__ import annotations

import numpy as np

from nos_sym.surrogate.cifar import DataError
from nos_sym.transfer.data.images import ImageData, Part, hold_out

_SEED = 8
_SIDE = 8
_FULL = 16
"""What scikit-learn has for black."""


def read_digits(side: int = 8) -> ImageData:
    """Return the digits as images in color whose channels are alike, a fifth of each class to test on.

    Args:
        side: height and width, a multiple of 8; each pixel becomes a square.

    Raises:
        DataError: it is no multiple of 8.
    """
    if side % _SIDE:
        raise DataError(f"digits have 8 x 8 pixels; expected a multiple of 8 as 'side', and not {side}")
    from sklearn.datasets import load_digits

    found = load_digits()
    gray = (found.images * (255 / _FULL)).round().astype(np.uint8)
    large = gray.repeat(side // _SIDE, axis=1).repeat(side // _SIDE, axis=2)
    whole = Part(np.repeat(large[..., None], 3, axis=-1), found.target.astype(np.int64))
    training, test = hold_out(whole, 0.2, seed=_SEED)
    return ImageData(training, test, 10)
