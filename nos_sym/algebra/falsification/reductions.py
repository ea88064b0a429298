"""Enclosures of reductions, over the entries of a tensor in the order of its layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from math import prod

from nos_sym.intervals import interval as iv
from nos_sym.intervals.interval import Interval

Row = list[Interval]
Shape = tuple[int, ...]

_ONE = iv.point(1.0)


def _sum(row: Sequence[Interval]) -> Interval:
    return reduce(iv.add, row)


def _mean(row: Sequence[Interval]) -> Interval:
    return iv.divide(_sum(row), iv.point(float(len(row))))


def _root(x: Interval) -> Interval:
    return iv.power(x, Fraction(1, 2))


def norm2(row: Sequence[Interval]) -> Interval:
    """Return the square root of the sum of squares."""
    return _root(_sum([iv.square(x) for x in row]))


def _largest(row: Sequence[Interval]) -> Interval:
    return reduce(iv.maximum, row)


def _clipped(row: Row, _: Shape) -> Row:
    factor = iv.reciprocal(iv.maximum(_ONE, norm2(row)))
    return [iv.multiply(factor, x) for x in row]


def _whole(function: Callable[[Sequence[Interval]], Interval]) -> Callable[[Row, Shape], Row]:
    return lambda row, shape: [function(row)] * len(row)


def _grouped(
    function: Callable[[Sequence[Interval]], Interval], group: Callable[[int, Shape], int | None]
) -> Callable[[Row, Shape], Row]:
    """Return a reduction of the entries that have one number of a group; ``None`` is a group of its own."""

    def reduced(row: Row, shape: Shape) -> Row:
        numbers = [group(i, shape) for i in range(len(row))]
        if None in numbers:
            return row
        found = {n: function([x for x, m in zip(row, numbers, strict=True) if m == n]) for n in set(numbers)}
        return [found[n] for n in numbers]

    return reduced


def in_row(i: int, shape: Shape) -> int | None:
    """Return the number of the row of an entry; ``None`` where it is a row of its own."""
    return i // shape[-1] if shape else None


def in_column(i: int, shape: Shape) -> int | None:
    """Return the number of the column of an entry; ``None`` where it is one of its own."""
    if len(shape) < 2:
        return None
    return i // (shape[-1] * shape[-2]) * shape[-1] + i % shape[-1]


def first_axis(i: int, shape: Shape) -> int | None:
    """Return the place of an entry along the first axis; ``None`` where no other axis is left."""
    if len(shape) < 2:
        return None
    return i // prod(shape[1:])


def other_axes(i: int, shape: Shape) -> int | None:
    """Return the place of an entry along all axes but the first; ``None`` where there is no axis."""
    return i % prod(shape[1:]) if shape else None


def of_each(
    reduction: Callable[[Row, Shape], Row], row: Row, shapes: Sequence[Shape], *, together: bool = False
) -> Row:
    """Return a reduction of each of several parameters, whose entries stand one after the other.

    Args:
        reduction: of the entries of one parameter.
        row: the entries of all.
        shapes: of the parameters.
        together: whether it is one of all entries, as ``total`` is.
    """
    if together or len(shapes) == 1:
        return reduction(row, shapes[0])
    found: Row = []
    for shape in shapes:
        found += reduction(row[len(found) : len(found) + prod(shape)], shape)
    return found


TOTAL = "total"
"""The one reduction that sees all parameters."""

REDUCTIONS: dict[str, Callable[[Row, Shape], Row]] = {
    "clip_norm": _clipped,
    "sum": _whole(_sum),
    TOTAL: _whole(_sum),
    "mean": _whole(_mean),
    "norm2": _whole(norm2),
    "rms": _whole(lambda row: _root(_mean([iv.square(x) for x in row]))),
    "norm1": _whole(lambda row: _sum([x.absolute() for x in row])),
    "norm_inf": _whole(lambda row: _largest([x.absolute() for x in row])),
    "row_mean": _grouped(_mean, in_row),
    "row_sum": _grouped(_sum, in_row),
    "row_max": _grouped(_largest, in_row),
    "col_mean": _grouped(_mean, in_column),
    "col_sum": _grouped(_sum, in_column),
    "col_max": _grouped(_largest, in_column),
    "mean_rest": _grouped(_mean, first_axis),
    "largest_rest": _grouped(_largest, first_axis),
    "mean_first": _grouped(_mean, other_axes),
    "largest_first": _grouped(_largest, other_axes),
}
"""Operation to what it makes of the entries of a tensor of a shape."""
