"""Enclosures of what changes the singular values of matrices, over entries in the order of the layout."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import prod

from sympy.core.numbers import Rational

from nos_sym.algebra.falsification.reductions import Row, Shape, norm2
from nos_sym.intervals import interval as iv
from nos_sym.intervals.interval import REALS, Interval

_Rows = list[Row]
_ZERO = iv.point(0.0)


def _product(x: _Rows, y: _Rows) -> _Rows:
    columns = list(zip(*y, strict=True))
    return [
        [reduce(iv.add, (iv.multiply(a, b) for a, b in zip(r, c, strict=True))) for c in columns] for r in x
    ]


def _turned(x: _Rows) -> _Rows:
    return [list(column) for column in zip(*x, strict=True)]


def _mixed(x: _Rows, a: Interval, y: _Rows, b: Interval) -> _Rows:
    """Return ``a x + b y``."""
    return [
        [iv.add(iv.multiply(a, u), iv.multiply(b, v)) for u, v in zip(r, s, strict=True)]
        for r, s in zip(x, y, strict=True)
    ]


def _step(x: _Rows, a: Interval, b: Interval, c: Interval) -> _Rows:
    if len(x) > len(x[0]):
        return _turned(_step(_turned(x), a, b, c))
    gram = _product(x, _turned(x))
    return _mixed(x, a, _product(_mixed(gram, b, _product(gram, gram), c), x), iv.point(1.0))


def _divided(row: Row, divisor: Interval) -> Row:
    if 0 not in divisor:
        return [iv.divide(x, divisor) for x in row]
    return [x if x == _ZERO else REALS for x in row]


def _orth(x: _Rows, steps: Rational, eps: Interval, plus: Interval, *coefficients: Interval) -> _Rows:
    divisor = iv.add(iv.maximum(norm2([u for row in x for u in row]), eps), plus)
    x = [_divided(row, divisor) for row in x]
    for _ in range(int(steps)):
        x = _step(x, *coefficients)
    return x


def _exact(x: _Rows) -> _Rows:
    if len(x) == 1 or len(x[0]) == 1:
        norm = norm2([u for row in x for u in row])
        return [_divided(row, norm) for row in x]
    return [[REALS] * len(row) for row in x]  # what the record says is all that is known


def _each(function: Callable[..., _Rows]) -> Callable[..., Row]:
    """Return a function of the entries of a tensor whose last two axes hold matrices."""

    def of_tensor(row: Row, shape: Shape, *parameters: Interval | Rational) -> Row:
        columns = shape[-1] if shape else 1
        size = prod(shape[-2:])
        found: Row = []
        for start in range(0, len(row), size):
            entries = row[start : start + size]
            matrix = [entries[i : i + columns] for i in range(0, size, columns)]
            found += [x for line in function(matrix, *parameters) for x in line]
        return found

    return of_tensor


def _flat(function: Callable[..., _Rows]) -> Callable[..., Row]:
    """Return a function of the matrix of the first axis of a tensor by all others."""
    each = _each(function)

    def of_tensor(row: Row, shape: Shape, *parameters: Interval | Rational) -> Row:
        return each(row, (shape[0], prod(shape[1:])) if len(shape) > 2 else shape, *parameters)

    return of_tensor


FLAT: dict[str, Callable[..., Row]] = {
    "orth_flat": _flat(_orth),
    "newton_schulz_flat": _flat(_step),
}
"""Those of the matrix of the first axis by all others."""

MATRICES: dict[str, Callable[..., Row]] = {
    "orth": _each(_orth),
    "newton_schulz": _each(_step),
    "orth_exact": _each(_exact),
    **FLAT,
}
"""Operation to what it makes of the entries of a tensor of a shape, given its parameters."""
