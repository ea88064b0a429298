"""An interpreter of blocks of its own: fractions as long as they are exact, else 50 digits.

It knows nothing of forms, programs or intervals. A comparison with a number that is not exact and too near to
be told apart is a tie that nobody can judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any

import mpmath
from sympy.core.basic import Basic

from nos_sym.language.block import Block
from nos_sym.language.node import Node
from nos_sym.language.state import is_old_value, state_name

Value = Any
"""A fraction or a number of 50 digits."""

_CONTEXT = mpmath.mp.clone() if hasattr(mpmath.mp, "clone") else mpmath.MPContext()
_CONTEXT.dps = 60
_NEAR = mpmath.mpf(10) ** -40


class Tie(Exception):
    """A comparison that rounding may decide."""


@dataclass(frozen=True)
class Steps:
    """A history of one entry: gradients, rates and momenta of each step, and the weight at the start."""

    weight: Fraction
    gradients: Sequence[Fraction]
    rates: Sequence[Fraction]
    momenta: Sequence[Fraction]


def weights(block: Block, history: Steps) -> list[Value]:
    """Return the weight after each step."""
    weight: Value = history.weight
    old: dict[str, Value] = {}
    found = []
    rows = zip(history.gradients, history.rates, history.momenta, strict=True)
    for t, (g, rate, momentum) in enumerate(rows):
        leaves = {"g": g, "w": weight, "lr": rate, "momentum": momentum, "t": Fraction(t)}
        if t == 0:
            old = {s.name: _Step(leaves, {})(s.start) for s in block.states}
        step = _Step(leaves, old)
        new = {s.name: step(s.new) for s in block.states}
        weight = step(block.move)
        old = new
        found.append(weight)
    return found


def same(x: Value, y: Value) -> bool:
    """Return whether two values agree, up to the digits that there are."""
    if isinstance(x, Fraction) and isinstance(y, Fraction):
        return x == y
    x, y = _number(x), _number(y)
    return bool(abs(x - y) <= _NEAR * max(1, abs(x), abs(y)))


def _number(x: Value) -> Value:
    return _CONTEXT.mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else x


def _sign(x: Value) -> int:
    if isinstance(x, Fraction):
        return (x > 0) - (x < 0)
    if abs(x) < _NEAR:
        raise Tie
    return 1 if x > 0 else -1


def _joined(f: Any, x: Value, y: Value) -> Value:
    if isinstance(x, Fraction) and isinstance(y, Fraction):
        return f(x, y)
    return f(_number(x), _number(y))


def _divided(x: Value, y: Value) -> Value:
    return Fraction(0) if _sign(y) == 0 else _joined(lambda a, b: a / b, x, y)


def _root(x: Value) -> Value:
    if isinstance(x, Fraction):
        x = abs(x)
        up, down = isqrt(x.numerator), isqrt(x.denominator)
        if up * up == x.numerator and down * down == x.denominator:
            return Fraction(up, down)
    return _CONTEXT.sqrt(abs(_number(x)))


def _power(x: Value, y: Value) -> Value:
    if isinstance(y, Fraction) and y.denominator == 1 and isinstance(x, Fraction):
        return Fraction(1) if y == 0 else Fraction(0) if x == 0 else abs(x) ** int(y)
    return Fraction(0) if _sign(x) == 0 else _CONTEXT.power(abs(_number(x)), _number(y))


class _Step:
    def __init__(self, leaves: dict[str, Value], old: dict[str, Value]) -> None:
        self.leaves = leaves
        self.old = old
        self.done: dict[Basic, Value] = {}

    def __call__(self, x: Basic) -> Value:
        if x not in self.done:
            self.done[x] = self._value(x)
        return self.done[x]

    def _value(self, x: Any) -> Value:
        if not isinstance(x, Node):
            return Fraction(int(x.p), int(x.q))
        if is_old_value(x):
            return self.old[state_name(x)]
        name = x.operation.name
        if name in self.leaves:
            return self.leaves[name]
        if name == "where":
            return self(x.args[1] if self(x.args[0]) else x.args[2])
        return self._applied(name, x)

    def _applied(self, name: str, x: Node) -> Value:
        if name == "correction":
            return 1 - Fraction(int(x.args[0].p), int(x.args[0].q)) ** int(self.leaves["t"] + 1)
        a, *more = (self(y) for y in x.operands)
        b = more[0] if more else Fraction(0)
        match name:
            case "add":
                return _joined(lambda u, v: u + v, a, b)
            case "sub":
                return _joined(lambda u, v: u - v, a, b)
            case "mul" | "scale":
                return _joined(lambda u, v: u * v, a, b)
            case "div":
                return _divided(a, b)
            case "neg":
                return -a
            case "abs":
                return abs(a)
            case "pow":
                return a ** int(x.args[1])
            case "sqrt":
                return _root(a)
            case "sign":
                return Fraction(_sign(a))
            case "abspow":
                return _power(a, b)
            case "max":
                return a if _sign(_joined(lambda u, v: u - v, a, b)) >= 0 else b
            case "min":
                return b if _sign(_joined(lambda u, v: u - v, a, b)) >= 0 else a
            case "tanh":
                return a if a == 0 else _CONTEXT.tanh(_number(a))
            case "less":
                return _sign(_joined(lambda u, v: u - v, a, b)) < 0
            case "less_equal":
                return _sign(_joined(lambda u, v: u - v, a, b)) <= 0
            case "equal":
                return _sign(_joined(lambda u, v: u - v, a, b)) == 0
            case "logical_and":
                return a and b
            case "logical_or":
                return a or b
            case "logical_not":
                return not a
        raise AssertionError(f"the judge does not know '{name}'")
