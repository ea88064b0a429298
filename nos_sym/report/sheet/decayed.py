"""The largest stable rate of rules with a decay of the weight, which adds a number to the curvature or stands
apart from it."""

from __future__ import annotations

import sympy

from nos_sym.report.sheet.jury import X, Z, first_crossing
from nos_sym.report.sheet.linear import CURVATURE, MOMENTUM, RATE_SYMBOL

_RATIO = sympy.symbols("s", positive=True)
"""momentum / (1 - momentum), which is any positive number."""


def shifted(characteristic: sympy.Expr) -> tuple[sympy.Poly, sympy.Expr] | None:
    """Return a polynomial in z and x = lr (h + d), and h + d; ``None`` where it is not one of these.

    A decay d that enters as the gradient does makes the curvature h to h + d.
    """
    found = sympy.Poly(characteristic, RATE_SYMBOL, CURVATURE)
    with_curvature = found.coeff_monomial(RATE_SYMBOL * CURVATURE)
    if with_curvature == 0:
        return None
    decay = sympy.cancel(found.coeff_monomial(RATE_SYMBOL) / with_curvature)
    if not decay.is_number or decay <= 0:
        return None
    whole = CURVATURE + decay
    put = sympy.cancel(characteristic.subs(RATE_SYMBOL, X / whole))
    return None if CURVATURE in put.free_symbols else (sympy.Poly(put, Z), whole)


def decayed_bound(characteristic: sympy.Expr) -> sympy.Expr | None:
    """Return the bound of a polynomial of the second degree in z, for every curvature and momentum.

    Jury's conditions are linear in the rate, so that their signs at 0 and at the bound, where one of them is
    0, say what holds between. Each sign is one of a polynomial whose coefficients all have it.
    """
    poly = sympy.Poly(characteristic, Z)
    if poly.degree() != 2:
        return None
    one, b, c = (sympy.cancel(x / poly.LC()) for x in poly.all_coeffs())
    at_minus_one = sympy.expand(one - b + c)
    conditions = [sympy.expand(x) for x in (one + b + c, at_minus_one, 1 - c, 1 + c)]
    if any(sympy.Poly(x, RATE_SYMBOL).degree() > 1 for x in conditions):
        return None
    slope = sympy.Poly(at_minus_one, RATE_SYMBOL).coeff_monomial(RATE_SYMBOL)
    if slope == 0 or not _is_never_negative(-slope):
        return None
    over, under = sympy.fraction(sympy.factor(at_minus_one.subs(RATE_SYMBOL, 0) / -slope))
    if over.could_extract_minus_sign():
        over, under = -over, -sympy.expand(under)
    bound = over / under
    for condition in conditions:
        ends = [sympy.cancel(condition.subs(RATE_SYMBOL, end)) for end in (0, bound)]
        if all(end == 0 for end in ends) or not all(map(_is_never_negative, ends)):
            return None
    return bound if bound != 0 and _is_never_negative(bound) else None


def _is_never_negative(value: sympy.Expr) -> bool:
    """Return whether it is shown that a value is not negative for h > 0 and momenta in (0, 1)."""
    put = sympy.cancel(value.subs(MOMENTUM, _RATIO / (1 + _RATIO)))
    signs = []
    for part in sympy.fraction(put):
        coefficients = sympy.Poly(part, _RATIO, CURVATURE).coeffs()
        if all(x >= 0 for x in coefficients):
            signs.append(1)
        elif all(x <= 0 for x in coefficients):
            signs.append(-1)
        else:
            return False
    return signs[0] == signs[1] or put == 0


def crossing_of(poly: sympy.Poly) -> sympy.Expr | None:
    """Return up to which x a polynomial is stable, where its coefficients have no other name."""
    return None if poly.as_expr().free_symbols - {X, Z} else first_crossing(poly)
