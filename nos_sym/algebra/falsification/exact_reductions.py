"""Reductions of exact values, over the entries of a tensor in the order of its layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from nos_sym.algebra.falsification.reductions import Shape, first_axis, in_column, in_row, other_axes
from nos_sym.algebra.kernel import (
    HALF,
    Poly,
    absolute,
    add,
    constant,
    inverse,
    maximum,
    mul,
    power_absolute,
    scaled,
)

Values = Sequence[Poly]
Reduced = Callable[[Values, Shape, int], Poly]


def _sum(values: Values) -> Poly:
    return add(*values)


def _mean(values: Values) -> Poly:
    return scaled(add(*values), Fraction(1, len(values)))


def _largest(values: Values) -> Poly:
    return maximum(list(values))


def _squares(values: Values) -> list[Poly]:
    return [mul(x, x) for x in values]


def _norm2(values: Values) -> Poly:
    return power_absolute(_sum(_squares(values)), HALF)


def _clipped(values: Values, _: Shape, entry: int) -> Poly:
    return mul(values[entry], inverse(maximum([constant(1), _norm2(values)])))


def _whole(function: Callable[[Values], Poly]) -> Reduced:
    return lambda values, shape, entry: function(values)


def _grouped(function: Callable[[Values], Poly], group: Callable[[int, Shape], int | None]) -> Reduced:
    def reduced(values: Values, shape: Shape, entry: int) -> Poly:
        number = group(entry, shape)
        if number is None:
            return values[entry]
        return function([x for i, x in enumerate(values) if group(i, shape) == number])

    return reduced


REDUCED: dict[str, Reduced] = {
    "clip_norm": _clipped,
    "sum": _whole(_sum),
    "total": _whole(_sum),
    "mean": _whole(_mean),
    "norm2": _whole(_norm2),
    "rms": _whole(lambda values: power_absolute(_mean(_squares(values)), HALF)),
    "norm1": _whole(lambda values: _sum([absolute(x) for x in values])),
    "norm_inf": _whole(lambda values: _largest([absolute(x) for x in values])),
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
"""Operation to what it makes of the values of a tensor of a shape, at an entry."""
