"""What is shown of an expression on every history: that it is never negative, never zero, at most 1."""

from __future__ import annotations

from functools import lru_cache

from sympy.core.basic import Basic

from nos_sym.language.node import Node, kind_of
from nos_sym.proof.ranges import STEP_NAMES, names_of, ranges_of, span

_NEVER = frozenset(
    (
        "correction",
        "exp",
        "a1",
        "a3",
        "a7",
        "a9",
        "a11",
        "a14",
        "dtanh",
        "dsig",
        "dsoft",
        "sigmoid",
        "softplus",
        "erfc",
    )
)
"""Functions without zeros, whatever their operands are."""
ZERO_WITH = frozenset(
    (
        "id",
        "neg",
        "abs",
        "sqrt",
        "pow",
        "recip",
        "sign",
        "tanh",
        "arctan",
        "arcsinh",
        "erf",
        "i1e",
        "softsign",
    )
)
"""Functions of one operand that are zero where it is, and nowhere else; 1/0 is 0."""
ZERO_WITH_EITHER = frozenset(("mul", "scale", "div", "clip"))
"""Functions of two operands that are zero where one of them is, and nowhere else; x/0 is 0."""


@lru_cache(maxsize=20000)
def at_least_zero(t: Basic) -> bool:
    """Return whether an expression is shown to be never negative."""
    return bool(span(t)[0] >= 0) or all(bool(low >= 0) for low, _ in ranges_of(t))


@lru_cache(maxsize=20000)
def at_most_one(t: Basic) -> bool:
    """Return whether the absolute value of an expression is shown to be at most 1."""
    return all(bool(low >= -1) and bool(high <= 1) for low, high in ranges_of(t))


@lru_cache(maxsize=20000)
def never_zero(t: Basic) -> bool:
    """Return whether an expression is shown to be nowhere zero: on no history, at no step, in no entry."""
    if not isinstance(t, Node):
        return bool(t != 0)
    low, high = span(t)
    name = t.operation.name
    if bool(low > 0) or bool(high < 0) or name in _NEVER:
        return True
    parts = [never_zero(x) for x in t.operands]
    if name in ZERO_WITH or name in ZERO_WITH_EITHER or name in ("max", "min"):
        # A maximum or minimum is one of its operands.
        if all(parts):
            return True
    elif name == "rdiv" or name == "abspow":
        if parts[0]:
            return True
    elif name in ("ema", "ema_hat", "running_max"):
        if parts[0] and at_least_zero(t.operands[0]):
            return True
    elif name == "add" and any(parts) and all(map(at_least_zero, t.operands)):
        return True
    if kind_of(t).of_step and names_of(t) & (STEP_NAMES):
        return all(bool(low > 0) or bool(high < 0) for low, high in ranges_of(t))
    return False
