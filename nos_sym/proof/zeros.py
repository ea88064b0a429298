"""Where an expression is zero: where one of simpler ones is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache

from sympy.core.basic import Basic

from nos_sym.language.node import Node
from nos_sym.language.registry import apply, number
from nos_sym.proof.ranges import shared
from nos_sym.proof.shown import ZERO_WITH, ZERO_WITH_EITHER, never_zero

_MOST_FACTORS = 200


@lru_cache(maxsize=20000)
def roots(t: Basic) -> tuple[Basic, ...]:
    """Return expressions such that ``t`` is zero exactly where one of them is (or a mask of dropout is)."""
    if never_zero(t):
        return ()
    if not isinstance(t, Node):
        return (t,)
    name = t.operation.name
    if name in ZERO_WITH_EITHER:
        return tuple(dict.fromkeys((*roots(t.operands[0]), *roots(t.operands[1]))))
    if name in ZERO_WITH or name in ("rdiv", "clip_norm", "drop"):
        return roots(t.operands[0])
    if name == "ema_hat":
        return (shared(apply("ema", t.operands[0], beta=t.parameters[0])),)
    if name == "abspow" and exact(t.operands[1]):
        return roots(t.operands[0])
    if name in ("add", "sub"):
        return _roots_of_sum(t)
    return (t,)


def _roots_of_sum(t: Node) -> tuple[Basic, ...]:
    """Return the roots of what all terms share, and of the rest."""
    terms = [(sign, _factors(x)) for sign, x in _terms(t, 1)]
    common = terms[0][1]
    for _, factors in terms[1:]:
        common = common & factors
    if not common or sum(sum(factors.values()) for _, factors in terms) > _MOST_FACTORS:
        return (t,)
    rest = shared(_sum([(sign, factors - common) for sign, factors in terms]))
    return tuple(dict.fromkeys(r for part in (*common, rest) for r in roots(part)))


def _terms(t: Basic, sign: int) -> Iterator[tuple[int, Basic]]:
    """Yield the terms of a sum, each with a sign."""
    name = t.operation.name if isinstance(t, Node) else ""
    if name in ("add", "sub"):
        yield from _terms(t.operands[0], sign)
        yield from _terms(t.operands[1], sign if name == "add" else -sign)
    elif name == "neg":
        yield from _terms(t.operands[0], -sign)
    else:
        yield sign, t


def _factors(t: Basic) -> Counter[Basic]:
    """Return the factors of a term, each with how often it occurs."""
    name = t.operation.name if isinstance(t, Node) else ""
    if name in ("mul", "scale"):
        return _factors(t.operands[0]) + _factors(t.operands[1])
    if name == "pow":
        exponent = int(t.parameters[0])
        return Counter({f: n * exponent for f, n in _factors(t.operands[0]).items()})
    if name == "div":
        below = {apply("recip", f): n for f, n in _factors(t.operands[1]).items()}
        return _factors(t.operands[0]) + Counter(below)
    return Counter() if t == 1 else Counter({t: 1})


def _sum(terms: list[tuple[int, Counter[Basic]]]) -> Basic:
    total: Basic | None = None
    for sign, factors in terms:
        product: Basic = number(1)
        for factor in factors.elements():
            product = factor if product == 1 else apply("mul", product, factor)
        if total is None:
            total = product if sign > 0 else apply("neg", product)
        else:
            total = apply("add" if sign > 0 else "sub", total, product)
    assert total is not None
    return total


def exact(t: Basic) -> Fraction | None:
    """Return the rational number that an expression of numbers is, or nothing."""
    if not isinstance(t, Node):
        return Fraction(int(t.p), int(t.q))
    rule = _EXACT.get(t.operation.name)
    values = [exact(x) for x in t.operands] if rule is not None else []
    if rule is None or None in values:
        return None
    return rule(*values)


_EXACT: dict[str, Callable[..., Fraction]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y if y else Fraction(0),
    "neg": lambda x: -x,
}
