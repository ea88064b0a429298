"""Functions that modules before them call: the text of a form is made of texts of smaller forms."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from sympy.core.basic import Basic

from nos_sym.algebra.kernel import Poly
from nos_sym.algebra.text.terms import Generator, Monomial, Terms


class Recursive:
    """Slots for the functions of later modules, filled by the package.

    Attributes:
        text: the text of a form, of its own kind.
        update: the text of a form where a tensor must be.
        terms_of: a form over generators.
        factor_of_sum: a sum as a number times generators.
        word_of_sum: the same for a sum that is not split into factors.
        words_of_sum: all ways to write such a sum.
        as_generator: a sum as a number times one generator, of which another sum is the value.
        recombined: ways to write a sum with other terms.
        rescaled: the text of a sum times a number, the number inside.
        assembled: the text of a number times generators.
    """

    text: Callable[[Poly], Basic]
    update: Callable[[Poly], Basic]
    terms_of: Callable[[Poly], Terms]
    factor_of_sum: Callable[[Terms], tuple[Fraction, Monomial]]
    word_of_sum: Callable[[Terms], tuple[Fraction, Monomial]]
    words_of_sum: Callable[[Terms], list[tuple[Fraction, Monomial]]]
    as_generator: Callable[[Terms, Terms], tuple[Fraction, Monomial]]
    recombined: Callable[[Terms], list[Terms]]
    rescaled: Callable[[Generator, Fraction], Basic | None]
    assembled: Callable[[Fraction, Monomial], Basic]


recursive = Recursive()
