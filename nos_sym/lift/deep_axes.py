"""Reductions of parameters of more axes than two: over the axes that the language has words for.

A parameter is read off with four axes, of which none is both one of the first two and one of the last two.
Their sizes are different primes, so that the size of a flattened axis says which ones it holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import combinations
from math import prod

from nos_sym.lift.algebra_of_terms import Maker, mapped
from nos_sym.lift.axes import Reductions, UnknownReduction, split
from nos_sym.lift.term import NAME, Term, Terms

Axes = frozenset[int]

_MATRICES = {
    "mean_rest": "row_mean",
    "largest_rest": "row_max",
    "mean_first": "col_mean",
    "largest_first": "col_max",
}
_SIZES = {"first_axis": "rows", "second_axis": "cols"}
_OF_ROWS = frozenset(("row_mean", "row_sum", "row_max", "mean", "sum", "norm1", "norm2", "norm_inf", "rms"))
_ENTRYWISE = frozenset(("add", "sub", "mul", "div", "neg", "pow", "sqrt", "max", "min", "where"))
AS_ONE, EACH = "newton_schulz_flat", "newton_schulz_each"
"""Newton-Schulz steps of a flattened tensor, and of each of the matrices of the last two axes."""


class DeepReductions(Reductions):
    """Reductions of the tensors of a parameter of more than two axes; see :class:`.Reductions`."""

    def __init__(self, make: Maker, shape: tuple[int, ...]) -> None:
        super().__init__(make, shape)
        self.every: Axes = frozenset(range(len(shape)))
        self.rest = self.every - {0}
        self.last, self.before = frozenset((len(shape) - 1,)), frozenset((len(shape) - 2,))
        groups = (frozenset(g) for n in range(len(shape) + 1) for g in combinations(range(len(shape)), n))
        self._groups: dict[int, Axes] = {prod(shape[i] for i in group): group for group in groups}

    @property
    def products(self) -> Iterable[int]:
        """Sizes that an axis of a tensor of the parameter may have."""
        return self._groups

    def axes_of(self, sizes: Iterable[int]) -> Axes:
        """Return the axes of the parameter that axes of some sizes hold.

        Raises:
            UnknownReduction: they hold none, or one of them twice.
        """
        found: Axes = frozenset()
        for size in sizes:
            group = self._groups.get(size)
            if group is None or group & found:
                raise UnknownReduction
            found |= group
        return found

    def length(self, axes: Axes) -> Term:
        """Return how many entries axes have together.

        Raises:
            UnknownReduction: the language has no word for it.
        """
        make = self.make
        first, second, size = (make.terms.leaf(n) for n in ("first_axis", "second_axis", "size"))
        names = {
            frozenset((0,)): first,
            frozenset((1,)): second,
            self.before: make.terms.leaf("rows"),
            self.last: make.terms.leaf("cols"),
            self.every: size,
            self.rest: make.div(size, first),
            self.rest - {1}: make.div(size, make.mul(first, second)),
        }
        if axes not in names:
            raise UnknownReduction
        return names[axes]

    def are_all(self, sizes: Iterable[int]) -> bool:
        """Return whether axes of some sizes are all of the parameter, or a single one."""
        many = [*sizes]
        return len(many) < 2 or self.axes_of(many) == self.every

    def reduced(self, kind: str, x: Term, shape: tuple[int, ...], dims: Iterable[int] | None) -> Term:
        """Return ``sum``, ``mean`` or ``max`` of a tensor over some of its axes."""
        kept, gone = (self.axes_of(sizes) for sizes in split(shape, dims))
        x = self.make.value(x)
        if not gone:
            return x
        if kept & gone:
            raise UnknownReduction
        # Along the axes that are missing all entries are the same, so that they may be taken together too.
        alike = self.every - kept - gone
        words = (self.every, self.rest, frozenset((0,)), self.last, self.before, self.last | self.before)
        for axes in (gone if kept else self.every, *words):
            if axes in words and gone <= axes <= gone | alike:
                found = self._over(kind, x, axes)
                return (
                    self.make.div(found, self.length(axes - gone)) if kind == "sum" and axes > gone else found
                )
        raise UnknownReduction

    def _over(self, kind: str, x: Term, axes: Axes) -> Term:
        make = self.make
        if axes == self.every:
            return self._maximum(x) if kind == "max" else make.apply(kind, x)
        for word, group in (("rest", self.rest), ("first", frozenset((0,)))):
            if axes == group:
                found = make.apply(f"{'largest' if kind == 'max' else 'mean'}_{word}", x)
                return make.mul(self.length(axes), found) if kind == "sum" else found
        if self.last <= axes:
            x = make.apply(f"row_{kind}", x)
        return make.apply(f"col_{kind}", x) if self.before <= axes else x

    def _maximum(self, x: Term) -> Term:
        if x.operation == "abs":
            return self.make.apply("norm_inf", x.operands[0])
        return self.make.apply("largest_first", self.make.apply("largest_rest", x))

    def step_of(self, shape: tuple[int, ...]) -> str:
        """Return the Newton-Schulz step of the matrices in a tensor of a shape.

        Raises:
            UnknownReduction: its matrices are neither the whole parameter nor those of its last two axes.
        """
        rows, cols = (self.axes_of((n,)) for n in shape[-2:])
        pair = {rows, cols}
        if len(shape) == 2 and pair == {frozenset((0,)), self.rest}:
            return AS_ONE
        if pair == {self.before, self.last} and prod(shape) == self.size:
            return EACH
        raise UnknownReduction


def reductions_of(make: Maker, shape: tuple[int, ...]) -> Reductions:
    """Return the reductions of a parameter of a shape."""
    return DeepReductions(make, shape) if len(shape) > 2 else Reductions(make, shape)


def as_matrix(terms: Terms, term: Term, tensors: Collection[str]) -> Term:
    """Return what a term of more axes than two is for a matrix.

    Args:
        terms: the maker of terms.
        term: of a parameter with such axes.
        tensors: names of what has another number in each column, the gradient and the weight among them.
    """
    make = Maker(terms)
    done: dict[Term, Term] = {}

    def visit(x: Term) -> Term:
        if x not in done:
            operands = tuple(visit(y) for y in x.operands)
            if x.operation == "mul" and (lines := _sum_of(x)):
                done[x] = make.apply(lines, visit(x.operands[1].operands[0]))
            elif x.operation == "div" and [y.name for y in x.operands] == ["size", "first_axis"]:
                done[x] = terms.leaf("cols")
            elif x.operation == NAME:
                done[x] = terms.leaf(_SIZES.get(x.name, x.name))
            elif x.operation in (AS_ONE, EACH):
                done[x] = terms.apply("newton_schulz", *operands)
            elif x.operation == "col_mean" and _is_of_rows(operands[0], tensors):
                done[x] = make.apply("mean", *operands)
            elif x.operation in _MATRICES:
                done[x] = make.apply(_MATRICES[x.operation], *operands)
            else:
                done[x] = (
                    mapped(terms, x, dict(zip(x.operands, operands, strict=True)).get) if operands else x
                )
        return done[x]

    return visit(term)


def _is_of_rows(x: Term, tensors: Collection[str]) -> bool:
    """Return whether a term is one number for each row of a matrix, or a single one."""
    if x.operation == NAME:
        return x.name not in tensors
    if x.operation in _OF_ROWS or x.is_number:
        return True
    return x.operation in _ENTRYWISE and all(_is_of_rows(y, tensors) for y in x.operands)


def _sum_of(x: Term) -> str:
    """Return the sum of rows or columns that a mean times a count is for a matrix, empty where it is none."""
    count, mean = x.operands
    if mean.operation == "mean_first" and count.name == "first_axis":
        return "col_sum"
    over_first = count.operation == "div" and [y.name for y in count.operands] == ["size", "first_axis"]
    return "row_sum" if mean.operation == "mean_rest" and over_first else ""


def with_kernels(terms: Terms, term: Term) -> Term:
    """Return a term in which products of the last axes are numbers of entries over the first ones.

    Of the parameter that is read off they are the two last ones, and of another as many as it has.
    """
    make = Maker(terms)
    first, second, size = (terms.leaf(n) for n in ("first_axis", "second_axis", "size"))
    sizes = {terms.leaf("rows"), terms.leaf("cols")}

    def one(x: Term) -> Term | None:
        factors = _factors(x)
        if not sizes <= set(factors):
            return None
        others = list(factors)
        for leaf in sizes:
            others.remove(leaf)
        below = make.mul(first, second)
        if second in others:
            others.remove(second)
            below = first
        found = make.div(size, below)
        for other in others:
            found = make.mul(one(other) or other, found)
        return found

    return mapped(terms, term, one)


def _factors(x: Term) -> list[Term]:
    return [y for z in x.operands for y in _factors(z)] if x.operation == "mul" else [x]
