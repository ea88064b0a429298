"""Expressions made shorter in the shape in which they were written, each step by equal canonical forms.

A part is put in the place of a larger one that has its form, or a number times it. So what comes out has the
form of what went in, which is the proof that they are equal.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.algebra.kernel import Poly, as_number, scaled
from nos_sym.algebra.text import to_expression
from nos_sym.errors import RuleError
from nos_sym.language.kind import Kind
from nos_sym.language.node import is_condition, kind_of, size_of
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import CLASSES, apply, number
from nos_sym.language.traversal import walk
from nos_sym.report.sheet.subject import negated

MOST_SUMMANDS = 3
"""Summands up to which a sum of leaves is written anew."""


def simplified(expression: Basic, form: Callable[[Basic], Poly]) -> Basic:
    """Return an expression of the same canonical form that is no larger.

    Args:
        expression: an expression.
        form: the form of expressions.
    """
    pool: dict[bytes, Basic] = {}

    def offer(x: Basic, p: Poly) -> None:
        known = pool.get(p.digest)
        if known is None or size_of(x) < size_of(known):
            pool[p.digest] = x

    for leaf in walk(expression):
        if not leaf.operands and not is_condition(leaf) and kind_of(leaf) is Kind.TENSOR:
            for x in (leaf, apply("abs", leaf), apply("sign", leaf)):
                offer(x, form(x))
    made: dict[Basic, Basic] = {}
    for node in walk(expression):
        arguments = [made.get(a, a) for a in node.args]
        here = (
            node if all(x is y for x, y in zip(arguments, node.args, strict=True)) else node.func(*arguments)
        )
        if not is_condition(here):
            here = _with_less_signs(here)
            p = form(here)
            here = _shortest(here, p, pool)
            if is_linear(p):
                here = min(here, to_expression(p), key=size_of)
            offer(here, p)
        made[node] = here
    return made.get(expression, expression)


def is_linear(p: Poly) -> bool:
    """Return whether a form is a short sum of multiples of leaves, whose text needs no search."""
    parts = [m.factors for m, _ in p.terms]
    simple = all(len(f) == 1 and f[0][1:] == (1, 1) and not f[0][0].args for f in parts)
    return simple and 1 < len(parts) <= MOST_SUMMANDS


def _with_less_signs(x: Basic) -> Basic:
    """Return ``x + y`` for ``x - -y``, the other way, and without a 0 before the sign."""
    if isinstance(x, (CLASSES["add"], CLASSES["sub"])):
        first, second = x.operands
        if first == 0:
            return second if isinstance(x, CLASSES["add"]) else negated(second)
        less = negated(second)
        if size_of(less) < size_of(second):
            return apply("sub" if isinstance(x, CLASSES["add"]) else "add", first, less)
    return x


def _shortest(x: Basic, p: Poly, pool: dict[bytes, Basic]) -> Basic:
    found = [x]
    exact = as_number(p)
    if exact is not None:
        found += _number(exact)
    elif p.digest in pool:
        found.append(pool[p.digest])
    elif len(p.terms) == 1:
        factor = p.terms[0][1]
        rest = pool.get(scaled(p, 1 / factor).digest)
        if rest is not None:
            found += (
                [apply("neg", rest)] if factor == -1 else [apply("mul", c, rest) for c in _number(factor)]
            )
    # Of equal size the later one: a product with a number for a sum.
    return min(reversed(found), key=size_of)


def _number(exact: Fraction) -> list[Basic]:
    try:
        return [number(Rational(exact.numerator, exact.denominator))]
    except RuleError:
        return []  # it has no finite decimal form


def shown(expression: Basic) -> str:
    """Return an expression as people write it, with bars for absolute values."""
    return with_bars(print_expression(expression))


def with_bars(text: str) -> str:
    """Return a text with ``|x|`` for ``abs(x)``, innermost ones alone, where bars cannot be misread."""
    parts: list[str] = []
    at = 0
    while True:
        begin = text.find("abs(", at)
        if begin < 0:
            return "".join([*parts, text[at:]])
        end, depth = begin + 4, 1
        while depth:
            depth += (text[end] == "(") - (text[end] == ")")
            end += 1
        inner = text[begin + 4 : end - 1]
        whole = begin > 0 and (text[begin - 1].isalnum() or text[begin - 1] == "_")
        if "abs(" in inner or whole:
            parts.append(text[at : begin + 4])
            at = begin + 4
        else:
            parts += [text[at:begin], f"|{inner}|"]
            at = end
