"""What values and state are called in rendered code: by the names of the language and the paper."""

from __future__ import annotations

from collections.abc import Container

from sympy.core.basic import Basic

from nos_sym.language.heads import moved
from nos_sym.language.node import Node, size_of
from nos_sym.language.operands import BY_EXPRESSION, as_quasi_hyperbolic
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import CLASSES, apply
from nos_sym.language.rule import Momentum
from nos_sym.language.setting import with_values
from nos_sym.language.state import next_state, previous_state
from nos_sym.program.move import MOVES, PREVIOUS

LETTERS = {"g": "v", "g^2": "s", "g^3": "lam"}
"""The paper's letters for averages of the powers of the gradient."""

_LARGEST_NAMED = 50
"""Nodes of what may have a name; to look at all of an expression for each of its parts takes a square."""


def label_of(expression: Basic) -> str:
    """Return the name that an expression has in the language, for a temporary that holds it."""
    if size_of(expression) > _LARGEST_NAMED:
        return ""
    expression = with_values(expression)
    operand = BY_EXPRESSION.get(expression)
    if operand is not None and operand.name not in (None, "g"):
        return operand.name or ""
    quasi = as_quasi_hyperbolic(expression)
    return quasi[0] if quasi else ""


def name_of_state(state: Node) -> str:
    """Return what a state is called: the paper's letter for an average of the gradient, or its record's."""
    assert state.operation.state is not None
    letter = state.operation.state.letter
    if not isinstance(state, CLASSES["ema"]):
        return letter
    return LETTERS.get(print_expression(state.operands[0]), letter)


def free_name(wish: str, taken: Container[str]) -> str:
    """Return a name that is not taken: ``wish`` or ``wish_2``, ``wish_3``, ..."""
    name, count = wish, 1
    while name in taken:
        count += 1
        name = f"{wish}_{count}"
    return name


def recursion_text(state: Node, name: str) -> str:
    """Return the recursion of a state in plain text, for example ``v <- 0.9 * v + 0.1 * g``."""
    new = next_state(state)
    if isinstance(new, Node) and not new.operation.standard and new.operation.meaning.definition is not None:
        new = new.operation.meaning.definition(*new.operands, *new.parameters)
    return f"{name} <- {print_expression(new, names={previous_state(state): name})}"


def momentum_text(momentum: Momentum) -> str:
    """Return the recursion of the momentum in plain text, empty where there is none."""
    move = MOVES[momentum]
    return "" if move.momentum is None else f"m <- {print_expression(move.momentum, names={PREVIOUS: 'm'})}"


def weight_text(momentum: Momentum) -> str:
    """Return how the weights move, for example ``w <- w - lr * U``."""
    move = MOVES[momentum]
    names = {} if move.momentum is None else {move.momentum: "m"}
    return f"w <- {print_expression(moved(apply('w'), move), names=names)}"
