"""Elementwise functions, averages and norms of polynomials, kept in normal form."""

from __future__ import annotations

from fractions import Fraction

from nos_sym.algebra.kernel.bounds import bounds_of_mono, sign_of, sign_of_poly
from nos_sym.algebra.kernel.common_factors import base
from nos_sym.algebra.kernel.dominance import as_extremum
from nos_sym.algebra.kernel.extrema import maximum
from nos_sym.algebra.kernel.functions_of_signs import by_sign, outer_signs, sign, split_product, split_sign
from nos_sym.algebra.kernel.kinds import kind_of
from nos_sym.algebra.kernel.monotone import through_increasing
from nos_sym.algebra.kernel.products import mul, product
from nos_sym.algebra.kernel.rational_powers import absolute, factorization, inverse, power, power_absolute
from nos_sym.algebra.kernel.term import (
    HALF,
    ONE,
    Factor,
    Mono,
    Poly,
    add,
    as_number,
    atom,
    constant,
    mono,
    note,
    poly,
    scaled,
    single,
)
from nos_sym.algebra.kernel.zeros import nonzero_poly

_BEYOND = Fraction(10**9)


def odd(op: str, p: Poly) -> Poly:
    """Return ``f(p) = sign(p) f(|p|)`` for an odd function that has the sign of its argument."""
    if not p.terms:
        note("odd-zero")
        return p
    # Clipping by norm looks at the whole tensor: it is no function of the sign at one place.
    split = (split_sign(p) or split_product(p)) if kind_of(op).elementwise else None
    affine = by_sign(split, lambda x: odd(op, x))
    if affine is not None:
        return affine
    unit, signs = outer_signs(p)
    if unit < 0 or signs:
        note("odd")
    magnitude = absolute(p)
    coefficient, monomial, remainder = base(magnitude)
    varying = [q for a, q, s in monomial.factors if not a.constant and (q or s)]
    if op == "arctan" and remainder is None and varying and all(q < 0 for q in varying):
        # arctan(1/y) is pi/2 - arctan(y) for y > 0, and 0 where y is 0.
        note("arctan-recip")
        right = scaled(odd(op, constant(1)), 2)
        outside = product(Fraction(unit), [*signs])
        return mul(outside, add(mul(right, sign(magnitude)), -odd(op, inverse(magnitude))))
    held = [f for f in monomial.factors if f[0].op == "mask" or f[1:] == (0, 2)]
    if held and kind_of(op).elementwise:
        # A mask is zero or one number: f(M x) = M f(top x) / top, because f(0) = 0. So with an indicator.
        note("mask-function")
        top = ONE
        for a, _, _ in held:
            top *= 1 / (1 - a.param[0]) if a.op == "mask" else ONE
        freed = [f for f in monomial.factors if f not in held]
        inner = product(coefficient * top, [*freed, *([(remainder, 1, 1)] if remainder else [])])
        return mul(product(unit / top, held), mul(product(ONE, _without_masks(signs)), odd(op, inner)))
    return product(Fraction(unit), [*signs, (atom(op, (magnitude,)), 1, 0)])


def _without_masks(signs: list[Factor]) -> list[Factor]:
    return [f for f in signs if f[0].op != "mask"]


def exponential(p: Poly) -> Poly:
    """Return ``e^p``."""
    if not p.terms:
        return constant(1)
    affine = by_sign(split_sign(p, products=True), exponential)
    if affine is not None:
        return affine
    return product(ONE, [(atom("exp", (p,)), 1, 0)])


def logarithm(p: Poly) -> Poly:
    """Return ``ln|p|``: a sum over the factors of p where none of them ever vanishes, else one atom.

    ``ln 0`` is a constant of which nothing is known, so that ``ln(x^2)`` is not ``2 ln|x|`` at x = 0.
    """
    if not p.terms:
        return single([(atom("ln", (p,)), 1, 1)])
    affine = by_sign(split_sign(p, products=True), logarithm)
    if affine is not None:
        return affine
    if not nonzero_poly(p):
        return product(ONE, [(atom("ln", (absolute(p),)), 1, 1)])
    coefficient, monomial, remainder = base(p)
    if remainder is not None and monomial.factors and split_sign(remainder.args[0]) is not None:
        return add(logarithm(product(coefficient, list(monomial.factors))), logarithm(remainder.args[0]))
    parts: list[Poly] = [_logarithm_of_number(abs(coefficient))]
    for factor, exponent, _ in [*monomial.factors, *([(remainder, 1, 0)] if remainder else [])]:
        if factor.op == "prime":
            parts.append(scaled(_logarithm_of_number(Fraction(str(factor.param))), Fraction(exponent)))
        elif factor.op == "exp":
            note("ln-exp")
            parts.append(scaled(factor.args[0], Fraction(exponent)))
        elif exponent != 0:
            parts.append(single([(atom("ln", (single([(factor, 1, 0)]),)), 1, 1)], Fraction(exponent)))
    if len(parts) > 2:
        note("ln-product")
    return add(*(_signed(x) for x in parts))


def _signed(p: Poly) -> Poly:
    """Return a polynomial with each factor through the normal form, which knows the signs of atoms."""
    return add(*(product(c, list(m.factors)) for m, c in p.terms)) if p.terms else p


def _logarithm_of_number(value: Fraction) -> Poly:
    total: dict[Mono, Fraction] = {}
    for number, direction in ((value.numerator, 1), (value.denominator, -1)):
        for prime, count in factorization(number):
            key = mono([(atom("ln", (constant(prime),)), 1, 0)])
            total[key] = total.get(key, Fraction(0)) + direction * count
    return poly(total)


def even_cosine(p: Poly) -> Poly:
    """Return ``cos(pi p)``; multiples of two by the formula for twice an angle."""
    inner = absolute(p)
    number = as_number(inner)
    if number is not None and (number * 2).denominator == 1:
        note("cos-number")
        return constant((1, 0, -1, 0)[int(number * 2) % 4])
    if len(inner.terms) == 1 and inner.terms[0][1] in (2, 4, 8):
        note("cos-double")
        half = even_cosine(scaled(inner, HALF))
        return add(scaled(power(half, 2), 2), constant(-1))
    if len(inner.terms) != 1:
        inner = p if p.digest < (-p).digest else -p
    if inner is not p:
        note("even")
    return product(ONE, [(atom("cospi", (inner,)), 1, 1)])


def general_power(x: Poly, y: Poly) -> Poly:
    """Return ``|x|^y``."""
    number = as_number(y)
    if number is not None and abs(number) < _BEYOND:
        if number == 0:
            note("power-zero")
            return constant(1)
        return power_absolute(x, number)
    if not nonzero_poly(x):
        # 0^y is 0, or 1 where y is 0, and exp(y ln 0) is neither.
        return single([(atom("abspow", (absolute(x), y)), 1, 0)])
    note("power-exp-ln")
    return exponential(mul(y, logarithm(x)))


def norm(p: Poly) -> Poly:
    """Return ``p / max(1, ||p||)``; signs leave it, positive factors do not."""
    if not p.terms:
        return p
    if len(p.terms) == 1:
        monomial, coefficient = p.terms[0]
        inner = [f for f in monomial.factors if f[0].op == "clip_norm"]
        if len(inner) == 1 and inner[0][1] == 1:
            others = mono([f for f in monomial.factors if f[0].op != "clip_norm"])
            low, high = bounds_of_mono(others)
            if max(abs(low), abs(high)) * abs(coefficient) <= 1:
                note("norm-norm")
                return p
    return odd("clip_norm", p)


def average(p: Poly, beta: Fraction) -> Poly:
    """Return the uncorrected average, which is linear; constants leave it, decays do not."""
    if beta == 0:
        note("ema-beta-zero")
        return p
    if len(p.terms) > 1:
        note("ema-linear")
    return add(*(_average_of_term(m, c, beta) for m, c in p.terms))


def _average_of_term(monomial: Mono, coefficient: Fraction, beta: Fraction) -> Poly:
    fixed = [f for f in monomial.factors if f[0].constant]
    varying = [f for f in monomial.factors if not f[0].constant]
    if not varying:
        note("ema-constant")
        return product(coefficient, [*fixed, (atom("correction", (), beta), 1, 0)])
    if coefficient != 1 or fixed:
        note("ema-constant-factor")
    return mul(single(fixed, coefficient), _chained("ema", beta, single(varying)))


def alternating(p: Poly) -> Poly:
    """Return ``delta(p)``, which is linear."""
    if len(p.terms) > 1:
        note("delta-linear")
    parts = []
    for monomial, coefficient in p.terms:
        fixed = [f for f in monomial.factors if f[0].constant]
        varying = [f for f in monomial.factors if not f[0].constant]
        parts.append(mul(single(fixed, coefficient), _chained("delta", Fraction(0), single(varying))))
    return add(*parts)


def _chained(op: str, beta: Fraction, inner: Poly) -> Poly:
    """Return a linear filter of one term; filters that start from zero commute, so a chain is sorted."""
    chain: list[tuple[str, Fraction]] = [(op, beta)]
    while len(inner.terms) == 1 and inner.terms[0][1] == 1:
        factors = inner.terms[0][0].factors
        if len(factors) != 1 or not factors[0][0].kind.linear_filter:
            break
        a, q, s = factors[0]
        if q != 1 or (s != 1 and sign_of(a) < 1):
            # |x| is another signal than x.
            break
        chain.append((a.op, a.param))
        inner = a.args[0]
    if len(chain) > 1:
        note("filters-commute")
    for name, parameter in sorted(chain):
        inner = product(ONE, [(atom(name, (inner,), parameter), 1, 1)])
    return inner


def running_maximum(p: Poly) -> Poly:
    """Return ``n <- max(p, n)`` from 0; positive constants leave it."""
    if not p.terms or sign_of_poly(p) < 0:
        note("running-max-nonpositive")
        return constant(0)
    if p.constant and sign_of_poly(p) > 0:
        note("running-max-constant")
        return p
    coefficient, monomial, remainder = base(p)
    fixed = [f for f in monomial.factors if f[0].constant and f[2] == 0]
    rest = [f for f in monomial.factors if f not in fixed]
    inner = product(ONE if coefficient > 0 else -ONE, [*rest, *([(remainder, 1, 1)] if remainder else [])])
    if fixed or abs(coefficient) != 1:
        note("running-max-scale")
    if len(inner.terms) == 1 and inner.terms[0][1] == 1:
        factors = inner.terms[0][0].factors
        if len(factors) == 1 and factors[0][0].op == "running_max" and factors[0][1] == 1:
            note("running-max-idempotent")
            return mul(single(fixed, abs(coefficient)), inner)
    extremum = as_extremum(inner)
    if extremum is not None and extremum[0] == "max":
        kept = [x for x in extremum[1] if x.terms]
        if len(kept) < len(extremum[1]):
            note("running-max-of-positive-part")
            return mul(single(fixed, abs(coefficient)), running_maximum(maximum(kept)))
    passed = through_increasing([inner], lambda values: running_maximum(values[0]))
    if passed is not None:
        note("running-max-increasing")
        return mul(single(fixed, abs(coefficient)), passed)
    made = product(ONE, [(atom("running_max", (inner,)), 1, 1)])
    return mul(single(fixed, abs(coefficient)), made)
