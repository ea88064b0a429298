"""Annotations in MATLAB files, read by SciPy, which holds plain arrays only and executes nothing."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from nos_sym.surrogate.cifar import DataError


def read_matlab(content: bytes, where: str, name: str) -> Any:
    """Return a variable of a MATLAB file.

    Raises:
        DataError: the file is damaged or has no such variable.
    """
    from scipy.io import loadmat

    try:
        found = loadmat(io.BytesIO(content), squeeze_me=True, variable_names=[name])
    # A damaged file makes SciPy raise whatever its bytes lead to.
    except Exception as error:
        raise DataError(f"'{where}' is no file of MATLAB: {type(error).__name__}: {error}") from None
    if name not in found:
        raise DataError(f"'{where}' has no variable '{name}'; expected the official file")
    return found[name]


def counted(values: Any, most: int, what: str, where: str) -> npt.NDArray[np.int64]:
    """Return numbers that count from 1, as MATLAB does: classes, or images.

    Args:
        values: one of them, or an array of any shape.
        most: the largest that there is.
        what: what they number, in the plural, for messages.
        where: of the file, for messages.

    Raises:
        DataError: there is none, or one is no whole number from 1 to ``most``.
    """
    # Annotations stand as objects in records; what is no number of them becomes none here.
    try:
        found = np.asarray(values, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError):
        raise DataError(f"'{where}' has {what} that are no numbers; expected 1 to {most}") from None
    wrong = found[~((found >= 1) & (found <= most) & (found == np.floor(found)))]
    if len(wrong) or not len(found):
        said = f"{what} such as {wrong[0]:g}" if len(wrong) else f"no {what}"
        raise DataError(f"'{where}' has {said}; expected 1 to {most}")
    return found.astype(np.int64)
