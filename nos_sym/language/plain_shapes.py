"""Products that SymPy writes for one operation: what they are made of is put together again.

SymPy has no ``i1e``, ``sigmoid``, ``dsig``, ``dsoft`` and ``rdiv``: ``exp(-|x|) besseli(1, x)``,
``1/(1 + exp(-x))``, ``exp(x)/(1 + exp(x))^2``, ``1/(1 + |x|)`` and ``1/sqrt(1 + x^2)`` come back as they
were, so that a rule survives the way through SymPy.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.errors import RuleError
from nos_sym.intervals.exact import fraction_of
from nos_sym.language.node import Node
from nos_sym.language.numerals import fraction_node
from nos_sym.language.powers import power
from nos_sym.language.registry import apply, number


@dataclass(frozen=True, slots=True)
class Bessel:
    """``besseli(1, x)`` or its absolute value; with ``exp(-|x|)`` beside it, it is ``i1e(x)``."""

    argument: Basic
    absolute: bool = False


@dataclass(frozen=True, slots=True)
class Pi:
    """The number pi, which ``cos(pi*x)`` takes in."""


Factor: TypeAlias = "Basic | Bessel | Pi"
Factors: TypeAlias = tuple[Factor, ...]


def together(above: Factors, below: Factors) -> tuple[list[Basic], list[Basic]]:
    """Return factors and divisors in which products of the module's shapes are one operation."""
    up, divisors = _with_bessel(above), []
    for divisor in _with_bessel(below):
        base, q = _as_power(divisor)
        inverse = _inverse(base)
        if _is(inverse, "sigmoid") and q >= 2:
            # exp(x) / (1 + exp(x))^2
            beside = base.operands[1] if base.operands[0] == 1 else base.operands[0]
            if beside in up:
                up[up.index(beside)] = apply("dsig", beside.operands[0])
                q -= 2
        if inverse is None:
            divisors.append(divisor)
        elif q:
            up.append(power(inverse, fraction_node(q)))
    return up, divisors


def _as_power(divisor: Basic) -> tuple[Basic, Fraction]:
    if _is(divisor, "pow"):
        return divisor.operands[0], fraction_of(divisor.parameters[0])
    if _is(divisor, "sqrt") and _one_plus(divisor.operands[0], "exp") is not None:
        return divisor.operands[0], Fraction(1, 2)
    return divisor, Fraction(1)


def _inverse(divisor: Basic) -> Basic | None:
    """Return the operation that one over a divisor is: ``1 + exp(x)``, ``1 + |x|``, ``b^x``."""
    if (exponential := _one_plus(divisor, "exp")) is not None:
        return apply("sigmoid", _negative(exponential.operands[0]))
    if (size := _one_plus(divisor, "abs")) is not None:
        return apply("dsoft", size.operands[0])
    if _is(divisor, "sqrt") and (square := _one_plus(divisor.operands[0], "pow")) is not None:
        return apply("rdiv", number(1), square.operands[0]) if square.parameters[0] == 2 else None
    if _is(divisor, "abspow") and isinstance(divisor.operands[0], Rational) and divisor.operands[0] > 1:
        with contextlib.suppress(RuleError):
            return apply("abspow", number(1 / divisor.operands[0]), divisor.operands[1])
    return None


def _one_plus(total: Basic, name: str) -> Node | None:
    """Return the other term of ``1 + x`` where it is an operation of this name."""
    if _is(total, "add"):
        for one, term in (total.operands, total.operands[::-1]):
            if one == 1 and _is(term, name):
                found: Node = term
                return found
    return None


def _with_bessel(factors: Factors) -> list[Basic]:
    plain: list[Basic] = [f for f in factors if isinstance(f, Basic)]
    for factor in factors:
        if isinstance(factor, Bessel):
            _take_in(factor, plain)
        elif isinstance(factor, Pi):
            plain.append(apply("mul", number(4), apply("arctan", number(1))))
    return plain


def _take_in(bessel: Bessel, factors: list[Basic]) -> None:
    x = bessel.argument
    size = x if _is(x, "abs") else apply("abs", x)
    whole: Basic = apply("i1e", x)
    if bessel.absolute:
        whole = apply("abs", whole)
    beside = apply("exp", apply("neg", size))
    if beside in factors:
        factors[factors.index(beside)] = whole
    else:
        factors += [whole, apply("exp", size)]


def _negative(x: Basic) -> Basic:
    return x.operands[0] if _is(x, "neg") else apply("neg", x)


def _is(expression: Basic, name: str) -> bool:
    return isinstance(expression, Node) and expression.operation.name == name
