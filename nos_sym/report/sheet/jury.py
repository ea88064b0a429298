"""Jury's criterion: when all roots of a polynomial are inside of the unit circle, in exact numbers."""

from __future__ import annotations

from collections.abc import Sequence

import sympy

Z, X = sympy.symbols("z x")


def is_stable(coefficients: Sequence[sympy.Rational]) -> bool:
    """Return whether all roots of a polynomial lie inside of the unit circle.

    Args:
        coefficients: exact ones, that of the highest power first.
    """
    a = list(coefficients)
    while len(a) > 1:
        first, last = a[0], a[-1]
        if not abs(last) < abs(first):
            return False
        a = [first * x - last * y for x, y in zip(a, reversed(a), strict=True)][:-1]
    return True


def first_crossing(polynomial: sympy.Poly) -> sympy.Expr | None:
    """Return up to which x > 0 a polynomial in z, with coefficients in x, is stable.

    Roots are on the unit circle only at the x where the polynomial and its reciprocal have a root in common,
    so between two of those one exact test says what holds on the whole interval. ``None`` where it is not
    stable for small x, or stable for all, or where a root is on the circle for every x.
    """
    reciprocal = sympy.Poly(list(reversed(polynomial.all_coeffs())), Z)
    common = sympy.Poly(sympy.resultant(polynomial, reciprocal, Z), X)
    if common.is_zero:
        return None
    crossings = [r for r in dict.fromkeys(common.real_roots()) if r > 0]
    if not crossings:
        return None
    between = [
        sympy.Rational(0),
        *(_above(r, s) for r, s in zip(crossings, [*crossings[1:], None], strict=True)),
    ]
    between[0] = _below(crossings[0])
    tested = [is_stable([c.subs(X, x) for c in polynomial.all_coeffs()]) for x in between]
    if not tested[0] or all(tested):
        return None
    return crossings[tested.index(False) - 1]


def _below(root: sympy.Expr) -> sympy.Rational:
    return sympy.Rational(str(sympy.N(root / 2, 12)))


def _above(root: sympy.Expr, following: sympy.Expr | None) -> sympy.Rational:
    end = root + 1 if following is None else (root + following) / 2
    return sympy.Rational(str(sympy.N(end, 25)))


def is_positive_within(value: sympy.Expr, name: sympy.Symbol) -> bool:
    """Return whether a rational function is never negative for arguments in (0, 1), nor has a pole there."""
    over, under = sympy.fraction(sympy.cancel(value))
    for part in (over, under):
        poly = sympy.Poly(part, name)
        if not poly.is_zero and any(0 < r < 1 for r in poly.real_roots()):
            return False
    return bool(value.subs(name, sympy.Rational(1, 2)) >= 0)
