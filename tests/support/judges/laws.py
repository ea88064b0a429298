"""Laws of arithmetic that hold on every history.

A *law* is a function from a random generator and an expression to one that has the same value everywhere,
where ``1/0`` is 0, or ``None`` where it does not apply. None asks that an operand is not zero: all functions
are total.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from sympy.core.basic import Basic

from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, kind_of
from nos_sym.language.registry import apply, number
from support.judges.definitions import COMPLEMENTS, DEFINITIONS, constants
from support.judges.small_rules import negative, parts, power, small_like

Law = Callable[[random.Random, Basic], "Basic | list[Basic] | None"]

LAWS: dict[str, Law] = {}
"""Name of a law to its function."""

FACTORS = ("2", "0.5", "3", "0.1", "8")
_SUMS = ("add", "sub")
_ODD = ("tanh", "erf", "arctan", "arcsinh", "i1e", "softsign", "sign", "recip", "clip_norm", "id", "neg")
_EVEN = ("abs", "sqrt", "ln", "dsoft", "dtanh", "dsig")


def law(function: Law) -> Law:
    """Add a law to the table under its name."""
    LAWS[function.__name__] = function
    return function


@law
def any_expression(rng: random.Random, x: Basic) -> list[Basic]:
    y, c = small_like(rng, x), number(rng.choice(FACTORS))
    return [
        apply("sub", apply("add", x, y), y),
        apply("add", apply("sub", x, y), y),
        apply("recip", apply("recip", x)),
        negative(negative(x)),
        apply("mul", apply("sign", x), apply("abs", x)),
        apply("mul", power(apply("sign", x), 2), x),
        apply("div", power(x, 2), x),
        apply("mul", x, apply("div", x, x)),
        apply("div", x, power(apply("sign", x), 2)),
        apply("div", x, apply("abs", apply("sign", x))),
        apply("max", x, x),
        apply("add", apply("max", x, number(0)), apply("min", x, number(0))),
        apply("max", x, apply("min", x, y)),
        apply("min", apply("max", y, x), x),
        apply("div", apply("mul", c, x), c),
        apply("mul", x, apply("abspow", y, number(0))),
        apply("add", x, apply("mul", number(0), apply("recip", y))),
        apply("add", x, apply("sub", y, y)),
        apply("mul", x, apply("sign", apply("add", number(1), power(y, 2)))),
        apply("mul", x, apply("sign", apply("exp", y))),
        apply("sub", apply("mul", number(3), x), apply("mul", x, number(2))),
        apply("ln", apply("exp", x)),
        apply("mul", apply("sign", x), apply("exp", apply("ln", x))),
    ]


@law
def tensor(rng: random.Random, x: Basic) -> list[Basic] | None:
    if kind_of(x) is not Kind.TENSOR:
        return None
    first = rng.choice(sorted(COMPLEMENTS))
    return [
        apply("wmean", x, x, weight="0.9"),
        apply("add", apply("scale", apply(first), x), apply("scale", apply(COMPLEMENTS[first]), x)),
        apply("clip", x, x),
        apply("sub", apply("running_max", x), apply("sub", apply("running_max", x), x)),
    ]


@law
def reorder(rng: random.Random, x: Basic) -> Basic | None:
    operands = parts(x, "add", "mul", "max", "min")
    if not operands:
        return None
    a, b = operands
    inner = parts(a, x.operation.name)
    if inner and rng.random() < 0.5:
        return apply(x.operation.name, inner[0], apply(x.operation.name, inner[1], b))
    return type(x)(b, a)


@law
def distribute(rng: random.Random, x: Basic) -> Basic | None:
    operands = parts(x, "mul", "scale", "div")
    if not operands:
        return None
    a, b = operands
    name = x.operation.name
    if parts(a, *_SUMS):
        return apply(a.operation.name, *(apply(name, y, b) for y in a.operands))
    if parts(b, *_SUMS) and name != "div":
        return apply(b.operation.name, *(apply(name, a, y) for y in b.operands))
    return None


@law
def factor_out(rng: random.Random, x: Basic) -> Basic | None:
    if not parts(x, *_SUMS):
        return None
    a, b = x.operands
    name = a.operation.name if isinstance(a, Node) else ""
    if not parts(a, "mul", "div", "scale") or not parts(b, name) or a.operands[1] != b.operands[1]:
        return None
    return apply(name, apply(x.operation.name, a.operands[0], b.operands[0]), a.operands[1])


@law
def quotient(rng: random.Random, x: Basic) -> list[Basic] | None:
    if parts(x, "div"):
        a, b = x.operands
        return [
            apply("mul", a, apply("recip", b)),
            apply("div", apply("mul", a, b), power(b, 2)),
            apply("recip", apply("div", b, a)),
            negative(apply("div", a, negative(b))),
            apply("mul", apply("sign", b), apply("div", a, apply("abs", b))),
            apply("mul", a, apply("mul", b, apply("abspow", b, number(-2)))),
        ]
    if parts(x, "recip"):
        (a,) = x.operands
        found = [
            apply("div", number(1), a),
            apply("div", a, power(a, 2)),
            apply("mul", apply("sign", a), apply("abspow", a, number(-1))),
            power_of_reciprocal(a, 3),
        ]
        if parts(a, "mul"):
            found.append(apply("mul", *(apply("recip", y) for y in a.operands)))
        if parts(a, "div"):
            found.append(apply("div", a.operands[1], a.operands[0]))
        return found
    return None


def power_of_reciprocal(x: Basic, n: int) -> Basic:
    """Return ``x^(n-1) / x^n``, which is ``1/x``, at zero too."""
    return apply("mul", power(x, n - 1), power(apply("recip", x), n))


@law
def through_product(rng: random.Random, x: Basic) -> list[Basic] | None:
    name = x.operation.name if isinstance(x, Node) else ""
    if name not in ("abs", "sign", "sqrt", "pow", "recip", "abspow"):
        return None
    inner = x.operands[0]
    if parts(inner, "mul", "div"):
        rest = [*x.operands[1:], *x.parameters]
        return [apply(inner.operation.name, *(type(x)(y, *rest) for y in inner.operands))]
    if parts(inner, "recip"):
        return [apply("recip", type(x)(inner.operands[0], *x.operands[1:], *x.parameters))]
    return None


@law
def parity(rng: random.Random, x: Basic) -> list[Basic] | None:
    if parts(x, *_ODD):
        return [negative(type(x)(negative(x.operands[0])))]
    if parts(x, *_EVEN):
        return [type(x)(negative(x.operands[0])), type(x)(apply("abs", x.operands[0]))]
    if parts(x, "abspow"):
        return [apply("abspow", apply("abs", x.operands[0]), x.operands[1])]
    return None


@law
def definition(rng: random.Random, x: Basic) -> list[Basic] | None:
    name = x.operation.name if isinstance(x, Node) else ""
    if name in DEFINITIONS:
        return DEFINITIONS[name](*x.operands, *x.parameters)
    if name in COMPLEMENTS:
        return [apply("sub", number(1), apply(COMPLEMENTS[name])), x.operation.meaning.definition()]
    if not isinstance(x, Node):
        return constants(x)
    return None
