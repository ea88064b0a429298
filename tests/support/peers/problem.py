"""The weights and gradients on which originals and rules are compared."""

from __future__ import annotations

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


def flattened(weights: list[Array]) -> Array:
    """Return the entries of all parameters as one vector."""
    return np.concatenate([np.ravel(w) for w in weights])
