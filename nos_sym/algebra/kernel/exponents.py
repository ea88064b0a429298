"""Exponents of the factors of one atom in a product."""

from __future__ import annotations

from nos_sym.algebra.kernel.term import Exponent


def joined(first: tuple[Exponent, int], second: tuple[Exponent, int]) -> tuple[Exponent, int]:
    """Return the exponents of the product of two factors of one atom: what cancels leaves the indicator."""
    (q, s), (r, t) = first, second
    sign = joined_sign(s, t)
    return q + r, 2 if q + r == 0 and q != 0 and sign == 0 else sign


def joined_sign(s: int, t: int) -> int:
    """Return the exponent of the sign in a product of two factors of one atom."""
    if s == 0 or t == 0:
        return s or t
    return 1 if s + t == 3 else 2
