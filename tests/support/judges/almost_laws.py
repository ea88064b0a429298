"""Laws that hold away from the zeros of something, and not on every history."""

from __future__ import annotations

import random
from collections.abc import Callable

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.language.kind import Kind
from nos_sym.language.node import kind_of
from nos_sym.language.registry import apply, number
from support.judges.small_rules import negative, parts, power, small_decay, small_like

Change = Callable[[random.Random, Basic], "Basic | list[Basic] | None"]

ALMOST: dict[str, Change] = {}
"""Name of a law to what it makes of an expression; a few results are equal everywhere."""


def _almost(function: Change) -> Change:
    ALMOST[function.__name__] = function
    return function


@_almost
def times_indicator(rng: random.Random, x: Basic) -> list[Basic]:
    y = small_like(rng, x)
    one = [
        apply("div", y, y),
        power(apply("sign", y), 2),
        apply("abs", apply("sign", y)),
        apply("mul", y, apply("recip", y)),
        apply("mul", apply("abspow", y, number(2)), apply("abspow", y, number(-2))),
        apply("clip", apply("recip", apply("sign", y)), y),
        apply("div", apply("sub", y, apply("min", y, number(0))), apply("max", y, number(0))),
    ]
    return [
        apply("mul", x, rng.choice(one)),
        apply("div", apply("mul", x, y), y),
        apply("mul", apply("div", x, y), y),
        apply("div", x, apply("abs", apply("sign", y))),
    ]


@_almost
def unit(rng: random.Random, x: Basic) -> list[Basic] | None:
    if x != Rational(1):
        return None
    y = rng.choice(
        [apply("g"), apply("w"), apply("sub", apply("g"), apply("w")), apply("ema", apply("g"), beta="0.9")]
    )
    square = power(apply("sign", y), 2)
    return [
        apply("div", y, y),
        square,
        apply("ema_hat", square, beta="0.9"),
        apply("running_max", square),
        apply("running_max", apply("abs", apply("sign", y))),
        apply(
            "add",
            apply("max", apply("sign", y), number(0)),
            apply("max", apply("sign", negative(y)), number(0)),
        ),
        apply("sign", power(y, 2)),
        apply("sign", apply("exp", apply("ln", y))),
        apply("sqrt", apply("abs", apply("sign", y))),
        apply("abspow", apply("sign", y), number(-1)),
        apply("exp", apply("ln", apply("sign", y))),
    ]


@_almost
def cancelled(rng: random.Random, x: Basic) -> Basic | None:
    if not parts(x, "mul", "div"):
        return None
    a, b = x.operands
    if a == b:
        return number(1) if x.operation.name == "div" else None
    for first, second in ((a, b), (b, a)):
        if parts(first, "div") and first.operands[1] == second:
            return first.operands[0]
        if parts(first, "recip") and first.operands[0] == second:
            return number(1)
    return None


@_almost
def indicator(rng: random.Random, x: Basic) -> Basic | None:
    inner = parts(x, "abs", "pow", "sqrt")
    if inner and parts(inner[0], "sign") and x.operation.name != "pow":
        return number(1)
    return number(1) if inner and parts(inner[0], "sign") and int(x.parameters[0]) % 2 == 0 else None


@_almost
def logarithms(rng: random.Random, x: Basic) -> list[Basic] | None:
    if not parts(x, "ln"):
        return None
    (a,) = x.operands
    found = [
        apply("mul", number(2), apply("ln", apply("sqrt", a))),
        apply("mul", number("0.5"), apply("ln", power(a, 2))),
        negative(apply("ln", apply("recip", a))),
        apply("sub", apply("ln", apply("mul", number(2), a)), apply("ln", number(2))),
        apply("ln", apply("add", apply("abs", a), number("1e-30"))),
    ]
    if parts(a, "mul"):
        found.append(apply("add", *(apply("ln", y) for y in a.operands)))
    if parts(a, "exp"):
        found.append(a.operands[0])
    return found


@_almost
def exponential_of_logarithm(rng: random.Random, x: Basic) -> list[Basic]:
    return [
        *([apply("exp", apply("ln", x.operands[0]))] if parts(x, "abs") else []),
        *([apply("exp", negative(apply("ln", x.operands[0])))] if parts(x, "recip") else []),
        *([apply("exp", apply("div", apply("ln", x.operands[0]), number(2)))] if parts(x, "sqrt") else []),
    ]


@_almost
def sums_of_quotients(rng: random.Random, x: Basic) -> list[Basic] | None:
    if parts(x, "add", "sub"):
        a, b = x.operands
        name = x.operation.name
        y = small_like(rng, x)
        found = [
            apply("div", apply(name, apply("mul", a, y), apply("mul", b, y)), y),
            apply("mul", a, apply(name, number(1), apply("div", b, a))),
        ]
        for first, second in ((a, b), (b, a)):
            if parts(first, "div") and name == "add":
                n, d = first.operands
                found.append(apply("div", apply("add", n, apply("mul", second, d)), d))
        if parts(a, "recip") and parts(b, "recip"):
            u, v = a.operands[0], b.operands[0]
            found.append(apply("div", apply(name, v, u), apply("mul", u, v)))
        return found
    if parts(x, "recip"):
        (a,) = x.operands
        inner = parts(a, "add", "sub")
        if inner:
            u, v = inner
            return [apply("div", apply("recip", u), apply(a.operation.name, number(1), apply("div", v, u)))]
    return None


@_almost
def powers(rng: random.Random, x: Basic) -> list[Basic] | None:
    if not parts(x, "abs", "sqrt", "abspow", "pow"):
        return None
    a = x.operands[0]
    return [
        apply("mul", x, apply("abspow", apply("sign", a), number(2))),
        apply("mul", apply("abspow", a, number(1)), apply("mul", x, apply("abspow", a, number(-1)))),
        apply("abspow", x, number(0)),
    ]


@_almost
def halves(rng: random.Random, x: Basic) -> list[Basic] | None:
    if parts(x, "max", "min"):
        a, b = x.operands
        difference = apply("sub", a, b) if x.operation.name == "max" else apply("sub", b, a)
        step, weak = (apply("max", apply("sign", v), number(0)) for v in (difference, negative(difference)))
        inverse = apply("sub", number(1), step)
        return [
            apply("add", apply("mul", a, step), apply("mul", b, inverse)),  # equal
            apply("add", apply("mul", a, step), apply("mul", b, weak)),  # nothing at a tie
        ]
    if parts(x, "sign"):
        (a,) = x.operands
        return [
            apply("sub", apply("mul", number(2), apply("max", x, number(0))), number(1)),
            apply("sub", number(1), apply("mul", number(2), apply("max", negative(x), number(0)))),
            apply("sub", apply("mul", number(2), apply("sign", apply("max", a, number(0)))), number(1)),
            apply("div", apply("tanh", x), apply("tanh", number(1))),
        ]
    if parts(x, "exp", "sigmoid", "softplus", "dsoft") and parts(x.operands[0], "sign"):
        (s,) = x.operands
        up, down = (apply(x.operation.name, c) for c in (number(1), number(-1)))
        even = apply("mul", number("0.5"), apply("add", up, down))
        odd = apply("mul", apply("mul", number("0.5"), apply("sub", up, down)), s)
        return [apply("add", even, odd)]
    return None


@_almost
def of_states(rng: random.Random, x: Basic) -> list[Basic] | None:
    if not parts(x, "ema", "ema_hat", "running_max", "delta"):
        return None
    (a,) = x.operands
    return [
        type(x)(apply("mul", a, power(apply("sign", apply("g")), 2)), *x.parameters),
        apply("mul", x, power(apply("sign", a), 2)),
        apply("mul", a, apply("div", x, a)),
        apply("div", type(x)(apply("mul", a, apply("w")), *x.parameters), apply("w")),
        *([apply("max", x, a), apply("abs", a)] if parts(x, "running_max") else []),
    ]


@_almost
def of_steps(rng: random.Random, x: Basic) -> list[Basic] | None:
    decay = rng.choice([apply("p"), apply("r"), apply("remaining"), small_decay(rng, 2)])
    one = rng.choice([apply("div", decay, decay), power(apply("sign", decay), 2)])
    if kind_of(x) is Kind.STEP:
        return [apply("mul", x, one)]
    return [apply("scale", one, x)] if kind_of(x) is Kind.TENSOR else None
