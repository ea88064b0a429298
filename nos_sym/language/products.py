"""Products and quotients of any two kinds: a decay function scales a tensor, on whichever side it stands."""

from __future__ import annotations

from sympy.core.basic import Basic

from nos_sym.language.kind import Kind
from nos_sym.language.node import kind_of
from nos_sym.language.registry import apply, number


def product(x: Basic, y: Basic) -> Basic:
    """Return ``x * y``; a factor 1 is left out."""
    if x == 1:
        return y
    if y == 1:
        return x
    kinds = kind_of(x), kind_of(y)
    if kinds == (Kind.STEP, Kind.TENSOR):
        return apply("scale", x, y)
    if kinds == (Kind.TENSOR, Kind.STEP):
        return apply("scale", y, x)
    return apply("mul", x, y)


def quotient(x: Basic, y: Basic) -> Basic:
    """Return ``x / y``."""
    if (kind_of(x), kind_of(y)) == (Kind.TENSOR, Kind.STEP):
        return apply("scale", apply("div", number(1), y), x)
    return apply("div", x, y)
