"""Operations by other operations, on every history: what a node of the language is equal to."""

from __future__ import annotations

from collections.abc import Callable

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.language.node import Node
from nos_sym.language.registry import apply, number
from support.judges.small_rules import negative, parts, power

COMPLEMENTS = {"a1": "a2", "a3": "a4", "a5": "a6", "a7": "a8", "a9": "a10", "a11": "a12"}
"""Schedules that add up to 1."""
COMPLEMENTS |= {v: k for k, v in COMPLEMENTS.items()}


def constants(x: Basic) -> list[Basic]:
    """Return what a number is equal to."""
    half = apply("div", x, number(2))
    found = [
        apply("add", half, half),
        apply("mul", number(2), half),
        apply("sub", apply("add", x, number(3)), number(3)),
        apply("add", x, apply("ln", number(1))),
        apply("mul", x, apply("exp", number(0))),
        apply("mul", apply("sqrt", number(4)), half),
    ]
    if x == Rational(1):
        found += [apply("recip", x), apply("sign", number(3)), apply("abspow", number(0), number(0))]
    if x == Rational(0):
        found += [
            apply("recip", x),
            apply("sign", x),
            apply("div", number(2), x),
            apply("abspow", x, number(-1)),
        ]
    return found


def _times(x: Basic, n: Rational) -> list[Basic]:
    product = x
    for _ in range(int(n) - 1):
        product = apply("mul", product, x)
    below = apply("div", power(x, int(n) + 1), x)
    found = [product, below]
    if n % 2:
        return [*found, apply("mul", apply("sign", x), power(apply("abs", x), int(n)))]
    return [*found, apply("abspow", x, n), power(apply("abs", x), int(n))]


def _one_minus(x: Basic) -> Basic:
    return apply("sub", number(1), x)


def _magnitudes(x: Basic, y: Basic) -> list[Basic]:
    known = {
        Rational(0): number(1),
        Rational(1): apply("abs", x),
        Rational(-1): apply("recip", apply("abs", x)),
        Rational(1, 2): apply("sqrt", x),
        Rational(-1, 2): apply("recip", apply("sqrt", x)),
        Rational(2): power(x, 2),
        Rational(-2): power(apply("recip", x), 2),
        Rational(3): power(apply("abs", x), 3),
    }
    exact = Rational(y) if not isinstance(y, Node) else negative_number(y)
    return [known[exact]] if exact in known else []


def negative_number(y: Basic) -> Rational | None:
    """Return the number that a negation of a number is."""
    inner = parts(y, "neg")
    return -Rational(inner[0]) if inner and not isinstance(inner[0], Node) else None


DEFINITIONS: dict[str, Callable[..., list[Basic]]] = {
    "abs": lambda x: [apply("max", x, negative(x)), apply("mul", apply("sign", x), x),
                      apply("sqrt", power(x, 2)),
                      power(apply("sqrt", x), 2), apply("abspow", x, number(1)),
                      apply("clip", apply("abs", x), x)],
    "sqrt": lambda x: [apply("abspow", x, number("0.5")), apply("div", apply("abs", x), apply("sqrt", x))],
    "pow": _times,
    "abspow": _magnitudes,
    "sub": lambda x, y: [apply("add", x, negative(y)), negative(apply("sub", y, x))],
    "sigmoid": lambda x: [_one_minus(apply("sigmoid", negative(x))),
                          apply("recip", apply("add", number(1), apply("exp", negative(x))))],
    "exp": lambda x: [apply("recip", apply("exp", negative(x))),
                      power(apply("exp", apply("div", x, number(2))), 2)],
    "tanh": lambda x: [_one_minus(apply("mul", number(2), apply("sigmoid", apply("mul", number(-2), x))))],
    "erf": lambda x: [_one_minus(apply("erfc", x))],
    "softplus": lambda x: [apply("ln", apply("add", number(1), apply("exp", x))),
                           apply("add", x, apply("softplus", negative(x)))],
    "softsign": lambda x: [apply("div", x, apply("add", number(1), apply("abs", x))),
                           apply("mul", x, apply("dsoft", x))],
    "dsoft": lambda x: [apply("recip", apply("add", number(1), apply("abs", x)))],
    "dtanh": lambda x: [_one_minus(power(apply("tanh", x), 2))],
    "wmean": lambda x, y, c: [apply("add", apply("mul", number(c), x), apply("mul", number(1 - c), y))],
    "max": lambda x, y: [apply("add", y, apply("max", apply("sub", x, y), number(0)))],
}  # fmt: skip
"""Operations by others: what a node is equal to."""
