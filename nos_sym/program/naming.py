"""What values and state are called in rendered code: by the names of the language and the paper."""

from __future__ import annotations

import re

from sympy.core.basic import Basic

from nos_sym.language.node import Node
from nos_sym.language.operands import BY_EXPRESSION, as_quasi_hyperbolic
from nos_sym.language.printer import print_expression
from nos_sym.language.state import next_state, previous_state

LETTERS = {"g": "v", "g^2": "s", "g^3": "lam"}
"""The paper's letters for averages of the powers of the gradient."""


def label_of(expression: Node) -> str:
    """Return the name that an expression has in the language, for a temporary that holds it."""
    operand = BY_EXPRESSION.get(expression)
    if operand is not None and operand.name not in (None, "g"):
        return operand.name or ""
    quasi = as_quasi_hyperbolic(expression)
    return quasi[0] if quasi else ""


def grouped(operand: Basic) -> str:
    """Return the text of an operand, in parentheses unless it is a name or a call."""
    text = print_expression(operand)
    return f"({text})" if re.search(r"[-+*/] ", re.sub(r"\(.*\)", "", text)) else text


def recursion_text(state: Node, name: str) -> str:
    """Return the recursion of a state in plain text, for example ``v <- 0.9 * v + 0.1 * g``."""
    new = next_state(state)
    if isinstance(new, Node) and not new.operation.standard and new.operation.meaning.definition is not None:
        new = new.operation.meaning.definition(*new.operands, *new.parameters)
    return f"{name} <- {print_expression(new, names={previous_state(state): name})}"
