"""Texts put together from those at positive and at negative values: ``max(g, 0)``, ``exp(sign(g))``.

A form that depends on the sign of x is written for ``x > 0`` and for ``x < 0``, where it is simpler. Where
the two texts differ, a function of x or of its sign stands for both: ``softplus(1)`` and ``softplus(-1)`` are
``softplus(sign(x))``, ``v`` and 0 are ``max(v, 0)``. Whether the form at ``x = 0``, and the order of what was
put together, are right, is seen by the form of the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

from sympy.core.basic import Basic

from nos_sym.algebra.kernel import Poly, poly
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text.clipping import weight
from nos_sym.algebra.text.cost import cost_of
from nos_sym.algebra.text.effort import is_spent, memo, spend
from nos_sym.algebra.text.joining import Leaf, joined, of_bounds, of_ratio
from nos_sym.algebra.text.literal import literal
from nos_sym.algebra.text.recursion import recursive
from nos_sym.errors import RuleError
from nos_sym.language.node import Node
from nos_sym.language.operation import Role
from nos_sym.language.registry import apply, number

_Values = dict[str, Basic]
_Change = Callable[[Basic, int], _Values]

TRIED = 40
"""Most texts that are made of two."""

_SPLIT = 2
"""Most values whose signs are told apart in one form, one inside the other."""

_LONGEST = 600
"""Most nodes of a literal text that is split."""


def from_branches(p: Poly) -> Iterator[Basic]:
    """Yield a text of a form that is put together from two, if there is one."""
    tables = memo()
    level: int = tables.get("branches", 0)  # type: ignore[assignment]
    if is_spent() or level >= _SPLIT:
        return
    whole = literal(p)
    values = _signed(whole)
    if cost_of(whole)[0] > _LONGEST or not values or (len(p.terms) == 1 and sum(values.values()) == 1):
        return
    for x in sorted(values, key=lambda x: (-values[x], cost_of(x)))[: _SPLIT - level]:
        for change in _CHANGES:
            try:
                for node in _from_two(p, whole, x, change):
                    spend()
                    if polynomial(node).digest == p.digest:
                        yield node
                        return
            except RuleError:
                continue


def has_repeated_signs(node: Basic) -> bool:
    """Return whether absolute values are taken, or a value stands beside its own sign or positive part."""
    signed: set[Basic] = set()
    counts: dict[Basic, int] = {}
    waiting = [node]
    while waiting:
        node = waiting.pop()
        counts[node] = counts.get(node, 0) + 1
        if not isinstance(node, Node):
            continue
        waiting += node.operands
        name = node.operation.name
        if name == "abs" or (name == "pow" and _is_sign(node.operands[0])):
            return True
        if name == "sign":
            signed.add(node.operands[0])
        elif name in ("max", "min") and number(0) in node.operands:
            signed.update(node.operands)
    return any(counts[x] > 1 for x in signed if x != 0)


def _is_sign(node: Basic) -> bool:
    return isinstance(node, Node) and node.operation.name == "sign"


def _from_two(p: Poly, whole: Basic, x: Basic, change: _Change) -> list[Basic]:
    """Return expressions of which each is one of the form above zero, and one below zero."""
    up, down = (polynomial(_where(whole, x, change(x, sign))) for sign in (1, -1))
    leaf: Leaf = of_bounds
    if up is down:
        # What is even depends on whether x is zero.
        leaf, down = of_ratio, polynomial(_where(whole, x, _at_zero(x)))
        if not down.terms:
            return []
    if p in (up, down) or up is -down or not _is_simpler(p, up, down):
        return []
    spend(20)
    with _at_level(1):
        above, below = recursive.text(up), recursive.text(down)
    with _at_level(_SPLIT):
        sign = recursive.text(polynomial(apply("sign", x)))
        found = islice(joined(above, below, sign, leaf), TRIED)
        return sorted(dict.fromkeys(found), key=cost_of)


def _is_simpler(p: Poly, up: Poly, down: Poly) -> bool:
    """Return whether two forms, without what they share, are no longer than the form of which they are."""
    shared = set(up.terms) & set(down.terms)
    alone = weight(poly({m: c for m, c in up.terms if (m, c) not in shared}))
    beside = weight(poly({m: c for m, c in down.terms if (m, c) not in shared}))
    return max(alone, beside) <= weight(p) - weight(poly(dict(shared)))


@contextmanager
def _at_level(more: int) -> Iterator[None]:
    """Tell apart fewer signs inside a ``with`` block, since those outside are."""
    tables = memo()
    level: int = tables.get("branches", 0)  # type: ignore[assignment]
    tables["branches"] = level + more
    try:
        yield
    finally:
        tables["branches"] = level


def _signed(whole: Basic) -> dict[Basic, int]:
    """Return the values whose absolute value or sign is taken, and how often."""
    counts: dict[Basic, int] = {}
    waiting = [whole]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Node):
            continue
        waiting += node.operands if _of_its_step(node) else ()
        if node.operation.name in ("abs", "sign"):
            counts[node.operands[0]] = counts.get(node.operands[0], 0) + 1
    return counts


def _opened(x: Basic, sign: int) -> _Values:
    """Return x, or its opposite, for the absolute value of x."""
    return {"sign": number(sign), "abs": x if sign > 0 else apply("neg", x)}


def _of_sign(x: Basic, sign: int) -> _Values:
    """Return 1, or -1, for the sign of x; its absolute value stays."""
    return {"sign": number(sign)}


def _of_magnitude(x: Basic, sign: int) -> _Values:
    """Return what x is of its absolute value, which stays: what that bounds is then known."""
    magnitude = apply("abs", x)
    return {"sign": number(sign), "": magnitude if sign > 0 else apply("neg", magnitude)}


def _at_zero(x: Basic) -> _Values:
    return {"sign": number(0), "abs": number(0)}


_CHANGES = (_of_sign, _opened, _of_magnitude)


def _where(node: Basic, x: Basic, values: _Values) -> Basic:
    """Return an expression with values for the sign and the absolute value of x, and for x itself."""
    if node == x:
        return values.get("", x)
    if not isinstance(node, Node) or not node.operands or not _of_its_step(node):
        return node
    if node.operands[0] == x and node.operation.name in ("abs", "sign"):
        return values.get(node.operation.name, node)
    return node.func(*(_where(y, x, values) for y in node.operands), *node.parameters)


def _of_its_step(node: Node) -> bool:
    """Return whether a value depends on its arguments at the same step alone."""
    return node.operation.role in (Role.ELEMENTWISE, Role.SCALE, Role.REDUCTION)
