"""Powers as people write them, ``x^-1``, ``x^0.5``, ``x^(1/3)``, by the operations that there are.

``x^q`` is the real power wherever there is one:

- a whole ``q`` from 2 to 9 is the operation itself, 0 is 1 everywhere, a larger one is ``x^n`` by ``abspow``;
- ``x^-q`` is ``1 / x^q``, and 0 where ``x`` is 0;
- ``x^(1/2)`` is ``sqrt(x)``, and a fraction in lowest terms with an even denominator is ``|x|^q``, as
  ``sqrt`` takes the absolute value;
- a fraction with an odd denominator is the odd root with the sign that it has: ``x^(1/3)`` is
  ``sign(x) * |x|^(1/3)`` and ``x^(2/3)`` is ``|x|^(2/3)``. A decimal is the fraction that it is: 0.2 is 1/5.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from sympy.core.basic import Basic

from nos_sym.errors import RuleError
from nos_sym.intervals.exact import number_range
from nos_sym.intervals.interval import NONNEGATIVE, REALS, Interval
from nos_sym.language.node import Node
from nos_sym.language.numerals import exact_value, fraction_node
from nos_sym.language.registry import apply, number
from nos_sym.language.setting import is_setting, setting_domain
from nos_sym.language.state import is_previous, next_state

_HALF = Fraction(1, 2)


def power(base: Basic, exponent: Basic) -> Basic:
    """Return ``base^exponent``.

    Raises:
        RuleError: the exponent is no number of numerals and the base may be negative, or a number is out of
            range.
    """
    value = exact_value(exponent)
    if value is not None:
        return _rational_power(base, value)
    if is_never_negative(base):
        return apply("abspow", base, exponent)
    raise RuleError(
        "a power of what may be negative has a number as its exponent; write 'abspow(x, y)', which is |x|^y"
    )


def is_written_as_power(base: Basic, exponent: Basic) -> bool:
    """Return whether ``base^exponent`` is read as ``abspow(base, exponent)``."""
    try:
        return bool(power(base, exponent) == apply("abspow", base, exponent))
    except RuleError:
        return False


def _rational_power(base: Basic, q: Fraction) -> Basic:
    if q.denominator == 1:
        return _whole_power(base, q.numerator)
    if abs(q) == _HALF:
        root = apply("sqrt", base)
        return root if q > 0 else apply("recip", root)
    size = apply("abspow", base, fraction_node(q))
    keeps_sign = q.denominator % 2 and q.numerator % 2
    if not keeps_sign or is_never_negative(base):
        return size
    return apply("mul", apply("sign", base), size)


def _whole_power(base: Basic, n: int) -> Basic:
    if n < 0:
        return apply("recip", _whole_power(base, -n))
    if n == 0:
        return number(1)
    if n == 1:
        return base
    if n <= 9:
        return apply("pow", base, exponent=n)
    if n % 2 == 0:
        return apply("abspow", base, number(n))
    return apply("mul", base, apply("abspow", base, number(n - 1)))


def is_never_negative(expression: Basic) -> bool:
    """Return whether an expression is known to be zero or positive at every step of every training."""
    return _range(expression).nonnegative


@lru_cache(maxsize=4096)
def _range(expression: Basic) -> Interval:
    if not isinstance(expression, Node):
        return number_range(expression)
    if is_setting(expression):
        return setting_domain(expression)
    if is_previous(expression):
        # Only within what the state becomes, by induction over the steps: it begins at zero.
        return NONNEGATIVE
    operation = expression.operation
    if operation.state is not None:
        return NONNEGATIVE if _range(next_state(expression)).nonnegative else REALS
    return operation.meaning.range(*map(_range, expression.operands), *expression.parameters)
