"""Other ways to write a product: functions of the language for the products that define them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from nos_sym.algebra.text.clipping import of_extrema
from nos_sym.algebra.kernel import scaled as scaled_form
from nos_sym.algebra.text.quotients import of_differences, of_masks, of_roots, of_softsigns
from nos_sym.algebra.text.recursion import recursive
from nos_sym.algebra.text.terms import Generator, Monomial, generator, monomial, scaled, times
from nos_sym.language.registry import apply

Product = tuple[Fraction, Monomial]


def rewritings(c: Fraction, m: Monomial) -> Iterator[Product]:
    """Yield products of the same value."""
    yield from _of_signs_of_sums(c, m)
    yield from of_differences(c, m)
    yield from of_softsigns(c, m)
    yield from of_roots(c, m)
    yield from of_masks(c, m)
    yield from of_extrema(c, m)
    yield from _of_roots_of_sums(c, m)
    yield from _of_running_maxima(c, m)
    yield from _of_signs(c, m)


def _of_signs_of_sums(c: Fraction, m: Monomial) -> Iterator[Product]:
    """Yield a product with a number, or a minus, inside one of its sums."""
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


def _of_running_maxima(c: Fraction, m: Monomial) -> Iterator[Product]:
    """Yield a product with its number inside a running maximum."""
    for x, e in m:
        if x.role == "running_max" and e == 1 and x.atom is not None and abs(c) != 1:
            node = apply("running_max", recursive.update(scaled_form(x.atom.args[0], abs(c))))
            made = generator(node, positive=True)
            yield Fraction(1 if c > 0 else -1), replaced(m, x, made)


def _of_signs(c: Fraction, m: Monomial) -> Iterator[Product]:
    """Yield ``sign(x) x^2`` for ``x |x|``."""
    powers = dict(m)
    for x, e in m:
        if x.inner is None or x.inner not in powers or powers[x.inner].denominator != 1 or e.denominator != 1:
            continue
        if int(e) % 2 and int(powers[x.inner]) % 2:
            made = generator(apply("sign", x.inner.node), positive=False, atom=x.atom, role="sign")
            rest = tuple(f for f in m if f[0] not in (x, x.inner))
            yield c, times(rest, monomial([(x.inner, e + powers[x.inner]), (made, 1)]))


def replaced(m: Monomial, x: Generator, y: Generator) -> Monomial:
    """Return a product with one generator for another."""
    return monomial((y if z is x else z, e) for z, e in m)
