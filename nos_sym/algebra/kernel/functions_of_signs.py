"""Signs of polynomials, and functions of them: a function of a sign is known by its values at 1, -1 and 0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

from nos_sym.algebra.kernel.bounds import sign_of
from nos_sym.algebra.kernel.common_factors import base
from nos_sym.algebra.kernel.products import mul, product
from nos_sym.algebra.kernel.term import (
    HALF,
    Atom,
    Factor,
    Mono,
    Poly,
    add,
    constant,
    mono,
    note,
    poly,
    single,
)
from nos_sym.algebra.kernel.zeros import nonzero

CASES = 27
"""Most combinations of signs of which a function is written out."""


class Split(NamedTuple):
    """Polynomials by the values of a product of signs.

    Attributes:
        up: the polynomials where it is 1.
        down: where it is -1.
        zero: where it is 0; ``None`` where it never is.
        sign: the signs that are multiplied.
    """

    up: tuple[Poly, ...]
    down: tuple[Poly, ...]
    zero: tuple[Poly, ...] | None
    sign: tuple[Factor, ...]


def sign_factors(p: Poly) -> tuple[int, list[Factor]]:
    """Return the sign of ``p`` as 1 or -1 times signs and indicators of atoms; requires that ``p`` is not
    0."""
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
    return product(Fraction(unit), factors)


def split_sign(p: Poly, *, products: bool = False) -> Split | None:
    """Return the values of a polynomial by a sign, where it is a function of the step and of signs alone.

    A single product ``c sign(x)`` is split only where ``products`` is set: odd functions put signs outside.
    """
    if len(p.terms) < 2 and not products:
        return None
    return split_signs([p])


def split_signs(arguments: Sequence[Poly]) -> Split | None:
    """Return the values of polynomials by a product of signs that occurs in them.

    ``None`` where a polynomial depends on more than the step and on signs, or on too many of them.
    """
    products: set[tuple[Factor, ...]] = set()
    for p in arguments:
        for m, _ in p.terms:
            tensors = tuple(f for f in m.factors if not f[0].scalar)
            if any(q != 0 for _, q, _ in tensors):
                return None
            products.add(tensors)
    products.discard(())
    if not products:
        return None
    chosen = _only_product(products)
    if chosen is not None:
        vanishing = tuple(f for f in chosen if not nonzero(f[0]))
        square = tuple((a, 0, 2) for a, _, _ in vanishing)
        at = [_at_product(p, chosen, square) for p in arguments]
    else:
        atoms = {a for tensors in products for a, _, _ in tensors}
        cases = 1
        for a in atoms:
            cases *= 2 if nonzero(a) else 3
        if cases > CASES:
            return None
        first = min(atoms, key=lambda a: a.digest)
        chosen, vanishing = ((first, 0, 1),), () if nonzero(first) else ((first, 0, 1),)
        at = [_at_atom(p, first) for p in arguments]
    up, down, zero = zip(*at, strict=True)
    return Split(up, down, zero if vanishing else None, chosen)


def _only_product(products: set[tuple[Factor, ...]]) -> tuple[Factor, ...] | None:
    """Return the one product of signs that occurs, beside its square."""
    plain = [t for t in products if all(s == 1 for _, _, s in t)]
    if len(plain) != 1:
        return None
    square = tuple((a, 0, 2) for a, _, _ in plain[0] if not nonzero(a))
    return plain[0] if all(t in (plain[0], square) for t in products) else None


def _at_product(p: Poly, chosen: tuple[Factor, ...], square: tuple[Factor, ...]) -> tuple[Poly, Poly, Poly]:
    """Return a polynomial ``A + B S + C S^2`` where a product S of signs is 1, -1 and 0."""
    plain: dict[Mono, Fraction] = {}
    odd: dict[Mono, Fraction] = {}
    even: dict[Mono, Fraction] = {}
    for m, c in p.terms:
        tensors = tuple(f for f in m.factors if not f[0].scalar)
        where = odd if tensors == chosen else even if tensors and tensors == square else plain
        where[mono([f for f in m.factors if f[0].scalar])] = c
    zero = poly(plain)
    rest, beside = add(zero, poly(even)), poly(odd)
    return add(rest, beside), add(rest, -beside), zero


def _at_atom(p: Poly, a: Atom) -> tuple[Poly, Poly, Poly]:
    """Return a polynomial where the sign of an atom is 1, -1 and 0."""
    values: list[Poly] = []
    for value in (1, -1, 0):
        parts: list[Poly] = []
        for m, c in p.terms:
            s = next((s for b, _, s in m.factors if b is a), 0)
            if s == 0:
                parts.append(poly({m: c}))
            elif value:
                rest = mono([f for f in m.factors if f[0] is not a])
                parts.append(poly({rest: -c if value < 0 and s == 1 else c}))
        values.append(add(*parts))
    return values[0], values[1], values[2]


def split_product(p: Poly) -> Split | None:
    """Return the values of ``|x| (1 + sign(x))`` and the like, which is 0 at one of the signs of x."""
    beside = beside_signs(p)
    if beside is None:
        return None
    outside, inside = beside
    split = split_signs([inside])
    if split is None or (split.up[0].terms and split.down[0].terms):
        return None
    up, down = (mul(outside, x[0]) for x in (split.up, split.down))
    zero = None
    if split.zero is not None:
        # Where the product of signs is 0 one of its atoms is; the product with all of them is 0 then.
        vanishing = [a for a, _, _ in split.sign if not nonzero(a)]
        vanishes = all(any(b is a for b, _, _ in m.factors) for m, _ in outside.terms for a in vanishing)
        zero = (constant(0) if vanishes else mul(outside, split.zero[0]),)
    return Split((up,), (down,), zero, split.sign)


def beside_signs(p: Poly) -> tuple[Poly, Poly] | None:
    """Return a product and a function of signs, beside it, whose product is ``p``."""
    if len(p.terms) < 2:
        return None
    coefficient, monomial, remainder = base(p)
    if remainder is None or not monomial.factors or split_signs([remainder.args[0]]) is None:
        return None
    return product(coefficient, list(monomial.factors)), remainder.args[0]


def by_sign(split: Split | None, function: Callable[[Poly], Poly]) -> Poly | None:
    """Return a function of a polynomial from its values by a sign."""
    if split is None:
        return None
    zero = None if split.zero is None else function(split.zero[0])
    return from_cases(split.sign, function(split.up[0]), function(split.down[0]), zero)


def from_cases(sign: tuple[Factor, ...], up: Poly, down: Poly, zero: Poly | None) -> Poly:
    """Return ``z + S (u - d)/2 + S^2 ((u + d)/2 - z)``, which is u, d and z where the sign S is 1, -1 and
    0."""
    note("function-of-sign")
    odd = mul(single(sign, HALF), add(up, -down))
    mean = mul(constant(HALF), add(up, down))
    if zero is None:
        return add(mean, odd)
    square = product(Fraction(1), [(a, 0, 2) for a, _, _ in sign])
    return add(zero, odd, mul(square, add(mean, -zero)))
