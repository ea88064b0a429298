"""States: the leaf that is an old value, and for a state-holding node the expression of its new one."""

from __future__ import annotations

from functools import lru_cache

from sympy.core.basic import Basic
from sympy.core.symbol import Str

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


STATE_KINDS: dict[str, Kind] = {
    "step": Kind.STEP,
    "global": Kind.GLOBAL,
    "scalar": Kind.SCALAR,
    "row": Kind.ROW,
    "col": Kind.COLUMN,
    "tensor": Kind.TENSOR,
}
"""The words for the kinds of states."""

_OLD = {
    kind: node_class(
        Operation(
            name="state",
            title=f"{word} state",
            computes="what the step before left, or the start",
            source="blocks",
            arity=0,
            role=Role.LEAF,
            kind=kind,
            any_total=True,
        )
    )
    for word, kind in STATE_KINDS.items()
}


def old_value(name: str, kind: Kind = Kind.TENSOR) -> Node:
    """Return the leaf that is the value of a block's state before a step."""
    return _OLD[kind](Str(name))


def is_old_value(expression: Basic) -> bool:
    """Return whether an expression is the old value of a block's state."""
    return isinstance(expression, tuple(_OLD.values()))


def state_name(leaf: Basic) -> str:
    """Return the name of the state whose old value a leaf is."""
    return str(leaf.args[0].name)


def kind_word(kind: Kind) -> str:
    """Return the word of the language for a kind of state."""
    return next(word for word, other in STATE_KINDS.items() if other is kind)
