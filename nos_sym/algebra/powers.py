"""Perfect powers among sums, and signs of polynomials in one function of the step.

Multiplied out, ``(g - w)^2`` is ``g^2 - 2 g w + w^2`` and ``(1 - p)^2`` is ``1 - 2 p + p^2``; the root shows the
sign and the zeros again.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb

from nos_sym.algebra.bounds import sign_of
from nos_sym.algebra.polynomial import degree, divide, is_polynomial, power, product
from nos_sym.algebra.term import Atom, Factor, Mono, Poly, add, scaled, single

ROOTS = (2, 3, 5, 7)
LONGEST = 6
"""Most terms of a root."""

_DEGREE = 20


def perfect_power(p: Poly) -> tuple[Fraction, Poly, int] | None:
    """Return ``(c, x, k)`` with ``p = c x^k`` and k at least 2, for a sum of products of positive powers."""
    if not all(is_polynomial(a, q, s) for m, _ in p.terms for a, q, s in m.factors):
        return None
    ordered = sorted(p.terms, key=lambda t: degree(t[0]))
    (last, _), (first, c) = ordered[0], ordered[-1]
    for k in ROOTS:
        start, end = _root(first, k), _root(last, k)
        if start is not None and end is not None:
            found = _extracted(scaled(p, 1 / c), start, k)
            if found is not None:
                return c, found, k
    return None


def _root(m: Mono, k: int) -> list[Factor] | None:
    factors: list[Factor] = []
    for a, q, _ in m.factors:
        if Fraction(q).denominator != 1 or int(q) % k:
            return None
        factors.append((a, int(q) // k, 0 if sign_of(a) else int(q) // k % 2))
    return factors


def _extracted(p: Poly, start: list[Factor], k: int) -> Poly | None:
    """Return the root of ``p`` that begins with the root of its leading term, term by term."""
    root = single(start)
    beside = [(a, q * (k - 1), 0 if sign_of(a) else q * (k - 1) % 2) for a, q, _ in start]
    for _ in range(LONGEST):
        rest = add(p, -power(root, k))
        if not rest.terms:
            return root
        m, c = max(rest.terms, key=lambda t: degree(t[0]))
        left = divide(list(m.factors), beside)
        if left is None:
            return None
        root = add(root, product(c / k, left))
    return None


def bernstein_sign(p: Poly) -> int:
    """Return 1 for never negative, -1 for never positive, 0 for unknown, of a polynomial in one scalar.

    The scalar lies in [0, 1], or [-1, 1] for a cosine. The coefficients in the basis of Bernstein bound the
    polynomial, exactly, with its zeros at the ends: 1 - 2 p + p^2 has 1, 0, 0.
    """
    coefficients = _univariate(p)
    if coefficients is None:
        return 0
    a, values = coefficients
    if a.op == "cospi":
        values = _shifted(values)
    n = len(values) - 1
    basis = [sum(Fraction(comb(i, j), comb(n, j)) * values[j] for j in range(i + 1)) for i in range(n + 1)]
    if all(b >= 0 for b in basis):
        return 1
    return -1 if all(b <= 0 for b in basis) else 0


def _univariate(p: Poly) -> tuple[Atom, list[Fraction]] | None:
    atoms = {a for m, _ in p.terms for a, _, _ in m.factors}
    if len(atoms) != 1:
        return None
    a = atoms.pop()
    signed = a.op == "cospi"
    if not signed and a.op not in ("p", "r", "remaining"):
        return None
    values = [Fraction(0)] * (_DEGREE + 1)
    for m, c in p.terms:
        q, s = m.factors[0][1:] if m.factors else (0, 0)
        if not isinstance(q, int) or not 0 <= q <= _DEGREE or (signed and s != q % 2):
            return None
        values[q] = c
    while len(values) > 1 and not values[-1]:
        values.pop()
    return a, values


def _shifted(values: list[Fraction]) -> list[Fraction]:
    """Return the coefficients of ``f(2 u - 1)``, for u in [0, 1]."""
    total = [Fraction(0)] * len(values)
    for n, c in enumerate(values):
        for j in range(n + 1):
            total[j] += c * comb(n, j) * 2**j * (-1) ** (n - j)
    return total
