"""Two expressions, that hold at positive and at negative values of x, as one function of x and of its sign.

They are gone through side by side. Equal parts stay; parts that differ become a multiple of the sign of x, a
maximum or minimum, or, where the two are those away from zero and at zero, a function of the sign's square.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice, product

from sympy.core.basic import Basic

from nos_sym.algebra.kernel import (
    HALF,
    Poly,
    add,
    as_number,
    constant,
    dual,
    mul,
    power_absolute,
    quotient,
    single,
)
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text.cost import cost_of
from nos_sym.algebra.text.nodes import exact_number
from nos_sym.algebra.text.recursion import recursive
from nos_sym.errors import RuleError
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, kind_of
from nos_sym.language.registry import apply, number

Leaf = Callable[[Basic, Basic, Basic], Iterator[Basic]]
"""Expressions of two that share nothing, and the sign of x."""


def joined(a: Basic, b: Basic, sign: Basic, leaf: Leaf) -> Iterator[Basic]:
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


def _of_operands(a: Node, others: tuple[Basic, ...], sign: Basic, leaf: Leaf) -> Iterator[Basic]:
    """Yield an operation on what its operands are on both sides."""
    bounds = a.operation.name in ("max", "min")
    options = []
    for x, y in zip(a.operands, others, strict=True):
        found = list(islice(joined(x, y, sign, leaf), 4))
        # What the other argument of a maximum excludes on one side may be what it is on the other.
        options.append([x, y, *found[:2]] if bounds else found)
    for operands in product(*options):
        yield from _applied(a, operands)


def _applied(node: Node, operands: tuple[Basic, ...]) -> Iterator[Basic]:
    try:
        yield node.func(*operands, *node.parameters)
    except RuleError:
        return


def _of_parts(a: Basic, b: Basic, sign: Basic, leaf: Leaf) -> Iterator[Basic]:
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
            options.append([(x, kind[0]) for x in islice(joined(one, two, sign, leaf), 6)])
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
            for inner in islice(joined(*_turned(x.operands[i], number(0), swapped), sign, leaf), 3):
                yield from _applied(x, tuple(inner if i == j else z for j, z in enumerate(x.operands)))


def _turned(x: Basic, y: Basic, swapped: bool) -> tuple[Basic, Basic]:
    return (y, x) if swapped else (x, y)


def of_bounds(a: Basic, b: Basic, sign: Basic) -> Iterator[Basic]:
    """Yield multiples of the sign, and maxima and minima one of whose arguments is a or b."""
    if a == _negative(b):
        yield _times_sign(a, sign)
        return
    for x, y, unit in ((a, b, -1), (b, a, 1)):
        # y holds where the sign is the unit, x elsewhere.
        for op, first, second in _bounds(x):
            for z, rest in ((first, second), (second, first)):
                for inner in islice(joined(*_turned(z, y, unit > 0), sign, of_bounds), 3):
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


def of_ratio(a: Basic, b: Basic, sign: Basic) -> Iterator[Basic]:
    """Yield what is a at nonzero values and b at zero: ``rdiv(b, k sign(x))``, ``b dsoft(k sign(x))``."""
    # An even function of the sign is one of its square.
    factors = (sign, apply("pow", sign, exponent=2)) if b == 0 else (sign,)
    for factor in factors:
        lifted = _lifted(a, factor, 1)
        if lifted != a:
            yield lifted
        if b == 0:
            yield _times_sign(a, factor)
    if b == 0:
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
