"""Values while plain SymPy is read: factors, a power of the number of steps, and what is known of them.

SymPy's step ``t`` and number of steps ``T`` are no operands of a rule, which has the progress ``p = t/T`` and
the remaining fraction ``1 - (t+1)/T``. So ``T`` is kept apart as a power: ``t`` is ``p T``, ``1/T`` is
``1 - p - remaining``, and in ``19*(t + 1)/(20*T)`` the powers cancel, since ``T`` is positive.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from sympy.core.basic import Basic

from nos_sym.errors import RuleError
from nos_sym.language.node import MAX_NODES, Node
from nos_sym.language.numerals import fraction_node
from nos_sym.language.plain_shapes import Factor, Factors, together
from nos_sym.language.powers import power
from nos_sym.language.products import product, quotient
from nos_sym.language.registry import apply, number

_ZERO, _ONE = Fraction(0), Fraction(1)
_MOST_BITS = 4096
_MINUS = number(-1)
STEP_LENGTH = apply("sub", apply("sub", number(1), apply("p")), apply("remaining"))
"""``1/T``, which is positive."""
_WHOLE = ("add", "sub", "mul", "neg", "abs", "max", "min", "pow")
"""Operations that whole numbers do not leave."""


@dataclass(frozen=True, slots=True)
class Value:
    """A product, times a power of the number of steps.

    Attributes:
        above: factors.
        below: divisors.
        steps: exponent of ``T``.
        line: ``(a, b)`` where the value is ``a t + b``; its factors mean the same.
        position: where its text begins.
    """

    above: Factors
    below: Factors = ()
    steps: Fraction = _ZERO
    line: tuple[Fraction, Fraction] | None = None
    position: int = 0

    @property
    def exact(self) -> Fraction | None:
        """The number that the value is, where it is one of numerals."""
        return self.line[1] if self.line is not None and self.line[0] == 0 else None

    def node(self, steps: Fraction = _ZERO) -> Basic:
        """Return the value without a power of ``T`` that is taken out of it, ``value / T^steps``."""
        rest = self.steps - steps
        if self.exact is not None:
            node = fraction_node(self.exact)
        elif self.line is not None and rest == 0:
            return _over_total(*self.line)
        else:
            above, below = together(self.above, self.below)
            node = _multiplied([factor for factor in above if factor != _MINUS])
            if below:
                node = quotient(node, _multiplied(below))
            if above.count(_MINUS) % 2:
                node = apply("neg", node)
        return node if rest == 0 else product(power(STEP_LENGTH, fraction_node(-rest)), node)


def constant(value: Fraction, position: int = 0) -> Value:
    """Return an exact number."""
    return Value((), (), _ZERO, (_ZERO, value), position)


def of_node(node: Factor, position: int = 0) -> Value:
    """Return an expression, which has no power of ``T`` in it."""
    return Value((node,), position=position)


def step(position: int) -> Value:
    """Return ``t = p T``."""
    return Value((apply("p"),), (), _ONE, (_ONE, _ZERO), position)


def total_steps(position: int) -> Value:
    """Return ``T``."""
    return Value((), (), _ONE, None, position)


def added(x: Value, y: Value, sign: int = 1) -> Value:
    """Return ``x + y``, or ``x - y`` for the sign -1."""
    line = None
    if x.line is not None and y.line is not None:
        line = x.line[0] + sign * y.line[0], x.line[1] + sign * y.line[1]
        if line[0] == 0:
            return _small(constant(line[1], x.position))
    steps = max(x.steps, y.steps)
    if line is not None and steps == 1:
        return Value((_over_total(*line),), (), steps, line, x.position)
    node = apply("add" if sign > 0 else "sub", x.node(steps), y.node(steps))
    return Value((node,), (), steps, line, x.position)


def multiplied(x: Value, y: Value) -> Value:
    """Return ``x * y``."""
    if x.exact is not None and y.exact is not None:
        return _small(constant(x.exact * y.exact, x.position))
    line = _scaled(x, y) or _scaled(y, x)
    return _checked(Value(_above(x) + _above(y), x.below + y.below, x.steps + y.steps, line, x.position))


def divided(x: Value, y: Value) -> Value:
    """Return ``x / y``; a quotient by zero is zero, as everywhere."""
    if y.exact is not None:
        inverse = 1 / y.exact if y.exact else _ZERO
        if x.exact is not None or y.exact.numerator in (1, -1):
            return multiplied(x, constant(inverse))
        line = _scaled(constant(inverse), x)
        return replace(x, above=_above(x), below=(*x.below, fraction_node(y.exact)), line=line)
    above, below = _above(y), y.below
    if below:
        above, below = map(tuple, together(above, below))
    return _checked(Value(_above(x) + below, x.below + above, x.steps - y.steps, None, x.position))


def negated(x: Value) -> Value:
    """Return ``-x``."""
    if x.exact is not None:
        return constant(-x.exact, x.position)
    line = None if x.line is None else (-x.line[0], -x.line[1])
    return replace(x, above=(_MINUS, *x.above), line=line)


def raised(x: Value, y: Value) -> Value:
    """Return ``x ** y``."""
    if x.exact is not None and y.line is not None and y.line[0] != 0:
        found = _power_of_step(x.exact, *y.line)
        if found is not None:
            return of_node(found, x.position)
    if y.exact is None:
        base, exponent = x.node(), y.node()
        if x.exact == -1 and _is_whole(exponent):
            # What SymPy makes of cos(pi*n) for a whole n, as signs are.
            return of_node(apply("cospi", exponent), x.position)
        return of_node(power(base, exponent), x.position)
    if x.exact is not None and y.exact.denominator == 1 and _fits(x.exact, y.exact):
        value = x.exact ** int(y.exact) if x.exact or y.exact >= 0 else _ZERO
        return constant(value, x.position)
    base = power(x.node(x.steps), fraction_node(y.exact))
    return Value((base,), (), x.steps * y.exact, None, x.position)


def _is_whole(node: Basic) -> bool:
    if not isinstance(node, Node):
        return bool(node.is_Integer)
    name = node.operation.name
    return name == "sign" or (name in _WHOLE and all(map(_is_whole, node.operands)))


def _power_of_step(base: Fraction, a: Fraction, b: Fraction) -> Basic | None:
    """Return ``base^(a t + b)`` where it is a multiple of ``beta^(t+1) = 1 - correction(beta)``."""
    if base <= 0 or a.denominator != 1 or not _fits(base, a):
        return None
    beta = base ** int(a)
    rest = b - a
    if not 0 < beta < 1 or rest.denominator != 1 or not _fits(base, rest):
        return None
    whole = apply("sub", number(1), apply("correction", beta=fraction_node(beta)))
    return whole if rest == 0 else product(fraction_node(base ** int(rest)), whole)


def _small(value: Value) -> Value:
    exact = value.exact or _ZERO
    # The digits of a number are in the text; beyond these it is out of range in any case.
    if max(exact.numerator.bit_length(), exact.denominator.bit_length()) <= _MOST_BITS:
        return value
    return of_node(number("1e400"), value.position)


def _fits(base: Fraction, exponent: Fraction) -> bool:
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    return bits * abs(exponent) <= _MOST_BITS


def _checked(value: Value) -> Value:
    if len(value.above) + len(value.below) > MAX_NODES:
        raise RuleError(f"a product has too many factors; expected at most {MAX_NODES}")
    return value


def _above(x: Value) -> Factors:
    if x.exact is None:
        return x.above
    return () if x.exact == 1 else (fraction_node(x.exact),)


def _scaled(x: Value, y: Value) -> tuple[Fraction, Fraction] | None:
    if x.exact is None or y.line is None:
        return None
    return x.exact * y.line[0], x.exact * y.line[1]


def _over_total(a: Fraction, b: Fraction) -> Basic:
    """Return ``(a t + b) / T``, of which ``(t + 1)/T`` is what is not remaining."""
    if a == b:
        return _times(a, apply("sub", number(1), apply("remaining")))
    return apply("add", _times(a, apply("p")), _times(b, STEP_LENGTH)) if b else _times(a, apply("p"))


def _times(factor: Fraction, node: Basic) -> Basic:
    return product(fraction_node(factor), node)


def _multiplied(factors: list[Basic]) -> Basic:
    node: Basic = number(1)
    for factor in factors:
        node = product(node, factor)
    return node
