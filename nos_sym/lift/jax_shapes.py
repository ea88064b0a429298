"""Operations of JAX that move entries: shapes, transposes, parts of arrays, with their axes followed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nos_sym.lift.jax_values import Axis, Entries, Layout, UnhandledError, Value, merged


def apply(
    name: str, params: Mapping[str, Any], operands: Sequence[Value], shape: Sequence[int], layout: Layout
) -> Value | None:
    """Return what a primitive that moves entries computes, ``None`` for any other one.

    Args:
        layout: of the parameters.

    Raises:
        UnhandledError: it takes what runs over the parameter apart.
    """
    x = operands[0] if operands else None
    if x is None:
        return None
    if name == "broadcast_in_dim":
        return _broadcast(x, params["broadcast_dimensions"], shape)
    if name in ("squeeze", "expand_dims", "reshape"):
        return _reshaped(x, shape, layout)
    if name == "transpose":
        order = params["permutation"]
        return Value(tuple(shape), tuple(x.axes[i] for i in order), x.entries.transpose(order), x.polynomial)
    if name == "slice":
        return _slice(x, params, shape)
    if name == "concatenate":
        return _concatenated(operands, params["dimension"], shape)
    if name == "stack":
        along = params["axis"] % len(shape)
        rows = [_between(y, along) for y in operands]
        return _concatenated(rows, along, shape)
    if name in ("dynamic_slice", "dynamic_index_in_dim"):
        return _sliced_at(operands, shape)
    if name == "rev":
        return _reversed(x, params["dimensions"])
    return None


def _broadcast(x: Value, places: Sequence[int], shape: Sequence[int]) -> Value:
    axes: list[Axis] = [()] * len(shape)
    length = [1] * len(shape)
    for i, place in enumerate(places):
        axes[place] = x.axes[i] if x.shape[i] == shape[place] else ()
        length[place] = x.entries.shape[i]
    return Value(tuple(shape), tuple(axes), x.entries.reshape(length))


def _reshaped(x: Value, shape: Sequence[int], layout: Layout) -> Value:
    """Return a reshaped value: axes of the parameter stay whole, or are joined one behind the other."""
    old = [n for n in x.shape if n != 1]
    if old == [n for n in shape if n != 1]:
        return _with_single_axes(x, shape)
    if all(axis == () for axis in x.axes):
        return Value(tuple(shape), ((),) * len(shape), x.entries.reshape((1,) * len(shape)))
    if any(axis is None for axis in x.axes):
        if not x.runs_over and x.entries.size == math.prod(x.shape):
            return Value(tuple(shape), _own(shape), x.entries.reshape(tuple(shape)))
        raise UnhandledError("a reshape of coefficients beside axes of the parameter")
    pieces: list[tuple[Axis, int]] = []
    for axis, n in zip(x.axes, x.shape, strict=True):
        assert axis is not None
        pieces += [((i,), layout.sizes[i]) for i in axis] if axis else [((), n)]
    axes: list[Axis] = []
    for n in shape:
        joined: tuple[int, ...] = ()
        count = 1
        while count < n and pieces:
            axis, more = pieces.pop(0)
            if axis == () and more > 1:
                raise UnhandledError("a reshape of a broadcast array")
            joined += axis or ()
            count *= more
        if count != n:
            raise UnhandledError("a reshape that takes an axis of the parameter apart")
        axes.append(joined)
    return Value(tuple(shape), tuple(axes), x.entries.reshape((1,) * len(shape)))


def _own(shape: Sequence[int]) -> tuple[Axis, ...]:
    return tuple(() if n == 1 else None for n in shape)


def _with_single_axes(x: Value, shape: Sequence[int]) -> Value:
    told = [(axis, n) for axis, n, s in zip(x.axes, x.entries.shape, x.shape, strict=True) if s != 1]
    axes, length = [], []
    for n in shape:
        axis, entries = told.pop(0) if n != 1 else ((), 1)
        axes.append(axis)
        length.append(entries)
    return Value(tuple(shape), tuple(axes), x.entries.reshape(length), x.polynomial)


def _between(x: Value, along: int) -> Value:
    """Return an array with one more axis, of length one."""
    shape = (*x.shape[:along], 1, *x.shape[along:])
    axes = (*x.axes[:along], (), *x.axes[along:])
    return Value(shape, axes, np.expand_dims(x.entries, along))


def _part(x: Value, axis: int) -> bool:
    """Return whether parts of an axis can be taken: nothing changes along it, or entries are their own."""
    return x.axes[axis] is None or x.axes[axis] == ()


def _slice(x: Value, params: Mapping[str, Any], shape: Sequence[int]) -> Value:
    strides = params["strides"] or (1,) * len(shape)
    entries = x.entries
    axes = list(x.axes)
    for i, (low, high, by) in enumerate(
        zip(params["start_indices"], params["limit_indices"], strides, strict=True)
    ):
        if (low, high, by) == (0, x.shape[i], 1):
            continue
        if not _part(x, i):
            raise UnhandledError("a part of an axis of the parameter")
        if x.axes[i] is None:
            entries = np.take(entries, range(low, high, by), axis=i)
            axes[i] = None if shape[i] > 1 else ()
    return Value(tuple(shape), tuple(axes), entries)


def _concatenated(operands: Sequence[Value], along: int, shape: Sequence[int]) -> Value:
    parts: list[Entries] = []
    for x in operands:
        if not _part(x, along):
            raise UnhandledError("a part of an axis of the parameter")
        parts.append(np.repeat(x.entries, x.shape[along], axis=along) if x.axes[along] == () else x.entries)
    others = [tuple(p.shape[i] for p in parts) for i in range(len(shape)) if i != along]
    if any(len(set(lengths)) > 1 for lengths in others):
        raise UnhandledError("arrays of coefficients side by side")
    axes = [merged([x.axes[i] for x in operands]) if i != along else None for i in range(len(shape))]
    return Value(tuple(shape), tuple(axes), np.concatenate(parts, axis=along))


def _sliced_at(operands: Sequence[Value], shape: Sequence[int]) -> Value:
    x, *starts = operands
    entries = x.entries
    axes = list(x.axes)
    for i, start in enumerate(starts):
        if shape[i] == x.shape[i]:
            continue
        if not _part(x, i):
            raise UnhandledError("a part of an axis of the parameter")
        if x.axes[i] is None:
            if not start.term.is_number:
                raise UnhandledError("an entry at a place that is computed")
            low = min(max(int(start.term.value), 0), x.shape[i] - shape[i])
            entries = np.take(entries, range(low, low + shape[i]), axis=i)
            axes[i] = None if shape[i] > 1 else ()
    return Value(tuple(shape), tuple(axes), entries)


def _reversed(x: Value, dimensions: Sequence[int]) -> Value:
    if any(not _part(x, i) for i in dimensions):
        raise UnhandledError("an axis of the parameter in reverse")
    along = [i for i in dimensions if x.axes[i] is None]
    return Value(x.shape, x.axes, np.flip(x.entries, axis=tuple(along)) if along else x.entries)
