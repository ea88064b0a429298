"""Products of polynomials in normal form.

Normal form of a monomial: factors ``|a|^q sign(a)^s`` with distinct atoms; no sign of an atom whose sign is
known; exponentials merged into one; radicals of primes with exponents between 0 and 1; a mask to the first
power; and no sum to a power that can be multiplied out.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb

from nos_sym.algebra.kernel.bounds import sign_of
from nos_sym.algebra.kernel.common_factors import base
from nos_sym.algebra.kernel.exponents import joined
from nos_sym.algebra.kernel.recursion import recursive
from nos_sym.algebra.kernel.reduction import reduced
from nos_sym.algebra.kernel.term import (
    ONE,
    ZERO,
    Atom,
    Exponent,
    Factor,
    Mono,
    Poly,
    add,
    atom,
    mono,
    note,
    poly,
    scaled,
    single,
    workspace,
)
from nos_sym.algebra.kernel.vanishing import idle_beside, vanishes_with
from nos_sym.algebra.kernel.zeros import nonzero, nonzero_poly

TERMS = 48
"""Longest sum that multiplication makes; a longer product stays a product of sums."""


def product(coefficient: Fraction, factors: list[Factor]) -> Poly:
    """Return the polynomial of a coefficient times factors in any form."""
    merged: dict[Atom, tuple[Exponent, int]] = {}
    exponent: Poly | None = None
    for a, q, s in factors:
        if a.op == "exp":
            part = scaled(a.args[0], Fraction(q))
            exponent = part if exponent is None else add(exponent, part)
            if exponent is not part:
                note("exp-product")
        elif a in merged:
            merged[a] = joined(merged[a], (q, s))
        else:
            merged[a] = q, s
    normal: list[Factor] = []
    expand: tuple[Atom, int] | None = None
    bounded = _expanded_size(merged) <= 4 * TERMS
    for a, (q, s) in merged.items():
        coefficient, q, s = _normal_factor(a, q, s, coefficient)
        if q == 0 and s == 0:
            continue
        times = _opened(a, q, s) if bounded and expand is None else 0
        if times:
            # One sum is multiplied out here, any other in the products below.
            expand = (a, times)
            if sign_of(a) < 0 and times % 2:
                coefficient = -coefficient
            q, s = q - times, 0 if times % 2 else s
            if q == 0 and s == 0:
                continue
        normal.append((a, q, s))
    if exponent is not None and exponent.terms:
        powers, rest = exponential_factors(exponent)
        if powers:
            if expand is not None:
                normal.append((expand[0], expand[1], expand[1] % 2))
            result = product(coefficient, [*normal, *([(rest, 1, 0)] if rest else [])])
            for p in powers:
                result = mul(result, p)
            return result
        if rest:
            normal.append((rest, 1, 0))
    coefficient, normal = _inner_indicators(coefficient, normal)
    normal = _without_idle_indicators(normal)
    freed = _without_inner_indicators(normal)
    if freed is not None:
        others = normal if expand is None else [*normal, (expand[0], expand[1], expand[1] % 2)]
        return mul(product(coefficient, [f for f in others if f[0] is not freed[0]]), freed[1])
    if expand is None:
        fraction = reduced(coefficient, normal)
        if fraction is not None:
            return fraction
    result = single(normal, coefficient)
    if expand is not None:
        whole = _power_of_sum(*expand)
        note("distribute")
        # Term by term: mul would join the sum with what is left of its power, and come back here.
        (m, c), *_ = result.terms or ((mono(()), ZERO),)
        return add(*(product(c * d, [*m.factors, *n.factors]) for n, d in whole.terms))
    return result


def _opened(a: Atom, q: Exponent, s: int) -> int:
    """Return the power of a sum that is multiplied out: x^1, |x|^2, and |x| where its sign is known."""
    if a.op != "sum" or q < 1:
        return 0
    whole = int(q)
    if sign_of(a) or (whole == q and whole % 2 == s):
        return whole
    return whole - whole % 2


def _power_of_sum(a: Atom, n: int) -> Poly:
    """Return a power of a sum, terms collected after each multiplication."""
    memo = workspace().memo
    key = ("power", a, n)
    if key not in memo:
        inner = a.args[0]
        result = inner
        for _ in range(n - 1):
            parts = (
                product(c * d, [*m.factors, *k.factors]) for m, c in result.terms for k, d in inner.terms
            )
            result = add(*parts)
        memo[key] = result
    return memo[key]  # type: ignore[return-value]


def _expanded_size(merged: dict[Atom, tuple[Exponent, int]]) -> int:
    """Return how many terms the powers of sums would have when they are multiplied out."""
    total = 1
    for a, (q, _) in merged.items():
        if a.op == "sum" and q >= 1:
            terms, power = len(a.args[0].terms), int(q)
            if power > 4 * TERMS:
                return power
            total *= comb(power + terms - 1, terms - 1)
    return total


def _inner_indicators(coefficient: Fraction, factors: list[Factor]) -> tuple[Fraction, list[Factor]]:
    """Write the indicator of a function that is zero only where its argument is as that of the argument."""
    if not any(q == 0 and s == 2 and a.kind.zero_with_argument_only for a, q, s in factors):
        return coefficient, factors
    merged: dict[Atom, tuple[Exponent, int]] = {}
    waiting = list(factors)
    while waiting:
        a, q, s = waiting.pop()
        if q == 0 and s == 2 and a.kind.zero_with_argument_only and len(a.args[0].terms) == 1:
            waiting += [(b, 0, 2) for b, _, _ in a.args[0].terms[0][0].factors]
        else:
            merged[a] = joined(merged.get(a, (0, 0)), (q, s))
    normal: list[Factor] = []
    for a, (q, s) in merged.items():
        coefficient, q, s = _normal_factor(a, q, s, coefficient)
        if q != 0 or s != 0:
            normal.append((a, q, s))
    return coefficient, normal


def _without_idle_indicators(factors: list[Factor]) -> list[Factor]:
    """Leave out the indicator of x beside a power of a value that vanishes where x does."""
    for indicator in [f for f in factors if f[1] == 0 and f[2] == 2]:
        if any(f is not indicator and vanishes_with(f[0], indicator[0]) for f in factors):
            note("sign-square")
            factors = [f for f in factors if f is not indicator]
    return factors


def _without_inner_indicators(factors: list[Factor]) -> tuple[Atom, Poly] | None:
    """Return an extremum without the indicators of factors beside it, and the value that stands for it.

    Beside ``sign(x)``, ``min(c sign(x)^2, y)`` is ``min(c, y)``: where x is 0 the product is.
    """
    for a, q, s in factors:
        if a.op not in ("max", "min") or q != 1:
            continue
        idle = {(b, 0, 2) for b, _, _ in factors if b is not a}
        if not any(f in idle for x in a.args for m, _ in x.terms for f in m.factors):
            continue
        arguments = [
            add(*(single([f for f in m.factors if f not in idle], c) for m, c in x.terms)) for x in a.args
        ]
        value = recursive.extremum(a.op, arguments)
        note("sign-square")
        return a, value if s == 1 or sign_of(a) > 0 else recursive.power_absolute(value, ONE)
    return None


def _normal_factor(a: Atom, q: Exponent, s: int, coefficient: Fraction) -> tuple[Fraction, Exponent, int]:
    """Return coefficient and exponents of one factor after the facts of its sign, its zeros and its kind."""
    if a.op == "prime":
        whole = int(q // 1)
        return coefficient * Fraction(str(a.param)) ** whole, q - whole, 0
    if s == 1 and sign_of(a):
        if sign_of(a) < 0:
            coefficient = -coefficient
        s = 2
        note("sign-known")
    if s == 2 and (q != 0 or nonzero(a)):
        s = 0
        note("sign-square")
    if a.op == "mask":
        top = 1 / (1 - a.param[0])
        if q != 0 and q != 1:
            note("mask-power")
            return coefficient * _rational_power(top, q - 1), 1, 0
        if q == 0 and s:
            return coefficient / top, 1, 0
    return coefficient, q, s


def _rational_power(base: Fraction, q: Exponent) -> Fraction:
    if Fraction(q).denominator != 1:
        raise ArithmeticError("a fractional power of a mask is taken by power_absolute")
    return base ** int(q)


def exponential_factors(argument: Poly) -> tuple[list[Poly], Atom | None]:
    """Return ``exp(argument)`` as powers, from logarithms in the argument, and an exponential of the rest."""
    powers: list[Poly] = []
    rest: dict[Mono, Fraction] = {}
    for m, c in argument.terms:
        if len(m.factors) == 1 and m.factors[0][0].op == "ln":
            a, q, s = m.factors[0]
            inner = a.args[0]
            # The absolute value of a logarithm is one, or the negative of one, where its sign is known.
            if q == 1 and (s == 1 or sign_of(a)) and len(inner.terms) == 1 and nonzero_poly(inner):
                note("exp-ln")
                powers.append(recursive.power_absolute(inner, -c if sign_of(a) < 0 else c))
                continue
        rest[m] = c
    left = poly(rest)
    return powers, atom("exp", (left,)) if left.terms else None


def mul(x: Poly, y: Poly) -> Poly:
    """Return the product, multiplied out up to :data:`TERMS` terms."""
    if len(x.terms) > len(y.terms):
        x, y = y, x
    if not x.terms:
        return scaled(y, 0)
    if len(x.terms) == 1:
        monomial, coefficient = x.terms[0]
        if not monomial.factors:
            return scaled(y, coefficient)
        if len(y.terms) == 1:
            other, other_coefficient = y.terms[0]
            return product(coefficient * other_coefficient, [*monomial.factors, *other.factors])
        idle = idle_beside(monomial, y)
        if idle:
            note("sign-square")
            return mul(single([f for f in monomial.factors if f not in idle], coefficient), y)
    key = (x, y)
    memo = workspace().memo
    if key not in memo:
        memo[key] = _mul(x, y)
    return memo[key]  # type: ignore[return-value]


def _mul(x: Poly, y: Poly) -> Poly:
    for p, q in ((x, y), (y, x)):
        # A sum meets its own inverse or root before it is multiplied out.
        if len(p.terms) > 1 and any(a.op == "sum" for m, _ in q.terms for a, _, _ in m.factors):
            c, m, remainder = base(p)
            head: list[Factor] = [*m.factors, *([(remainder, 1, 1)] if remainder is not None else [])]
            sums = {a for a, e, _ in head if a.op == "sum" and e > 0}
            if any(a in sums for n, _ in q.terms for a, _, _ in n.factors):
                return add(*(product(c * d, [*head, *n.factors]) for n, d in q.terms))
    if len(x.terms) * len(y.terms) > TERMS * 4:
        return _unexpanded(x, y)
    if len(x.terms) > 1:
        note("distribute")
    result = add(*(product(c * d, [*m.factors, *n.factors]) for m, c in x.terms for n, d in y.terms))
    return result if len(result.terms) <= TERMS else _unexpanded(x, y)


def _unexpanded(x: Poly, y: Poly) -> Poly:
    factors: list[Factor] = []
    coefficient = ONE
    for p in (x, y):
        content, monomial, remainder = base(p)
        coefficient *= content
        factors += monomial.factors
        if remainder is not None:
            whole = atom("product", (single([(remainder, 1, 1)]),)) if remainder.op == "sum" else remainder
            factors.append((whole, 1, 1))
    return product(coefficient, factors)
