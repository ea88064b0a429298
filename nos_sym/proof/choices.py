"""Arithmetic of what came with blocks: comparisons, choices, and powers of a number that count steps.

A condition is 1 where it holds and 0 where it does not; ``x < y`` is ``(s^2 + s) / 2`` with ``s = sign(y -
x)``, so that ties are zeros that count.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from sympy.core.basic import Basic

from nos_sym.language.node import Node
from nos_sym.language.registry import apply
from nos_sym.proof.ranges import shared
from nos_sym.proof.zeros import exact

if TYPE_CHECKING:
    from nos_sym.proof.worlds import Value


@lru_cache(maxsize=4096)
def difference(t: Node) -> Basic:
    """Return the right side of a comparison less the left one."""
    x, y = t.operands
    if exact(x) == 0:
        return y
    return shared(apply("neg", x) if exact(y) == 0 else apply("sub", y, x))


CHOICES: dict[str, Callable[..., Value]] = {
    "less": lambda w, t, x, y: int(w.counted_sign(difference(t)) > 0),
    "less_equal": lambda w, t, x, y: int(w.counted_sign(difference(t)) >= 0),
    "equal": lambda w, t, x, y: int(w.counted_sign(difference(t)) == 0),
    "logical_and": lambda w, t, x, y: x * y,
    "logical_or": lambda w, t, x, y: x + y - x * y,
    "logical_not": lambda w, t, x: 1 - x,
    "where": lambda w, t, c, x, y: c * x + (1 - c) * y,
}
"""Operations of blocks that are arithmetic with signs."""


@lru_cache(maxsize=4096)
def in_steps(t: Basic) -> tuple[Fraction, Fraction] | None:
    """Return a and b of an exponent ``a t + b`` of rational numbers, or nothing."""
    number = exact(t)
    if number is not None:
        return Fraction(0), number
    assert isinstance(t, Node)
    name = t.operation.name
    if name == "t":
        return Fraction(1), Fraction(0)
    parts = [in_steps(x) for x in t.operands] if name in ("neg", "add", "sub", "mul", "scale", "div") else []
    known = [x for x in parts if x is not None]
    if not known or len(known) < len(parts):
        return None
    (a, b), (c, d) = known[0], known[-1]
    if name == "neg":
        return -a, -b
    if name in ("add", "sub"):
        sign = 1 if name == "add" else -1
        return a + sign * c, b + sign * d
    if name == "div":
        return None if c or not d else (a / d, b / d)
    return None if a and c else (a * d + b * c, b * d)
