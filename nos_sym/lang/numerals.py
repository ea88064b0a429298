"""Numbers of Python, NumPy and SymPy as numerals, each at the shortest decimal of its own type."""

from __future__ import annotations

import sys
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from sympy.core.numbers import Float, Rational

from nos_sym.errors import RuleError, described, quoted
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.reading import MAX_NUMERAL

_LARGEST = 300
"""Power of ten of the largest number; the smallest is one by it."""

_BITS = 1024
"""Power of two of a number at most; 1e300 has 997."""

_RANGE = "a number of a rule is 0, or at least 1e-300 and at most 1e300"


def numeral(value: Any) -> str:
    """Return a number as a numeral, with a sign where it is negative.

    Floats are taken at the shortest decimal that their own type reads back, as Python and NumPy print them:
    ``numpy.float32(0.1)`` is 0.1, and so is ``numpy.float16(0.1)``. Integers and decimals are exact.

    Raises:
        RuleError: it is no real number, infinite, out of range, or longer than a numeral may be.
    """
    if isinstance(value, int):
        # The text of an integer may have millions of digits.
        if abs(value) > 10**_LARGEST:
            raise RuleError(_RANGE)
        return _of_decimal(Decimal(int(value)))
    if isinstance(value, float):
        return _of_decimal(Decimal(float.__repr__(value)))
    return _of_decimal(value if isinstance(value, Decimal) else _shortest(value))


def of_fraction(value: Fraction) -> str:
    """Return a fraction, whose parts are exact, as an integer or as a quotient of two."""
    above, below = numeral(int(value.numerator)), numeral(int(value.denominator))
    return above if below == "1" else f"{above} / {below}"


def finite_decimal(value: Any) -> str:
    """Return a number as a numeral where its decimal ends, also one that is given as a fraction.

    Raises:
        RuleError: its decimal does not end, or as for :func:`numeral`.
    """
    if not isinstance(value, Fraction):
        return numeral(value)
    left = int(value.denominator)
    for prime in (2, 5):
        while left % prime == 0:
            left //= prime
    if left != 1:
        raise RuleError(
            f"{quoted(str(value))} has no finite decimal; expected one such as 0.9, or write it as a quotient"
        )
    return _of_exact(int(value.numerator), int(value.denominator))


def of_float(value: Float) -> str:
    """Return a float of SymPy at the shortest decimal that its precision reads back.

    Raises:
        RuleError: it is infinite, out of range, or longer than a numeral may be.
    """
    # Comparing floats of SymPy may write all of their digits out.
    if not value.is_finite or abs(value.num.exp + value.num.bc) > _BITS:
        raise RuleError(_RANGE)
    exact = Rational(value)
    for digits in range(1, MAX_NUMERAL + 1):
        text = _rounded(int(exact.p), int(exact.q), digits)
        if Float(text, precision=value._prec) == value:
            return _of_decimal(Decimal(text))
    raise RuleError(
        f"a number of a rule has at most {MAX_NUMERAL} digits, and a float of SymPy has more; round it, as "
        "x.n(15) does"
    )


def base_of_power(value: Any) -> Any:
    """Return the base of ``value ** expression`` as it was written.

    Before version 3.13 Python itself makes a fraction that is the base of such a power a float.
    """
    frame = sys._getframe(2)
    made_by = getattr(Fraction.__pow__, "__code__", None)
    if type(value) is float and frame.f_code is made_by:
        written = frame.f_locals.get("a")
        return written if isinstance(written, Fraction) else value
    return value


def _shortest(value: Any) -> Decimal:
    """Return the shortest decimal of a number of another type, as it prints itself."""
    try:
        text = str(value)
        found = Decimal(text) if len(text) <= 2 * MAX_NUMERAL else None
        if found is not None and (not found.is_finite() or type(value)(text) == value):
            return found
    except (ArithmeticError, TypeError, ValueError):
        pass
    raise RuleError(f"expected a number, not {described(value)}")


def _of_decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise RuleError(f"a number of a rule is finite, not {Decimal.__str__(value).lower()}")
    if not value:
        return "0"
    if not -_LARGEST <= value.adjusted() <= _LARGEST or abs(value) > Decimal(f"1e{_LARGEST}"):
        raise RuleError(_RANGE)
    if len(value.as_tuple().digits) > 2 * _LARGEST:
        raise RuleError(f"a numeral has at most {MAX_NUMERAL} characters; round the number")
    return _of_exact(*value.as_integer_ratio())


def _of_exact(above: int, below: int) -> str:
    text = decimal_text(Rational(above, below))
    if len(text) > MAX_NUMERAL:
        raise RuleError(
            f"a numeral has at most {MAX_NUMERAL} characters, not {quoted(text)}; round the number"
        )
    return text


def _rounded(above: int, below: int, digits: int) -> str:
    """Return a quotient rounded to so many significant digits."""
    context = Context(prec=digits)
    # Of two integers a context divides exactly and rounds once.
    return str(context.divide(Decimal(above), Decimal(below)))
