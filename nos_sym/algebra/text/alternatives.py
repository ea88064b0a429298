"""Generators as a number plus a multiple of another: ``p = 1 - a1``, ``tanh(x) = 2 sigmoid(2 x) - 1``."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sympy.core.basic import Basic

from nos_sym.algebra.kernel import inverse, mul, scaled
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text.effort import itself, remembered
from nos_sym.algebra.text.recursion import recursive
from nos_sym.algebra.text.terms import Generator, Terms, collected, generator
from nos_sym.algebra.text.words import schedules_like
from nos_sym.language.registry import apply

Alternative = tuple[int, Terms]


@remembered(itself)
def alternatives(x: Generator) -> list[Alternative]:
    """Return ``(n, value)`` with ``x^n`` equal to a value over other generators."""
    return list(_alternatives(x))


def _affine(x: Generator, n: int, number: Fraction, scale: Fraction, node: Basic) -> Terms:
    """Return ``number + scale node``, which is ``x^n``; every word here is never negative."""
    made = generator(node, positive=True)
    if made.terms is None:
        made.terms = collected([((), -number / scale), (((x, Fraction(n)),), 1 / scale)])
    value: Terms = {((made, Fraction(1)),): scale}
    if number:
        value[()] = number
    return value


def _alternatives(x: Generator) -> Iterator[Alternative]:
    if not x.tensor and (x.role not in ("correction", "prime") and not x.node.is_Rational):
        p = polynomial(x.node)
        for n in (1, 2, -1):
            raised = p if n == 1 else mul(p, p) if n == 2 else inverse(p)
            for number, scale, node in schedules_like(raised):
                if node != x.node:
                    yield n, _affine(x, n, number, scale, node)
    if x.role == "function":
        yield from _of_function(x)


def _of_function(x: Generator) -> Iterator[Alternative]:
    a = x.atom
    assert a is not None
    if a.op not in ("tanh", "erf"):
        return
    argument = x.node.operands[0]
    p = polynomial(argument)
    if a.op == "tanh":
        double, opposite = recursive.text(scaled(p, 2)), recursive.text(scaled(p, -2))
        yield 1, _affine(x, 1, Fraction(-1), Fraction(2), apply("sigmoid", double))
        yield 1, _affine(x, 1, Fraction(1), Fraction(-2), apply("sigmoid", opposite))
        yield 2, _affine(x, 2, Fraction(1), Fraction(-1), apply("dtanh", argument))
        yield 2, _affine(x, 2, Fraction(1), Fraction(-4), apply("dsig", double))
    else:
        yield 1, _affine(x, 1, Fraction(1), Fraction(-1), apply("erfc", argument))
        yield 1, _affine(x, 1, Fraction(-1), Fraction(1), apply("erfc", recursive.text(-p)))
