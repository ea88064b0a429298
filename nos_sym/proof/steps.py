"""On how many steps of a training a function of the step can be zero, however long the training is."""

from __future__ import annotations

from sympy.core.basic import Basic

from nos_sym.errors import quoted
from nos_sym.language.node import Node, kind_of
from nos_sym.language.printer import print_expression
from nos_sym.proof.errors import Refused
from nos_sym.proof.shown import at_least_zero
from nos_sym.proof.zeros import roots

_ZEROS = {
    # p is t/T and below 1, r is mod(2t, T)/T, and remaining is 1 - (t+1)/T.
    "p": 1, "a2": 1, "a4": 1, "a6": 1, "a12": 1,  # the first step
    "a5": 1,  # the middle
    "r": 2, "a8": 2, "a10": 2,  # the first step and the middle
    "remaining": 1, "a13": 1,  # the last step
}  # fmt: skip


def vanishing_steps(factor: Basic) -> int:
    """Return a bound of the number of steps on which a factor is zero or divides by zero, for every training.

    Raises:
        Refused: no bound is known; a factor may be zero on a range of steps.
    """
    if not kind_of(factor).of_step:
        raise Refused("a factor of a schedule is a number or a function of the step")
    return sum(_zeros(r) for r in roots(factor))


def _zeros(t: Basic) -> int:
    name = t.operation.name if isinstance(t, Node) else ""
    if name in _ZEROS:
        return _ZEROS[name]
    if isinstance(t, Node) and name in ("add", "max", "min") and all(map(at_least_zero, t.operands)):
        # Zero where all parts are, and the minimum where one of them is.
        bounds = [_bound(x) for x in t.operands]
        known = [b for b in bounds if b is not None]
        if name == "min" and len(known) == 2:
            return sum(known)
        if name != "min" and known:
            return min(known)
    raise Refused(f"{quoted(print_expression(t), 80)} may be zero on more than a few steps")


def _bound(t: Basic) -> int | None:
    try:
        return vanishing_steps(t)
    except Refused:
        return None
