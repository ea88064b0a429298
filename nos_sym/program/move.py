"""How an update moves the weights, over leaves that stand for the rate, the momentum and the update."""

from __future__ import annotations

from nos_sym.intervals.interval import REALS
from nos_sym.language.heads import Head, head_of
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, node_class
from nos_sym.language.operation import Meaning, Operation, Role
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


MOVES: dict[Momentum, Head] = {
    momentum: head_of(momentum, LEARNING_RATE, COEFFICIENT, UPDATE, PREVIOUS) for momentum in Momentum
}
"""Momentum type to its move."""
