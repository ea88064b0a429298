"""Increasing functions, which maxima and running maxima pass: ``max(f(x), f(y))`` is ``f(max(x, y))``."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from nos_sym.algebra.kernel.common_factors import base
from nos_sym.algebra.kernel.functions_of_signs import sign
from nos_sym.algebra.kernel.products import mul
from nos_sym.algebra.kernel.rational_powers import power_absolute
from nos_sym.algebra.kernel.recursion import recursive
from nos_sym.algebra.kernel.term import Exponent, Poly, single


class Increasing(NamedTuple):
    """A value as an increasing function, zero at zero, of another one.

    Attributes:
        op: of the function; empty for a power.
        exponent: of the power of it.
        inner: what it is a function of.
    """

    op: str
    exponent: Exponent
    inner: Poly


def as_increasing(p: Poly) -> Increasing | None:
    """Return a product as an increasing function of a simpler value, where it is one.

    Any x is ``sign(v) |v|^q`` of ``v = sign(x) |x|^(1/q)``; with the power of its factors, v is simpler.
    An odd increasing f of y has the sign of y outside, and ``f(|y|)`` is a function of ``|y|``.
    """
    if not p.terms:
        return None
    c, m, remainder = base(p)
    cores = [f for f in m.factors if f[1] != 0 and not f[0].constant]
    if remainder is not None or not cores:
        return None
    q = min(abs(Fraction(e)) for _, e, _ in cores)
    if q != 1 and all((e / q).denominator == 1 for _, e, _ in cores):
        return Increasing("", q, mul(sign(p), power_absolute(p, 1 / q)))
    a, e, s = cores[0]
    odd = a.kind.increasing and a.kind.zero_with_argument and a.kind.operation is None
    if len(m.factors) > 1 + sum(f[1] == 0 for f in m.factors):
        return None
    if not odd or abs(c) != 1 or e != 1 or s:
        return None
    (inner, _), *more = a.args[0].terms
    signs = [f for f in m.factors if f[1] == 0]
    if not signs:
        return Increasing(a.op, q, a.args[0]) if c > 0 else None
    held = {b for b, _, _ in inner.factors}
    if more or any(t != 1 or b not in held for b, _, t in signs):
        return None
    return Increasing(a.op, q, mul(single(signs, c), a.args[0]))


def applied(function: Increasing, x: Poly) -> Poly:
    """Return the function of another value."""
    value = recursive.odd(function.op, x) if function.op else x
    if function.exponent == 1:
        return value
    return mul(sign(value), power_absolute(value, Fraction(function.exponent)))


def through_increasing(arguments: list[Poly], function: Callable[[list[Poly]], Poly]) -> Poly | None:
    """Return ``f(h(x, y))`` for a maximum or the like h of values ``f(x)``, ``f(y)``, else ``None``."""
    found = [as_increasing(p) for p in arguments]
    first = found[0]
    if first is None or any(x is None or x[:2] != first[:2] for x in found):
        return None
    return applied(first, function([x.inner for x in found if x is not None]))
