"""Texts of sums: words for a part of it, factors of some of its terms, quotients put together again."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sympy.core.basic import Basic

from nos_sym.algebra.kernel import atom, sign_of
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text.cost import Cost, cost_of
from nos_sym.algebra.text.effort import is_spent, remembered, spend
from nos_sym.algebra.text.factoring import factors
from nos_sym.algebra.text.products import assembled, plain
from nos_sym.algebra.text.quotients import squares
from nos_sym.algebra.text.recombining import recombined
from nos_sym.algebra.text.summing import Items, best_scale, cost_of_number, sum_node
from nos_sym.algebra.text.terms import (
    Generator,
    Monomial,
    Terms,
    generator,
    key_of_terms,
    over,
    scaled,
    times,
    to_power,
)
from nos_sym.errors import RuleError

_UNSPLIT = 4
"""Most terms of a sum that may stay whole although it has factors."""

_TRIED = 3
"""Generators that are tried as a common factor of some terms."""


@remembered(key_of_terms)
def factor_of_sum(terms: Terms) -> tuple[Fraction, Monomial]:
    """Return a sum as a number times powers of generators, with the cheapest text found."""
    if not terms:
        return Fraction(0), ()
    if len(terms) == 1:
        (m, c), *_ = terms.items()
        return c, m
    # Each way is written before the next is looked for: the first are the likeliest, and work may run out.
    return min(_ways(terms), key=_cost)


def _ways(terms: Terms) -> Iterator[tuple[Fraction, Monomial]]:
    """Yield ways to write a sum of several terms: as a product of its factors, and as one factor."""
    c, m, parts = factors(terms)
    divisible = len(parts) > 1 or bool(parts and parts[0][1] > 1)
    products = list(_products(terms, c, m, parts)) if divisible or m else []
    as_sums = not products or any(e < 0 for _, e in m)
    if as_sums and not _is_shared(m, terms):
        # What clears denominators alone seldom leaves less.
        yield from _sums(terms)
        yield from products
        return
    yield from products
    if as_sums:
        yield from _sums(terms)


def _products(
    terms: Terms, c: Fraction, m: Monomial, parts: tuple[tuple[Terms, int], ...]
) -> Iterator[tuple[Fraction, Monomial]]:
    """Yield a sum as a product of its factors, and with its factors multiplied out."""
    joint, coefficient = m, c
    for f, k in parts:
        d, n = factor_of_sum(f)
        coefficient *= d**k
        joint = times(joint, to_power(n, k))
    if not positive_terms(terms) or all(x.positive or e % 2 == 0 for x, e in joint):
        yield coefficient, joint
    rest = {over(n, m): d / c for n, d in terms.items()}
    if len(rest) <= _UNSPLIT and (len(parts) > 1 or parts[0][1] > 1):
        # 1 + x^3 has factors, and is shorter without.
        d, n = word_of_sum(rest)
        yield c * d, times(m, n)


def _is_shared(m: Monomial, terms: Terms) -> bool:
    """Return whether every term of a sum has the powers of a product, at least in part."""
    return all(dict(n).get(x, 0) * e > 0 for n in terms for x, e in m)


def _sums(terms: Terms) -> Iterator[tuple[Fraction, Monomial]]:
    """Yield a sum that is not split into factors."""
    for variant in recombined(terms):
        if len(variant) == 1:
            (m, c), *_ = variant.items()
            yield c, m
        elif variant:
            yield as_generator(variant, terms)


def word_of_sum(terms: Terms) -> tuple[Fraction, Monomial]:
    """Return a sum that is not split into factors as a number times powers of generators."""
    return min(words_of_sum(terms), key=_cost)


def words_of_sum(terms: Terms) -> list[tuple[Fraction, Monomial]]:
    """Return ways to write a sum that is not split into factors."""
    return [(c, m) for m, c in terms.items()] if len(terms) == 1 else list(_sums(terms))


def _cost(option: tuple[Fraction, Monomial]) -> tuple[Cost, Cost]:
    """Return the place of an option, of two with one text the one that has it without more rewriting."""
    try:
        return cost_of(assembled(*option)), cost_of(plain(*option))
    except RuleError:
        return (10**9, 0, ""), (0, 0, "")


def as_generator(variant: Terms, terms: Terms) -> tuple[Fraction, Monomial]:
    """Return a sum that stays one as a number times a generator."""
    positive = False
    items: Items | None = None
    if len(variant) > 3:
        for c, x, d, y in squares(variant):
            items, positive = ((c, to_power(x, 2)), (d, to_power(y, 2))), True
            break
    if items is None:
        items = grouped(variant)
    c = best_scale(items)
    node = sum_node(items, 1 / c)
    written = {m: d / c for d, m in items}
    positive = (positive and c > 0) or positive_terms(written) or _is_positive(node, scaled(terms, 1 / c))
    made = generator(node, positive=positive, role="sum", terms=scaled(terms, 1 / c))
    made.items = tuple((d / c, m) for d, m in items)
    return c, ((made, Fraction(1)),)


def _is_positive(node: Basic, terms: Terms) -> bool:
    if positive_terms(terms):
        return True
    p = polynomial(node)
    return len(p.terms) > 1 and sign_of(atom("sum", (p,))) > 0


def positive_terms(terms: Terms) -> bool:
    """Return whether each term of a sum is never negative."""
    return all(c > 0 and all(x.positive or e % 2 == 0 for x, e in m) for m, c in terms.items())


@remembered(key_of_terms)
def grouped(terms: Terms) -> Items:
    """Return a sum as products, some terms joined where a factor of theirs stands outside."""
    plain: Items = tuple((c, m) for m, c in terms.items())
    options = [plain]
    spend(len(terms) // 4)
    if len(terms) > 2:
        # Without work left the factor that most terms share is taken out, and no other is tried.
        for x in _shared(terms)[: 1 if is_spent() else None]:
            for sign in (1, -1):
                inside = {m: c for m, c in terms.items() if dict(m).get(x, 0) * sign > 0}
                for taken in dict.fromkeys((len(inside), 0)):
                    part = inside if taken else _completed(terms, inside, x)
                    if not 1 < len(part) < len(terms):
                        continue
                    c, n = factor_of_sum(part)
                    rest = {m: d for m, d in terms.items() if m not in part}
                    others = grouped(rest) if len(rest) > 1 else tuple((d, m) for m, d in rest.items())
                    options.append(((c, n), *others))
    return min(options, key=_cost_of_items)


def _completed(terms: Terms, inside: Terms, x: Generator) -> Terms:
    """Return terms with x, and those without it that make ``(1 + x) y`` of them."""
    for step in (1, -1):
        beside = {over(m, ((x, Fraction(step)),)): c for m, c in inside.items()}
        whole = all(m in terms and m not in inside for m in beside)
        if whole and len({terms[m] / c for m, c in beside.items()}) == 1:
            return inside | {m: terms[m] for m in beside}
    return {}


def _shared(terms: Terms) -> list[Generator]:
    """Return the generators that several terms have, the most frequent first."""
    counts: dict[Generator, int] = {}
    for m in terms:
        for x, _ in m:
            counts[x] = counts.get(x, 0) + 1
    several = [x for x, n in counts.items() if n > 1]
    return sorted(several, key=lambda x: (-counts[x], x.order))[:_TRIED]


def _cost_of_items(items: Items) -> int:
    """Return about how many nodes a sum has."""
    c = best_scale(items)
    return sum(cost_of_number(d / c) + cost_of_monomial(m) + 1 for d, m in items) + cost_of_number(c)


def cost_of_monomial(m: Monomial) -> int:
    """Return about how many nodes a product has."""
    return sum(x.nodes + (1 if abs(e) == 1 else 2) for x, e in m)
