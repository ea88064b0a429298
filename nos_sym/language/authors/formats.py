"""With which format string the log writes a node, or why it cannot."""

from __future__ import annotations

from sympy.core.basic import Basic

from nos_sym.errors import RuleError
from nos_sym.language.authors.table import form_of
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, is_number, kind_of
from nos_sym.language.operands import BY_EXPRESSION
from nos_sym.language.operation import Role
from nos_sym.language.printer import print_expression


def format_of(node: Node) -> str:
    """Return the format string with which the log writes a node, without looking below its operands.

    Raises:
        RuleError: the authors' syntax cannot say the operation, its parameter, or a number or a decay
            function beside it.
    """
    operation, decay = node.operation, node.kind is Kind.STEP
    form = form_of(operation.name)
    text = form.text(decay)
    if text is None:
        where = " of decay functions" if decay else " of tensors" if form.decay else ""
        raise RuleError(f"the authors' syntax has no '{operation.name}'{where}")
    _check_parameters(node)
    if operation.role is Role.SCALE:
        _check_decays(node, node.operands[:1])
    elif decay:
        _check_decays(node, node.operands)
    else:
        _check_tensors(node)
    for index, operand in enumerate(node.operands):
        last = index == operation.arity - 1
        if is_number(operand) and operand not in BY_EXPRESSION:
            number = decimal_text(operand)
            if not (last and number in form.literals):
                raise RuleError(f"the authors' syntax has no number {number} in '{operation.name}'")
    return text


def _check_parameters(node: Node) -> None:
    """Raise unless the log says the first parameter; a second one is the number of a mask."""
    values = form_of(node.operation.name).values
    if not values:
        return
    parameter, value = node.operation.parameters[0], node.parameters[0]
    shown = decimal_text(value) if is_number(value) else print_expression(value)[:60]
    if not is_number(value) or shown not in values:
        raise RuleError(
            f"the authors' syntax has '{node.operation.name}' only with {parameter.name} "
            f"{' or '.join(values)}, not {shown}"
        )


def _check_tensors(node: Node) -> None:
    if Kind.STEP in map(kind_of, node.operands):
        raise RuleError(
            f"a decay function stands where a tensor must be, in '{node.operation.name}'; in the authors' "
            "syntax decay functions multiply tensors, as in '[a1][g]'"
        )


def _check_decays(node: Node, operands: tuple[Basic, ...]) -> None:
    for operand in operands:
        if kind_of(operand) is not Kind.STEP:
            raise RuleError(
                f"{kind_of(operand).value} stands where a decay function must be, in "
                f"'{node.operation.name}'; the authors' syntax makes decay functions of a1 to a14 alone"
            )
