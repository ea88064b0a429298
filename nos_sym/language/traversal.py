"""Walks over expressions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sympy.core.basic import Basic
from sympy.core.numbers import Integer

from nos_sym.language.kind import Kind
from nos_sym.language.node import Node
from nos_sym.language.operation import Role


def walk(*expressions: Basic) -> Iterator[Node]:
    """Yield each distinct node of expressions once, operands and parameters before who uses them."""
    seen: set[Basic] = set()
    for expression in expressions:
        if not isinstance(expression, Node) or expression in seen:
            continue
        seen.add(expression)
        stack = [(expression, iter(expression.args))]
        while stack:
            node, rest = stack[-1]
            part = next((a for a in rest if isinstance(a, Node) and a not in seen), None)
            if part is None:
                stack.pop()
                yield node
            else:
                seen.add(part)
                stack.append((part, iter(part.args)))


def replaced(expression: Basic, values: Mapping[Basic, Basic]) -> Basic:
    """Return an expression with other expressions in the place of some, parameters included."""
    made: dict[Basic, Basic] = dict(values)
    for node in walk(expression):
        if node not in made:
            arguments = [made.get(a, a) for a in node.args]
            changed = any(new is not old for new, old in zip(arguments, node.args, strict=True))
            made[node] = node.func(*arguments) if changed else node
    return made.get(expression, expression)


def needs_total_steps(expression: Basic) -> bool:
    """Return whether a schedule of Table 7 or a part of its basis occurs, all of which depend on ``T``."""
    return any(
        node.operation.role is Role.LEAF
        and node.operation.kind is Kind.STEP
        and not node.operation.parameters
        and not node.operation.any_total
        for node in walk(expression)
    )


def own_draws(node: Node) -> list[int]:
    """Return the number of the uniform numbers that a node itself draws: its parameter ``draw``."""
    declared = node.operation.parameters
    # Asked of every node of every rule, and most have no parameter at all.
    if not declared:
        return []
    named = zip(declared, node.parameters, strict=False)
    return [int(value) for parameter, value in named if parameter.name == "draw"]


def with_draws(expression: Basic, numbers: dict[int, int]) -> Basic:
    """Return an expression with its dropout masks numbered anew."""
    if not isinstance(expression, Node) or not expression.operands:
        return expression
    operands = [with_draws(a, numbers) for a in expression.operands]
    parameters = list(expression.parameters)
    for index, parameter in enumerate(expression.operation.parameters):
        if parameter.name == "draw":
            parameters[index] = Integer(numbers[int(parameters[index])])
    return expression.func(*operands, *parameters)
