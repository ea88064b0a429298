"""The settings in the head of a rule, as text: numbers with a sign, and domains."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from lark import Token, Transformer, v_args
from sympy.core.numbers import Rational

from nos_sym.errors import quoted
from nos_sym.intervals.interval import Interval
from nos_sym.language.head_slips import no_number
from nos_sym.language.reading import Problem, place_of, read_number


class Bound(NamedTuple):
    """A number with its sign, or an infinity, as it was read."""

    token: Token
    sign: int

    def exact(self) -> Rational:
        """Return the number; an infinity is none."""
        if self.token.type == "NAME":
            raise Problem(no_number(self.token), place_of(self.token))
        value: Rational = self.sign * read_number(self.token)
        return value

    def end(self) -> float:
        """Return the number or infinity as the end of an interval."""
        if self.token.type != "NAME":
            return float(self.exact())
        if str(self.token) != "inf":
            raise Problem(
                f"unexpected {quoted(self.token)}; expected a number or 'inf'", place_of(self.token)
            )
        return self.sign * math.inf


def interval_of(low: Bound, high: Bound, low_open: bool, high_open: bool) -> Interval:
    """Return a domain; infinite ends are open, whichever bracket stands there."""
    start, end = low.end(), high.end()
    if start > end or (start == end and (low_open or high_open)):
        raise Problem("the domain is empty; expected the smaller number first", place_of(low.token))
    return Interval(start, end, low_open or math.isinf(start), high_open or math.isinf(end))


@v_args(inline=True)
class Domains(Transformer[Token, Any]):
    """The part of the parser that reads numbers with a sign, and domains."""

    def bound(self, number: Token) -> Bound:
        """Return a number."""
        return Bound(number, 1)

    def negative(self, number: Token) -> Bound:
        """Return a number behind a minus."""
        return Bound(number, -1)

    def infinity(self, name: Token) -> Bound:
        """Return ``inf``, or another name, which is refused where it is read as a number."""
        return Bound(name, 1)

    def minus_infinity(self, name: Token) -> Bound:
        """Return ``-inf``."""
        return Bound(name, -1)

    def closed(self, low: Bound, high: Bound) -> Interval:
        """Return ``[low, high]``."""
        return interval_of(low, high, False, False)

    def right_open(self, low: Bound, high: Bound) -> Interval:
        """Return ``[low, high)``."""
        return interval_of(low, high, False, True)

    def left_open(self, low: Bound, high: Bound) -> Interval:
        """Return ``(low, high]``."""
        return interval_of(low, high, True, False)

    def open(self, low: Bound, high: Bound) -> Interval:
        """Return ``(low, high)``."""
        return interval_of(low, high, True, True)
