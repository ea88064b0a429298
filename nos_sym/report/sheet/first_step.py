"""The first step in closed form: starts in the place of states, 0 in that of the step."""

from __future__ import annotations

from sympy.core.basic import Basic

from nos_sym.algebra.kernel import Poly
from nos_sym.language.node import Node, size_of
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import apply, complement, number
from nos_sym.language.traversal import replaced, walk
from nos_sym.report.sheet.line import Line, proved
from nos_sym.report.sheet.simplify import shown, simplified
from nos_sym.report.sheet.subject import STEP, TOTAL_STEPS, WEIGHT, Subject, update_of

LARGEST = 60
"""Nodes above which a closed form says less than the rule."""

_BY = (
    "the starts of the states and t = 0 are put into the equation, and each part is replaced by one with the "
    "same canonical form"
)


def at_first_step(expression: Basic, subject: Subject) -> Basic:
    """Return an expression as it is at the first step, states at their starts."""
    opened = with_basis(expression)
    table: dict[Basic, Basic] = {s.old: with_basis(s.start) for s in subject.states}
    table |= {
        STEP: number(0),
        apply("p"): number(0),
        apply("r"): number(0),
        apply("remaining"): complement(apply("div", number(1), TOTAL_STEPS)),
    }
    for node in walk(opened):
        if node.operation.name == "correction":
            table[node] = complement(node.parameters[0])
    # Twice: a start may read the step, too.
    return replaced(replaced(opened, table), table)


def with_basis(expression: Basic) -> Basic:
    """Return an expression with the definitions of the functions of the step that it reads."""
    table: dict[Basic, Basic] = {}
    for node in walk(expression):
        define = node.operation.meaning.definition
        if isinstance(node, Node) and not node.operands and define is not None:
            table[node] = define(*node.parameters)
    return with_basis(replaced(expression, table)) if table else expression


def first_update(subject: Subject) -> tuple[Basic, bool]:
    """Return the update of the first step and True, or the new weight and False where it is not ``lr U``."""
    move = at_first_step(subject.system.move, subject)
    update = update_of(subject, move)

    def form(x: Basic) -> Poly:
        return subject.forms([x])[0]

    return simplified(move if update is None else update, form), update is not None


def first_step(subject: Subject) -> list[Line]:
    """Return the line about the first step."""
    found, is_update = first_update(subject)
    if size_of(found) > LARGEST:
        return []
    text = shown(found)
    left = "w - lr * U" if is_update else text
    says = (text if is_update else f"the new weight is {text}",)
    where = ", with U the update" if is_update else ""
    if is_update and WEIGHT not in set(walk(found)):
        where += "; the weight does not count in it"
    return [
        proved(
            "first_step",
            "First step",
            *says,
            f"w <- {left}{where}.",
            by=_BY,
            **{"update" if is_update else "weight": print_expression(found)},
        )
    ]
