"""By what two rules may have to be multiplied to be equal: candidates for each level, the likeliest first.

Where ``A = d core`` and ``B = e core``, A at gradients, weights and states of 1 is d times a number, and B is
e times the same number. So each rule at 1 is the factor of the other, in the words of the rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sympy.core.basic import Basic
from sympy.core.numbers import Integer, Rational

from nos_sym.algebra.factor import factor
from nos_sym.algebra.levels import Level
from nos_sym.errors import NosSymError
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, kind_of
from nos_sym.language.registry import CLASSES, apply, number
from nos_sym.language.rule import Rule
from nos_sym.proof.cases import Link
from nos_sym.proof.checker import signed
from nos_sym.proof.search.link import field_of
from nos_sym.proof.search.proposals import is_decimal, text
from nos_sym.proof.shown import at_least_zero
from nos_sym.proof.worlds import is_wide
from nos_sym.proof.zeros import exact

_ONE = Integer(1)
Pair = tuple[Basic | None, Basic | None]


def factors(a: Rule, b: Rule, level: Level) -> Iterator[Pair]:
    """Yield pairs of factors of two rules; ``None`` is 1."""
    if level is Level.EXACT:
        yield None, None
        return
    minus = apply("neg", _ONE)
    ratio = _ratio(a, b)
    if ratio is not None and (abs(ratio) == 1 or level is not Level.SIGN):
        yield _number(ratio.denominator), _number(ratio.numerator)
    if level is not Level.SIGN:
        pairs = [*_by_the_words(a, b, level), *_by_the_algebra(a, b, level)]
        # What is short is mostly what is easily shown.
        yield from sorted(dict.fromkeys(pairs), key=_length)
    yield None, None
    yield None, minus


def _by_the_words(a: Rule, b: Rule, level: Level) -> Iterator[Pair]:
    values = [_at_one(signed(r)) for r in (a, b)]
    if level is Level.SCHEDULE or all(kind_of(v) is Kind.NUMBER for v in values):
        yield _unless_one(values[1]), _unless_one(values[0])
        yield _unless_one(values[1]), _unless_one(apply("neg", values[0]))


def _length(pair: Pair) -> int:
    return sum(0 if t is None else len(text(t)) for t in pair)


def _by_the_algebra(a: Rule, b: Rule, level: Level) -> Iterator[Pair]:
    try:
        one, other = factor(a), factor(b)
    except NosSymError:
        return
    constants = other.constant, one.constant
    if level is Level.SCHEDULE:
        yield _unless_one(other.schedule.factor), _unless_one(one.schedule.factor)
        yield (
            _unless_one(_product(other.schedule.factor, constants[0])),
            _unless_one(_product(one.schedule.factor, constants[1])),
        )
    yield _unless_one(constants[0]), _unless_one(constants[1])


def _product(x: Basic, y: Basic) -> Basic:
    return y if x == 1 else x if y == 1 else apply("mul", x, y)


def _unless_one(t: Basic) -> Basic | None:
    return None if t == 1 else t


def _number(n: int) -> Basic | None:
    return None if n == 1 else number(Integer(n))


def _ratio(a: Rule, b: Rule) -> Fraction | None:
    """Return the small rational that one rule is of the other in a world."""
    terms = [signed(a), signed(b)]
    link = Link(terms, [], [], [], field_of(terms))
    world = link.world()
    return world.ratio(*(world.value(t) for t in terms))


def _at_one(t: Basic) -> Basic:
    """Return an expression with 1 for gradients, weights, averages, norms and masks."""
    if not isinstance(t, Node) or kind_of(t).of_step:
        return t
    name = t.operation.name
    if not t.operands or is_wide(t) or name == "ema_hat":
        return _ONE
    a = [_at_one(x) for x in t.operands]
    if name == "drop":
        return apply("div", a[0], number(1 - t.parameters[0]))
    if name == "id" or (name in ("sign", "recip", "abs", "pow", "sqrt", "abspow") and a[0] == 1):
        return a[0]
    if name in ("mul", "scale"):
        return _product(a[0], a[1])
    if name == "div" and a[1] == 1:
        return a[0]
    if name in ("max", "min"):
        for more, less in (a, a[::-1]):
            if at_least_zero(apply("sub", more, less)):
                return more if name == "max" else less
    node = CLASSES[name](*a, *t.parameters)
    value = exact(node)
    return node if value is None or not is_decimal(value) else number(Rational(value))
