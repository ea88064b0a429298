"""Heads of one-line rules (Table 1): how an update moves the weights, as a recursion of one state at most.

This is the only place that states it. Systems of states, lowered programs, equations in text and LaTeX, and
enclosures read it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy.core.basic import Basic

from nos_sym.language.registry import CLASSES, apply
from nos_sym.language.rule import Momentum


@dataclass(frozen=True, slots=True)
class Head:
    """The move of the weights under one momentum type.

    Attributes:
        momentum: new momentum over the previous one; ``None`` where there is none.
        change: what is added to the weights.
    """

    momentum: Basic | None
    change: Basic


def head_of(momentum: Momentum, rate: Basic, coefficient: Basic, update: Basic, previous: Basic) -> Head:
    """Return the move of a momentum type.

    Args:
        momentum: the type.
        rate: learning rate ``lr`` of the step.
        coefficient: momentum coefficient ``mu`` of the step.
        update: the update ``U``.
        previous: the momentum that the step before left, 0 at the first step.
    """
    if momentum is Momentum.NONE:
        return Head(None, apply("mul", apply("neg", rate), update))
    step = apply("mul", rate, update)
    new = apply("sub", apply("mul", coefficient, previous), step)
    if momentum is Momentum.MOMENTUM:
        return Head(new, new)
    return Head(new, apply("sub", apply("mul", coefficient, new), step))


def moved(weight: Basic, head: Head) -> Basic:
    """Return the weights after a step, as one writes the sum: ``w - lr * U`` for ``w + (-lr) * U``."""
    change = head.change
    if isinstance(change, CLASSES["mul"]) and isinstance(change.args[0], CLASSES["neg"]):
        return apply("sub", weight, apply("mul", change.args[0].args[0], change.args[1]))
    if isinstance(change, CLASSES["sub"]) and change != head.momentum:
        return apply("sub", apply("add", weight, change.args[0]), change.args[1])
    return apply("add", weight, change)
