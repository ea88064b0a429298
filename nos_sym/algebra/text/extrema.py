"""Maxima and minima in sums: rectifiers written with absolute values, and summands that stand outside."""

from __future__ import annotations

from fractions import Fraction

from nos_sym.algebra.kernel import add, dual, scaled
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text.atoms import extremum
from nos_sym.algebra.text.clipping import weight
from nos_sym.algebra.text.recursion import recursive
from nos_sym.algebra.text.terms import Generator, Monomial, Terms, collected, over, times


def with_rectifiers(terms: Terms) -> Terms:
    """Return a sum with ``max(x, 0)`` for ``(x + |x|)/2``, and ``max(a x, b x)`` alike."""
    for m, c in terms.items():
        for x, e in m:
            if x.inner is None or e != 1:
                continue
            rest = over(m, ((x, Fraction(1)),))
            inside = x.inner.terms if x.inner.terms is not None else {((x.inner, Fraction(1)),): Fraction(1)}
            beside = {times(n, rest): d for n, d in inside.items()}
            turned = _sign_beside(terms, beside)
            beside = {times(n, turned): d for n, d in beside.items()}
            ratios = {terms.get(n, Fraction(0)) / d for n, d in beside.items()}
            if len(ratios) != 1:
                continue
            (ratio,) = ratios
            if not ratio:
                continue
            # ratio x + c |x| is the larger, or smaller, of two multiples of x.
            value = polynomial(recursive.assembled(Fraction(1), times(turned, ((x.inner, Fraction(1)),))))
            unit = abs(ratio) if abs(ratio) == abs(c) else Fraction(1)
            arguments = (scaled(value, (ratio + c) / unit / 2), scaled(value, (ratio - c) / unit / 2))
            made = extremum("max" if c > 0 else "min", arguments, positive=c > 0 and abs(ratio) <= c)
            left = [(n, d) for n, d in terms.items() if n not in beside and n != m]
            return with_rectifiers(collected([*left, (times(rest, ((made, Fraction(1)),)), 2 * unit)]))
    return terms


def _sign_beside(terms: Terms, beside: Terms) -> Monomial:
    """Return the signs that stand in a sum beside the terms of a value of which it has the absolute value."""
    lead = next(iter(beside))
    for m in terms:
        signs = over(m, lead)
        if all(x.role == "sign" and e == 1 for x, e in signs):
            return signs
    return ()


def with_shifts(terms: Terms) -> Terms:
    """Return a sum with the summands that depend on the step alone inside its only maximum or minimum."""
    found = [
        (m, c) for m, c in terms.items() if len(m) == 1 and m[0][0].extremum is not None and m[0][1] == 1
    ]
    shift = {m: c for m, c in terms.items() if not any(x.tensor for x, _ in m)}
    if len(found) != 1 or not shift or found[0][0] in shift:
        return terms
    (m, c), *_ = found
    assert m[0][0].extremum is not None
    op, arguments = m[0][0].extremum
    added = polynomial(recursive.assembled(*recursive.factor_of_sum(shift)))
    for unit in dict.fromkeys((abs(c), Fraction(1))):
        inner = tuple(scaled(add(scaled(p, c), added), 1 / unit) for p in arguments)
        if sum(map(weight, inner)) <= sum(map(weight, arguments)):
            made = extremum(op if c > 0 else dual(op), inner, positive=False)
            left = [(n, d) for n, d in terms.items() if n not in shift and n != m]
            return collected([*left, (((made, Fraction(1)),), unit)])
    return terms


__all__ = ["Generator", "with_rectifiers", "with_shifts"]
