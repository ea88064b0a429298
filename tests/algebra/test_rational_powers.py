"""Powers of numbers too long to be written out, which stay powers."""

from __future__ import annotations

from fractions import Fraction

from nos_sym.algebra.canonical import canonical
from nos_sym.algebra.kernel import power, scaled
from nos_sym.language.parser import parse


def test_a_power_of_a_long_number_has_the_sign_of_the_power() -> None:
    x = scaled(canonical(parse("none ~ g")), Fraction(2) ** 6000)
    assert power(-x, 3) is -power(x, 3) is not power(x, 3)
    assert power(-x, 4) is power(x, 4) is not -power(x, 4)
