"""How an update moves the weights (Table 1), as expressions over learning rate, momentum and the update.

This is the only place that states it: lowered programs, equations in text and LaTeX, and enclosures read it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy.core.basic import Basic

from nos_sym.intervals.interval import REALS
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, node_class
from nos_sym.language.operation import Meaning, Operation, Role
from nos_sym.language.registry import CLASSES, apply
from nos_sym.language.rule import Momentum

MOMENTUM = "momentum"
"""Name of the state slot of the momentum."""


def _leaf(name: str, title: str, kind: Kind) -> Node:
    operation = Operation(
        name=name,
        title=title,
        computes=name,
        source="Table 1",
        arity=0,
        role=Role.LEAF,
        kind=kind,
        meaning=Meaning(range=lambda: REALS),
    )
    return node_class(operation)()


LEARNING_RATE = _leaf("lr", "learning rate of the step", Kind.STEP)
COEFFICIENT = _leaf("mu", "momentum coefficient of the step", Kind.STEP)
UPDATE = _leaf("U", "update of the rule", Kind.TENSOR)
PREVIOUS = _leaf("m", "momentum of the step before", Kind.TENSOR)
"""The momentum that the step before left, 0 at the first step."""


@dataclass(frozen=True, slots=True)
class Move:
    """The move of the weights under one momentum type.

    Attributes:
        momentum: new momentum over the previous one; ``None`` where there is none.
        change: what is added to the weights.
    """

    momentum: Basic | None
    change: Basic


def _moves() -> dict[Momentum, Move]:
    step = apply("mul", LEARNING_RATE, UPDATE)
    new = apply("sub", apply("mul", COEFFICIENT, PREVIOUS), step)
    return {
        Momentum.NONE: Move(None, apply("mul", apply("neg", LEARNING_RATE), UPDATE)),
        Momentum.MOMENTUM: Move(new, new),
        Momentum.NESTEROV: Move(new, apply("sub", apply("mul", COEFFICIENT, new), step)),
    }


MOVES = _moves()
"""Momentum type to its move."""


def moved(momentum: Momentum) -> Basic:
    """Return the weights after a step, as one writes the sum: ``w - lr * U`` for ``w + (-lr) * U``."""
    change, weight = MOVES[momentum].change, apply("w")
    if isinstance(change, CLASSES["mul"]) and isinstance(change.args[0], CLASSES["neg"]):
        return apply("sub", weight, apply("mul", change.args[0].args[0], change.args[1]))
    if isinstance(change, CLASSES["sub"]) and change != MOVES[momentum].momentum:
        return apply("sub", apply("add", weight, change.args[0]), change.args[1])
    return apply("add", weight, change)
