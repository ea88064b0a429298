"""Pairs of rules that are all but equal: a small change, or a law that fails at zeros alone.

A pair may still be equal, where the change falls on what does not count; a judge says which.
"""

from __future__ import annotations

import random

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.errors import RuleError
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, kind_of, size_of
from nos_sym.language.registry import apply, number
from nos_sym.language.rule import Rule
from support.judges.almost_laws import ALMOST, Change
from support.judges.equal_pairs import LARGEST
from support.judges.small_rules import (
    BETAS,
    at,
    negative,
    parts,
    paths,
    power,
    replaced,
    small_decay,
)

CHANGES: dict[str, Change] = {}
"""Small changes of the text."""


def near_miss(rng: random.Random, rule: Rule, *, share: float = 0.6) -> Rule:
    """Return a rule with one change; ``share`` is the part of laws that fail at zeros alone."""
    table = ALMOST if rng.random() < share else CHANGES
    while True:
        path = rng.choice(list(paths(rule.update)))
        try:
            found = rng.choice(list(table.values()))(rng, at(rule.update, path))
            if isinstance(found, list):
                found = rng.choice(found) if found else None
            if found is None:
                continue
            changed = replaced(rule.update, path, found)
            if changed != rule.update and size_of(changed) <= LARGEST:
                return Rule(rule.momentum, changed, rule.ascent)
        except RuleError:
            continue


def _change(function: Change) -> Change:
    CHANGES[function.__name__] = function
    return function


# Small changes of the text.


@_change
def constant(rng: random.Random, x: Basic) -> Basic | None:
    if isinstance(x, Node):
        return None
    value = Rational(x)
    return number(rng.choice([value * 2, value / 2, value + 1, -value, value * Rational("1.001")]))


@_change
def sign_of(rng: random.Random, x: Basic) -> Basic:
    return negative(x)


@_change
def exponent(rng: random.Random, x: Basic) -> Basic | None:
    if parts(x, "pow"):
        n = int(x.parameters[0])
        return power(x.operands[0], n + rng.choice((1, -1, 2)) if n > 3 else n + 2)
    if parts(x, "abspow"):
        return apply("abspow", x.operands[0], number(rng.choice(("-1", "0.5", "0", "2"))))
    return None


@_change
def beta(rng: random.Random, x: Basic) -> Basic | None:
    if parts(x, "ema", "ema_hat"):
        return apply(
            x.operation.name, x.operands[0], beta=rng.choice([b for b in BETAS if b != x.parameters[0]])
        )
    return None


@_change
def corrected(rng: random.Random, x: Basic) -> Basic | None:
    if parts(x, "ema", "ema_hat"):
        return apply(
            "ema" if x.operation.name == "ema_hat" else "ema_hat", x.operands[0], beta=x.parameters[0]
        )
    return None


@_change
def swapped(rng: random.Random, x: Basic) -> Basic | None:
    if parts(x, "sub", "div", "clip", "wmean", "abspow"):
        return type(x)(x.operands[1], x.operands[0], *x.parameters)
    return None


@_change
def dropped(rng: random.Random, x: Basic) -> Basic | None:
    found = parts(x, "abs", "sign", "sqrt", "neg", "recip", "pow", "max", "min", "clip", "running_max", "ema",
                  "drop", "clip_norm", "delta", "mul", "add")  # fmt: skip
    return found[0] if found else None


@_change
def other_leaf(rng: random.Random, x: Basic) -> Basic | None:
    if isinstance(x, Node) and x.operation.name in ("g", "w"):
        return apply("w" if x.operation.name == "g" else "g")
    return None


@_change
def other_operation(rng: random.Random, x: Basic) -> Basic | None:
    swaps = {
        "max": "min", "min": "max", "add": "sub", "sub": "add", "abs": "sqrt", "sqrt": "abs", "mul": "div",
        "div": "mul", "tanh": "erf", "arctan": "tanh", "recip": "sign", "sign": "recip", "exp": "softplus",
        "p": "r", "r": "p", "remaining": "p", "a1": "a3", "a2": "a4", "running_max": "delta",
    }  # fmt: skip
    name = x.operation.name if isinstance(x, Node) else ""
    return apply(swaps[name], *x.operands) if name in swaps else None


@_change
def scheduled(rng: random.Random, x: Basic) -> list[Basic] | None:
    if kind_of(x) is not Kind.TENSOR:
        return None
    late = apply("max", apply("sub", apply("p"), number("0.5")), number(0))
    early = apply("sign", apply("max", apply("sub", number("0.7"), apply("p")), number(0)))
    return [apply("scale", d, x) for d in (late, early, small_decay(rng, 1))]


@_change
def clipped(rng: random.Random, x: Basic) -> list[Basic]:
    return [
        apply("max", x, number(0)),
        apply("min", x, number(100)),
        apply("clip", x, number(rng.choice(("1", "50")))),
        apply("abs", x),
        apply("add", x, number("1e-8")),
    ]


@_change
def mask(rng: random.Random, x: Basic) -> list[Basic] | None:
    if parts(x, "drop"):
        rate, draw = x.parameters
        return [
            apply("drop", x.operands[0], rate="0.25", draw=draw),
            apply("drop", x.operands[0], rate=rate, draw=9),
        ]
    return None


def times_factor(rng: random.Random, rule: Rule) -> Rule:
    """Return a rule times a number or a function of the step, at the top or at one place inside."""
    while True:
        path = () if rng.random() < 0.6 else rng.choice(list(paths(rule.update)))
        x = at(rule.update, path)
        if kind_of(x) is Kind.STEP:
            continue
        decay = small_decay(rng, rng.randint(0, 2))
        late = apply("sub", decay, number(rng.choice(("0.5", "0.1", "1"))))
        factors = [
            decay,
            late,
            apply("max", late, number(0)),
            apply("sign", late),
            apply("add", decay, number("0.5")),
            apply("recip", decay),
            number(rng.choice(("2", "-1", "0.5", "-3", "0"))),
        ]
        factor = rng.choice(factors)
        try:
            product = apply("scale" if kind_of(factor) is Kind.STEP else "mul", factor, x)
            return Rule(rule.momentum, replaced(rule.update, path, product), rule.ascent)
        except RuleError:
            continue
