"""Increasing functions, which maxima and running maxima pass: ``max(f(x), f(y))`` is ``f(max(x, y))``."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from nos_sym.algebra.kernel.bounds import sign_of
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

    ``sign(x) |x|^q`` and ``f(x)`` with an odd increasing f are, and ``|x|^q`` and ``f(|x|)`` of ``|x|``.
    """
    if len(p.terms) != 1 or p.terms[0][1] < 0:
        return None
    (m, c), *_ = p.terms
    cores = [f for f in m.factors if f[1] != 0]
    if len(cores) != 1 or cores[0][1] <= 0:
        return None
    a, q, s = cores[0]
    signs = [f for f in m.factors if f[1] == 0]
    if a.kind.increasing and a.kind.zero_with_argument and a.kind.operation is None and (c, s) == (1, 0):
        (inner, _), *more = a.args[0].terms
        if more:
            return None
        if not signs:
            return Increasing(a.op, q, a.args[0])
        held = {b for b, e, _ in inner.factors if sign_of(b) == 0}
        if all(f[2] == 1 for f in signs) and {f[0] for f in signs} <= held:
            return Increasing(a.op, q, mul(single(signs), a.args[0]))
        return None
    if q != 1 and not signs:
        root = power_absolute(p, Fraction(1) / Fraction(q))
        return Increasing("", q, root if s == 0 else mul(single([(a, 0, 1)]), root))
    return None


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
