"""Questions about signs, zeros and bounds, put as pairs of rules: is S never negative, is it never zero?

An algebra answers them by side conditions of its own. Here a sum S is drawn whose parts have signs, bounds
and zeros of many kinds, and the question is a pair, as ``abs(S)`` and ``S``: the answer is whether it has one
key.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from sympy.core.basic import Basic

from nos_sym.errors import RuleError
from nos_sym.language.node import size_of
from nos_sym.language.registry import apply, number
from nos_sym.language.rule import Momentum, Rule
from support.judges.small_rules import BETAS, average, negative, power, small_decay

LARGEST = 50


def question(rng: random.Random) -> tuple[Rule, Rule]:
    """Return two rules that are equal only if a sum has a sign, a bound or no zero."""
    while True:
        try:
            first, second = rng.choice(_QUESTIONS)(rng)
            if size_of(first) + size_of(second) <= LARGEST and first != second:
                return Rule(Momentum.NONE, first), Rule(Momentum.NONE, second)
        except RuleError:
            continue


def _sum(rng: random.Random, most: int = 3) -> Basic:
    if rng.random() < 0.35:
        return _related(rng)
    found = _term(rng)
    for _ in range(rng.randint(1, most) - 1):
        found = apply(rng.choice(("add", "add", "sub")), found, _term(rng))
    return found


def _term(rng: random.Random) -> Basic:
    choice = rng.random()
    if choice < 0.15:
        return number(rng.choice(("1", "2", "0.5", "-1", "0.1")))
    x = _part(rng)
    if choice < 0.5:
        return x
    if choice < 0.65:
        return apply("scale", small_decay(rng, rng.randint(0, 2)), x)
    if choice < 0.75:
        return apply("mul", number(rng.choice(("2", "0.5", "-1", "-2"))), x)
    return apply(rng.choice(("mul", "mul", "div")), x, _part(rng))


def _leaf(rng: random.Random) -> Basic:
    return rng.choice([apply("g"), apply("g"), apply("w"), apply("mul", apply("g"), apply("w"))])


_ELEMENTWISE = (
    "abs", "sqrt", "exp", "sigmoid", "softplus", "tanh", "arctan", "erf", "erfc", "arcsinh", "softsign",
    "dsoft", "dtanh", "dsig", "sign", "recip", "ln", "i1e", "abs", "clip_norm", "neg",
)  # fmt: skip


def _part(rng: random.Random) -> Basic:
    x = _leaf(rng)
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3))):
        choice = rng.random()
        if choice < 0.45:
            x = apply(rng.choice(_ELEMENTWISE), x)
        elif choice < 0.6:
            x = power(x, rng.choice((2, 2, 3, 4)))
        elif choice < 0.7:
            x = average(x, rng.choice(BETAS))
        elif choice < 0.75:
            x = apply(rng.choice(("running_max", "delta")), x)
        elif choice < 0.85:
            x = apply(rng.choice(("max", "min")), x, rng.choice([number(0), number(1), _leaf(rng)]))
        elif choice < 0.9:
            x = apply("clip", x, rng.choice([number(1), _leaf(rng)]))
        elif choice < 0.95:
            x = apply("add", number(rng.choice(("1", "-1", "0.5"))), x)
        else:
            x = apply("abspow", x, number(rng.choice(("-1", "0.5", "-0.5", "1.5"))))
    return x


def _related(rng: random.Random) -> Basic:
    """Return a sum whose sign is that of a relation between its terms, or nearly."""
    x, y = _part(rng), _part(rng)
    c, one = number(rng.choice(("1", "2", "0.5"))), number(1)
    decay, beta = small_decay(rng, 1), rng.choice(BETAS)
    bounded = rng.choice(("tanh", "arctan", "erf", "softsign", "arcsinh", "sign", "i1e", "clip_norm"))
    square = apply("add", power(x, 2), power(y, 2))
    product = apply("mul", c, apply("mul", x, y))
    found = [
        apply("sub", x, apply(bounded, x)),
        apply("sub", apply("abs", x), x),
        apply("sub", apply("abs", x), apply("mul", c, apply(bounded, apply("abs", x)))),
        apply("sub", one, power(apply(bounded, x), 2)),
        apply("add", c, apply(bounded, x)),
        apply("add", square, product),
        apply("sub", square, product),
        apply("sub", apply("exp", x), one),
        apply("sub", apply("scale", decay, x), apply("scale", decay, y)),
        apply("sub", apply("scale", decay, x), apply("scale", small_decay(rng, 1), x)),
        apply("scale", apply("sub", number(rng.choice(("1", "0.5", "0.95"))), decay), x),
        apply("scale", apply("add", number(rng.choice(("1", "-1", "0.5"))), decay), apply("abs", x)),
        apply("sub", average(apply("abs", x), beta), apply("mul", c, apply("abs", x))),
        apply("sub", average(x, beta), apply("mul", number("0.1"), x)),
        apply("sub", apply("running_max", x), x),
        apply("sub", apply("max", x, y), x),
        apply("sub", apply("max", x, y), apply("mul", c, y)),
        apply("add", apply("clip", x, y), apply("abs", y)),
        apply("sub", x, apply("clip", x, c)),
        apply("add", x, apply("sqrt", apply("add", power(x, 2), rng.choice([one, y])))),
        apply("add", average(power(x, 2), beta), power(y, 2)),
        apply("mul", x, apply(bounded, x)),
        apply("mul", average(x, beta), rng.choice([average(x, "0.9"), x, average(power(x, 3), beta)])),
    ]
    return rng.choice(found)


def _sign(rng: random.Random) -> tuple[Basic, Basic]:
    s = _sum(rng)
    return rng.choice(
        [
            (apply("abs", s), s),
            (apply("abs", s), negative(s)),
            (apply("max", s, number(0)), s),
            (apply("max", s, number(0)), number(0)),
            (apply("sqrt", power(s, 2)), s),
            (power(apply("sqrt", s), 2), s),
            (apply("running_max", average(s, "0.9")), apply("running_max", apply("abs", average(s, "0.9")))),
        ]
    )


def _zero(rng: random.Random) -> tuple[Basic, Basic]:
    s, x = _sum(rng), _leaf(rng)
    one = rng.choice([apply("div", s, s), power(apply("sign", s), 2), apply("abs", apply("sign", s))])
    return rng.choice(
        [
            (apply("mul", x, one), x),
            (one, number(1)),
            (apply("sign", s), number(1)),
            (apply("sign", s), number(-1)),
            (apply("mul", x, one), apply("mul", x, power(apply("sign", x), 2))),
            (apply("mul", apply("mul", s, x), power(apply("sign", x), 2)), apply("mul", s, x)),
            (apply("mul", s, power(apply("sign", x), 2)), s),
            (apply("exp", apply("ln", s)), s),
            (apply("running_max", one), number(1)),
            (apply("ema_hat", one, beta="0.9"), number(1)),
        ]
    )


def _bound(rng: random.Random) -> tuple[Basic, Basic]:
    s, t = _sum(rng, 2), rng.choice([_sum(rng, 2), number(rng.choice(("1", "-1", "2", "0.5", "0")))])
    name = rng.choice(("max", "min"))
    return rng.choice(
        [
            (apply(name, s, t), s),
            (apply(name, s, t), t),
            (apply("clip", s, t), s),
            (apply("max", s, apply("min", t, s)), s),
            (apply(name, apply(name, s, t), _leaf(rng)), apply(name, s, _leaf(rng))),
            (apply("sign", apply("sub", s, t)), rng.choice([number(1), number(-1), apply("sign", s)])),
        ]
    )


def _monotone(rng: random.Random) -> tuple[Basic, Basic]:
    s, x, y = _sum(rng, 2), _part(rng), _part(rng)
    name = rng.choice(("max", "min"))
    function: Callable[[Basic], Basic] = rng.choice(
        [
            lambda v: apply("mul", v, s),
            lambda v: power(v, 3),
            lambda v: power(v, 2),
            lambda v: apply("tanh", v),
            lambda v: apply("exp", v),
            lambda v: apply("recip", v),
            lambda v: apply("sqrt", v),
            lambda v: apply("abs", v),
            lambda v: apply("add", v, s),
            lambda v: apply("sign", v),
            lambda v: apply("dsoft", v),
        ]
    )
    if rng.random() < 0.25:
        return function(apply("running_max", x)), apply("running_max", function(x))
    return function(apply(name, x, y)), apply(name, function(x), function(y))


def _step_term(rng: random.Random) -> Basic:
    """Return a function of the step that has a sign, a bound or zeros of its own."""
    x = apply(rng.choice(("p", "p", "r", "remaining", "a1", "a3", "a9", "a11", "a13")))
    choice = rng.random()
    if choice < 0.2:
        x = apply("cospi", x if rng.random() < 0.6 else apply("mul", number("2"), x))
    elif choice < 0.35:
        x = apply(rng.choice(("exp", "ln", "tanh", "recip", "sqrt", "abs", "sign", "arctan")), x)
    elif choice < 0.5:
        x = power(x, rng.choice((2, 3)))
    elif choice < 0.6:
        x = apply("correction", beta=rng.choice(BETAS))
    if rng.random() < 0.4:
        x = apply("mul", number(rng.choice(("2", "0.5", "-1", "-2", "3"))), x)
    return x


def _step(rng: random.Random) -> tuple[Basic, Basic]:
    d = (
        number(rng.choice(("1", "1", "2", "0.5", "-1", "0.25", "3")))
        if rng.random() < 0.7
        else _step_term(rng)
    )
    for _ in range(rng.choice((1, 1, 2, 3))):
        d = apply(rng.choice(("add", "sub", "mul")), d, _step_term(rng))
    one = number(1)
    a, b = rng.choice(
        [
            (apply("sign", d), one),
            (power(apply("sign", d), 2), one),
            (apply("sign", d), number(-1)),
            (apply("abs", d), d),
            (apply("max", d, number(0)), d),
            (apply("div", d, d), one),
            (apply("max", d, one), d),
            (apply("ln", apply("exp", d)), d),
            (apply("exp", apply("ln", d)), apply("abs", d)),
            (apply("sqrt", power(d, 2)), d),
        ]
    )
    g = apply("g")
    return apply("scale", a, g), apply("scale", b, g)


_QUESTIONS: tuple[Callable[[random.Random], tuple[Basic, Basic]], ...] = (
    _sign, _zero, _bound, _monotone, _step,
)  # fmt: skip
