"""One rule of several parameters: what depends on their sizes, and what is summed over all of them.

A run has three parameters of different sizes, so that the terms of their new weights say the same three
times. A number that differs is a function of the shape or unknown; a sum of one of each is a sum over all
parameters; and a term that reads another parameter otherwise is none of the language.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from nos_sym.lift.jax_algebra import Making
from nos_sym.lift.term import NAME, NUMBER, OPAQUE, Term, walk

OF = "@"
"""Stands in names of leaves between the name and the number of the parameter."""


class DifferentError(Exception):
    """Terms of parameters that are no one rule; says at which operation."""


def leaf_of(name: str, parameter: int) -> str:
    """Return the name of a leaf of a parameter."""
    return f"{name}{OF}{parameter}"


class Joining:
    """Joins the terms of several parameters.

    Args:
        making: where joined terms are made.
        shapes: of the parameters, whose terms are joined.
        runs: how many parameters each run has; sums over all parameters are over those of a run.
    """

    def __init__(self, making: Making, shapes: Sequence[tuple[int, ...]], runs: Sequence[int]) -> None:
        self.making = making
        self.shapes = shapes
        self.runs = runs
        self._done: dict[tuple[int, ...], Term] = {}
        self._kept: list[tuple[Term, ...]] = []

    def joined(self, terms: Sequence[Term]) -> Term:
        """Return the one term of what was computed for each parameter.

        Raises:
            DifferentError: it is several.
        """
        key = tuple(id(x) for x in terms)
        found = self._done.get(key)
        if found is None:
            found = self._done[key] = self._joined(tuple(terms))
            self._kept.append(tuple(terms))
        return found

    def _joined(self, terms: tuple[Term, ...]) -> Term:
        first = terms[0]
        whole = self._over_all(terms)
        if whole is not None:
            return whole
        if all(x.operation == NUMBER for x in terms):
            return self._number([x.value for x in terms])
        if any(x.operation != first.operation or len(x.operands) != len(first.operands) for x in terms):
            product = self._product(terms)
            if product is not None:
                return product
            raise DifferentError(" and ".join(sorted({_told(x) for x in terms})))
        if first.operation == OPAQUE and all(x.name == first.name for x in terms):
            return self._unknown(terms)
        if first.operation == NAME:
            return self._leaf(terms)
        operands = tuple(self.joined([x.operands[i] for x in terms]) for i in range(len(first.operands)))
        return remade(self.making, first.operation, operands)

    def _leaf(self, terms: tuple[Term, ...]) -> Term:
        names = [x.name.partition(OF) for x in terms]
        expected = [str(i) for count in self.runs for i in range(count)]
        if len({name for name, _, _ in names}) > 1:
            raise DifferentError(" and ".join(sorted({name for name, _, _ in names})))
        owners = [owner for _, _, owner in names]
        if any(owners) and owners != expected:
            raise DifferentError(f"'{names[0][0]}' of another parameter")
        return self.making.terms.leaf(names[0][0])

    def _number(self, values: Sequence[Fraction]) -> Term:
        if len(set(values)) == 1:
            return self.making.terms.number(values[0])
        found = size_function(self.making, values, self.shapes)
        if found is None:
            raise DifferentError(f"the numbers {', '.join(f'{float(x):.6g}' for x in values)}")
        return found

    def _unknown(self, terms: tuple[Term, ...]) -> Term:
        """Return what no handler knew, of the same for all parameters where that is one."""
        try:
            rows = zip(*(x.operands for x in terms), strict=True)
            return self.making.terms.opaque(terms[0].name, *(self.joined(row) for row in rows))
        except (DifferentError, ValueError):
            return self.making.terms.opaque(terms[0].name)

    def _product(self, terms: tuple[Term, ...]) -> Term | None:
        """Return products with a number that is 1 for some parameters, for which nothing is left of it."""
        for i in (0, 1):
            has = [x.operation == "mul" and x.operands[i].is_number for x in terms]
            if any(has):
                values = [x.operands[i].value if h else Fraction(1) for x, h in zip(terms, has, strict=True)]
                others = [x.operands[1 - i] if h else x for x, h in zip(terms, has, strict=True)]
                return self.making.mul(self._number(values), self.joined(others))
        return None

    def _over_all(self, terms: tuple[Term, ...]) -> Term | None:
        """Return the sum over all parameters, where each run has one term that is a sum of one of each."""
        start = 0
        parts: list[Term] = []
        rest: list[list[Term]] = []
        for count in self.runs:
            run = terms[start : start + count]
            start += count
            if count < 2 or any(x is not run[0] for x in run) or run[0].operation != "add":
                return None
            addends = _addends(run[0])
            owned = [[x for x in addends if _owners(x) == {str(i)}] for i in range(count)]
            if any(len(x) != 1 for x in owned):
                return None
            parts += [x[0] for x in owned]
            rest.append([x for x in addends if all(x is not y[0] for y in owned)])
        if any(len(x) != len(rest[0]) for x in rest):
            return None
        total = self._total(self.joined(parts))
        for i in range(len(rest[0])):
            others = [x for count, row in zip(self.runs, rest, strict=True) for x in [row[i]] * count]
            total = self.making.add(self.joined(others), total)
        return total

    def _total(self, part: Term) -> Term:
        """Return the sum over all parameters of a number of each."""
        making = self.making
        rank = len(self.shapes[0])
        if part.operation == "sum":
            return making.terms.apply("total", part.operands[0])
        if part.operation == "neg":
            return making.neg(self._total(part.operands[0]))
        if part.operation == "mul":
            for i in (0, 1):
                x, factor = part.operands[i], part.operands[1 - i]
                if x.operation == "sum" and factor.is_number:
                    return making.mul(factor, self._total(x))
        if rank == 0:
            return making.terms.apply("total", part)
        return making.terms.apply("total", making.div(part, making.terms.leaf("size")))


def remade(making: Making, operation: str, operands: Sequence[Term]) -> Term:
    """Return an operation on terms as it is made of JAX."""
    table: dict[str, Callable[..., Term]] = {
        "add": making.add, "sub": making.sub, "mul": making.mul, "div": making.div, "neg": making.neg,
        "where": making.where, "less": making.less, "equal": making.equal, "logical_not": making.no,
        "logical_and": making.both, "logical_or": making.either,
        "less_equal": lambda x, y: making.less(x, y, equal=True),
        "max": lambda x, y: making.extreme("max", x, y), "min": lambda x, y: making.extreme("min", x, y),
    }  # fmt: skip
    if operation in table:
        return table[operation](*operands)
    return making.terms.apply(operation, *operands)


def _told(x: Term) -> str:
    return x.name or (f"{float(x.value):.6g}" if x.is_number else x.operation)


def _addends(x: Term) -> list[Term]:
    return [*_addends(x.operands[0]), *_addends(x.operands[1])] if x.operation == "add" else [x]


def _owners(x: Term) -> set[str]:
    found = {y.name.partition(OF)[2] for y in walk(x) if y.operation == NAME}
    return found - {""}


def size_function(
    making: Making, values: Sequence[Fraction], shapes: Sequence[tuple[int, ...]]
) -> Term | None:
    """Return the function of the shape, times one number, that has these values; ``None`` if none has."""
    for make, function in _FUNCTIONS:
        at = [function(*_sides(shape)) for shape in shapes]
        if not all(at):
            continue
        factors = [float(v) / x for v, x in zip(values, at, strict=True)]
        if max(factors) - min(factors) > 1e-12 * abs(factors[0]):
            continue
        factor = Fraction(f"{factors[0]:.12g}")
        if len(str(float(factor))) > 12:
            continue
        found = make(making)
        return found if factor == 1 else making.mul(making.number(factor), found)
    return None


def _sides(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Return ``size``, ``rows`` and ``cols`` as the language has them: missing axes count one."""
    padded = (1, 1, *shape)
    return math.prod(shape), padded[-2], padded[-1]


_Make: TypeAlias = Callable[[Making], Term]
_At: TypeAlias = Callable[[int, int, int], float]


def _base_functions() -> dict[str, tuple[_Make, _At]]:
    def leaf(name: str) -> _Make:
        return lambda m: m.terms.leaf(name)

    def ratio(x: str, y: str) -> _Make:
        return lambda m: m.div(m.terms.leaf(x), m.terms.leaf(y))

    def of_one(x: str, y: str) -> _Make:
        return lambda m: m.terms.apply("max", m.number(1), ratio(x, y)(m))

    def sides(operation: str) -> _Make:
        return lambda m: m.terms.apply(operation, m.terms.leaf("rows"), m.terms.leaf("cols"))

    return {
        "size": (leaf("size"), lambda s, r, c: s),
        "cols": (leaf("cols"), lambda s, r, c: c),
        "rows": (leaf("rows"), lambda s, r, c: r),
        "max": (sides("max"), lambda s, r, c: max(r, c)),
        "min": (sides("min"), lambda s, r, c: min(r, c)),
        "tall": (of_one("rows", "cols"), lambda s, r, c: max(1, r / c)),
        "wide": (of_one("cols", "rows"), lambda s, r, c: max(1, c / r)),
        "ratio": (ratio("rows", "cols"), lambda s, r, c: r / c),
        "sum": (sides("add"), lambda s, r, c: r + c),
    }


def _derived(make: _Make, at: _At) -> list[tuple[_Make, _At]]:
    """Return a function of the shape and what is computed of it."""

    def root(m: Making) -> Term:
        return m.terms.apply("sqrt", make(m))

    return [
        (make, at),
        (root, lambda s, r, c: math.sqrt(at(s, r, c))),
        (lambda m: m.div(m.number(1), make(m)), lambda s, r, c: 1 / at(s, r, c)),
        (lambda m: m.div(m.number(1), root(m)), lambda s, r, c: 1 / math.sqrt(at(s, r, c))),
        (lambda m: m.terms.apply("ln", make(m)), lambda s, r, c: math.log(at(s, r, c))),
        (lambda m: m.sub(make(m), m.number(1)), lambda s, r, c: at(s, r, c) - 1),
    ]


_FUNCTIONS = [x for make, at in _base_functions().values() for x in _derived(make, at)]
"""How numbers may depend on the shape, simple ones first."""


def renamed(making: Making, term: Term, names: Mapping[str, Term]) -> Term:
    """Return a term with others in the place of leaves."""
    done: dict[int, Term] = {}
    for x in walk(term):
        if x.operation == NAME:
            done[id(x)] = names.get(x.name, x)
        elif not x.operands:
            done[id(x)] = x
        else:
            operands = [done[id(y)] for y in x.operands]
            if all(a is b for a, b in zip(operands, x.operands, strict=True)):
                done[id(x)] = x
            elif x.operation == OPAQUE:
                done[id(x)] = making.terms.opaque(x.name, *operands)
            else:
                done[id(x)] = remade(making, x.operation, operands)
    return done[id(term)]
