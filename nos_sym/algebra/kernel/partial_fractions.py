"""Rational transfer functions of linear recursions, and their partial fractions.

A recursion with constant coefficients that starts from zero turns a sequence x into ``N(u)/D(u) x``, where u
delays by one step and D(0) = 1. Partial fractions over the rational numbers are unique::

    N/D = c_0 + c_1 u + ... + sum of n(u) / q(u)^k

with irreducible q of q(0) = 1 and n of a lower degree than q. So two recursions are the same function of
every sequence exactly where these parts agree: modes that cannot be reached or seen have dropped out.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from sympy.core.numbers import Rational
from sympy.core.symbol import Symbol
from sympy.polys.domains import QQ
from sympy.polys.polytools import Poly as Polynomial

Coefficients = tuple[Fraction, ...]
"""Of a polynomial in u, the constant first; without zeros at the end."""

_U = Symbol("u")


class Transfer(NamedTuple):
    """A rational function of the delay.

    Attributes:
        over: numerator.
        under: denominator, 1 at 0.
    """

    over: Coefficients
    under: Coefficients = (Fraction(1),)

    @property
    def order(self) -> int:
        """The number of poles, delays included."""
        return max(len(self.over), len(self.under)) - 1


class Mode(NamedTuple):
    """``u^shift / under^power``: one part of a partial fraction; a delay where ``under`` is 1.

    Attributes:
        under: irreducible denominator, 1 at 0.
        power: how often it divides.
        shift: steps of delay.
    """

    under: Coefficients
    power: int
    shift: int

    @property
    def pole(self) -> Fraction | None:
        """The factor by which a geometric mode grows with a step; ``None`` for a mode of another kind."""
        return -self.under[1] if len(self.under) == 2 and self.shift == 0 else None

    @property
    def transfer(self) -> Transfer:
        """The mode as a rational function."""
        over: Coefficients = (*(Fraction(0),) * self.shift, Fraction(1))
        under: Coefficients = (Fraction(1),)
        for _ in range(self.power):
            under = times(under, self.under)
        return Transfer(over, under)

    @property
    def gathers(self) -> bool:
        """Whether every value so far counts with a positive weight."""
        pole = self.pole
        return pole is not None and pole > 0

    @property
    def keeps_sign(self) -> bool:
        """Whether the response to a signal that is never negative never is."""
        return self.power == 0 or (len(self.under) == 2 and self.under[1] <= 0)

    def __str__(self) -> str:
        return f"{self.shift};{self.power};{','.join(map(str, self.under))}"


def trimmed(values: list[Fraction]) -> Coefficients:
    """Return coefficients without zeros at the end."""
    while values and values[-1] == 0:
        values = values[:-1]
    return tuple(values)


def times(x: Coefficients, y: Coefficients) -> Coefficients:
    """Return the product of polynomials."""
    found = [Fraction(0)] * (len(x) + len(y))
    for i, a in enumerate(x):
        for j, b in enumerate(y):
            found[i + j] += a * b
    return trimmed(found)


def plus(x: Coefficients, y: Coefficients) -> Coefficients:
    """Return the sum of polynomials."""
    size = max(len(x), len(y))
    padded = [[*v, *[Fraction(0)] * (size - len(v))] for v in (x, y)]
    return trimmed([a + b for a, b in zip(*padded, strict=True)])


def chained(x: Transfer, y: Transfer) -> Transfer:
    """Return one recursion after the other."""
    return Transfer(times(x.over, y.over), times(x.under, y.under))


@lru_cache(maxsize=4096)
def modes(transfer: Transfer) -> tuple[tuple[Mode, Fraction], ...]:
    """Return the partial fractions of a transfer function, each mode with its coefficient."""
    over, under = transfer
    quotient, rest = _divided(over, under)
    found = [(Mode((Fraction(1),), 0, k), c) for k, c in enumerate(quotient) if c]
    if rest:
        parts = [
            Mode(q, k, shift)
            for q, repeats in _factors(under)
            for k in range(1, repeats + 1)
            for shift in range(len(q) - 1)
        ]
        columns = [_complement(under, part) for part in parts]
        found += [(p, c) for p, c in zip(parts, _solved(columns, rest), strict=True) if c]
    return tuple(found)


def _divided(over: Coefficients, under: Coefficients) -> tuple[Coefficients, Coefficients]:
    rest, quotient = list(over), [Fraction(0)] * max(len(over) - len(under) + 1, 0)
    for k in reversed(range(len(quotient))):
        c = quotient[k] = rest[k + len(under) - 1] / under[-1]
        for i, d in enumerate(under):
            rest[k + i] -= c * d
    return trimmed(quotient), trimmed(rest)


def _factors(under: Coefficients) -> list[tuple[Coefficients, int]]:
    given = [Rational(c.numerator, c.denominator) for c in reversed(under)]
    _, found = Polynomial(given, _U, domain=QQ).factor_list()
    factors = []
    for q, power in found:
        values = [Fraction(int(c.p), int(c.q)) for c in reversed(q.all_coeffs())]
        factors.append((tuple(c / values[0] for c in values), int(power)))
    return sorted(factors)


def _complement(under: Coefficients, part: Mode) -> Coefficients:
    """Return what a mode times the denominator is."""
    quotient, _ = _divided(times(part.transfer.over, under), part.transfer.under)
    return quotient


def _solved(columns: list[Coefficients], right: Coefficients) -> list[Fraction]:
    """Return the weights with which columns make up the right side."""
    size = len(columns)
    zero = Fraction(0)
    rows = [
        [*(c[i] if i < len(c) else zero for c in columns), right[i] if i < len(right) else zero]
        for i in range(size)
    ]
    for i in range(size):
        pivot = next(r for r in range(i, size) if rows[r][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [v / rows[i][i] for v in rows[i]]
        for r in range(size):
            if r != i and rows[r][i]:
                rows[r] = [v - rows[r][i] * w for v, w in zip(rows[r], rows[i], strict=True)]
    return [row[-1] for row in rows]


def resolvent(matrix: list[list[Fraction]]) -> tuple[list[list[Coefficients]], Coefficients]:
    """Return ``(1 - u A)^-1`` as numerators over one denominator (Faddeev and LeVerrier)."""
    size = len(matrix)
    unit = [[Fraction(int(i == j)) for j in range(size)] for i in range(size)]
    powers, under, m = [unit], [Fraction(1)], unit
    for k in range(1, size + 1):
        product = [[sum((a * b for a, b in zip(row, col, strict=True)), Fraction(0))
                    for col in zip(*m, strict=True)] for row in matrix]  # fmt: skip
        c = -sum((product[i][i] for i in range(size)), Fraction(0)) / k
        under.append(c)
        m = [[product[i][j] + c * unit[i][j] for j in range(size)] for i in range(size)]
        powers.append(m)
    over = [[trimmed([p[i][j] for p in powers[:size]]) for j in range(size)] for i in range(size)]
    return over, trimmed(under)
