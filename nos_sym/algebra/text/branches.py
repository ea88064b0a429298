"""Texts put together from those at positive and at negative values: ``max(g, 0)``, ``exp(sign(g))``.

A form that depends on the sign of x is written for ``x > 0`` and for ``x < 0``, where it is simpler. Where
the two texts differ, a function of x or of its sign stands for both: ``softplus(1)`` and ``softplus(-1)`` are
``softplus(sign(x))``, ``v`` and 0 are ``max(v, 0)``. Whether the form at ``x = 0``, and the order of what was
put together, are right, is seen by the form of the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import islice, product

from sympy.core.basic import Basic

from nos_sym.algebra.canonical import polynomial
from nos_sym.algebra.kernel import (
    HALF,
    Poly,
    add,
    as_number,
    constant,
    dual,
    mul,
    poly,
    power_absolute,
    quotient,
    single,
)
from nos_sym.algebra.text.clipping import weight
from nos_sym.algebra.text.cost import cost_of
from nos_sym.algebra.text.effort import is_spent, memo, spend
from nos_sym.algebra.text.literal import literal
from nos_sym.algebra.text.nodes import exact_number
from nos_sym.algebra.text.recursion import recursive
from nos_sym.errors import RuleError
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, kind_of
from nos_sym.language.operation import Role
from nos_sym.language.registry import apply, number

_Values = dict[str, Basic]
_Change = Callable[[Basic, int], _Values]
_Leaf = Callable[[Basic, Basic, Basic], Iterator[Basic]]

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
    leaf = _of_bounds
    if up is down:
        # What is even depends on whether x is zero.
        leaf, down = _of_ratio, polynomial(_where(whole, x, _at_zero(x)))
        if not down.terms:
            return []
    if p in (up, down) or up is -down or not _is_simpler(p, up, down):
        return []
    spend(20)
    with _at_level(1):
        above, below = recursive.text(up), recursive.text(down)
    with _at_level(_SPLIT):
        found = islice(_joined(above, below, apply("sign", x), leaf), TRIED)
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


def _joined(a: Basic, b: Basic, sign: Basic, leaf: _Leaf) -> Iterator[Basic]:
    """Yield expressions that are a at positive values and b at negative ones."""
    if a == b:
        yield a
        return
    if isinstance(a, Node) and isinstance(b, Node) and a.func == b.func and a.parameters == b.parameters:
        yield from _of_operands(a, b.operands, sign, leaf)
        if a.operation.name in ("max", "min"):
            yield from _of_operands(a, b.operands[::-1], sign, leaf)
    yield from _of_parts(a, b, sign, leaf)
    yield from leaf(a, b, sign)


def _of_operands(a: Node, others: tuple[Basic, ...], sign: Basic, leaf: _Leaf) -> Iterator[Basic]:
    """Yield an operation on what its operands are on both sides."""
    bounds = a.operation.name in ("max", "min")
    options = []
    for x, y in zip(a.operands, others, strict=True):
        found = list(islice(_joined(x, y, sign, leaf), 4))
        # What the other argument of a maximum excludes on one side may be what it is on the other.
        options.append([x, y, *found[:2]] if bounds else found)
    for operands in product(*options):
        yield from _applied(a, operands)


def _applied(node: Node, operands: tuple[Basic, ...]) -> Iterator[Basic]:
    try:
        yield node.func(*operands, *node.parameters)
    except RuleError:
        return


def _of_parts(a: Basic, b: Basic, sign: Basic, leaf: _Leaf) -> Iterator[Basic]:
    """Yield sums and products of what both have, and of what one of them has more."""
    for split, build, kinds in ((_summands, _sum, ((1, -1),)), (_factors, _product, ((1,), (-1,)))):
        first, second = split(a), split(b)
        shared = [t for t in first if t in second]
        if not shared:
            continue
        left, right = ([t for t in side if t not in shared] for side in (first, second))
        options = []
        for kind in kinds:
            parts = [[(x, k * kind[0]) for x, k in side if k in kind] for side in (left, right)]
            if not any(parts):
                continue
            one, two = map(build, parts)
            options.append([(x, kind[0]) for x in islice(_joined(one, two, sign, leaf), 6)])
        for chosen in product(*options):
            try:
                yield build([*shared, *chosen])
            except RuleError:
                continue
    for x, y, swapped in ((a, b, False), (b, a, True)):
        if not isinstance(x, Node) or x.operation.name not in ("clip", "rdiv"):
            continue
        # x and rdiv(x, y) are rdiv(x, 0) and rdiv(x, y).
        places = (1,) if x.operation.name == "rdiv" and x.operands[0] == y else (0, 1) if y == 0 else ()
        for i in places:
            for inner in islice(_joined(*_turned(x.operands[i], number(0), swapped), sign, leaf), 3):
                yield from _applied(x, tuple(inner if i == j else z for j, z in enumerate(x.operands)))


def _turned(x: Basic, y: Basic, swapped: bool) -> tuple[Basic, Basic]:
    return (y, x) if swapped else (x, y)


def _of_bounds(a: Basic, b: Basic, sign: Basic) -> Iterator[Basic]:
    """Yield multiples of the sign, and maxima and minima one of whose arguments is a or b."""
    if a == _negative(b):
        yield _times_sign(a, sign)
        return
    for x, y, unit in ((a, b, -1), (b, a, 1)):
        # y holds where the sign is the unit, x elsewhere.
        for op, first, second in _bounds(x):
            for z, rest in ((first, second), (second, first)):
                for inner in islice(_joined(*_turned(z, y, unit > 0), sign, _of_bounds), 3):
                    yield apply(op, inner, rest)
        for op in ("min", "max"):
            yield apply(op, x, y)
            if y != 0:
                yield apply(op, x, _times_sign(y if unit > 0 else _negative(y), sign))
            lifted = _lifted(y, sign, unit)
            if lifted != y:
                yield apply(op, x, lifted)


def _bounds(x: Basic) -> Iterator[tuple[str, Basic, Basic]]:
    """Yield a maximum or minimum with its arguments, one of the opposites included."""
    if not isinstance(x, Node):
        return
    if x.operation.name in ("max", "min"):
        yield x.operation.name, x.operands[0], x.operands[1]
    if x.operation.name == "neg" and isinstance(x.operands[0], Node):
        inner = x.operands[0]
        if inner.operation.name in ("max", "min"):
            first, second = map(_negative, inner.operands)
            yield dual(inner.operation.name), first, second


def _of_ratio(a: Basic, b: Basic, sign: Basic) -> Iterator[Basic]:
    """Yield what is a at nonzero values and b at zero: ``rdiv(b, k sign(x))``, ``b dsoft(k sign(x))``."""
    if b == 0:
        yield apply("mul", a, apply("pow", sign, exponent=2))
        return
    p, q = polynomial(a), polynomial(b)
    if not p.terms or not q.terms:
        return
    ratio = _step_alone(quotient(q, p))
    if ratio is None:
        return
    square = add(mul(ratio, ratio), constant(-1))
    if square.terms:
        yield apply("rdiv", b, _times_sign(recursive.text(power_absolute(square, HALF)), sign))
        soft = apply("dsoft", _times_sign(recursive.text(add(ratio, constant(-1))), sign))
        yield recursive.text(q) if b == 1 else apply("mul", b, soft)


def _step_alone(p: Poly) -> Poly | None:
    """Return a form without indicators of tensors, if it then depends on the step alone."""
    if any(not a.scalar and (q or s != 2) for m, _ in p.terms for a, q, s in m.factors):
        return None
    return add(*(single([f for f in m.factors if f[0].scalar], c) for m, c in p.terms))


def _lifted(node: Basic, sign: Basic, unit: int) -> Basic:
    """Return an expression with ``k sign`` for the numbers k that functions in it are taken of."""
    if not isinstance(node, Node) or not node.operands:
        return node
    inner = []
    for x in node.operands:
        value = _number(x)
        if value is not None and len(node.operands) == 1 and node.operation.name != "neg":
            inner.append(_times_sign(exact_number(value * unit), sign))
        else:
            inner.append(_lifted(x, sign, unit))
    return node.func(*inner, *node.parameters)


def _number(x: Basic) -> Fraction | None:
    return as_number(polynomial(x)) if kind_of(x) is Kind.NUMBER else None


def _times_sign(x: Basic, sign: Basic) -> Basic:
    p = polynomial(apply("mul", x, sign)) if not _of_step(x) else polynomial(apply("scale", x, sign))
    return recursive.text(p)


def _of_step(x: Basic) -> bool:
    return kind_of(x).of_step and not x.is_Rational


def _negative(x: Basic) -> Basic:
    return recursive.text(-polynomial(x))


_Parts = list[tuple[Basic, int]]


def _summands(node: Basic) -> _Parts:
    name = node.operation.name if isinstance(node, Node) else ""
    if name == "add":
        return [*_summands(node.operands[0]), *_summands(node.operands[1])]
    if name == "sub":
        return [*_summands(node.operands[0]), *((x, -k) for x, k in _summands(node.operands[1]))]
    if name == "neg":
        return [(x, -k) for x, k in _summands(node.operands[0])]
    return [] if node == 0 else [(node, 1)]


def _factors(node: Basic) -> _Parts:
    name = node.operation.name if isinstance(node, Node) else ""
    if name in ("mul", "scale"):
        return [*_factors(node.operands[0]), *_factors(node.operands[1])]
    if name == "div":
        return [*_factors(node.operands[0]), *((x, -k) for x, k in _factors(node.operands[1]))]
    if name == "recip":
        return [(x, -k) for x, k in _factors(node.operands[0])]
    if name == "neg":
        return [(number(-1), 1), *_factors(node.operands[0])]
    return [] if node == 1 else [(node, 1)]


def _sum(parts: _Parts) -> Basic:
    total = None
    for x, k in sorted(parts, key=lambda f: -f[1]):
        if total is None:
            total = x if k > 0 else apply("neg", x)
        else:
            total = apply("add" if k > 0 else "sub", total, x)
    return number(0) if total is None else total


def _product(parts: _Parts) -> Basic:
    over = sorted((x for x, k in parts if k > 0), key=lambda x: (not _of_step(x), cost_of(x)))
    steps = [x for x in over if _of_step(x)]
    total = None
    for x in over:
        if not _of_step(x):
            total = x if total is None else apply("mul", total, x)
    for x, k in parts:
        if k < 0:
            total = apply("recip", x) if total is None else apply("div", total, x)
    for x in steps:
        total = (
            x
            if total is None
            else apply("mul" if _of_step(total) or total.is_Rational else "scale", x, total)
        )
    return number(1) if total is None else total
