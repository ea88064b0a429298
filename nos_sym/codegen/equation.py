"""The equation of a rule in plain text, for docstrings and for ``nos-sym show``."""

from __future__ import annotations

from sympy.core.basic import Basic

from nos_sym.language.block import Block
from nos_sym.language.block_printer import print_block
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node
from nos_sym.language.operands import BY_EXPRESSION, as_quasi_hyperbolic
from nos_sym.language.operation import Role
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import CLASSES
from nos_sym.language.rule import STEP_COUNTS, Rule, Schedule
from nos_sym.language.setting import is_setting, with_values
from nos_sym.language.traversal import walk
from nos_sym.program.naming import momentum_text, weight_text
from nos_sym.program.program import Program
from nos_sym.program.ranges import range_of

_BASIS = ("p", "r")


def equation(rule: Rule | Block | Schedule, program: Program) -> list[str]:
    """Return lines that define the rule: how weights move, ``U``, and every name that occurs in it."""
    if isinstance(rule, Block):
        body = print_block(rule.named("", ""), indent=4)
        return (body if not rule.settings else body[body.index("{") :]).splitlines()
    if isinstance(rule, Schedule):
        expression = rule.factor
        head = [f"factor(t) = {print_expression(expression)}"]
    else:
        expression = rule.update
        text = print_expression(expression)
        moves = [line for line in (momentum_text(rule.momentum), weight_text(rule.momentum)) if line]
        head = [*moves, f"U = -({text})" if rule.ascent else f"U = {text}"]
    lines = _definitions(expression, program)
    return [*head, "where", *(f"    {line}" for line in lines)] if lines else head


def _definitions(expression: Basic, program: Program) -> list[str]:
    """Return the definition of every name of an expression that its reader may not know."""
    lines: dict[str, None] = {}
    schedules: dict[str, None] = {}
    basis: dict[str, None] = {}
    # Users before what they use, as one reads an equation.
    for node in reversed(list(walk(expression))):
        if _is_schedule(node):
            schedules |= dict.fromkeys(_definition(node, program))
            basis |= _basis(node)
        else:
            lines |= dict.fromkeys([*_operand(node), *_definition(node, program)])
    order = [*lines, *schedules, *sorted(basis)]
    if program.needs_total_steps:
        order.append("t = 0, 1, ..., T - 1 for T total steps")
    elif any("t+1" in line for line in order) or CLASSES["t"]() in walk(expression):
        order.append("t = 0, 1, ... counts the steps")
    return order


def _is_schedule(node: Node) -> bool:
    return node.operation.role is Role.LEAF and node.operation.kind is Kind.STEP


def _basis(schedule: Node) -> dict[str, None]:
    """Return the definitions of ``p`` and ``r``, as far as the formula of a schedule is in them."""
    define = schedule.operation.meaning.definition
    parts = walk(define()) if define is not None else [schedule]
    leaves = [node.operation for node in parts if node.operation.name in _BASIS]
    return {f"{operation.name} = {operation.computes}": None for operation in leaves}


def _operand(node: Node) -> list[str]:
    """Return the definition of an operand of Table 2 that is written as one word."""
    quasi = as_quasi_hyperbolic(node)
    named = BY_EXPRESSION.get(node)
    if quasi is None and (named is None or named.name is None or len(node.operands) != 2):
        return []
    left, right = (print_expression(a) for a in node.operands)
    return [f"{print_expression(node)} = {left} {'-' if quasi is None else '+'} {right}"]


def _definition(node: Node, program: Program) -> list[str]:
    operation = node.operation
    if operation.role is Role.STATE:
        return _state(node, program)
    if is_setting(node):
        return []
    if operation.role is Role.LEAF:
        if operation.kind is not Kind.STEP or operation.name in (*_BASIS, *STEP_COUNTS):
            return []
        arguments = f"({', '.join(p.name for p in operation.parameters)})" if operation.parameters else ""
        return [f"{operation.name}{arguments} = {operation.computes}"]
    if operation.name in ("ln", "sqrt") and range_of(node.operands[0]).nonnegative:
        return []
    if operation.standard:
        return []
    names = [*"xy"[: operation.arity], *(p.name for p in operation.parameters if p.name != "draw")]
    return [f"{operation.name}({', '.join(names)}) = {operation.computes}"]


def _state(node: Node, program: Program) -> list[str]:
    corrected = node.operation.name == "ema_hat"
    key = with_values(CLASSES["ema"](*node.args) if corrected else node)
    slot = next(s for s in program.slots if s.expression == key)
    text = print_expression(node)
    recursion = f"{slot.description}, 0 at the start"
    if corrected:
        beta = print_expression(node.parameters[0])
        return [f"{text} = {slot.name} / (1 - {beta}^(t+1))", recursion]
    return [f"{text} = {slot.name}", recursion]
