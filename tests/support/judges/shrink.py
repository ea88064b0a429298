"""Shrinking a pair of rules with a fault to a small pair that has it too."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sympy.core.basic import Basic

from nos_sym.errors import RuleError
from nos_sym.language.node import Node, size_of
from nos_sym.language.registry import apply, number
from nos_sym.language.rule import Momentum, Rule
from support.judges.small_rules import at, paths, replaced

Fault = Callable[[Rule, Rule], bool]


def shrunken(first: Rule, second: Rule, fault: Fault) -> tuple[Rule, Rule]:
    """Return the smallest pair that is found by putting parts and leaves in the place of parts.

    Args:
        first: one rule.
        second: the other.
        fault: whether a pair has the fault; the pair given has it.
    """
    found = True
    while found:
        found = False
        for a, b in _smaller(first, second):
            if fault(a, b):
                first, second, found = a, b, True
                break
    return first, second


def _smaller(first: Rule, second: Rule) -> Iterator[tuple[Rule, Rule]]:
    a, b = first.update, second.update
    parts = {*_parts(a), *_parts(b)}
    pairs = [(x, y) for x in sorted(parts, key=_weight, reverse=True) for y in _instead(x)]
    for x, y in pairs:  # the same part in both
        yield from _made(first, second, lambda x=x, y=y: (_everywhere(a, x, y), _everywhere(b, x, y)))  # type: ignore[misc]
    for path in paths(a):
        for y in _instead(at(a, path)):
            yield from _made(first, second, lambda p=path, y=y: (replaced(a, p, y), b))  # type: ignore[misc]
    for path in paths(b):
        for y in _instead(at(b, path)):
            yield from _made(first, second, lambda p=path, y=y: (a, replaced(b, p, y)))  # type: ignore[misc]


def _made(first: Rule, second: Rule, make: Callable[[], tuple[Basic, Basic]]) -> Iterator[tuple[Rule, Rule]]:
    try:
        a, b = make()
        smaller = _weight(a) + _weight(b) < _weight(first.update) + _weight(second.update)
        if smaller:
            yield Rule(Momentum.NONE, a, first.ascent), Rule(Momentum.NONE, b, second.ascent)
    except RuleError:
        return  # a decay function where a tensor must be


def _parts(x: Basic) -> list[Basic]:
    return [at(x, path) for path in paths(x)]


def _instead(x: Basic) -> list[Basic]:
    leaves = [apply("g"), apply("w"), number(1), number(0)]
    inner = list(x.operands) if isinstance(x, Node) else []
    return [y for y in (*inner, *leaves) if _weight(y) < _weight(x)]


def _weight(x: Basic) -> float:
    """Return a size by which g is less than w, and w than a number of digits."""
    return 100 * size_of(x) + len(str(x)) + str(x).count("w") / 10


def _everywhere(x: Basic, old: Basic, new: Basic) -> Basic:
    if x == old:
        return new
    if not isinstance(x, Node):
        return x
    count = len(x.operands)
    return x.func(*(_everywhere(a, old, new) for a in x.args[:count]), *x.args[count:])
