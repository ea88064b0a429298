"""How a sum of products is written: the number outside, the order of terms, minus signs, weighted means."""

from __future__ import annotations

from fractions import Fraction

from sympy.core.basic import Basic

from nos_sym.algebra.text.cost import cost_of
from nos_sym.algebra.text.effort import remembered
from nos_sym.algebra.text.nodes import exact_number, rational
from nos_sym.algebra.text.products import assembled
from nos_sym.algebra.text.terms import Generator, Monomial
from nos_sym.errors import RuleError
from nos_sym.language.registry import CLASSES, apply, number

Items = tuple[tuple[Fraction, Monomial], ...]
_WEIGHTS = (Fraction(19, 20), Fraction(1, 20))
"""The weights of the weighted mean of Table 4."""

_TERMS_OF_MEAN = 4
_SCALES = 12
"""Terms whose numbers may be taken out of a sum."""


def best_scale(items: Items) -> Fraction:
    """Return the number to take out of a sum, so that its terms have short numbers."""
    numbers = dict.fromkeys(abs(c) for c, _ in items[:_SCALES])
    options = list(dict.fromkeys([Fraction(1), *numbers, *(1 / c for c in numbers)]))
    positive = sum(1 if c > 0 else -1 for c, _ in items) >= 0

    def cost(c: Fraction) -> tuple[int, int]:
        nodes = sum(cost_of_number(d / c) for d, _ in items) + cost_of_number(c)
        return nodes, options.index(abs(c))

    best = min(options, key=cost)
    return best if positive else -best


def cost_of_number(c: Fraction) -> int:
    """Return about how many nodes a number is as a factor, a quotient counting more."""
    if abs(c) == 1:
        return 0
    bottom = c.denominator
    for p in (2, 5):
        while bottom % p == 0:
            bottom //= p
    return 2 if bottom == 1 else 4


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
            if sum(map(cost_of_number, numbers)) >= sum(cost_of_number(d * scale) for d, _ in items):
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
