"""A minus within a factor of a product is taken out of it: the number stays exact, whatever the power."""

from __future__ import annotations

from fractions import Fraction

import pytest

from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text import products
from nos_sym.algebra.text.effort import effort
from nos_sym.algebra.text.nodes import exact_number
from nos_sym.algebra.text.terms import generator, monomial
from nos_sym.language.parser import parse_rule
from nos_sym.language.registry import apply

NUMBERS = (Fraction(1), Fraction(-1, 3), Fraction(7, 10**30), Fraction(10**40, 3))


@pytest.mark.parametrize("exponent", [-3, -2, -1, 1, 2, 3])
@pytest.mark.parametrize("number", NUMBERS)
def test_a_minus_below_a_bar_leaves_an_exact_number(exponent: int, number: Fraction) -> None:
    gradient = parse_rule("none ~ g").update
    minus = apply("neg", parse_rule("none ~ tanh(w)").update)
    with effort():
        product = monomial(
            [(generator(minus, positive=False), exponent), (generator(gradient, positive=False), 1)]
        )
        left, factors = products._without_minus(number, product)
        assert type(left) is Fraction and left == (-number if exponent % 2 else number)
        assert all(x.node != minus for x, _ in factors)
        expected = apply("mul", exact_number(number), gradient)
        for _ in range(abs(exponent)):
            expected = apply("mul" if exponent > 0 else "div", expected, minus)
        assert polynomial(products.plain(number, product)).digest == polynomial(expected).digest
