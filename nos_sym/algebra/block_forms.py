"""Canonical forms of what blocks add to the language: conditions, choices, and reductions of tensors.

A condition is 1 or 0, and so a polynomial in signs: ``x < y`` is ``(s^2 + s)/2`` with ``s = sign(y - x)``. A
choice is ``c x + (1 - c) y``, since every value is a real number. What is known of signs then holds of
branches, on every history, ties included. Norms and means are written with sums, which are linear over terms.
"""

from __future__ import annotations

from collections.abc import Callable

from nos_sym.algebra.forms import Form, form
from nos_sym.algebra.kernel import (
    HALF,
    ONE,
    Atom,
    Poly,
    absolute,
    add,
    as_number,
    base,
    constant,
    general_power,
    inverse,
    maximum,
    minimum,
    mul,
    note,
    opaque,
    power_absolute,
    power_of_step,
    product,
    scaled,
    sign,
    single,
)
from nos_sym.language.kind import Kind
from nos_sym.language.operation import Role
from nos_sym.language.registry import REGISTRY


def positive(x: Poly) -> Poly:
    """Return 1 where a value is positive, else 0."""
    s = sign(x)
    return scaled(add(mul(s, s), s), HALF)


def choice(condition: Poly, x: Poly, y: Poly) -> Poly:
    """Return one value where a condition is 1, another where it is 0."""
    note("choice")
    if x is y:
        return y
    below = positive(add(y, -x)), opposite(positive(add(x, -y)))
    above = positive(add(x, -y)), opposite(positive(add(y, -x)))
    if condition in below or condition in above:
        return minimum([x, y]) if condition in below else maximum([x, y])
    return add(mul(condition, add(x, -y)), y)


def opposite(condition: Poly) -> Poly:
    """Return 1 where a condition is 0, and 0 where it is 1."""
    return add(constant(1), -condition)


def _equal(x: Poly, y: Poly) -> Poly:
    s = sign(add(x, -y))
    return opposite(mul(s, s))


def _power(x: Poly, y: Poly) -> Poly:
    number = as_number(x)
    if number is None:
        return general_power(x, y)
    return power_of_step(abs(number), y, lambda: general_power(x, y))


def alike(a: Atom) -> bool:
    """Return whether an atom is the same for all entries of a tensor."""
    operation = a.kind.operation
    kinds = (Kind.SCALAR, Kind.GLOBAL)
    leaf = operation is not None and operation.role in (Role.LEAF, Role.REDUCTION)
    return a.scalar or (leaf and operation is not None and operation.kind in kinds)


def _linear(name: str, of_one: Callable[[], Poly]) -> Form:
    """Return a linear reduction: factors that are the same for all entries stand outside."""

    def reduced(p: Poly) -> Poly:
        note("reduction-linear")
        parts = []
        for m, c in p.terms:
            outside = [f for f in m.factors if alike(f[0])]
            inside = single([f for f in m.factors if not alike(f[0])])
            value = of_one() if as_number(inside) == 1 else opaque(REGISTRY[name], [inside])
            parts.append(mul(product(c, outside), value))
        return add(*parts)

    return reduced


def _one() -> Poly:
    return constant(1)


def _leaf(name: str) -> Callable[[], Poly]:
    return lambda: opaque(REGISTRY[name], [])


_sum = _linear("sum", _leaf("size"))


def _mean(x: Poly) -> Poly:
    return mul(_sum(x), inverse(_leaf("size")()))


def _norm2(x: Poly) -> Poly:
    return power_absolute(_sum(mul(x, x)), HALF)


def _peak(x: Poly) -> Poly:
    if not x.terms:
        return x
    content, monomial, rest = base(x)
    inner = absolute(product(ONE, [*monomial.factors, *([(rest, 1, 1)] if rest is not None else [])]))
    return scaled(opaque(REGISTRY["norm_inf"], [inner]), abs(content))


def _total(p: Poly) -> Poly:
    # Counts, rates and settings may differ between parameters: rational numbers alone leave the sum.
    return add(*(scaled(opaque(REGISTRY["total"], [single(m.factors)]), c) for m, c in p.terms))


def _mod(x: Poly, y: Poly) -> Poly:
    return x if not y.terms else opaque(REGISTRY["mod"], [x, y])


form("less", lambda x, y: positive(add(y, -x)))
form("less_equal", lambda x, y: opposite(positive(add(x, -y))))
form("equal", _equal)
form("logical_and", mul)
form("logical_or", lambda x, y: add(x, y, -mul(x, y)))
form("logical_not", opposite)
form("where", choice)
form("abspow", _power)
form("sum", _sum)
form("mean", _mean)
form("norm2", _norm2)
form("norm1", lambda x: _sum(absolute(x)))
form("rms", lambda x: power_absolute(_mean(mul(x, x)), HALF))
form("norm_inf", _peak)
form("row_mean", _linear("row_mean", _one))
form("col_mean", _linear("col_mean", _one))
form("mean_rest", _linear("mean_rest", _one))
form("mean_first", _linear("mean_first", _one))
form("row_sum", _linear("row_sum", _leaf("cols")))
form("col_sum", _linear("col_sum", _leaf("rows")))
form("total", _total)
form("mod", _mod)
