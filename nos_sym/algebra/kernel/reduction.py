"""Numerators that hold the leading term of a denominator: ``x/(1 + x)`` is ``1 - 1/(1 + x)``."""

from __future__ import annotations

from collections.abc import Iterable, Set
from fractions import Fraction

from nos_sym.algebra.kernel.bounds import sign_of
from nos_sym.algebra.kernel.recursion import recursive
from nos_sym.algebra.kernel.term import Atom, Exponent, Factor, Mono, Poly, add, mono, note, scaled, workspace

FRACTION = 6
"""Most terms of a denominator by which numerators are reduced."""

REDUCTIONS = 20
"""Highest degree of a numerator that is reduced by a denominator."""


def reduced(coefficient: Fraction, factors: list[Factor]) -> Poly | None:
    """Return ``x/(1 + x)`` as ``1 - 1/(1 + x)``: a numerator that holds the leading term of a denominator.

    It ends, because each step lowers the numerator in an order that multiplication keeps; numerators of a
    power above :data:`REDUCTIONS` stay. Nothing here depends on what was made canonical before.
    """
    if not any(_may_reduce(factor) for factor in factors):
        return None
    # The two halves of a step meet again: without a table, powers take exponential time.
    memo = workspace().memo
    m = mono(factors)
    key = ("reduced", m)
    if key not in memo:
        memo[key] = _reduced(m.factors)
    found: Poly | None = memo[key]  # type: ignore[assignment]
    if found is None:
        return None
    note("fraction")
    return scaled(found, coefficient)


def _may_reduce(factor: Factor) -> bool:
    a, q, s = factor
    return a.op == "sum" and q < 0 and (s == 1 or sign_of(a) != 0)


def _reduced(factors: tuple[Factor, ...]) -> Poly | None:
    if _power_of(factors) > REDUCTIONS:
        return None
    under = {b for b, e, _ in factors if e < 0}
    for a, q, s in factors:
        found = leading_term(a, under) if _may_reduce((a, q, s)) else None
        if found is None:
            continue
        lead, c = found
        left = divide(factors, lead.factors)
        if left is not None:
            parts = [recursive.product(1 / c, [*left, (a, 1, 1)])]
            for m, d in a.args[0].terms:
                if m is not lead:
                    parts.append(recursive.product(-d / c, [*left, *m.factors]))
            return add(*parts)
    return None


def _power_of(factors: Iterable[Factor]) -> Exponent:
    """Return the degree of a numerator."""
    return sum(q for _, q, _ in factors if q > 0)


def leading_term(a: Atom, under: Set[Atom] = frozenset()) -> tuple[Mono, Fraction] | None:
    """Return the term of highest degree of a sum of at most :data:`FRACTION` products of positive powers.

    Beside ``1/b``, b is no numerator: of ``1/(b (b + x))`` it is x that is reduced.
    """
    memo = workspace().memo
    key = ("leading", a)
    if key not in memo:
        terms = a.args[0].terms
        plain = len(terms) <= FRACTION and all(
            is_polynomial(b, q, s) for m, _ in terms for b, q, s in m.factors
        )
        memo[key] = sorted(terms, key=lambda t: degree(t[0]), reverse=True) if plain else []
    ordered: list[tuple[Mono, Fraction]] = memo[key]  # type: ignore[assignment]
    for m, c in ordered:
        if m.factors and not any(b in under for b, _, _ in m.factors):
            return m, c
    return None


def is_polynomial(a: Atom, q: Exponent, s: int) -> bool:
    """Return whether a factor is a power of an atom, and no absolute value of one that has both signs."""
    if q <= 0 or not a.kind.divisible:
        return False
    return sign_of(a) != 0 or (isinstance(q, int) and s == q % 2)


def degree(m: Mono) -> tuple[Exponent, tuple[tuple[bytes, Exponent], ...]]:
    """Return the place of a monomial in an order that multiplication keeps."""
    return sum(q for _, q, _ in m.factors), tuple((a.digest, q) for a, q, _ in reversed(m.factors))


def divide(factors: Iterable[Factor], divisor: Iterable[Factor]) -> list[Factor] | None:
    """Return factors divided by others, or ``None`` where it does not divide them."""
    left = {a: (q, s) for a, q, s in factors}
    for a, q, s in divisor:
        q0, s0 = left.get(a, (0, 0))
        if q0 < q or s0 == 2 or s == 2:
            return None
        left[a] = q0 - q, (s0 - s) % 2
    return [(a, q, s) for a, (q, s) in left.items() if q or s]
