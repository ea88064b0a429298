"""Reductions of JAX: whole tensors, rows and columns told apart by the axes that they run over."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np

from nos_sym.lift import jax_matrices
from nos_sym.lift.jax_algebra import Making
from nos_sym.lift.jax_values import Layout, UnhandledError, Value, elementwise
from nos_sym.lift.term import Term

_PAIRS = {
    "reduce_sum": "add", "reduce_max": "max", "reduce_min": "min", "reduce_and": "and", "reduce_or": "or",
}  # fmt: skip


def apply(
    making: Making, name: str, params: Mapping[str, Any], operands: Sequence[Value], shape: Sequence[int],
    layout: Layout,
) -> Value | None:  # fmt: skip
    """Return what a reduction computes, ``None`` for any other primitive.

    Args:
        layout: of the parameters.

    Raises:
        UnhandledError: the language has no such reduction.
    """
    if name == "dot_general":
        return _dot(making, params["dimension_numbers"], operands, shape, layout)
    if name == "reduce_prod" and operands[0].runs_over:
        raise UnhandledError("a product of the entries of the parameter")
    if name not in _PAIRS and name != "reduce_prod":
        return None
    return reduced(making, name, operands[0], tuple(int(i) for i in params["axes"]), shape, layout)


def reduced(
    making: Making, name: str, x: Value, along: Sequence[int], shape: Sequence[int], layout: Layout
) -> Value:
    """Return a reduction of a value along some of its axes."""
    kept = [i for i in range(len(x.shape)) if i not in along]
    over = frozenset(k for i in along for k in x.axes[i] or ())
    idle = math.prod(x.shape[i] for i in along if x.axes[i] == ())
    entries = x.entries
    pair = _pair(making, name)
    for i in sorted((i for i in along if x.axes[i] is None), reverse=True):
        entries = np.apply_along_axis(lambda row: reduce(pair, row), i, entries)
        entries = np.expand_dims(entries, i)
    entries = entries.reshape([entries.shape[i] for i in kept])
    everything = over == x.runs_over

    def one(term: Term) -> Term:
        found = _over_parameter(making, name, term, over, layout, everything=everything) if over else term
        if idle == 1:
            return found
        if name == "reduce_sum":
            return _times(making, found, idle)
        return making.power(found, Fraction(idle)) if name == "reduce_prod" else found

    value = Value(tuple(x.shape[i] for i in kept), tuple(x.axes[i] for i in kept), entries)
    return elementwise(one, [value], shape)


def _times(making: Making, x: Term, count: int) -> Term:
    total = making.mul(making.number(count), x)
    making.remember_mean(total, count, x)
    return total


def _pair(making: Making, name: str) -> Callable[[Term, Term], Term]:
    if name == "reduce_sum":
        return making.add
    if name == "reduce_prod":
        return making.mul
    if name in ("reduce_and", "reduce_or"):
        return making.both if name == "reduce_and" else making.either
    return lambda x, y: making.extreme("max" if name == "reduce_max" else "min", x, y)


def _over_parameter(
    making: Making, name: str, term: Term, over: frozenset[int], layout: Layout, *, everything: bool
) -> Term:
    """Return the reduction of an entry over axes of the parameter.

    The language reduces over all axes, or over rows or columns, after its argument is broadcast: of what
    does not run over an axis a sum is as many times larger, so that there it is taken over the others alone.
    """
    if name == "reduce_min":
        return making.neg(
            _over_parameter(making, "reduce_max", making.neg(term), over, layout, everything=everything)
        )
    if name in ("reduce_and", "reduce_or"):
        if term.is_number:
            return term
        told = term if name == "reduce_and" else making.no(term)
        lost = _over_parameter(
            making, "reduce_sum", making.from_truth(making.no(told)), over, layout, everything=everything
        )
        none = making.equal(lost, making.number(0))
        return none if name == "reduce_and" else making.no(none)
    count = math.prod(layout.sizes[i] for i in over)
    local = layout.local(over)
    rank = layout.rank
    if name == "reduce_max":
        return _maximum(making, term, local, rank)
    if len(local) == rank:
        total, mean = making.terms.apply("sum", term), making.terms.apply("mean", term)
    elif local in ({rank - 1}, {rank - 2}):
        side = "row" if local == {rank - 1} else "col"
        total, mean = (making.terms.apply(f"{side}_{what}", term) for what in ("sum", "mean"))
        if everything:
            mean = making.terms.apply("mean", term)
    elif local == set(range(1, rank)):
        mean = making.terms.apply("mean_rest", term)
        total = making.mul(making.number(count), mean)
    else:
        raise UnhandledError(f"a sum over the axes {sorted(local)} of a parameter with {rank}")
    making.remember_mean(total, count, mean)
    return total


def _maximum(making: Making, term: Term, over: frozenset[int], rank: int) -> Term:
    if len(over) == rank and term.operation == "abs":
        return making.terms.apply("norm_inf", term.operands[0])
    if over == {rank - 1}:
        return making.terms.apply("row_max", term)
    if rank >= 2 and over == {rank - 2}:
        return making.terms.apply("col_max", term)
    if rank == 2 and len(over) == 2:
        return making.terms.apply("row_max", making.terms.apply("col_max", term))
    raise UnhandledError(f"a maximum over the axes {sorted(over)} of a parameter with {rank}")


def _dot(
    making: Making, numbers: Any, operands: Sequence[Value], shape: Sequence[int], layout: Layout
) -> Value:
    """Return a product of arrays: a sum of products of entries where nothing else is left, or of matrices."""
    (first, second), (batch, batch2) = numbers
    x, y = operands
    if any(x.shape[i] != 1 for i in batch):
        raise UnhandledError("a product of several matrices")
    left = [i for i in range(len(x.shape)) if i not in (*first, *batch)]
    right = [i for i in range(len(y.shape)) if i not in (*second, *batch2)]
    if not left and not right:
        flat_x, flat_y = _ordered(x, [*batch, *first]), _ordered(y, [*batch2, *second])
        multiplied = elementwise(making.mul, [flat_x, flat_y], flat_x.shape)
        along = range(len(batch), len(flat_x.shape))
        return reduced(making, "reduce_sum", multiplied, tuple(along), shape, layout)
    if len(left) == len(right) == len(first) == 1 and layout.rank == 2:
        matrix, other = _ordered(x, [*batch, *left, *first]), _ordered(y, [*batch2, *second, *right])
        return jax_matrices.product(making, matrix, other, shape)
    raise UnhandledError("a product of arrays")


def _ordered(x: Value, order: Sequence[int]) -> Value:
    return Value(
        tuple(x.shape[i] for i in order), tuple(x.axes[i] for i in order), x.entries.transpose(order),
        x.polynomial,
    )  # fmt: skip
