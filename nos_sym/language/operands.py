"""Named operands: expressions that have a word of their own, such as ``v_hat``.

An operand is not an operation: ``v_hat`` is the bias-corrected average of ``g`` and nothing else, so it
equals the same average written out. Readers and printers look operands up here, by name or by expression,
which is why each prints one way; :mod:`nos_sym.operations.operands` fills the tables.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.errors import RuleError
from nos_sym.language.registry import CLASSES, Number, checked, number
from nos_sym.language.registry import apply as node


@dataclass(frozen=True, slots=True)
class Operand:
    """A named expression of Table 2.

    Attributes:
        name: spelling in the project's syntax, or ``None`` where the expression prints as it is.
        authors: spelling in the authors' log.
        expression: what it means.
        computes: the formula in plain text.
    """

    name: str | None
    authors: str
    expression: Basic
    computes: str


OPERANDS: list[Operand] = []
"""Every operand, in the order of Table 2."""

BY_EXPRESSION: dict[Basic, Operand] = {}
BY_NAME: dict[str, Operand] = {}
BY_AUTHORS: dict[str, Operand] = {}

QUASI_HYPERBOLIC: dict[str, tuple[Basic, Basic]] = {}
"""Spelling of each quasi-hyperbolic operand to what it mixes: a power of the gradient, and its average."""


def name_operand(operand: Operand) -> None:
    """Add an operand.

    Raises:
        RuleError: its name or its expression has one already.
    """
    if operand.name in BY_NAME or operand.authors in BY_AUTHORS or operand.expression in BY_EXPRESSION:
        raise RuleError(f"operand '{operand.name or operand.authors}' is named twice")
    OPERANDS.append(operand)
    BY_EXPRESSION[operand.expression] = operand
    BY_AUTHORS[operand.authors] = operand
    if operand.name is not None:
        BY_NAME[operand.name] = operand


def quasi_hyperbolic(name: str, beta: Number) -> Basic:
    """Return ``(1 - beta) x + beta hat(x)``, quasi-hyperbolic momentum (Ma and Yarats 2018)."""
    operation = CLASSES["ema"].operation
    exact = checked(operation, operation.parameters[0], beta)
    power, average = QUASI_HYPERBOLIC[name]
    return node("add", node("mul", number(1 - exact), power), node("mul", number(exact), average))


def as_quasi_hyperbolic(expression: Basic) -> tuple[str, Rational] | None:
    """Return ``(name, beta)`` where ``expression`` is quasi-hyperbolic momentum, else ``None``."""
    if not isinstance(expression, CLASSES["add"]):
        return None
    _, right = expression.args
    if not isinstance(right, CLASSES["mul"]) or not isinstance(right.args[0], Rational):
        return None
    beta = right.args[0]
    if not 0 <= beta < 1:
        return None
    for name, (_, average) in QUASI_HYPERBOLIC.items():
        if right.args[1] == average and expression == quasi_hyperbolic(name, beta):
            return name, beta
    return None
