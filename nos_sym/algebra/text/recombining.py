"""Other ways to write a sum over generators: with fewer terms, where a word or a quotient stands for some."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from nos_sym.algebra.text.alternatives import alternatives
from nos_sym.algebra.text.effort import is_spent, remembered, spend
from nos_sym.algebra.text.extrema import with_rectifiers, with_shifts
from nos_sym.algebra.text.merging import with_filters, with_logarithms
from nos_sym.algebra.text.named import covered
from nos_sym.algebra.text.recursion import recursive
from nos_sym.algebra.text.terms import (
    Monomial,
    Terms,
    collected,
    key_of_terms,
    over,
    power,
    product,
    substituted,
    times,
)


@remembered(key_of_terms)
def recombined(terms: Terms) -> list[Terms]:
    """Return ways to write a sum, the given one among them."""
    found = [terms]
    spend(len(terms) // 4)
    for variant in () if is_spent() else _variants(terms):
        if variant not in found:
            found.append(variant)
    return found


def _variants(terms: Terms) -> Iterator[Terms]:
    opened = with_words_opened(with_divisors_for_indicators(terms))
    if len(opened) < len(terms):
        yield from _variants(opened)
        return
    joined = with_quotients(terms)
    yield joined
    yield covered(joined)
    if len(terms) > 2:
        yield covered(joined, partly=True)
    rectified = with_rectifiers(joined)
    yield rectified
    yield with_shifts(rectified)
    yield covered(rectified)
    filtered = with_filters(joined)
    yield filtered
    yield with_logarithms(filtered)
    changed = with_alternatives(terms)
    if changed is not terms:
        yield changed
        yield covered(with_quotients(changed))
    if len(terms) == 2:
        # Words of one and the same sum, and sums of two terms with a simpler one.
        for x in sorted({x for m in terms for x, _ in m}, key=lambda x: x.order):
            for step, value in alternatives(x):
                found = substituted(terms, x, step, value)
                if found is not None and len(found) <= len(terms):
                    yield found


def with_alternatives(terms: Terms) -> Terms:
    """Return a sum with other generators, as ``a1`` for ``1 - p``, where that leaves fewer terms."""
    while True:
        best = terms
        for x in sorted({x for m in terms for x, _ in m}, key=lambda x: x.order):
            for step, value in alternatives(x):
                found = substituted(terms, x, step, value)
                if found is not None and len(found) < len(best):
                    best = found
        if best is terms:
            return terms
        terms = best


def with_quotients(terms: Terms) -> Terms:
    """Put together what a division took apart: ``c - c y/(y + c)`` is ``c^2/(y + c)``."""
    for _ in range(8):
        found = _one_quotient(terms)
        if found is None:
            return terms
        terms = found
    return terms


def _one_quotient(terms: Terms) -> Terms | None:
    divisors = {x for m in terms for x, e in m if e < 0 and x.terms is not None and e.denominator == 1}
    for x in sorted(divisors, key=lambda x: x.order):
        least = min(e for m in terms for y, e in m if y is x)
        below = {m: c for m, c in terms.items() if dict(m).get(x) == least}
        beside = {m: c for m, c in terms.items() if dict(m).get(x, Fraction(0)) == least + 1}
        numerators = {over(m, ((x, least),)): c for m, c in below.items()}
        assert x.terms is not None
        best: tuple[int, Terms, Terms] | None = None
        for lead, d in x.terms.items():
            taken: Terms = {}
            for m, c in numerators.items():
                n = times(over(m, lead), ((x, least + 1),))
                if n in beside:
                    taken[n] = taken.get(n, Fraction(0)) - c / d
            if not taken:
                continue
            plain = {over(m, ((x, least + 1),)): c for m, c in taken.items()}
            joint = collected([*numerators.items(), *product(plain, x.terms).items()])
            if len(joint) <= len(numerators) and (best is None or len(joint) < best[0]):
                best = len(joint), taken, joint
        if best is not None:
            _, taken, joint = best
            c, m = recursive.factor_of_sum(joint)
            rest = [(n, d) for n, d in terms.items() if n not in below]
            rest += [(n, -d) for n, d in taken.items()]
            return collected([*rest, (times(m, ((x, least),)), c)])
    return None


def with_words_opened(terms: Terms) -> Terms:
    """Return a sum with words as the sums that they are, as in ``20 qhm2 - 19 s_hat``, which is ``g^2``."""
    found = terms
    words = [x for m in terms for x, e in m if x.role in ("word", "sum") and x.terms is not None and e > 0]
    for x in dict.fromkeys(words):
        opened = substituted(found, x, 1, x.terms) if x.terms is not None else None
        found = found if opened is None else opened
    return found


def with_divisors_for_indicators(terms: Terms) -> Terms:
    """Return a sum with ``x/x`` for the indicator of x beside terms over x."""
    for x in dict.fromkeys(x for m in terms for x, e in m if x.role == "sign" and e == 2):
        inner = x.node.operands[0]
        for y in dict.fromkeys(y for m in terms for y, e in m if e < 0 and e.denominator == 1):
            if y.node != inner or y.terms is None:
                continue
            least = min(e for m in terms for z, e in m if z is y)
            beside: list[tuple[Monomial, Fraction]] = []
            for m, c in terms.items():
                powers = dict(m)
                if powers.get(x) != 2:
                    beside.append((m, c))
                    continue
                # The indicator of y is y^n / y^n.
                rest = over(m, ((x, Fraction(2)),))
                n = int(-least)
                for k, d in power(y.terms, n).items():
                    beside.append((times(times(rest, k), ((y, Fraction(-n)),)), c * d))
            return collected(beside)
    return terms
