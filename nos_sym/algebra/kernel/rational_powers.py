"""Inverses, quotients, absolute values and rational powers of polynomials in normal form."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from sympy.ntheory import factorint

from nos_sym.algebra.kernel.common_factors import base
from nos_sym.algebra.kernel.functions_of_signs import beside_signs, by_sign, sign, split_sign
from nos_sym.algebra.kernel.products import mul, product
from nos_sym.algebra.kernel.recursion import recursive
from nos_sym.algebra.kernel.term import (
    ONE,
    Atom,
    Factor,
    Poly,
    add,
    as_number,
    atom,
    constant,
    note,
    scaled,
    single,
)

BITS = 16_384
"""Longest number that a power makes; a longer power of a number stays a power."""

_FACTORED = 2**64
"""Up to which a number without small primes is factored."""


def inverse(p: Poly) -> Poly:
    """Return ``1 / p``, and 0 where p is 0."""
    number = as_number(p)
    if number is not None and number != 0:
        return constant(1 / number)
    affine = by_sign(split_sign(p), inverse)
    if affine is not None:
        return affine
    if not p.terms:
        return p
    split = beside_signs(p)
    if split is not None:
        return mul(inverse(split[0]), inverse(split[1]))
    coefficient, monomial, remainder = base(p)
    logistic = _logistic(remainder) if remainder is not None else None
    factors: list[Factor] = []
    for factor, exponent, s in [
        *monomial.factors,
        *([(remainder, 1, 1)] if remainder and not logistic else []),
    ]:
        factors.append((factor, -exponent, s))
    inverted = product(1 / coefficient, factors)
    return inverted if logistic is None else mul(inverted, logistic)


def _logistic(a: Atom) -> Poly | None:
    """Return ``1/(k + c e^x)`` as ``(1 - tanh((x + ln(c/k))/2)) / (2k)`` for positive numbers k and c."""
    terms = a.args[0].terms
    if len(terms) != 2:
        return None
    (one, number), (exponential, coefficient) = sorted(terms, key=lambda t: len(t[0].factors))
    if (
        one.factors
        or len(exponential.factors) != 1
        or exponential.factors[0][0].op != "exp"
        or number <= 0
        or coefficient <= 0
    ):
        return None
    note("logistic")
    half = Fraction(1, 2)
    argument = add(exponential.factors[0][0].args[0], recursive.logarithm(constant(coefficient / number)))
    return scaled(
        add(constant(half), scaled(recursive.odd("tanh", scaled(argument, half)), -half)), 1 / number
    )


def quotient(x: Poly, y: Poly) -> Poly:
    """Return ``x / y``, and 0 where y is 0; of a sum that both share its indicator is left."""
    if len(x.terms) > 1 and len(y.terms) > 1:
        (c, m, a), (d, n, b) = base(x), base(y)
        if a is not None and a is b:
            over, under = product(c, [*m.factors, (a, 0, 2)]), product(d, list(n.factors))
            return mul(over, inverse(under))
    return mul(x, inverse(y))


def power(p: Poly, n: int) -> Poly:
    """Return ``p^n`` for a positive integer."""
    if max((_bits(c) for _, c in p.terms), default=0) * n > BITS:
        kept = single([(atom("abspow", (absolute(p), constant(n))), 1, 0)])
        return mul(sign(p), kept) if n % 2 else kept
    result = p
    for _ in range(n - 1):
        result = mul(result, p)
    return result


def power_absolute(p: Poly, q: Fraction) -> Poly:
    """Return ``|p|^q`` for a rational q other than 0; it is 0 where p is."""
    if not p.terms:
        return p
    affine = by_sign(split_sign(p), lambda x: power_absolute(x, q))
    if affine is not None:
        return affine
    split = beside_signs(p)
    if split is not None:
        return mul(power_absolute(split[0], q), power_absolute(split[1], q))
    coefficient, monomial, remainder = base(p)
    factors: list[Factor] = list(_radical(abs(coefficient), q))
    for factor, inner_exponent, s in [*monomial.factors, *([(remainder, 1, 0)] if remainder else [])]:
        if factor.op == "mask":
            top = 1 / (1 - factor.param[0])
            factors += [(factor, 1, 0), *_radical(top, q - 1)]
        elif factor.op == "prime":
            factors += _radical(Fraction(str(factor.param)), Fraction(inner_exponent) * q)
        elif factor.op == "exp":
            factors.append((factor, Fraction(inner_exponent) * q, 0))
        else:
            exponent = Fraction(inner_exponent) * q
            factors.append((factor, int(exponent) if exponent.denominator == 1 else exponent, 2 if s else 0))
    return product(ONE, factors)


def absolute(p: Poly) -> Poly:
    """Return ``|p|``."""
    return power_absolute(p, ONE)


def _radical(value: Fraction, q: Fraction) -> list[Factor]:
    """Return ``value^q`` as factors of primes."""
    if value != 1 and _bits(value) * abs(q) > BITS:
        return [(atom("abspow", (constant(value), constant(q))), 1, 0)]
    factors: list[Factor] = []
    for number, direction in ((value.numerator, 1), (value.denominator, -1)):
        for prime, count in factorization(number):
            factors.append((atom("prime", (), prime), direction * count * q, 0))
    return factors


def _bits(value: Fraction) -> int:
    """Return the length of the longer of numerator and denominator."""
    return max(value.numerator.bit_length(), value.denominator.bit_length())


@lru_cache(maxsize=4096)
def factorization(n: int) -> tuple[tuple[int, int], ...]:
    """Return primes and multiplicities; what is left of a long number without small primes stays as it is."""
    found: list[tuple[int, int]] = []
    candidate = 2
    while candidate * candidate <= n and candidate < 1000:
        count = 0
        while n % candidate == 0:
            n //= candidate
            count += 1
        if count:
            found.append((candidate, count))
        candidate += 1 if candidate == 2 else 2
    if 1 < n < _FACTORED:
        found += sorted((int(p), int(k)) for p, k in factorint(n).items())
    elif n > 1:
        found.append((n, 1))
    return tuple(found)
