"""Primes for worlds: -1 is no square, while small primes and the numbers of a proof are."""

from __future__ import annotations

import math
import secrets
from functools import lru_cache

from flint import fmpz

from nos_sym.proof.errors import Refused

_SQUARES = 8 * math.prod((3, 5, 7, 11, 13, 17, 19, 23, 29, 31))
_MOST_BITS = 2000


class Primes:
    """Primes in which -1 is no square, and small primes and literals are; each is drawn when it is asked for.

    Args:
        literals: what must be squares.
        count: how many there are; they come again after so many.
    """

    def __init__(self, literals: frozenset[int], count: int) -> None:
        self._modulus = math.lcm(_SQUARES, *literals)
        bits = self._modulus.bit_length()
        if bits > _MOST_BITS:
            raise Refused("too many different numbers; cut the link into several")
        self._bits = max(90 - bits, 40)
        self._count = count
        self._found: list[int] = []

    def __getitem__(self, index: int) -> int:
        while len(self._found) <= index % self._count:
            p = self._modulus * (secrets.randbits(self._bits) | 1 << (self._bits - 1)) - 1
            if p not in self._found and fmpz(p).is_probable_prime():
                self._found.append(p)
        return self._found[index % self._count]


primes = lru_cache(maxsize=1024)(Primes)
"""The same primes for the same literals."""
