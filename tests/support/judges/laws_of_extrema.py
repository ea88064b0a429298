"""Laws of maxima, clips, signs and states that hold on every history."""

from __future__ import annotations

import random

from sympy.core.basic import Basic

from nos_sym.language.registry import apply, number
from support.judges.laws import FACTORS, law
from support.judges.small_rules import negative, parts, power, small_like


@law
def extremum(rng: random.Random, x: Basic) -> list[Basic] | None:
    if not parts(x, "max", "min"):
        return None
    a, b = x.operands
    name = x.operation.name
    other, c = ("min" if name == "max" else "max"), number(rng.choice(FACTORS))
    y = small_like(rng, x)
    difference = apply("abs", apply("sub", a, b))
    half = apply("add" if name == "max" else "sub", apply("add", a, b), difference)
    found = [
        negative(apply(other, negative(a), negative(b))),
        apply("sub", apply("add", a, b), apply(other, a, b)),
        apply("mul", number("0.5"), half),
        apply("div", apply(name, apply("mul", c, a), apply("mul", c, b)), c),
        apply("sub", apply(name, apply("add", a, y), apply("add", y, b)), y),
        apply("add", a, apply(name, apply("sub", b, a), number(0))),
        type(x)(x, b),
    ]
    if parts(a, "mul") and parts(b, "mul") and parts(a.operands[1], "abs") and a.operands[1] == b.operands[1]:
        found.append(apply("mul", apply(name, a.operands[0], b.operands[0]), a.operands[1]))
    return found


@law
def factor_of_extremum(rng: random.Random, x: Basic) -> list[Basic] | None:
    if not parts(x, "mul"):
        return None
    a, b = x.operands
    if parts(a, "max", "min") and parts(b, "abs", "sqrt", "exp", "dsoft"):
        return [apply(a.operation.name, *(apply("mul", y, b) for y in a.operands))]
    return None


@law
def clipping(rng: random.Random, x: Basic) -> list[Basic] | None:
    if not parts(x, "clip"):
        return None
    a, b = x.operands
    c = number(rng.choice(FACTORS))
    bound = apply("abs", b)
    return [
        apply("min", apply("max", a, negative(bound)), bound),
        apply("max", apply("min", a, bound), negative(bound)),
        apply("clip", a, negative(b)),
        negative(apply("clip", negative(a), b)),
        apply("div", apply("clip", apply("mul", c, a), apply("mul", c, b)), c),
        apply("clip", x, b),
        apply("mul", apply("sign", a), apply("min", apply("abs", a), bound)),
    ]


@law
def scale_free(rng: random.Random, x: Basic) -> list[Basic] | None:
    if not parts(x, "sign"):
        return None
    (a,) = x.operands
    c = number(rng.choice(FACTORS))
    return [
        apply("sign", apply("mul", c, a)),
        apply("sign", apply("div", a, c)),
        apply("sign", apply("recip", a)),
        apply("sign", power(a, 3)),
        apply("div", a, apply("abs", a)),
        apply("mul", a, apply("recip", apply("abs", a))),
        apply("recip", x),
        power(x, 3),
        apply("sign", apply("tanh", a)),
        apply("clip", apply("recip", x), number(1)),
    ]


@law
def linear(rng: random.Random, x: Basic) -> list[Basic] | None:
    if not parts(x, "ema", "ema_hat", "delta", "drop"):
        return None
    (a,) = x.operands
    c = number(rng.choice(FACTORS))
    found = [
        apply("div", type(x)(apply("mul", c, a), *x.parameters), c),
        negative(type(x)(negative(a), *x.parameters)),
    ]
    if parts(a, "add", "sub"):
        found.append(apply(a.operation.name, *(type(x)(y, *x.parameters) for y in a.operands)))
    if parts(x, "ema_hat"):
        beta = x.parameters[0]
        found.append(
            apply("scale", apply("recip", apply("correction", beta=beta)), apply("ema", a, beta=beta))
        )
    if parts(x, "ema") and parts(a, "ema", "delta"):
        found.append(type(a)(type(x)(a.operands[0], *x.parameters), *a.parameters))
    return found


@law
def running_maximum(rng: random.Random, x: Basic) -> list[Basic] | None:
    if not parts(x, "running_max"):
        return None
    (a,) = x.operands
    c = number(rng.choice(FACTORS))
    return [
        type(x)(x),
        type(x)(apply("max", a, number(0))),
        apply("abs", x),
        apply("div", type(x)(apply("mul", c, a)), c),
    ]
