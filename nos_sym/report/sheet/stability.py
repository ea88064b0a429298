"""The largest stable learning rate on a quadratic, of optimizers that are linear there."""

from __future__ import annotations

import sympy

from nos_sym.report.sheet.decayed import crossing_of, decayed_bound, shifted
from nos_sym.report.sheet.jury import X, Z, first_crossing, is_positive_within
from nos_sym.report.sheet.line import Line, proved
from nos_sym.report.sheet.linear import CURVATURE, MOMENTUM, RATE_SYMBOL, matrix_of
from nos_sym.report.sheet.subject import Subject

MOST_STATES = 6
"""States above which no characteristic polynomial is looked for."""

USUAL_MOMENTUM = sympy.Rational(9, 10)

_KEY, _TITLE = "stability", "Largest stable rate"


def stability(subject: Subject) -> list[Line]:
    """Return the line about the largest stable learning rate on a quadratic of curvature h."""
    matrix = matrix_of(subject)
    if matrix is None or matrix.shape[0] > 1 + MOST_STATES:
        return []
    if matrix.shape == (1, 1):
        return _of_one(matrix[0, 0])
    characteristic = matrix.subs(RATE_SYMBOL, X / CURVATURE).charpoly(Z).as_expr()
    characteristic = sympy.cancel(sympy.expand(characteristic))
    if CURVATURE in characteristic.free_symbols:
        return _with_decay(sympy.expand(matrix.charpoly(Z).as_expr()))
    poly = sympy.Poly(characteristic, Z)
    found, at = None, ""
    if MOMENTUM in characteristic.free_symbols:
        found = _for_all_momenta(poly)
        if found is None:
            poly, at = (
                sympy.Poly(characteristic.subs(MOMENTUM, USUAL_MOMENTUM), Z),
                f" at momentum {USUAL_MOMENTUM}",
            )
    if found is None:
        found = first_crossing(poly)
    if found is None:
        return []
    return [_line(found / CURVATURE, found, at, poly)]


def _with_decay(characteristic: sympy.Expr) -> list[Line]:
    """Return the line of a rule with a decay of the weight, for every momentum or at the usual one."""
    usual = characteristic.subs(MOMENTUM, USUAL_MOMENTUM)
    tried = [(characteristic, "")]
    if MOMENTUM in characteristic.free_symbols:
        tried.append((usual, f" at momentum {USUAL_MOMENTUM}"))
    for polynomial, at in tried:
        bound = decayed_bound(polynomial)
        if bound is not None:
            by = (
                "Jury's criterion in exact numbers, on the characteristic polynomial of a step over the "
                "weight and the states, lr and momentum constant, bias corrections in the limit 1, for "
                "every h > 0: "
                f"{_text(sympy.collect(polynomial, Z))}"
            )
            return [proved(_KEY, _TITLE, _says(bound, at), by=by, bound=_text(bound), times_curvature="")]
    moved = shifted(usual)
    found = None if moved is None else crossing_of(moved[0])
    if moved is None or found is None:
        return []
    at = f" at momentum {USUAL_MOMENTUM}" if MOMENTUM in characteristic.free_symbols else ""
    return [_line(found / moved[1], found, at, moved[0], f"lr ({_text(moved[1])})")]


def _of_one(factor: sympy.Expr) -> list[Line]:
    """Return the line of a step that multiplies the weight by a number."""
    reduced = sympy.expand(1 - factor)
    slope = sympy.Poly(reduced, RATE_SYMBOL)
    if slope.degree() != 1 or slope.eval(0) != 0:
        return []
    (rate,) = (sympy.cancel(slope.coeff_monomial(RATE_SYMBOL)),)
    # Of a curvature and a decay, neither of which is negative.
    if any(c < 0 for c in sympy.Poly(rate, CURVATURE).all_coeffs()):
        return []
    bound = 2 / rate
    by = f"the step multiplies w by 1 - lr * ({_text(rate)}), between -1 and 1 exactly for smaller rates"
    value = sympy.cancel(bound * CURVATURE)
    number = str(value) if value.is_number else ""
    return [proved(_KEY, _TITLE, _says(bound, ""), by=by, bound=_text(bound), times_curvature=number)]


def _for_all_momenta(poly: sympy.Poly) -> sympy.Expr | None:
    """Return the bound as a function of the momentum, for a polynomial of the second degree."""
    if poly.degree() != 2:
        return None
    one, b, c = (sympy.cancel(x / poly.LC()) for x in poly.all_coeffs())
    at_minus_one = sympy.cancel(one - b + c)
    solutions = sympy.solve(at_minus_one, X)
    if len(solutions) != 1 or solutions[0].free_symbols - {MOMENTUM}:
        return None
    bound = sympy.factor(solutions[0])
    # Jury's conditions of the second degree. Each is linear in x, so that its ends decide.
    for condition in (one + b + c, at_minus_one, 1 - c, 1 + c):
        if sympy.Poly(condition, X).degree() > 1:
            return None
        ends = [sympy.cancel(condition.subs(X, end)) for end in (0, bound)]
        if all(end == 0 for end in ends) or not all(is_positive_within(end, MOMENTUM) for end in ends):
            return None
    beyond = sympy.cancel(sympy.diff(at_minus_one, X))
    return bound if is_positive_within(-beyond, MOMENTUM) and is_positive_within(bound, MOMENTUM) else None


def _line(bound: sympy.Expr, value: sympy.Expr, at: str, poly: sympy.Poly, argument: str = "lr h") -> Line:
    by = (
        "Jury's criterion in exact numbers, on the characteristic polynomial of a step over the weight and "
        f"the states, lr and momentum constant, bias corrections in the limit 1, x = {argument}: "
        f"{_text(poly.as_expr())}"
    )
    return proved(
        _KEY,
        _TITLE,
        _says(bound, at),
        by=by,
        bound=_text(bound),
        times_curvature=_text(value) if argument == "lr h" else "",
    )


def _says(bound: sympy.Expr, at: str) -> str:
    return (
        f"On a quadratic of curvature h it converges for lr < {_text(bound)}{at}, and for no rate just above."
    )


def _text(value: sympy.Expr) -> str:
    if value.has(sympy.CRootOf):
        number = sympy.N(value.subs(CURVATURE, 1), 10)
        return f"{number}/h" if CURVATURE in value.free_symbols else str(number)
    return str(value).replace("**", "^")
