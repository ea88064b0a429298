"""Powers and roots as text: ``x^2``, ``x**-1``, ``x²``, ``√x``."""

from __future__ import annotations

from typing import Any

from lark import Token, Transformer, v_args

from nos_sym.language.powers import power
from nos_sym.language.reading import Located, guarded, place_of, read_number
from nos_sym.language.registry import apply
from nos_sym.language.writing import SUPERSCRIPTS


@v_args(inline=True)
class Powers(Transformer[Token, Any]):
    """The part of the parser that reads powers and roots."""

    def pow(self, x: Located, exponent: Located) -> Located:
        """Return ``x^exponent``; see :mod:`nos_sym.language.powers`."""
        return Located(guarded(lambda: power(x.node, exponent.node), exponent.position), x.position)

    def superscript(self, x: Located, digits: Token) -> Located:
        """Return a power whose exponent is written in superscript digits."""
        plain = digits.update(value=digits.translate(SUPERSCRIPTS))
        place = place_of(digits)
        exponent = read_number(plain.update(value=plain.lstrip("-")))
        if plain.startswith("-"):
            exponent = apply("neg", exponent)
        return self.pow(x, Located(exponent, place))

    def root(self, x: Located) -> Located:
        """Return a square root."""
        return Located(apply("sqrt", x.node), x.position)
