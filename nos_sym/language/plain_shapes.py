"""Products that SymPy writes for one operation: what they are made of is put together again.

SymPy has no ``i1e``, ``sigmoid`` and ``dsig``: ``exp(-|x|) besseli(1, x)``, ``1/(1 + exp(-x))`` and
``exp(-x)/(1 + exp(-x))^2`` come back as themselves, so that a rule survives the way through SymPy.
"""

from __future__ import annotations

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
    up, down = _with_bessel(above), _with_bessel(below)
    divisors: list[Basic] = []
    for divisor in down:
        found = _over_one_plus_exponential(divisor)
        if found is None:
            found_power = _inverse_power(divisor)
            up, divisors = (
                ([*up, found_power], divisors) if found_power is not None else (up, [*divisors, divisor])
            )
            continue
        exponent, q = found
        beside = apply("exp", exponent)
        if q >= 2 and beside in up:
            up[up.index(beside)] = apply("dsig", exponent)
            q -= 2
        if q:
            up.append(power(apply("sigmoid", _negative(exponent)), fraction_node(q)))
    return up, divisors


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


def _over_one_plus_exponential(divisor: Basic) -> tuple[Basic, Fraction] | None:
    """Return ``(x, q)`` for a divisor ``(1 + exp(x))^q``."""
    q = Fraction(1)
    if _is(divisor, "pow"):
        q = fraction_of(divisor.parameters[0])
        (divisor,) = divisor.operands
    elif _is(divisor, "sqrt"):
        q = Fraction(1, 2)
        (divisor,) = divisor.operands
    if not _is(divisor, "add"):
        return None
    for one, exponential in (divisor.operands, divisor.operands[::-1]):
        if one == 1 and _is(exponential, "exp"):
            return exponential.operands[0], q
    return None


def _inverse_power(divisor: Basic) -> Basic | None:
    """Return ``(1/b)^y`` for a divisor ``b^y`` of a number b, where ``1/b`` has a decimal form."""
    if not (_is(divisor, "abspow") and isinstance(divisor.operands[0], Rational) and divisor.operands[0] > 1):
        return None
    try:
        return apply("abspow", number(1 / divisor.operands[0]), divisor.operands[1])
    except RuleError:
        return None


def _negative(x: Basic) -> Basic:
    return x.operands[0] if _is(x, "neg") else apply("neg", x)


def _is(expression: Basic, name: str) -> bool:
    return isinstance(expression, Node) and expression.operation.name == name
