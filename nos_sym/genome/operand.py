"""What the nodes of a graph take besides each other: operands of updates, and leaves of decay functions.

A search draws those of Tables 2 and 7. A genome may hold operands of the same shape with other constants
too, and any number, so that an optimizer such as Adam can be one.
"""

from __future__ import annotations

from functools import lru_cache

from sympy.core.basic import Basic

from nos_sym.errors import GenomeError
from nos_sym.genome.search_space import OPERANDS
from nos_sym.genome.text import MAX_LENGTH, read_decay, read_tensor
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, is_number
from nos_sym.language.printer import print_expression

_OPERAND = "an operand"
_LEAF = "a leaf of a decay function"
_LARGEST = 12
"""Nodes of an expression that may be an operand; ``qhm3(0.99)`` has 10."""


@lru_cache(maxsize=4096)
def operand(text: str) -> Basic:
    """Return the expression of an operand's text, for example ``v_hat`` or ``1e-8``.

    Raises:
        GenomeError: the text is no operand, or not as the language prints it.
    """
    expression = read_tensor(text, _OPERAND)
    if not _is_operand(expression):
        raise GenomeError(
            f"'{text}' is not an operand; expected one of Table 2, or the same with other constants"
        )
    return expression


@lru_cache(maxsize=4096)
def leaf(text: str) -> Basic:
    """Return the expression of a leaf of a decay function: a schedule, its basis, or a number.

    Raises:
        GenomeError: the text is no leaf, or not as the language prints it.
    """
    expression = read_decay(text, _LEAF)
    if not is_leaf(expression):
        raise GenomeError(f"'{text}' is not a leaf of a decay function; expected a1 to a14, or a number")
    return expression


@lru_cache(maxsize=4096)
def operand_text(expression: Basic) -> str | None:
    """Return the text of an expression that is an operand, else ``None``.

    An operand is one of Table 2, or differs from one in its constants only; an average counts with its bias
    correction and without. So ``ema(g, 0.9)``, ``0.01 * w``, ``qhm(0.5)`` and ``1e-8`` are operands.
    """
    if not _is_operand(expression):
        return None
    text = print_expression(expression)
    return text if len(text) <= MAX_LENGTH else None


def is_leaf(expression: Basic) -> bool:
    """Return whether an expression is a function of the step without arguments, or a number."""
    if isinstance(expression, Node) and not expression.operands:
        return expression.kind is Kind.STEP and all(is_number(p) for p in expression.parameters)
    return _is_constant(expression)


def _is_constant(expression: Basic) -> bool:
    if isinstance(expression, Node) and expression.operation.name == "neg":
        return is_number(expression.operands[0])
    return is_number(expression)


Shape = str | tuple["Shape", ...]


def _is_operand(expression: Basic) -> bool:
    shape = _shape(expression)
    return shape is not None and shape in _shapes()


@lru_cache(maxsize=1)
def _shapes() -> frozenset[Shape | None]:
    """Return the shapes of Table 2, and that of the weights, which stand there with a factor only."""
    return frozenset(_shape(read_tensor(text, _OPERAND)) for text in (*OPERANDS, "w"))


def _shape(expression: Basic) -> Shape | None:
    """Return an expression with its constants taken out, and with averages of both kinds as one.

    It is ``None`` for what is larger than an operand, or has a parameter that is no number.
    """
    if _is_constant(expression):
        return "constant"
    if not isinstance(expression, Node) or expression.size > _LARGEST:
        return None
    if not all(is_number(p) for p in expression.parameters):
        return None
    shapes = [_shape(a) for a in expression.operands]
    if None in shapes:
        return None
    name = expression.operation.name
    return ("ema" if name == "ema_hat" else name, *(s for s in shapes if s is not None))
