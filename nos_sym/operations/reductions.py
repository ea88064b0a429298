"""Reductions: of a tensor to one number, to one for each row or column, and of all tensors to one.

A reduction broadcasts its argument to the shape of the parameter first, so that ``norm2(1)`` is
``sqrt(size)``. Rows and columns are those of the last two axes; leading axes stay, and axes that are missing
count one: of a vector, the one row has all entries, and every column one. Of a tensor without entries, sums,
means and maxima are 0. Other operations are over the first axis, or over all but the first: these two are the
axes of the matrix that optimizers make of a kernel. Their numbers stand in the shape of the tensor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nos_sym.intervals.interval import NONNEGATIVE, REALS, Interval
from nos_sym.language.kind import Kind
from nos_sym.language.operation import Meaning, Operation, Role
from nos_sym.language.registry import register


def _same(x: Interval) -> Interval:
    return x


def _sum_range(x: Interval) -> Interval:
    return NONNEGATIVE if x.nonnegative else REALS


def _norm_range(x: Interval) -> Interval:
    return NONNEGATIVE


def _peak_range(x: Interval) -> Interval:
    return x.absolute()


def _reduction(
    name: str,
    title: str,
    computes: str,
    kind: Kind,
    interval: Callable[[Interval], Interval],
    reference: Callable[..., Any],
) -> None:
    register(
        Operation(
            name=name,
            title=title,
            computes=computes,
            source="blocks",
            of_blocks=True,
            arity=1,
            role=Role.REDUCTION,
            kind=kind,
            meaning=Meaning(range=interval, reference=reference),
            noun=name,
        )
    )


def _norm2(xp: Any, x: Any) -> Any:
    """Return the norm without squares of large or small numbers."""
    scale = xp.peak(x)
    scale = xp.where(scale == 0, 1.0, scale)
    return scale * xp.norm2(x / scale)


def _mean(xp: Any, x: Any) -> Any:
    return xp.mean(x) if x.size else xp.sum(x)


def _over(axis: int, function: str) -> Callable[..., Any]:
    def reduced(xp: Any, x: Any) -> Any:
        if x.ndim < -axis:
            return x
        # A sum of nothing is 0, where a mean and a maximum of it are none.
        return getattr(xp, function if x.shape[axis] else "sum")(x, axis=axis, keepdims=True)

    return reduced


def _mean_rest(xp: Any, x: Any) -> Any:
    """Return the means in the shape of the tensor, which later values of its kind may rely on."""
    return xp.broadcast_to(_over_rest(xp, x), x.shape) if x.ndim > 1 else x


def _over_rest(xp: Any, x: Any) -> Any:
    return (xp.mean if x.size else xp.sum)(x, axis=tuple(range(1, x.ndim)), keepdims=True)


def _spread(function: str, *, first: bool) -> Callable[..., Any]:
    """Return what is taken over the first axis, or over all but it, in the shape of the tensor."""

    def reduced(xp: Any, x: Any) -> Any:
        axes = tuple(range(x.ndim))
        axes = axes[:1] if first else axes[1:]
        # Of no entries there is nothing to take, and nothing to give.
        return (
            xp.broadcast_to(getattr(xp, function)(x, axis=axes, keepdims=True), x.shape)
            if axes and x.size
            else x
        )

    return reduced


_reduction("norm2", "L2 norm", "sqrt(sum of x^2)", Kind.SCALAR, _norm_range, _norm2)
_reduction(
    "norm1", "L1 norm", "sum of |x|", Kind.SCALAR, _norm_range, lambda xp, x: xp.sum(xp.abs(x))
)  # fmt: skip
_reduction("norm_inf", "largest magnitude", "max of |x|", Kind.SCALAR, _peak_range, lambda xp, x: xp.peak(x))
_reduction("sum", "sum of the entries", "sum of x", Kind.SCALAR, _sum_range, lambda xp, x: xp.sum(x))
_reduction("mean", "mean of the entries", "mean of x", Kind.SCALAR, _same, _mean)
_reduction(
    "rms", "root mean square", "sqrt(mean of x^2)", Kind.SCALAR, _peak_range,
    lambda xp, x: _norm2(xp, x) / xp.sqrt(float(max(x.size, 1))),
)  # fmt: skip
_reduction("row_mean", "means of the rows", "mean of x over columns", Kind.ROW, _same, _over(-1, "mean"))
_reduction("col_mean", "means of the columns", "mean of x over rows", Kind.COLUMN, _same, _over(-2, "mean"))
_reduction("row_max", "maxima of the rows", "max of x over columns", Kind.ROW, _same, _over(-1, "max"))
_reduction("col_max", "maxima of the columns", "max of x over rows", Kind.COLUMN, _same, _over(-2, "max"))
_reduction("row_sum", "sums of the rows", "sum of x over columns", Kind.ROW, _sum_range, _over(-1, "sum"))
_reduction("col_sum", "sums of the columns", "sum of x over rows", Kind.COLUMN, _sum_range, _over(-2, "sum"))
_reduction(
    "mean_rest", "means over the later axes", "mean of x over all axes but the first", Kind.TENSOR, _same,
    _mean_rest,
)  # fmt: skip
_reduction(
    "largest_rest", "maxima over the later axes", "max of x over all axes but the first", Kind.TENSOR, _same,
    _spread("max", first=False),
)  # fmt: skip
_reduction(
    "mean_first", "means over the first axis", "mean of x over the first axis", Kind.TENSOR, _same,
    _spread("mean", first=True),
)  # fmt: skip
_reduction(
    "largest_first", "maxima over the first axis", "max of x over the first axis", Kind.TENSOR, _same,
    _spread("max", first=True),
)  # fmt: skip
_reduction(
    "total", "sum over all parameters", "sum of x over all entries of all parameters", Kind.GLOBAL,
    _sum_range, lambda xp, x: xp.sum(x),
)  # fmt: skip
