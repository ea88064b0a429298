"""Maxima and minima in sums: rectifiers written with absolute values, and summands that stand outside."""

from __future__ import annotations

from fractions import Fraction

from nos_sym.algebra.kernel import Poly, add, dual, scaled
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text.atoms import extremum
from nos_sym.algebra.text.clipping import weight
from nos_sym.algebra.text.recursion import recursive
from nos_sym.algebra.text.terms import Generator, Monomial, Terms, collected, over, times
from nos_sym.algebra.text.words import word


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
    """Return a sum with summands that depend on the step inside a maximum or minimum beside them.

    ``2 - 2 max(a10, a11)`` is ``2 min(a9, a12)``, which is exact where both are near 0.
    """
    found = [(m, c, x) for m, c in terms.items() for x, e in m if x.extremum is not None and e == 1]
    for m, c, x in sorted(found, key=lambda f: f[2].tensor):
        others = [n for n, _, y in found if y is not x and y.tensor == x.tensor]
        if x.tensor and others:
            return terms
        shifted = _shifted(terms, m, c, x, others)
        if shifted is not None:
            return with_shifts(shifted)
    return terms


def _shifted(terms: Terms, m: Monomial, c: Fraction, x: Generator, others: list[Monomial]) -> Terms | None:
    """Return a sum with the other summands, that depend on the step, inside the extremum x of one of them."""
    assert x.extremum is not None
    op, arguments = x.extremum
    rest = over(m, ((x, Fraction(1)),))
    held = {y for y, _ in rest}
    beside = {n: over(n, rest) for n in terms if n != m and n not in others}
    shift = {n: k for n, k in beside.items() if not any(y.tensor or y in held for y, _ in k)}
    if not shift:
        return None
    added = polynomial(recursive.assembled(*recursive.factor_of_sum({k: terms[n] for n, k in shift.items()})))
    for unit in dict.fromkeys((abs(c), Fraction(1))):
        inner = tuple(scaled(add(scaled(p, c), added), 1 / unit) for p in arguments)
        if sum(map(_weight, inner)) <= sum(map(_weight, arguments)):
            made = extremum(op if c > 0 else dual(op), inner, positive=False)
            left = [(n, d) for n, d in terms.items() if n not in shift and n != m]
            return collected([*left, (times(rest, ((made, Fraction(1)),)), unit)])
    return None


def _weight(p: Poly) -> int:
    """Return the size of a form, of a word that of a leaf."""
    named = word(p)
    return weight(p) if named is None else 2 + (named[0] != 1)


__all__ = ["Generator", "with_rectifiers", "with_shifts"]
