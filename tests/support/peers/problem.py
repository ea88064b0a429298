"""The weights and gradients on which originals and rules are compared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nos_sym.faces import Face

Array = npt.NDArray[Any]

STEPS = 100
RATE = 0.01
"""The learning rate of originals that have no default."""
SHAPES: tuple[tuple[int, ...], ...] = ((5, 3), (4,), ())
CHECKED = (0, 1, 2, 4, 9, 19, 49, 99)
"""Steps after which weights are compared."""
DEEP: tuple[tuple[int, ...], ...] = ((2, 3, 4), (2, 3, 2, 2), (3, 2, 2, 1, 2))
"""Shapes of parameters of three and more axes, as those of convolutions."""
DEEP_STEPS = 10


def shapes_of(face: Face) -> list[tuple[int, ...]]:
    """Return the shapes that an original takes."""
    return [shape for shape in SHAPES if len(shape) in face.ranks]


def problem(face: Face) -> tuple[list[Array], list[list[Array]]]:
    """Return the weights of all parameters, and for each step their gradients.

    Of a matrix and of a vector one column never gets a gradient other than zero, and one does not at every
    third step.
    """
    rng = np.random.default_rng(5)
    weights: list[Array] = []
    gradients: list[list[Array]] = [[] for _ in range(STEPS)]
    for shape in SHAPES:
        weight, rows = rng.normal(size=shape), 0.1 * rng.normal(size=(STEPS, *shape))
        if shape:
            rows[..., 0] = 0
            rows[::3, ..., -1] = 0
        if len(shape) in face.ranks:
            weights.append(weight)
            for all_of_step, gradient in zip(gradients, rows, strict=True):
                all_of_step.append(np.asarray(gradient))
    return weights, gradients


def deep_shapes_of(face: Face, values: Mapping[str, float]) -> list[tuple[int, ...]]:
    """Return the shapes of three and more axes that an original takes and its face does not refuse.

    Args:
        face: the optimizer.
        values: its settings by name.
    """
    if 3 not in face.ranks:
        return []
    least = values.get(face.saved.largest, math.inf)
    return [s for s in DEEP if sorted(s)[-2] < least or sorted(s)[-2:] == sorted(s[-2:])]


def deep_problem(shapes: Sequence[tuple[int, ...]]) -> tuple[list[Array], list[list[Array]]]:
    """Return the weights of parameters of some shapes, and for each step their gradients."""
    rng = np.random.default_rng(7)
    weights = [rng.normal(size=s) for s in shapes]
    return weights, [[0.1 * rng.normal(size=s) for s in shapes] for _ in range(DEEP_STEPS)]


def flattened(weights: list[Array]) -> Array:
    """Return the entries of all parameters as one vector."""
    return np.concatenate([np.ravel(w) for w in weights])
