"""Infinities of an original, as far as what it makes of them is finite.

The values of the language are numbers, so that an infinity has no word. An original uses one as a bound that
binds nothing, ``min(x, inf)``, or as a divisor that makes 0; both are said without it. A term with an
infinity that is left cannot be written.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

from nos_sym.lift.term import Term, Terms, walk

if TYPE_CHECKING:
    from nos_sym.lift.recorder import Recorder

INFINITY = "infinity"
"""Operation of a term that is an infinity, of the sign of ``value``; no rule has it."""


def infinity(terms: Terms, x: float) -> Term:
    """Return the term of an infinity."""
    return terms.constant(INFINITY, Fraction(1 if x > 0 else -1))


def finite(operation: str, operands: tuple[Term, ...], divided: Callable[[Term], Term]) -> Term | None:
    """Return what an operation makes of an infinity and of numbers, ``None`` where it is not finite.

    Args:
        operation: of the language.
        operands: all but the infinity are finite.
        divided: makes the quotient of the first operand by a choice one side of which is an infinity.
    """
    if len(operands) != 2:
        return None
    x, y = operands
    if operation in ("min", "max"):
        idle = 1 if operation == "min" else -1
        for bound, other in ((x, y), (y, x)):
            if bound.operation == INFINITY:
                return other if bound.value == idle else bound
    chosen = operation == "div" and y.operation == "where"
    if chosen and any(z.operation == INFINITY for z in y.operands[1:]) and is_finite(x):
        return divided(y)
    return None


def is_finite(x: Term) -> bool:
    """Return whether no infinity is in a term."""
    return all(part.operation != INFINITY for part in walk(x))


def with_infinity(
    name: str, recorder: Recorder, term: Term, value: float, x: float, *, first: bool
) -> float | None:
    """Return what a number and an infinity make, ``None`` where that is not known.

    The number is finite. Whether it is positive is asked where that decides; what else comes of it, an
    infinity of the other sign or no number, is no way that a rule could follow.

    Args:
        name: of the operation, as Python calls it.
        recorder: is asked whether the number is positive.
        term: of the number.
        value: of the number.
        x: the infinity.
        first: whether the infinity stands first.
    """
    if name in ("add", "sub"):
        return x if first or name == "add" else -x
    if name == "truediv" and not first:
        return 0.0
    if name not in ("mul", "truediv"):
        return None
    positive = recorder.terms.apply("less", recorder.terms.number(0), term)
    if not recorder.decide(positive, value > 0):
        raise ArithmeticError("an infinity and a number that is not positive")
    return x
