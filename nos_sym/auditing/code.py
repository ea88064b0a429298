"""Whether the code that a rule was lifted from goes where the rule does, on the history of an audit.

A rule holds where its conditions do. A history on which it parts from another one may be none of these, and
then nothing is known of the code; so the code is run along it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from math import prod

import numpy as np
import numpy.typing as npt

from nos_sym.algebra.falsification.counterexample import Counterexample
from nos_sym.auditing.side import Side

_NEAR = 0.1
"""Of the distance of the two at the entry that parts, how far code may be from its rule; rounding is less."""


def follows(side: Side, values: Mapping[str, float], found: Counterexample, number: int) -> bool | None:
    """Return whether the code of a side ends a history near the weights of its rule.

    Args:
        side: it is run where it was lifted from code.
        values: of the settings of its rule.
        found: the history, and the weights of both sides after it.
        number: 0 for the first side, 1 for the second.

    Returns:
        ``None`` where the side is no code, or its code cannot be run along the history.
    """
    if side.lifted is None or not side.target or not found.rates:
        return None
    shapes = [found.shape or (len(found.first),), *found.others]
    along = import_module("nos_sym.lift.along").along
    weights = _split(found.weights[0], shapes)
    rows = [_split(row, shapes) for row in found.gradients]
    theirs = along(side.target, side.lifted, values, weights, rows, found.rates)
    if theirs is None:
        return None
    code = np.concatenate([np.ravel(x) for x in theirs])
    ours = np.array((found.first, found.second)[number])
    apart = abs(found.first[found.entry] - found.second[found.entry])
    return bool(abs(code[found.entry] - ours[found.entry]) <= _NEAR * apart)


def _split(row: Sequence[float], shapes: Sequence[tuple[int, ...]]) -> list[npt.NDArray[np.float64]]:
    """Return entries of several parameters, one behind the other, as arrays."""
    found, at = [], 0
    for shape in shapes:
        found.append(np.array(row[at : at + prod(shape)], dtype=float).reshape(shape))
        at += prod(shape)
    return found
