"""Texts of sums: words for a part of it, factors of some of its terms, quotients put together again."""

from __future__ import annotations

from fractions import Fraction

from sympy.core.basic import Basic

from nos_sym.algebra.kernel import atom, sign_of
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text.cost import Cost, cost_of
from nos_sym.algebra.text.effort import is_spent, remembered
from nos_sym.algebra.text.factoring import factors
from nos_sym.algebra.text.nodes import exact_number, rational
from nos_sym.algebra.text.products import assembled, plain
from nos_sym.algebra.text.quotients import squares
from nos_sym.algebra.text.recombining import recombined
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
from nos_sym.language.registry import CLASSES, apply, number

Items = tuple[tuple[Fraction, Monomial], ...]
_WEIGHTS = (Fraction(19, 20), Fraction(1, 20))
"""The weights of the weighted mean of Table 4."""

_TERMS_OF_MEAN = 4
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
    c, m, parts = factors(terms)
    options: list[tuple[Fraction, Monomial]] = []
    split = len(parts) > 1 or (parts and parts[0][1] > 1) or m
    if split:
        joint, coefficient = m, c
        for f, k in parts:
            d, n = factor_of_sum(f)
            coefficient *= d**k
            joint = times(joint, to_power(n, k))
        if not positive_terms(terms) or all(x.positive or e % 2 == 0 for x, e in joint):
            options.append((coefficient, joint))
        rest = {over(n, m): d / c for n, d in terms.items()}
        if len(rest) <= _UNSPLIT and (len(parts) > 1 or (parts and parts[0][1] > 1)):
            # 1 + x^3 has factors, and is shorter without.
            d, n = word_of_sum(rest)
            options.append((c * d, times(m, n)))
    if not options or any(e < 0 for _, e in m):
        for variant in recombined(terms):
            if len(variant) == 1:
                (n, d), *_ = variant.items()
                options.append((d, n))
            else:
                options.append(as_generator(variant, terms))
    return min(options, key=_cost)


def word_of_sum(terms: Terms) -> tuple[Fraction, Monomial]:
    """Return a sum that is not split into factors as a number times powers of generators."""
    return min(words_of_sum(terms), key=_cost)


def words_of_sum(terms: Terms) -> list[tuple[Fraction, Monomial]]:
    """Return ways to write a sum that is not split into factors."""
    if len(terms) == 1:
        return [(c, m) for m, c in terms.items()]
    options = []
    for variant in recombined(terms):
        if len(variant) == 1:
            (m, c), *_ = variant.items()
            options.append((c, m))
        elif variant:
            options.append(as_generator(variant, terms))
    return options


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


def best_scale(items: Items) -> Fraction:
    """Return the number to take out of a sum, so that its terms have short numbers."""
    options = list(dict.fromkeys([Fraction(1), *(abs(c) for c, _ in items), *(1 / abs(c) for c, _ in items)]))
    positive = sum(1 if c > 0 else -1 for c, _ in items) >= 0

    def cost(c: Fraction) -> tuple[int, int]:
        nodes = sum(_cost_of_number(d / c) for d, _ in items) + _cost_of_number(c)
        return nodes, options.index(abs(c))

    best = min(options, key=cost)
    return best if positive else -best


def _cost_of_number(c: Fraction) -> int:
    if abs(c) == 1:
        return 0
    bottom = c.denominator
    for p in (2, 5):
        while bottom % p == 0:
            bottom //= p
    return 2 if bottom == 1 else 4


@remembered(key_of_terms)
def grouped(terms: Terms) -> Items:
    """Return a sum as products, some terms joined where a factor of theirs stands outside."""
    plain: Items = tuple((c, m) for m, c in terms.items())
    options = [plain]
    if len(terms) > 2 and not is_spent():
        for x in _shared(terms):
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
    return sum(_cost_of_number(d / c) + cost_of_monomial(m) + 1 for d, m in items) + _cost_of_number(c)


def cost_of_monomial(m: Monomial) -> int:
    """Return about how many nodes a product has."""
    return sum(x.nodes + (1 if abs(e) == 1 else 2) for x, e in m)


@remembered(lambda items, scale=Fraction(1): (items, scale))
def sum_node(items: Items, scale: Fraction = Fraction(1)) -> Basic:
    """Return the text of a sum of products, each times a number."""
    parts: list[tuple[bool, Basic]] = []
    for c, m in items:
        parts.append(_signed(c * scale, m))
    mean = _weighted_mean(items, scale)
    if not parts:
        return number(0)
    ordered = sorted(parts, key=lambda t: (t[0], not _has_operands(t[1]), *cost_of(t[1])))
    total: Basic | None = None
    for negative, node in ordered:
        if total is None:
            total = apply("neg", node) if negative else node
        else:
            total = apply("sub" if negative else "add", total, node)
    assert total is not None
    return min((total, mean), key=cost_of) if mean is not None else total


def _signed(c: Fraction, m: Monomial) -> tuple[bool, Basic]:
    """Return whether a product is subtracted, and what is: ``rdiv(-x, y)`` is, or ``rdiv(x, y)`` is added."""
    if not m:
        return c < 0, exact_number(abs(c))
    options = []
    for negative in (False, True):
        node = assembled(-c if negative else c, m)
        if isinstance(node, CLASSES["neg"]):
            options.append((not negative, node.operands[0]))
        else:
            options.append((negative, node))
    return min(options, key=lambda o: (cost_of(o[1]), o[0]))


def _has_operands(node: Basic) -> bool:
    return not node.is_Rational


def _weighted_mean(items: Items, scale: Fraction) -> Basic | None:
    """Return ``wmean(x, y, c)`` for ``c x + (1 - c) y``, x one of the terms."""
    if not 1 < len(items) <= _TERMS_OF_MEAN:
        return None
    options: list[Basic] = []
    for i, (c, m) in enumerate(items):
        others = items[:i] + items[i + 1 :]
        weights = [abs(c * scale), *(_WEIGHTS if m else ())]
        for weight in dict.fromkeys(weights):
            if not 0 < weight < 1 or (len(items) > 2 and weight not in _WEIGHTS):
                continue
            numbers = [c * scale / weight, *(d * scale / (1 - weight) for d, _ in others)]
            if sum(map(_cost_of_number, numbers)) >= sum(_cost_of_number(d * scale) for d, _ in items):
                continue
            try:
                x = assembled(c * scale / weight, m)
                if len(others) == 1:
                    y = assembled(others[0][0] * scale / (1 - weight), others[0][1])
                else:
                    y = sum_node(others, scale / (1 - weight))
                options.append(apply("wmean", x, y, weight=rational(weight)))
                options.append(apply("wmean", y, x, weight=rational(1 - weight)))
            except RuleError:
                continue
    return min(options, key=cost_of) if options else None


def rescaled(x: Generator, c: Fraction) -> Basic | None:
    """Return the text of a sum times a number, the number inside."""
    if x.items is None:
        return None
    try:
        return sum_node(x.items, c)
    except RuleError:
        return None
