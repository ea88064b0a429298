"""Which axis is which: sums, means, norms and maxima of tensors, told apart by the sizes of their axes.

Parameters of a run have axes of different prime sizes, so that a size says which axis it is whatever was
transposed, flattened, squeezed or broadcast. A term is a value for each entry of the parameter, with fewer
where it is one number for each row or column; the shape of the tensor that carries it says how it lies.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import prod

from nos_sym.lift.algebra_of_terms import Maker
from nos_sym.lift.term import Term

SIZES: tuple[dict[int, tuple[int, ...]], ...] = (
    {0: (), 1: (7,), 2: (5, 3), 4: (3, 5, 11, 7)},
    {0: (), 1: (5,), 2: (3, 7), 4: (109, 3, 5, 7)},
)
"""Shapes of the parameter that is read off, by its number of axes, in each of the two draws."""

OTHERS: tuple[dict[int, tuple[int, ...]], ...] = (
    {0: (), 1: (13,), 2: (17, 19), 4: (13, 17, 2, 19)},
    {0: (), 1: (11,), 2: (23, 13), 4: (17, 11, 13, 2)},
)
"""Shapes of the second parameter of the group."""


class UnknownReduction(Exception):
    """A reduction that the language does not have."""


def split(shape: tuple[int, ...], dims: Iterable[int] | None) -> tuple[list[int], list[int]]:
    """Return the sizes that a reduction keeps and those that it takes away, without axes of size one."""
    rank = len(shape)
    gone = set(range(rank)) if dims is None else {d % rank for d in dims} if rank else set()
    gone = gone or set(range(rank))
    return (
        [n for i, n in enumerate(shape) if i not in gone and n > 1],
        [n for i, n in enumerate(shape) if i in gone and n > 1],
    )


class Reductions:
    """Reductions of the tensors of a parameter.

    Args:
        make: the maker of terms.
        shape: of the parameter.
    """

    def __init__(self, make: Maker, shape: tuple[int, ...]) -> None:
        self.make = make
        self.shape = shape
        self.size = prod(shape)

    @property
    def products(self) -> Iterable[int]:
        """Sizes that an axis of a tensor of the parameter may have."""
        return (*self.shape, self.size)

    def are_all(self, sizes: Iterable[int]) -> bool:
        """Return whether axes of some sizes are all of the parameter, or a single one."""
        many = sorted(sizes)
        return len(many) < 2 or many == sorted(n for n in self.shape if n > 1)

    def reduced(self, kind: str, x: Term, shape: tuple[int, ...], dims: Iterable[int] | None) -> Term:
        """Return ``sum``, ``mean`` or ``max`` of a tensor over some of its axes.

        Raises:
            UnknownReduction: the language has no such one.
        """
        kept, gone = split(shape, dims)
        x = self.make.value(x)
        if not gone:
            # A sum over the one entry of a parameter is kept for totals, and taken out once these are found.
            return self.make.apply("sum", x) if kind == "sum" and not self.shape else x
        if not kept:
            return self._whole(kind, x, gone)
        every = sorted(n for n in self.shape if n > 1)
        if sorted(kept + gone) != every or len(kept) > 1:
            raise UnknownReduction
        return self._lines(kind, x, kept[0])

    def _whole(self, kind: str, x: Term, gone: list[int]) -> Term:
        make = self.make
        if kind == "max":
            return self._maximum(x)
        if kind == "mean":
            return make.apply("mean", x)
        missing = self.size // prod(gone) if prod(gone) and self.size % prod(gone) == 0 else 0
        if missing == 0:
            raise UnknownReduction
        total = make.apply("sum", x)
        return total if missing == 1 else make.div(total, self._count(missing))

    def _count(self, number: int) -> Term:
        if len(self.shape) == 2:
            return self.make.terms.leaf("rows" if number == self.shape[0] else "cols")
        raise UnknownReduction

    def _maximum(self, x: Term) -> Term:
        if x.operation == "abs":
            return self.make.apply("norm_inf", x.operands[0])
        if len(self.shape) > 2:
            raise UnknownReduction
        first = self.make.apply("row_max", x)
        return first if len(self.shape) < 2 else self.make.apply("col_max", first)

    def _lines(self, kind: str, x: Term, kept: int) -> Term:
        if len(self.shape) == 2:
            return self.make.apply(f"{'row' if kept == self.shape[0] else 'col'}_{kind}", x)
        if kind == "mean" and kept == self.shape[0]:
            return self.make.apply("mean_rest", x)
        raise UnknownReduction

    def norm(self, x: Term, shape: tuple[int, ...], dims: Iterable[int] | None, order: float) -> Term:
        """Return a norm of a tensor over some of its axes.

        Raises:
            UnknownReduction: of another order than 1, 2 and infinity, or of axes that have none.
        """
        make = self.make
        x = make.value(x)
        kept, gone = split(shape, dims)
        if not gone:
            return make.apply("abs", x)
        if not kept and prod(gone) == self.size and order in (1, 2):
            return make.apply(f"norm{int(order)}", x)
        if order == 2:
            return make.apply("sqrt", self.reduced("sum", make.square(x), shape, dims))
        if order == 1:
            return self.reduced("sum", make.apply("abs", x), shape, dims)
        if order == float("inf"):
            return self.reduced("max", make.apply("abs", x), shape, dims)
        if order == float("-inf") or order == 0:
            raise UnknownReduction
        powers = make.power(make.apply("abs", x), make.number(order))
        return make.power(self.reduced("sum", powers, shape, dims), make.number(1 / Fraction(order)))
