"""Other ways to write a product: functions of the language for the products that define them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from nos_sym.algebra.kernel import mul
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text.alternatives import alternatives
from nos_sym.algebra.text.atoms import number_power
from nos_sym.algebra.text.clipping import of_extrema
from nos_sym.algebra.text.functions import is_odd_function
from nos_sym.algebra.text.quotients import of_differences, of_masks, of_roots, of_softsigns
from nos_sym.algebra.text.recursion import recursive
from nos_sym.algebra.text.terms import Generator, Monomial, generator, monomial, scaled, times, to_power
from nos_sym.language.node import Node
from nos_sym.language.operation import Parity
from nos_sym.language.registry import apply

Product = tuple[Fraction, Monomial]


def rewritings(c: Fraction, m: Monomial) -> Iterator[Product]:
    """Yield products of the same value."""
    yield from _of_signs_of_sums(c, m)
    yield from _of_words(c, m)
    yield from _of_signs_inside(c, m)
    if any(x.role == "sign" and e == 2 for x, e in m):
        # Beside a factor that vanishes with it, an indicator says nothing.
        yield c, monomial(f for f in m if f[0].role != "sign" or f[1] != 2)
    yield from of_differences(c, m)
    yield from of_softsigns(c, m)
    yield from of_roots(c, m)
    yield from of_masks(c, m)
    yield from of_extrema(c, m)
    yield from _of_roots_of_sums(c, m)
    yield from _of_numbers_inside(c, m)
    yield from _of_signs(c, m)
    yield from _of_magnitudes(c, m)
    yield from _of_parts(c, m)


def _of_signs_of_sums(c: Fraction, m: Monomial) -> Iterator[Product]:
    """Yield a product with a number, or a minus, inside one of its sums."""
    if not c:
        return
    for x, e in m:
        if x.terms is None or e.denominator != 1:
            continue
        for factor in dict.fromkeys((*((c if e > 0 else 1 / c) for _ in range(abs(e) == 1)), Fraction(-1))):
            if factor == 1:
                continue
            node = recursive.rescaled(x, factor)
            if node is None:
                continue
            terms = {n: d * factor for n, d in x.terms.items()}
            made = generator(node, positive=x.positive and factor > 0, role="sum", terms=terms)
            if made.items is None and x.items is not None:
                made.items = tuple((d * factor, n) for d, n in x.items)
            yield c / factor ** int(e), replaced(m, x, made)


def _of_words(c: Fraction, m: Monomial) -> Iterator[Product]:
    """Yield a product with another word for one of its factors: ``a5`` for ``cospi(a2)^2``."""
    for x, e in m:
        rest = tuple(f for f in m if f[0] is not x)
        for n, value in alternatives(x):
            if len(value) == 1 and (e / n).denominator == 1 and e / n >= 1:
                (word, d), *_ = value.items()
                yield c * d ** int(e / n), times(rest, to_power(word, e / n))
        if x.role in ("word", "sum") and x.terms is not None and len(x.terms) == 2 and e.denominator == 1:
            for variant in recursive.recombined(x.terms):
                for word, d in variant.items() if len(variant) == 1 else ():
                    yield c * d ** int(e), times(rest, to_power(word, e))


def _is_odd(x: Generator) -> bool:
    node = x.node
    if not isinstance(node, Node) or len(node.operands) != 1:
        return False
    if x.role == "function" and x.atom is not None and is_odd_function(x.atom):
        return True
    operation = node.operation
    return operation.meaning.parity is Parity.ODD and operation.name not in ("neg", "recip", "sign")


def _of_signs_inside(c: Fraction, m: Monomial) -> Iterator[Product]:
    """Yield ``f(sign(x) y)`` for ``sign(x) f(y)`` and an odd function f."""
    for x, e in m:
        if e != 1 or not _is_odd(x):
            continue
        for y, i in m:
            if y.role != "sign" or i != 1:
                continue
            d, n = recursive.factor_of_sum(recursive.terms_of(polynomial(x.node.operands[0])))
            node = x.node.func(recursive.assembled(d, times(n, ((y, Fraction(1)),))), *x.node.parameters)
            made = generator(node, positive=False, atom=x.atom, role="word")
            yield c, times(tuple(f for f in m if f[0] not in (x, y)), ((made, Fraction(1)),))


def _of_roots_of_sums(c: Fraction, m: Monomial) -> Iterator[Product]:
    """Yield a product with its number under a root."""
    primes = tuple((x, e) for x, e in m if x.role == "prime")
    if abs(c) == 1 and not primes:
        return
    square = c * c
    for x, e in primes:
        if e.denominator != 2:
            return
        square *= Fraction(int(x.node)) ** int(2 * e)
    rest = monomial((x, e) for x, e in m if x.role != "prime")
    for x, e in rest:
        if abs(e) != Fraction(1, 2) or x.items is None or x.terms is None:
            continue
        factor = square if e > 0 else 1 / square
        node = recursive.rescaled(x, factor)
        if node is not None:
            made = generator(node, positive=x.positive, role="sum", terms=scaled(x.terms, factor))
            yield Fraction(1 if c > 0 else -1), replaced(rest, x, made)


def _of_numbers_inside(c: Fraction, m: Monomial) -> Iterator[Product]:
    """Yield a product with its number inside a running maximum, an average or a difference."""
    primes = monomial(f for f in m if f[0].role == "prime")
    if abs(c) == 1 and not primes:
        return
    factor = polynomial(recursive.assembled(abs(c), primes))
    unit = Fraction(1 if c > 0 else -1)
    for x, e in m:
        if x.role not in ("running_max", "hat", "delta") or e != 1 or x.atom is None:
            continue
        inner = mul(polynomial(x.node.operands[0]), factor)
        node = x.node.func(recursive.update(inner), *x.node.parameters)
        made = generator(node, positive=x.positive, atom=x.atom, role=x.role)
        yield unit, replaced(monomial(f for f in m if f[0].role != "prime"), x, made)


def _of_signs(c: Fraction, m: Monomial) -> Iterator[Product]:
    """Yield ``sign(x) x^2`` for ``x |x|``."""
    powers = dict(m)
    for x, e in m:
        if x.inner is None:
            continue
        if (
            x.inner in powers
            and powers[x.inner].denominator == e.denominator == 1
            and int(e) % 2
            and int(powers[x.inner]) % 2
        ):
            made = generator(apply("sign", x.inner.node), positive=False, atom=x.atom, role="sign")
            rest = tuple(f for f in m if f[0] not in (x, x.inner))
            yield c, times(rest, monomial([(x.inner, e + powers[x.inner]), (made, 1)]))


def _of_magnitudes(c: Fraction, m: Monomial) -> Iterator[Product]:
    """Yield x for ``sign(x) |x|``."""
    for x, e in m:
        if x.inner is None or e != 1:
            continue
        for y, i in m:
            if y.role == "sign" and i == 1 and y.node.operands[0] == x.inner.node:
                yield c, times(tuple(f for f in m if f[0] not in (x, y)), ((x.inner, Fraction(1)),))


def _of_parts(c: Fraction, m: Monomial) -> Iterator[Product]:
    """Yield a product with the factors of one of its divisors."""
    for x, e in m:
        if x.parts is None:
            continue
        d, n = x.parts
        rest = tuple(f for f in m if f[0] is not x)
        if e.denominator == 1:
            yield c * d ** int(e), times(rest, to_power(n, e))
        elif d > 0 and all(y.positive for y, _ in n):
            number, primes = number_power(d, e)
            yield c * number, times(times(rest, primes), to_power(n, e))


def replaced(m: Monomial, x: Generator, y: Generator) -> Monomial:
    """Return a product with one generator for another."""
    return monomial((y if z is x else z, e) for z, e in m)
