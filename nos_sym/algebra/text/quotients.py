"""Functions that are quotients, in products: ``softsign``, ``dsoft``, ``rdiv``; dropout inside functions."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text.atoms import number_power, terms_of
from nos_sym.algebra.text.effort import remembered
from nos_sym.algebra.text.factoring import square_root
from nos_sym.algebra.text.functions import signed_function
from nos_sym.algebra.text.recursion import recursive
from nos_sym.algebra.text.terms import (
    Generator,
    Monomial,
    Terms,
    collected,
    generator,
    key_of_terms,
    monomial,
    over,
    power,
    product,
    scaled,
    times,
    to_power,
)
from nos_sym.errors import RuleError
from nos_sym.language.registry import CLASSES, apply

Product = tuple[Fraction, Monomial]
_HALF = Fraction(1, 2)


def of_differences(c: Fraction, m: Monomial) -> Iterator[Product]:
    """Yield a word for ``(x - y) (x + y)``: ``(1 - tanh(x)) (1 + tanh(x))`` is ``dtanh(x)``."""
    sums = [(x, e) for x, e in m if x.terms is not None and len(x.terms) <= 3]
    for (x, e), (y, i) in combinations(sums, 2):
        if e != i or e.denominator > 2:
            continue
        assert x.terms is not None and y.terms is not None
        joint = product(x.terms, y.terms)
        rest = monomial((z, k) for z, k in m if z is not x and z is not y)
        for d, n in recursive.words_of_sum(joint) if len(joint) <= 2 else ():
            if e.denominator == 1:
                yield c * d ** int(e), times(rest, to_power(n, e))
            elif d > 0 and all(z.positive for z, _ in n):
                number, primes = number_power(d, e)
                yield c * number, times(times(rest, primes), to_power(n, e))


def of_softsigns(c: Fraction, m: Monomial) -> Iterator[Product]:
    """Yield ``dsoft(x)`` for ``1/(1 + |x|)`` and ``softsign(x)`` for x times it."""
    for x, e in m:
        if x.terms is None or x.role != "sum" or e >= 0 or e.denominator > 2:
            continue
        others = monomial((y, i) for y, i in m if y is not x)
        for terms, lead in ((t, lead) for t in recursive.recombined(x.terms) for lead in _leads(t)):
            rest = collected((n, d) for n, d in terms.items() if n not in lead)
            if not all(k > 0 and _is_positive(n) for n, k in rest.items()):
                continue
            k, first = recursive.factor_of_sum(lead)
            d, n = recursive.factor_of_sum(rest)
            d, n = d / k, over(n, first)
            if k <= 0 or d <= 0 or not _is_positive(first):
                continue
            number, primes = number_power(k, e)
            whole = times(times(others, primes), to_power(first, e))
            inner = monomial((_opened(y, i), i) for y, i in n)
            try:
                argument = recursive.assembled(d, inner)
                soft = generator(apply("dsoft", argument), positive=True)
                signed = generator(apply("softsign", argument), positive=all(y.positive for y, _ in inner))
            except RuleError:
                continue
            yield c * number, times(whole, ((soft, -e),))
            if e < 0 and e.denominator == 1:
                yield c * number * d ** int(e), times(times(whole, to_power(inner, e)), ((signed, -e),))


def _is_positive(m: Monomial) -> bool:
    return all(x.positive or e % 2 == 0 for x, e in m)


def _leads(terms: Terms) -> Iterator[Terms]:
    """Yield what may be 1 in ``1 + |x|``: the part that depends on the step alone, and each term."""
    scalars = {m: c for m, c in terms.items() if not any(x.tensor for x, _ in m)}
    if 1 < len(scalars) < len(terms):
        yield scalars
    for m, c in terms.items():
        if c > 0 and _is_positive(m):
            yield {m: c}


def _opened(x: Generator, e: Fraction) -> Generator:
    """Return a value without the absolute value around it, where its own absolute value is taken again."""
    if x.role == "abs" and e.denominator == 1 and int(e) % 2:
        node = x.node.operands[0]
        return generator(node, positive=False)
    if x.role == "function" and x.positive and x.atom is not None and e.denominator == 1 and int(e) % 2:
        unit, made = signed_function(x.atom)
        return made if unit > 0 else x
    return x


def of_roots(c: Fraction, m: Monomial) -> Iterator[Product]:
    """Yield ``rdiv(x, y)`` for ``x / sqrt(1 + y^2)``, and a sum of two squares for such a sum."""
    for s, e in m:
        if s.terms is None or e.denominator != 2:
            continue
        rest = monomial((x, i) for x, i in m if x is not s)
        if e != -_HALF:
            continue
        written = {m: k for k, m in s.items or ()}
        found = (*_squares_beside_roots(s.terms, rest), *squares(s.terms, rest))
        for d, first, k, second in (*found, *(squares(written, rest) if len(written) == 2 else ())):
            # s = d first^2 + k second^2
            outside = over(rest, first)
            try:
                inside, primes = number_power(k / d, _HALF)
                y = recursive.assembled(inside, times(over(second, first), primes))
                number, primes = number_power(d, -_HALF)
                x = recursive.assembled(c * number, times(outside, primes))
            except RuleError:
                continue
            y = y.operands[0] if isinstance(y, CLASSES["neg"]) else y
            made = generator(apply("rdiv", x, y), positive=False)
            yield Fraction(1), ((made, Fraction(1)),)


@remembered(lambda terms, beside=(): (key_of_terms(terms), _sums(beside)))
def squares(terms: Terms, beside: Monomial = ()) -> list[tuple[Fraction, Monomial, Fraction, Monomial]]:
    """Return ``(c, x, d, y)`` with the sum equal to ``c x^2 + d y^2``, both numbers positive."""
    return list(_squares(terms, monomial(_sums(beside))))


def _sums(beside: Monomial) -> Monomial:
    return tuple((x, e) for x, e in beside if x.terms is not None and e > 0)


def _squares(terms: Terms, beside: Monomial) -> Iterator[tuple[Fraction, Monomial, Fraction, Monomial]]:
    seen: set[frozenset[tuple[Monomial, Fraction]]] = set()
    for first in _first_squares(terms, beside):
        key = frozenset(first.items())
        if key in seen:
            continue
        seen.add(key)
        rest = collected([*terms.items(), *((m, -c) for m, c in first.items())])
        if not rest:
            continue
        one, two = square_root(first), square_root(rest)
        if one is None or two is None:
            continue
        c, x = _joined(one)
        d, y = _joined(two)
        if c > 0 and d > 0:
            yield c, x, d, y
            if frozenset(rest.items()) not in seen:
                seen.add(frozenset(rest.items()))
                yield d, y, c, x


def _squares_beside_roots(
    terms: Terms, beside: Monomial
) -> Iterator[tuple[Fraction, Monomial, Fraction, Monomial]]:
    """Yield ``(c, x, d, y)`` with the sum equal to ``c x^2 + d y^2`` where the root of x^2 stands beside."""
    for t, e in beside:
        if e != _HALF or t.terms is None:
            continue
        for ratio in dict.fromkeys(terms[m] / c for m, c in t.terms.items() if m in terms):
            rest = collected([*terms.items(), *((m, -c * ratio) for m, c in t.terms.items())])
            two = square_root(rest) if ratio > 0 and rest else None
            if two is not None:
                d, y = _joined(two)
                yield ratio, ((t, _HALF),), d, y


def _joined(root: tuple[Fraction, Monomial, list[tuple[Terms, int]]]) -> Product:
    """Return ``c x^2`` as a number and x."""
    c, x, parts = root
    for f, k in parts:
        number, n = recursive.factor_of_sum(f)
        c *= number ** (2 * k)
        x = times(x, to_power(n, k))
    return c, x


def _first_squares(terms: Terms, beside: Monomial) -> Iterator[Terms]:
    """Yield parts of a sum that may be the square of one of two."""
    generators = sorted({x for m in terms for x, _ in m}, key=lambda x: x.order)
    # What stands before a root is a multiple of the first square's root.
    sums = [x for x, e in beside if x.terms is not None and e > 0][:4]
    for n in range(len(sums), 0, -1):
        for chosen in combinations(sums, n):
            root: Terms = {(): Fraction(1)}
            for x in chosen:
                assert x.terms is not None
                root = product(root, x.terms)
            square = power(root, 2)
            if len(square) > 60:
                continue
            for ratio in dict.fromkeys(terms[m] / c for m, c in square.items() if m in terms):
                if ratio > 0:
                    yield scaled(square, ratio)
    scalars = {m: c for m, c in terms.items() if not any(x.tensor for x, _ in m)}
    if scalars and len(scalars) < len(terms):
        yield scalars
    for x in generators:
        without = {m: c for m, c in terms.items() if all(y is not x for y, _ in m)}
        if without and len(without) < len(terms):
            yield without
    for x in generators:
        # a x^2 + b x and b^2/(4 a), the rest of the square.
        a, b = terms.get(((x, Fraction(2)),)), terms.get(((x, Fraction(1)),))
        if a and b:
            yield {((x, Fraction(2)),): a, ((x, Fraction(1)),): b, (): b * b / (4 * a)}
    if () in terms:
        yield {(): terms[()]}
    for m, c in terms.items():
        if c > 0 and m:
            yield {m: c}


def of_masks(c: Fraction, m: Monomial) -> Iterator[Product]:
    """Yield an odd function of what dropout left for dropout of an odd function."""
    for x, e in m:
        if x.role != "mask" or e != 1 or x.atom is None:
            continue
        keep = 1 - x.atom.param[0]
        for y, i in m:
            if y.role != "function" or i != 1 or y.atom is None:
                continue
            name = y.node.operation.name
            d, n = recursive.factor_of_sum(terms_of(polynomial(y.node.operands[0])))
            inner = recursive.assembled(keep * d, times(n, ((x, Fraction(1)),)))
            made = generator(apply(name, inner), positive=False)
            rest = monomial((z, k) for z, k in m if z is not x and z is not y)
            yield c / keep, times(rest, ((made, Fraction(1)),))
