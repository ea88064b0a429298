"""Annotations in MATLAB files, read by SciPy, which holds plain arrays only and executes nothing."""

from __future__ import annotations

import io
from typing import Any

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


def check_labels(labels: Any, classes: int, where: str) -> None:
    """Check that classes are counted from 1 to their number.

    Raises:
        DataError: one is not.
    """
    if len(labels) and not 1 <= min(labels) <= max(labels) <= classes:
        raise DataError(f"'{where}' has classes {min(labels)} to {max(labels)}; expected 1 to {classes}")
