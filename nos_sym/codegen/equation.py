"""The equation of a rule in plain text, for docstrings and for ``nos-sym show``."""

from __future__ import annotations

from sympy.core.basic import Basic

from nos_sym.algebra.ranges import range_of
from nos_sym.codegen.program import Program
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.node import Node
from nos_sym.language.operands import as_quasi_hyperbolic
from nos_sym.language.operation import Kind, Role
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import CLASSES
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.language.traversal import walk

_MOVES = {
    Momentum.NONE: ["w <- w - lr * U"],
    Momentum.MOMENTUM: ["m <- mu * m - lr * U", "w <- w + m"],
    Momentum.NESTEROV: ["m <- mu * m - lr * U", "w <- w + mu * m - lr * U"],
}


def equation(rule: Rule | Schedule, program: Program) -> list[str]:
    """Return lines that define the rule: how weights move, ``U``, and every name that occurs in it."""
    if isinstance(rule, Schedule):
        expression = rule.factor
        head = [f"factor(t) = {print_expression(expression)}"]
    else:
        expression = rule.update
        text = print_expression(expression)
        head = [*_MOVES[rule.momentum], f"U = -({text})" if rule.ascent else f"U = {text}"]
    lines = _definitions(expression, program)
    return [*head, "where", *(f"    {line}" for line in lines)] if lines else head


def _definitions(expression: Basic, program: Program) -> list[str]:
    """Return the definition of every name of an expression that its reader may not know."""
    lines: dict[str, None] = {}
    basis: set[str] = set()
    # Users before what they use, as one reads an equation.
    for node in reversed(list(walk(expression))):
        quasi = as_quasi_hyperbolic(node)
        if quasi:
            left, right = (print_expression(a) for a in node.operands)
            lines[f"{quasi[0]}({decimal_text(quasi[1])}) = {left} + {right}"] = None
        if node.operation.role is Role.LEAF and node.operation.kind is Kind.DECAY:
            formula = node.operation.computes.replace("pi p", "pi*p").replace("pi r", "pi*r")
            basis |= {symbol for symbol in ("p", "r") if symbol in formula.replace("pi", "").split("cos")[-1]}
        lines |= dict.fromkeys(_definition(node, program))
    order = sorted(lines, key=lambda line: line.startswith("a") and line[1].isdigit())
    if "p" in basis:
        order.append("p = t/T")
    if "r" in basis:
        order.append("r = mod(2t, T)/T")
    if program.needs_total_steps:
        order.append("t = 0, 1, ..., T - 1 for T total steps")
    elif any("t+1" in line for line in order):
        order.append("t = 0, 1, ... counts the steps")
    return order


def _definition(node: Node, program: Program) -> list[str]:
    operation = node.operation
    if operation.role is Role.STATE:
        return _state(node, program)
    if operation.role is Role.LEAF:
        named = operation.kind is Kind.DECAY and operation.name not in ("p", "r")
        if not named:
            return []
        arguments = "beta" if operation.parameters else ""
        return [
            f"{operation.name}({arguments}) = {operation.computes}"
            if arguments
            else f"{operation.name} = {operation.computes}"
        ]
    if operation.name in ("ln", "sqrt") and range_of(node.operands[0]).nonnegative:
        return []
    if operation.definition is None and not operation.absolute and operation.role is Role.ELEMENTWISE:
        return []  # a function of every mathematics library
    if operation.name in ("id", "recip", "scale"):
        return []
    names = [*"xy"[: operation.arity], *(p.name for p in operation.parameters if p.name != "draw")]
    return [f"{operation.name}({', '.join(names)}) = {operation.computes}"]


def _state(node: Node, program: Program) -> list[str]:
    corrected = node.operation.name == "ema_hat"
    key = CLASSES["ema"](*node.args) if corrected else node
    slot = next(s for s in program.slots if s.expression == key)
    text = print_expression(node)
    recursion = f"{slot.description}, 0 at the start"
    if corrected:
        beta = decimal_text(node.parameters[0])
        return [f"{text} = {slot.name} / (1 - {beta}^(t+1))", recursion]
    return [f"{text} = {slot.name}", recursion]
