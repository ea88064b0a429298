"""Numbers, sums, products and powers as nodes of the language, in the order of their texts."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.algebra.kernel import HALF
from nos_sym.errors import RuleError
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.node import Node, kind_of
from nos_sym.language.printer import print_expression
from nos_sym.language.reading import MAX_NUMERAL
from nos_sym.language.registry import apply, number

_DIGITS = 10**36
"""What a number that is longer than the numerals of the language is written in powers of."""


@lru_cache(maxsize=4096)
def exact_number(value: Fraction) -> Basic:
    """Return a number, as a quotient where it has no finite decimal form."""
    literal = _literal(abs(value))
    if literal is None:
        literal = _integer(abs(value.numerator))
        if value.denominator != 1:
            literal = apply("div", literal, _integer(value.denominator))
    return apply("neg", literal) if value < 0 else literal


def _literal(value: Fraction) -> Basic | None:
    """Return a number as one numeral, ``None`` where the language has none of its length."""
    exact = Rational(value.numerator, value.denominator)
    try:
        found = number(exact)
    except RuleError:
        return None
    return found if len(decimal_text(exact)) <= MAX_NUMERAL else None


def _integer(value: int) -> Basic:
    """Return a positive integer, as a sum of products where it is beyond the numbers of the language."""
    literal = _literal(Fraction(value))
    if literal is not None:
        return literal
    above, rest = divmod(value, _DIGITS)
    node = apply("mul", _integer(above), number(_DIGITS)) if above > 1 else number(_DIGITS)
    return apply("add", node, number(rest)) if rest else node


def sum_of_terms(terms: list[tuple[Fraction, Basic | None]]) -> Basic:
    """Return a sum, shorter texts first and a positive term in front where there is one."""
    if not terms:
        return number(0)
    ordered = sorted(terms, key=lambda t: (t[0] < 0, t[1] is None, *text_order(t[1])))
    total: Basic | None = None
    for c, rest in ordered:
        term = _times_number(abs(c), rest)
        if total is None:
            total = apply("neg", term) if c < 0 else term
        else:
            total = apply("sub" if c < 0 else "add", total, term)
    assert total is not None
    return total


def text_order(node: Basic | None) -> tuple[int, str]:
    """Return the place of a node among others: by the length of its text, then by the text."""
    text = "" if node is None else print_expression(node)
    return len(text), text


def _times_number(c: Fraction, rest: Basic | None) -> Basic:
    if rest is None:
        return exact_number(c)
    if c == 1:
        return rest
    if c.numerator == 1 and c.denominator > 1 and c.denominator % 10:
        return apply("div", rest, exact_number(Fraction(c.denominator)))
    return apply("mul", exact_number(c), rest)


def product_of(nodes: list[Basic]) -> Basic:
    """Return the product of nodes, shorter texts first."""
    ordered = sorted(nodes, key=text_order)
    result = ordered[0]
    for node in ordered[1:]:
        result = apply("mul", result, node)
    return result


def power_node(base: Basic, exponent: Fraction) -> Basic:
    """Return a positive power of a node; one with a fractional exponent is of its absolute value."""
    if exponent == 1:
        return base
    if exponent.denominator == 1 and exponent <= 9:
        return apply("pow", base, exponent=int(exponent))
    if exponent == HALF:
        return apply("sqrt", base)
    if exponent.denominator == 1 and int(exponent) % 2:
        # |x|^e loses the sign of an odd power.
        return apply("mul", base, apply("abspow", base, exact_number(exponent - 1)))
    return apply("abspow", base, exact_number(exponent))


def rational(value: Fraction) -> Rational:
    """Return a fraction as a number of SymPy."""
    exact = Fraction(value)
    return Rational(exact.numerator, exact.denominator)


def with_one_divisor(node: Basic) -> Basic:
    """Return an expression with ``x / (y * z)`` for ``x / y / z``, which may have another form."""
    if not isinstance(node, Node) or not node.operands:
        return node
    if node.operation.name == "div":
        above, divisors = node, []
        while isinstance(above, Node) and above.operation.name == "div":
            divisors.append(with_one_divisor(above.operands[1]))
            above = above.operands[0]
        if isinstance(above, Node) and above.operation.name == "recip":
            divisors.append(with_one_divisor(above.operands[0]))
            above = number(1)
        steps = [x for x in divisors if kind_of(x).of_step]
        tensors = [x for x in divisors if not kind_of(x).of_step]
        whole = with_one_divisor(above)
        for part in (steps, tensors):
            whole = apply("div", whole, product_of(part)) if part else whole
        return whole
    return node.func(*map(with_one_divisor, node.operands), *node.parameters)
