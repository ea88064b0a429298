"""Kinds: how much of a training a value belongs to, from one number for all of it to one for every entry.

Values of different kinds combine by broadcasting, and the result has the smallest kind that both fit into::

    number < step < global < scalar < {row, column} < tensor

A kind says how much memory a value takes and how often it is computed. It never changes what the value is.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Kind(Enum):
    """What an expression is.

    number: exact, or a setting; the same at every step. step: a function of the step alone, such as a
    schedule or a bias correction. global: one number for all parameters together. scalar: one number for
    each parameter tensor. row, column: one number for each row or column of its last two axes. tensor: one
    number for each entry.
    """

    NUMBER = "a number"
    STEP = "a decay function"
    GLOBAL = "a number for all tensors"
    SCALAR = "a scalar of a tensor"
    ROW = "a row of numbers"
    COLUMN = "a column of numbers"
    TENSOR = "a tensor"

    @property
    def of_step(self) -> bool:
        """Whether a value of this kind is one number for all tensors at a step."""
        return self in (Kind.NUMBER, Kind.STEP)

    def fits(self, other: Kind) -> bool:
        """Return whether a value of this kind can stand where one of the other kind is asked for."""
        return join((self, other)) is other


_ORDER = {
    Kind.NUMBER: 0, Kind.STEP: 1, Kind.GLOBAL: 2, Kind.SCALAR: 3, Kind.ROW: 4, Kind.COLUMN: 4, Kind.TENSOR: 5,
}  # fmt: skip


def join(kinds: Iterable[Kind]) -> Kind:
    """Return the smallest kind that values of all these kinds broadcast to; a number for none."""
    joined = Kind.NUMBER
    for kind in kinds:
        if {joined, kind} == {Kind.ROW, Kind.COLUMN}:
            joined = Kind.TENSOR
        elif _ORDER[kind] > _ORDER[joined]:
            joined = kind
    return joined
