"""Signs of polynomials, and functions of them: a function of s in {-1, 1} is affine in s."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from nos_sym.algebra.kernel.bounds import sign_of
from nos_sym.algebra.kernel.common_factors import base
from nos_sym.algebra.kernel.products import mul, product
from nos_sym.algebra.kernel.term import Factor, Mono, Poly, add, mono, note, poly, scaled, single
from nos_sym.algebra.kernel.zeros import nonzero

SIGNS = 4
"""Most signs of which a function is written out."""


def sign_factors(p: Poly) -> tuple[int, list[Factor]]:
    """Return the sign of ``p`` as 1 or -1 times signs of atoms; requires that ``p`` is not zero."""
    coefficient, monomial, remainder = base(p)
    factors: list[Factor] = [
        (base_atom, 0, s if s == 2 else 1 if s else 2)
        for base_atom, _, s in monomial.factors
        if s or not nonzero(base_atom)
    ]
    if remainder is not None:
        factors.append((remainder, 0, 1))
    return (1 if coefficient > 0 else -1), factors


def outer_signs(p: Poly) -> tuple[int, list[Factor]]:
    """Return the sign of ``p``, to stand beside a function that vanishes where ``p`` does."""
    unit, factors = sign_factors(p)
    unknown: list[Factor] = []
    for a, q, s in factors:
        if s == 1 and sign_of(a) == 0:
            unknown.append((a, q, s))
        elif s == 1 and sign_of(a) < 0:
            unit = -unit
    return unit, unknown


def sign(p: Poly) -> Poly:
    """Return ``sign(p)``."""
    if not p.terms:
        return p
    affine = by_sign(split_sign(p), sign)
    if affine is not None:
        return affine
    split = beside_signs(p)
    if split is not None:
        return mul(sign(split[0]), sign(split[1]))
    unit, factors = sign_factors(p)
    result = product(Fraction(unit), factors)
    # The sign of a value that may be undefined is undefined there, even where it is known elsewhere.
    return add(result, scaled(p, 0)) if p.partial and not result.partial else result


def split_sign(p: Poly) -> tuple[Poly, Poly, Mono] | None:
    """Return ``(A, B, S)`` with ``p = A + B S`` where p depends on the step and on signs alone.

    S is 1 or -1 almost everywhere, so a function of such a value is itself affine in S. A and B may hold
    other signs. A single product with S needs no splitting.
    """
    if p.scalar or len(p.terms) < 2:
        return None
    chosen = shared_signs([p])
    if chosen is None:
        return None
    plain, beside = at_sign(p, chosen)
    return (plain, beside, mono(chosen)) if plain.terms else None


def shared_signs(arguments: list[Poly]) -> tuple[Factor, ...] | None:
    """Return signs of which polynomials are functions: the one product that occurs, or one sign of several.

    ``None`` where a polynomial depends on more than the step and at most :data:`SIGNS` signs.
    """
    products: set[tuple[Factor, ...]] = set()
    for p in arguments:
        for m, _ in p.terms:
            tensors = tuple(f for f in m.factors if not f[0].scalar)
            if any(q != 0 or s != 1 or not nonzero(a) for a, q, s in tensors):
                return None
            products.add(tensors)
    products.discard(())
    if len(products) == 1:
        return products.pop()
    signs = {f for tensors in products for f in tensors}
    return (min(signs, key=lambda f: f[0].digest),) if 0 < len(signs) <= SIGNS else None


def at_sign(p: Poly, chosen: tuple[Factor, ...]) -> tuple[Poly, Poly]:
    """Return ``(A, B)`` with ``p = A + B S`` for a product S of signs."""
    plain: dict[Mono, Fraction] = {}
    beside: dict[Mono, Fraction] = {}
    for m, c in p.terms:
        if set(chosen) <= set(m.factors):
            beside[mono([f for f in m.factors if f not in chosen])] = c
        else:
            plain[m] = c
    return poly(plain), poly(beside)


def beside_signs(p: Poly) -> tuple[Poly, Poly] | None:
    """Return a product and a function of signs, beside it, whose product is ``p``."""
    if len(p.terms) < 2:
        return None
    coefficient, monomial, remainder = base(p)
    if remainder is None or not monomial.factors or split_sign(remainder.args[0]) is None:
        return None
    return product(coefficient, list(monomial.factors)), remainder.args[0]


def by_sign(split: tuple[Poly, Poly, Mono] | None, function: Callable[[Poly], Poly]) -> Poly | None:
    """Return ``f(A + B S) = (f(A+B) + f(A-B))/2 + S (f(A+B) - f(A-B))/2``, where both values are finite."""
    if split is None:
        return None
    plain, beside, signs = split
    up, down = function(add(plain, beside)), function(add(plain, -beside))
    if up.partial or down.partial:
        return None
    note("function-of-sign")
    half = Fraction(1, 2)
    difference = mul(single(signs.factors, half), add(up, -down))
    return add(scaled(add(up, down), half), difference)
