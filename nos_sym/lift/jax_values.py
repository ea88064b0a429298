"""Values of JAX as terms: which axis of an array is which axis of the parameter.

An array of the original is one term where all of its entries are computed alike, and its axes are named: an
axis of the parameter, several of them one behind the other, an axis along which nothing changes, or one
whose entries are terms of their own, as those of an array of coefficients. So a transposed matrix is the
same term with other names of its axes, and a sum over an axis is known to be one over rows or columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nos_sym.lift.term import Term

if TYPE_CHECKING:
    from nos_sym.lift.jax_matrices import Polynomial

Axis: TypeAlias = "tuple[int, ...] | None"
"""Axes of the parameter that an axis runs over, none where nothing changes along it; ``None`` where each
entry is a term of its own."""

Entries: TypeAlias = "npt.NDArray[np.object_]"

LARGEST = 4096
"""How many entries of their own an array may have."""


WIDTH = 8
"""Axes of a parameter are numbered from this many times its place on."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The parameters of a run, which all have one number of axes.

    Attributes:
        shapes: of the parameters.
    """

    shapes: tuple[tuple[int, ...], ...]

    @property
    def rank(self) -> int:
        """Number of axes of each."""
        return len(self.shapes[0])

    @property
    def sizes(self) -> dict[int, int]:
        """The length of each numbered axis."""
        return {k * WIDTH + i: n for k, shape in enumerate(self.shapes) for i, n in enumerate(shape)}

    def axes(self, parameter: int) -> tuple[Axis, ...]:
        """Return the axes of a parameter."""
        return tuple((parameter * WIDTH + i,) for i in range(self.rank))

    def local(self, numbered: frozenset[int]) -> frozenset[int]:
        """Return numbered axes as those of the one parameter that has them.

        Raises:
            UnhandledError: they are of several.
        """
        if len({i // WIDTH for i in numbered}) > 1:
            raise UnhandledError("axes of several parameters")
        return frozenset(i % WIDTH for i in numbered)


class UnhandledError(Exception):
    """An operation whose value is not known; its result is an opaque term."""


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """An array of the original.

    Attributes:
        shape: that it has in this run.
        axes: for each axis what it is.
        entries: terms, with one entry along every axis but those of entries of their own.
        polynomial: for products of matrices, what the entries cannot say.
    """

    shape: tuple[int, ...]
    axes: tuple[Axis, ...]
    entries: Entries
    polynomial: Polynomial | None = None

    @property
    def term(self) -> Term:
        """The one term of all entries.

        Raises:
            UnhandledError: entries of their own.
        """
        if self.entries.size != 1:
            raise UnhandledError("an array with entries of their own")
        found = self.entries.reshape(-1)[0]
        assert isinstance(found, Term)
        return found

    @property
    def runs_over(self) -> frozenset[int]:
        """The axes of the parameter along which it may change."""
        return frozenset(x for axis in self.axes if axis for x in axis)


def boxed(term: Term, axes: int) -> Entries:
    """Return entries with one term and a number of axes."""
    found: Entries = np.empty((1,) * axes, dtype=object)
    found[(0,) * axes] = term
    return found


def uniform(term: Term, shape: Sequence[int], axes: Sequence[Axis] | None = None) -> Value:
    """Return an array of which every entry is computed as a term says; without axes it changes along none."""
    named = tuple(axes) if axes is not None else ((),) * len(shape)
    return Value(tuple(shape), named, boxed(term, len(shape)))


def constant(array: npt.NDArray[Any], number: Callable[[Any], Term]) -> Value:
    """Return an array of numbers.

    Raises:
        UnhandledError: too many entries of their own.
    """
    array = np.asarray(array)
    if array.size and (array == array.reshape(-1)[0]).all():
        return uniform(number(array.reshape(-1)[0]), array.shape)
    if array.size > LARGEST:
        raise UnhandledError(f"an array of {array.size} numbers")
    entries: Entries = np.empty(array.shape, dtype=object)
    for index in np.ndindex(*array.shape):
        entries[index] = number(array[index])
    return Value(array.shape, tuple(() if n == 1 else None for n in array.shape), entries)


def merged(axes: Sequence[Axis]) -> Axis:
    """Return what an axis is of which operands say different things.

    Raises:
        UnhandledError: it is two things.
    """
    told = [axis for axis in axes if axis != ()]
    if not told:
        return ()
    if any(axis != told[0] for axis in told):
        raise UnhandledError("arrays whose axes are different axes of the parameter")
    return told[0]


def elementwise(function: Callable[..., Term], operands: Sequence[Value], shape: Sequence[int]) -> Value:
    """Return what a function of terms makes of arrays of one shape, or of single numbers.

    Raises:
        UnhandledError: the axes do not fit.
    """
    rank = len(shape)
    lifted = [x if len(x.shape) == rank else _spread(x, rank) for x in operands]
    axes = tuple(merged([x.axes[i] for x in lifted]) for i in range(rank))
    computed = np.frompyfunc(function, len(lifted), 1)(*(x.entries for x in lifted))
    if isinstance(computed, Term):
        computed = boxed(computed, rank)
    return Value(tuple(shape), axes, computed)


def _spread(x: Value, rank: int) -> Value:
    if x.shape:
        raise UnhandledError("arrays of different shapes")
    return Value((1,) * rank, ((),) * rank, x.entries.reshape((1,) * rank))
