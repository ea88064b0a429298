"""On how many steps of a training a function of the step can be zero, however long the training is."""

from __future__ import annotations

import re
from functools import lru_cache

from sympy.core.basic import Basic
from sympy.core.numbers import Integer

from nos_sym.errors import quoted
from nos_sym.language.node import Node, kind_of
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import apply, number
from nos_sym.proof.cases import Link
from nos_sym.proof.citations import instance
from nos_sym.proof.errors import Refused
from nos_sym.proof.shown import at_least_zero
from nos_sym.proof.table import TABLE
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
        numbers = [b for b in bounds if b is not None]
        if name == "min" and len(numbers) == 2:
            return sum(numbers)
        if name != "min" and numbers:
            return min(numbers)
    known = _like_a_schedule(t)
    if known is not None:
        return known
    raise Refused(f"{quoted(print_expression(t), 80)} may be zero on more than a few steps")


def _like_a_schedule(t: Basic) -> int | None:
    """Return the bound of a schedule of which an expression is shown to be a multiple."""
    if not isinstance(t, Node) or not kind_of(t).of_step:
        return None
    names = list(_ZEROS)
    terms = [t, *(apply(name) for name in names)]
    link = Link(terms, _definitions(), [])
    world = link.world()
    value, *others = (world.value(x) for x in terms)
    for name, node, other in zip(names, terms[1:], others, strict=True):
        ratio = world.ratio(value, other)
        if ratio is None:
            continue
        sides = [
            apply("mul", number(Integer(n)), x) for n, x in ((ratio.denominator, t), (ratio.numerator, node))
        ]
        try:
            link.agree(*sides)
        except Refused:
            continue
        return _ZEROS[name]
    return None


@lru_cache(maxsize=1)
def _definitions() -> list[tuple[Node, Basic]]:
    """Return the definitions of the schedules and what relates their cosines."""
    entries = [e for e in TABLE if re.fullmatch(r"a\d+", e.name)]
    found = [instance(e.name, ()) for e in entries]
    return [*found, *(instance("cos-double", (("x", x),)) for x in ("p", "r"))]


def _bound(t: Basic) -> int | None:
    try:
        return vanishing_steps(t)
    except Refused:
        return None
