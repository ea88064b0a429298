"""The printer of the project's syntax; :mod:`nos_sym.language.parser` reads back exactly what it writes."""

from __future__ import annotations

from collections.abc import Mapping

from sympy.core.basic import Basic

from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.node import Node
from nos_sym.language.operands import BY_EXPRESSION, as_quasi_hyperbolic
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.language.setting import (
    domain_of,
    domain_text,
    is_setting,
    setting_default,
    setting_domain,
    setting_name,
)

_NO_NAMES: Mapping[Basic, str] = {}
_SUM, _PRODUCT, _PREFIX, _POWER, _ATOM = range(5)
_INFIX = {
    "add": (" + ", _SUM),
    "sub": (" - ", _SUM),
    "mul": (" * ", _PRODUCT),
    "div": (" / ", _PRODUCT),
}


def print_rule(rule: Rule | Schedule) -> str:
    """Return the text of a rule: ``Name = momentum ~ update from "source"``, in one line."""
    head = _head(rule)
    tail = f' from "{rule.source}"' if rule.source else ""
    if isinstance(rule, Schedule):
        return f"{head}schedule ~ {print_expression(rule.factor)}{tail}"
    return f"{head}{print_body(rule)}{tail}"


def _head(rule: Rule | Schedule) -> str:
    if not rule.settings:
        return f"{rule.name} = " if rule.name else ""
    # Settings need a head, and a head a name.
    return f"{rule.name or 'Rule'}({', '.join(map(_setting, rule.settings))}) = "


def _setting(node: Node) -> str:
    name, domain = setting_name(node), setting_domain(node)
    stated = "" if domain == domain_of(name) else f" in {domain_text(domain)}"
    return f"{name}={decimal_text(setting_default(node))}{stated}"


def print_body(rule: Rule | Schedule) -> str:
    """Return the text of a rule without name and source."""
    if isinstance(rule, Schedule):
        return f"schedule ~ {print_expression(rule.factor)}"
    sign = " ascent" if rule.ascent else ""
    return f"{Momentum(rule.momentum).value}{sign} ~ {print_expression(rule.update)}"


def print_expression(expression: Basic, *, sugar: bool = True, names: Mapping[Basic, str] = _NO_NAMES) -> str:
    """Return the text of an expression with as few parentheses as its structure needs.

    Without ``sugar`` operands such as ``v_hat`` and ``qhm(0.7)`` are written out. Expressions that are in
    ``names`` are written by their name.
    """
    draws = draws_of(expression)
    # A mask number is printed only where it differs from the one that the parser would give.
    implicit = draws == list(range(1, len(draws) + 1))
    return _Printer(implicit, sugar, names).text(expression, _SUM)


def draws_of(expression: Basic) -> list[int]:
    """Return the draws of dropout nodes in the order of the text, repeated where the text repeats them."""
    if not isinstance(expression, Node):
        return []
    own = [int(expression.parameters[1])] if expression.operation.name == "drop" else []
    # The parser numbers a mask when its closing bracket is read: arguments first.
    return [d for a in expression.operands for d in draws_of(a)] + own


class _Printer:
    def __init__(self, implicit_draws: bool, sugar: bool, names: Mapping[Basic, str]) -> None:
        self.implicit_draws = implicit_draws
        self.sugar = sugar
        self.names = names

    def text(self, expression: Basic, level: int) -> str:
        """Return the text of ``expression`` where an operator of precedence ``level`` may stand."""
        text, own = self._text(expression)
        return f"({text})" if own < level else text

    def _text(self, expression: Basic) -> tuple[str, int]:
        if not isinstance(expression, Node):
            return decimal_text(expression), _ATOM
        if expression in self.names:
            return self.names[expression], _ATOM
        if is_setting(expression):
            return setting_name(expression), _ATOM
        if self.sugar:
            operand = BY_EXPRESSION.get(expression)
            if operand is not None and operand.name is not None:
                return operand.name, _ATOM
            quasi = as_quasi_hyperbolic(expression)
            if quasi is not None:
                return f"{quasi[0]}({decimal_text(quasi[1])})", _ATOM
        name = expression.operation.name
        if name in _INFIX:
            symbol, level = _INFIX[name]
            left, right = expression.operands
            return f"{self.text(left, level)}{symbol}{self.text(right, level + 1)}", level
        if name == "neg":
            return f"-{self.text(expression.operands[0], _PREFIX)}", _PREFIX
        if name == "scale":
            decay, operand_ = expression.operands
            return f"[{self.text(decay, _SUM)}] {self.text(operand_, _PREFIX)}", _PREFIX
        if name == "pow":
            return f"{self.text(expression.operands[0], _ATOM)}^{expression.parameters[0]}", _POWER
        return self._call(expression), _ATOM

    def _call(self, expression: Node) -> str:
        operation = expression.operation
        if not expression.args:
            return operation.name
        shown = [self.text(a, _SUM) for a in expression.operands]
        parameters = list(zip(operation.parameters, expression.parameters, strict=True))
        if operation.name == "drop" and self.implicit_draws:
            parameters = parameters[:1]
        for parameter, value in parameters:
            label = "draw=" if parameter.name == "draw" else ""
            shown.append(f"{label}{self.text(value, _SUM)}")
        return f"{operation.name}({', '.join(shown)})"
