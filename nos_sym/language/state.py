"""The state of a state-holding node: the expression of its new value, and the leaf that is its old one."""

from __future__ import annotations

from functools import lru_cache

from sympy.core.basic import Basic

from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, node_class
from nos_sym.language.operation import Operation, Role

_PREVIOUS = node_class(
    Operation(
        name="previous",
        title="previous state",
        computes="the state that the step before left",
        source="recursions",
        arity=0,
        role=Role.LEAF,
        kind=Kind.TENSOR,
    )
)


def previous_state(state: Node) -> Node:
    """Return the leaf that stands for the state which the step before left, 0 at the first step.

    It cannot be written in a rule; recursions alone are made of it.
    """
    return _PREVIOUS(state)


@lru_cache(maxsize=65_536)
def next_state(state: Node) -> Basic:
    """Return the new value of the state of a node, over :func:`previous_state` and the node's operands."""
    recursion = state.operation.state
    assert recursion is not None
    return recursion.step(previous_state(state), *state.operands, *state.parameters)


def is_previous(expression: Basic) -> bool:
    """Return whether an expression is the old value of a state."""
    return isinstance(expression, _PREVIOUS)
