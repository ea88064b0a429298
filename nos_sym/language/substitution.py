"""Other expressions in the place of some, as if the text had been written with them."""

from __future__ import annotations

from collections.abc import Mapping

from sympy.core.basic import Basic

from nos_sym.language.numerals import decimal_number
from nos_sym.language.registry import apply
from nos_sym.language.traversal import walk


def substituted(expression: Basic, table: Mapping[Basic, Basic]) -> Basic:
    """Return an expression with others in the place of some, all at once.

    What is put in is not looked through. A parameter is one number where it is made of numerals, as the
    parser makes it, and stays in its range.

    Raises:
        RuleError: the result is no expression of the language, or is too large.
    """
    made: dict[Basic, Basic] = dict(table)
    for node in walk(expression):
        if node in made:
            continue
        arity, parameters = node.operation.arity, node.operation.parameters
        arguments = [made.get(a, a) for a in node.args]
        if all(new is old for new, old in zip(arguments, node.args, strict=True)):
            made[node] = node
        elif parameters and any(made.get(p, p) is not p for p in node.parameters):
            values = zip(parameters, arguments[arity:], strict=True)
            numbers = {parameter.name: decimal_number(value) for parameter, value in values}
            made[node] = apply(node.operation.name, *arguments[:arity], **numbers)
        else:
            made[node] = node.func(*arguments)
    return made.get(expression, expression)
