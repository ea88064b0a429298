"""An oracle over the real numbers: z3 decides whether two rules of one step can differ.

Rules are written in nonlinear real arithmetic with conditions, every function total. A root or a quotient
is a variable that its equation defines. What z3 does not know (exponentials, schedules, masks, norms) is
refused. A state of one text is one free real, so that equality is proved for all values and a difference is
not.
"""

from __future__ import annotations

import itertools
from enum import Enum
from typing import Any

import z3

from nos_sym.language.node import Node
from nos_sym.language.rule import Rule
from nos_sym.language.traversal import walk

MILLISECONDS = 1000
"""Limit of one question."""

STATES = ("ema", "ema_hat", "delta", "running_max")


class Refused(Exception):
    """A rule has an operation that the oracle does not write."""


class Answer(Enum):
    """What z3 says of the difference of two rules."""

    EQUAL = "they never differ"
    DIFFERENT = "they differ somewhere"
    UNKNOWN = "no answer in time"


def has_states(*rules: Rule) -> bool:
    """Return whether a rule remembers anything, so that a difference is none of histories."""
    return any(node.operation.name in STATES for rule in rules for node in walk(rule.update))


def ask(first: Rule, second: Rule) -> tuple[Answer, str]:
    """Return whether two rules can differ, and where.

    Raises:
        Refused: a rule cannot be written.
    """
    translation = _Translation()
    a, b = (translation.signed(rule) for rule in (first, second))
    solver = z3.Solver()
    solver.set("timeout", MILLISECONDS)
    solver.set("random_seed", 1)
    solver.add(*translation.equations, a != b)
    answer = solver.check()
    if answer == z3.sat:
        return Answer.DIFFERENT, str(solver.model())
    return (Answer.EQUAL if answer == z3.unsat else Answer.UNKNOWN), ""


class _Translation:
    """Terms of z3 for expressions, with the equations of the variables that stand for parts."""

    def __init__(self) -> None:
        self.equations: list[Any] = []
        self.numbers = itertools.count(1)
        self.done: dict[Any, Any] = {}
        self.leaves = {name: z3.Real(name) for name in ("g", "w")}

    def signed(self, rule: Rule) -> Any:
        term = self.term(rule.at_defaults().update)
        return -term if rule.ascent else term

    def term(self, x: Any) -> Any:
        if x not in self.done:
            self.done[x] = self._term(x)
        return self.done[x]

    def _term(self, x: Any) -> Any:
        if not isinstance(x, Node):
            return z3.Q(int(x.p), int(x.q))
        name = x.operation.name
        if name in self.leaves:
            return self.leaves[name]
        if name in STATES:
            return self._variable()
        write = getattr(self, f"_{name}", None)
        if write is None:
            raise Refused(name)
        return write(*(self.term(a) for a in x.operands), *x.parameters)

    def _variable(self) -> Any:
        return z3.Real(f"v{next(self.numbers)}")

    def _id(self, a: Any) -> Any:
        return a

    def _neg(self, a: Any) -> Any:
        return -a

    def _add(self, a: Any, b: Any) -> Any:
        return a + b

    def _sub(self, a: Any, b: Any) -> Any:
        return a - b

    def _mul(self, a: Any, b: Any) -> Any:
        return a * b

    def _pow(self, a: Any, n: Any) -> Any:
        product = a
        for _ in range(int(n) - 1):
            product = product * a
        return product

    def _recip(self, a: Any) -> Any:
        y = self._variable()
        self.equations.append(z3.If(a == 0, y == 0, y * a == 1))
        return y

    def _div(self, a: Any, b: Any) -> Any:
        y = self._variable()
        self.equations.append(z3.If(b == 0, y == 0, y * b == a))
        return y

    def _abs(self, a: Any) -> Any:
        return z3.If(a >= 0, a, -a)

    def _sign(self, a: Any) -> Any:
        return z3.If(a > 0, z3.RealVal(1), z3.If(a < 0, z3.RealVal(-1), z3.RealVal(0)))

    def _sqrt(self, a: Any) -> Any:
        y = self._variable()
        self.equations.append(z3.And(y >= 0, y * y == self._abs(a)))
        return y

    def _max(self, a: Any, b: Any) -> Any:
        return z3.If(a >= b, a, b)

    def _min(self, a: Any, b: Any) -> Any:
        return z3.If(a <= b, a, b)

    def _clip(self, a: Any, b: Any) -> Any:
        bound = self._abs(b)
        return self._min(self._max(a, -bound), bound)

    def _wmean(self, a: Any, b: Any, weight: Any) -> Any:
        if isinstance(weight, Node):
            raise Refused("wmean")
        return self._number(weight) * a + (1 - self._number(weight)) * b

    def _dsoft(self, a: Any) -> Any:
        return self._recip(1 + self._abs(a))

    def _softsign(self, a: Any) -> Any:
        return self._div(a, 1 + self._abs(a))

    def _rdiv(self, a: Any, b: Any) -> Any:
        return self._div(a, self._sqrt(1 + b * b))

    def _abspow(self, a: Any, b: Any) -> Any:
        exponent = z3.simplify(b)
        if not z3.is_rational_value(exponent):
            raise Refused("abspow")
        numerator, denominator = exponent.numerator_as_long(), exponent.denominator_as_long()
        if denominator not in (1, 2) or abs(numerator) > 6:
            raise Refused("abspow")
        if numerator == 0:
            return z3.RealVal(1)
        base = self._abs(a) if denominator == 1 else self._sqrt(a)
        power = self._pow(base, abs(numerator))
        return power if numerator > 0 else self._recip(power)

    def _number(self, value: Any) -> Any:
        return z3.Q(int(value.p), int(value.q))
