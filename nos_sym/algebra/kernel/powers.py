"""Perfect powers among sums, and signs of polynomials in functions of the step.

Multiplied out, ``(g - w)^2`` is ``g^2 - 2 g w + w^2`` and ``(1 - p) (1 - r)`` is ``1 - p - r + p r``; the
root, and another basis, show the sign again.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product as iproduct
from math import comb, isfinite, prod

from nos_sym.algebra.kernel.bounds import bounds_of_atom, sign_of
from nos_sym.algebra.kernel.products import product
from nos_sym.algebra.kernel.rational_powers import power
from nos_sym.algebra.kernel.reduction import degree, divide, is_polynomial
from nos_sym.algebra.kernel.term import Atom, Factor, Mono, Poly, add, mono, poly, scaled, single

ROOTS = (2, 3, 5, 7)
LONGEST = 6
"""Most terms of a root."""

COEFFICIENTS = 64
"""Most coefficients of a polynomial in functions of the step of which the sign is looked for."""


def perfect_power(p: Poly) -> tuple[Fraction, Poly, int] | None:
    """Return ``(c, x, k)`` with ``p = c x^k`` and k at least 2, for a sum of products of positive powers.

    A function that has the sign of x, as erf, is ``sign(x) erf(|x|)`` in a sum, and counts as one power.
    """
    if len(p.terms) < 3:
        return None
    if not all(is_polynomial(a, q, s) for m, _ in p.terms for a, q, s in m.factors):
        return _by_cases(p)
    ordered = sorted(p.terms, key=lambda t: degree(t[0]))
    (last, _), (first, c) = ordered[0], ordered[-1]
    for k in ROOTS:
        start, end = _root(first, k), _root(last, k)
        if start is not None and end is not None:
            found = _extracted(scaled(p, 1 / c), start, k)
            if found is not None:
                return c, found, k
    return None


def _by_cases(p: Poly) -> tuple[Fraction, Poly, int] | None:
    """Return the root of a sum whose only signs are those of one atom, from its roots at either sign."""
    signs = {f for m, _ in p.terms for f in m.factors if f[1] == 0}
    if len(signs) != 1:
        return None
    ((a, _, s),) = signs
    if s != 1:
        return None
    odd = poly({_without(m, a): c for m, c in p.terms if (a, 0, 1) in m.factors})
    even = poly({m: c for m, c in p.terms if (a, 0, 1) not in m.factors})
    if any(b is a for x in (odd, even) for m, _ in x.terms for b, _, _ in m.factors):
        return None
    up, down = (perfect_power(add(even, x)) for x in (odd, -odd))
    if up is None or down is None or up[2] != down[2] or up[0] != down[0]:
        return None
    c, x, k = up
    half = Fraction(1, 2)
    for y in (down[1], -down[1]):
        signed = (product(half * d, [*m.factors, (a, 0, 1)]) for m, d in add(x, -y).terms)
        root = add(scaled(add(x, y), half), *signed)
        if len(root.terms) > 1 and scaled(power(root, k), c) is p:
            return c, root, k
    return None


def _without(m: Mono, a: Atom) -> Mono:
    return mono([f for f in m.factors if f[0] is not a])


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
    beside: list[Factor] = [(a, q * (k - 1), 0 if sign_of(a) else int(q * (k - 1)) % 2) for a, q, _ in start]
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
    """Return 1 for never negative, -1 for never positive, 0 for unknown, of a polynomial in bounded scalars.

    Each function of the step is a variable between its bounds. The coefficients in the basis of Bernstein
    bound the polynomial, exactly, with its zeros at the ends: those of 1 - 2 p + p^2 are 1, 0, 0.
    """
    atoms = sorted({a for m, _ in p.terms for a, _, _ in m.factors}, key=lambda a: a.digest)
    degrees = [0] * len(atoms)
    values: Values = {}
    for m, c in p.terms:
        exponents = [0] * len(atoms)
        for a, q, s in m.factors:
            if not isinstance(q, int) or q < 0 or (sign_of(a) == 0 and s != q % 2) or s == 2:
                return 0
            if sign_of(a) < 0 and q % 2:
                c = -c
            i = atoms.index(a)
            exponents[i] = q
            degrees[i] = max(degrees[i], q)
        values[tuple(exponents)] = c
    if not atoms or prod(d + 1 for d in degrees) > COEFFICIENTS:
        return 0
    for i, a in enumerate(atoms):
        low, high = bounds_of_atom(a)
        if not (isfinite(low) and isfinite(high)):
            return 0
        values = _to_bernstein(values, i, degrees[i], Fraction(low), Fraction(high))
    coefficients = [values.get(e, Fraction(0)) for e in iproduct(*(range(d + 1) for d in degrees))]
    if all(c >= 0 for c in coefficients):
        return 1
    return -1 if all(c <= 0 for c in coefficients) else 0


Values = dict[tuple[int, ...], Fraction]


def _to_bernstein(values: Values, axis: int, degree: int, low: Fraction, high: Fraction) -> Values:
    """Change one variable, ``x = low + (high - low) u``, from powers of x to the basis of Bernstein in u."""
    lines: dict[tuple[int, ...], list[Fraction]] = {}
    for e, c in values.items():
        lines.setdefault((*e[:axis], 0, *e[axis + 1 :]), [Fraction(0)] * (degree + 1))[e[axis]] += c
    changed: Values = {}
    for e, powers in lines.items():
        shifted = [Fraction(0)] * (degree + 1)
        for n, c in enumerate(powers):
            if c:
                for j in range(n + 1):
                    shifted[j] += c * comb(n, j) * (high - low) ** j * low ** (n - j)
        for i in range(degree + 1):
            parts = (Fraction(comb(i, j), comb(degree, j)) * shifted[j] for j in range(i + 1))
            changed[(*e[:axis], i, *e[axis + 1 :])] = sum(parts, Fraction(0))
    return changed
