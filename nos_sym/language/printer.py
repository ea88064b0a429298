"""The printer of the project's syntax; :mod:`nos_sym.language.parser` reads back exactly what it writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sympy.core.basic import Basic
from sympy.core.numbers import Integer

from nos_sym.language.block import Block
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, kind_of
from nos_sym.language.operands import BY_EXPRESSION, as_quasi_hyperbolic
from nos_sym.language.powers import is_written_as_power
from nos_sym.language.registry import default_of
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.language.setting import (
    domain_of,
    domain_text,
    is_setting,
    setting_default,
    setting_domain,
    setting_name,
)
from nos_sym.language.state import is_old_value, state_name

_NO_NAMES: Mapping[Basic, str] = {}
_SUM, _PRODUCT, _PREFIX, _POWER, _ATOM = range(5)
_OR, _AND, _NOT = range(3)
_JOINED = {"logical_or": ("or", _OR), "logical_and": ("and", _AND)}
_TURNED = {"<": ">", "<=": ">="}
_COMPARISONS = {"less": "<", "less_equal": "<=", "equal": "=="}
_INFIX = {
    "add": (" + ", _SUM),
    "sub": (" - ", _SUM),
    "mul": (" * ", _PRODUCT),
    "div": (" / ", _PRODUCT),
}


def print_rule(rule: Rule | Block | Schedule) -> str:
    """Return the text of a rule: ``Name = momentum ~ update from "source"``, in one line."""
    if isinstance(rule, Block):
        from nos_sym.language.block_printer import print_block

        return print_block(rule)
    head = head_of(rule)
    tail = f' from "{rule.source}"' if rule.source else ""
    if isinstance(rule, Schedule):
        return f"{head}schedule ~ {print_expression(rule.factor)}{tail}"
    return f"{head}{print_body(rule)}{tail}"


def head_of(rule: Rule | Block | Schedule) -> str:
    """Return ``Name(settings) = ``, or nothing for a rule without a name."""
    rate = None if isinstance(rule, Schedule) else rule.rate
    stated = [] if rate is None else [f"lr={decimal_text(rate)}"]
    stated += map(_setting, rule.settings)
    if not stated:
        return f"{rule.name} = " if rule.name else ""
    # Settings need a head, and a head a name.
    return f"{rule.name or 'Rule'}({', '.join(stated)}) = "


def _setting(node: Node) -> str:
    name, domain = setting_name(node), setting_domain(node)
    stated = "" if domain == domain_of(name) else f" in {domain_text(domain)}"
    return f"{name}={decimal_text(setting_default(node))}{stated}"


def print_bare(rule: Rule | Block | Schedule) -> str:
    """Return a text that reads back, without source and rate, and without name if without settings."""
    bare = rule.named(rule.name if rule.settings else "", "")
    return str(bare if isinstance(bare, Schedule) else replace(bare, rate=None))


def print_body(rule: Rule | Schedule) -> str:
    """Return the text of a rule without name and source."""
    if isinstance(rule, Schedule):
        return f"schedule ~ {print_expression(rule.factor)}"
    sign = " ascent" if rule.ascent else ""
    return f"{Momentum(rule.momentum).value}{sign} ~ {print_expression(rule.update)}"


def print_expression(
    expression: Basic,
    *,
    sugar: bool = True,
    names: Mapping[Basic, str] = _NO_NAMES,
    hidden: Collection[str] | None = None,
) -> str:
    """Return the text of an expression with as few parentheses as its structure needs.

    Without ``sugar`` operands such as ``v_hat`` and ``qhm(0.7)`` are written out. Expressions that are in
    ``names`` are written by their name. ``hidden`` is given inside of a block: the names there that mean
    something else than outside.
    """
    draws = draws_of(expression)
    # A mask number is printed only where it differs from the one that the parser would give.
    implicit = draws == list(range(1, len(draws) + 1)) and hidden is None
    return _Printer(implicit, sugar, names, hidden).text(expression, _SUM)


def print_condition(condition: Basic) -> str:
    """Return the text of a condition on shape and settings."""
    return _Printer(False, True, _NO_NAMES, ()).condition(condition)


def draws_of(expression: Basic) -> list[int]:
    """Return the draws of dropout nodes in the order of the text, repeated where the text repeats them."""
    if not isinstance(expression, Node):
        return []
    own = [int(expression.parameters[1])] if expression.operation.name == "drop" else []
    # The parser numbers a mask when its closing bracket is read: arguments first.
    return [d for a in expression.operands for d in draws_of(a)] + own


class _Printer:
    def __init__(
        self,
        implicit_draws: bool,
        sugar: bool,
        names: Mapping[Basic, str],
        hidden: Collection[str] | None = None,
    ) -> None:
        self.implicit_draws = implicit_draws
        self.sugar = sugar
        self.names = names
        self.in_block = hidden is not None
        self.hidden = hidden or ()

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
        if is_old_value(expression):
            return state_name(expression), _ATOM
        if self.sugar:
            operand = BY_EXPRESSION.get(expression)
            if operand is not None and operand.name is not None and operand.name not in self.hidden:
                return operand.name, _ATOM
            quasi = as_quasi_hyperbolic(expression)
            if quasi is not None:
                return f"{quasi[0]}({decimal_text(quasi[1])})", _ATOM
        name = expression.operation.name
        if self.in_block:
            found = self._in_block(expression)
            if found is not None:
                return found
        if name in _INFIX:
            symbol, level = _INFIX[name]
            left, right = expression.operands
            return f"{self.text(left, level)}{symbol}{self.text(right, level + 1)}", level
        if name == "neg":
            return f"-{self.text(expression.operands[0], _PREFIX)}", _PREFIX
        if name == "scale":
            decay, operand_ = expression.operands
            return f"[{self.text(decay, _SUM)}] {self.text(operand_, _PREFIX)}", _PREFIX
        if name == "where":
            condition, x, y = expression.operands
            texts = self.condition(condition, _OR), self.text(x, _SUM), self.text(y, _SUM)
            return f"where({', '.join(texts)})", _ATOM
        if name == "pow":
            return f"{self.text(expression.operands[0], _ATOM)}^{expression.parameters[0]}", _POWER
        return self._call(expression), _ATOM

    def _in_block(self, expression: Node) -> tuple[str, int] | None:
        """Return what blocks write otherwise: factors of the step, powers, clipping between two bounds."""
        name, operands = expression.operation.name, expression.operands
        if name == "scale" and kind_of(operands[0]) is Kind.STEP and kind_of(operands[1]) is Kind.TENSOR:
            divisor = self._divisor(operands[0])
            if divisor is not None:
                return f"{self.text(operands[1], _PRODUCT)} / {self.text(divisor, _PREFIX)}", _PRODUCT
            return f"{self.text(operands[0], _PRODUCT)} * {self.text(operands[1], _PREFIX)}", _PRODUCT
        if name == "abspow" and is_written_as_power(*operands):
            return f"{self.text(operands[0], _ATOM)}^{self.text(operands[1], _ATOM)}", _POWER
        if name == "min" and isinstance(operands[0], Node) and operands[0].operation.name == "max":
            if operands[0] in self.names:
                return None
            texts = (self.text(x, _SUM) for x in (*operands[0].operands, operands[1]))
            return f"clip({', '.join(texts)})", _ATOM
        return None

    def _divisor(self, factor: Basic) -> Basic | None:
        """Return ``d`` of a factor ``1 / d`` that has no name."""
        if not isinstance(factor, Node) or factor in self.names or factor.operation.name != "div":
            return None
        one, divisor = factor.operands
        return divisor if one == Integer(1) and kind_of(divisor) is Kind.STEP else None

    def condition(self, node: Basic, level: int = 0) -> str:
        """Return the text of a condition where ``or`` (0), ``and`` (1) or ``not`` (2) takes one."""
        assert isinstance(node, Node)
        name, operands = node.operation.name, node.operands
        if name == "logical_not":
            inner = operands[0]
            if isinstance(inner, Node) and inner.operation.name == "equal":
                return self._comparison(inner, "!=")
            return f"not {self.condition(inner, _NOT)}"
        if name in _JOINED:
            word, own = _JOINED[name]
            text = f" {word} ".join((self.condition(operands[0], own), self.condition(operands[1], own + 1)))
            return f"({text})" if own < level else text
        return self._comparison(node, _COMPARISONS[name])

    def _comparison(self, node: Node, sign: str) -> str:
        x, y = (self.text(operand, _SUM) for operand in node.operands)
        if sign in _TURNED and not isinstance(node.operands[0], Node):
            return f"{y} {_TURNED[sign]} {x}"
        return f"{x} {sign} {y}"

    def _call(self, expression: Node) -> str:
        operation = expression.operation
        if not expression.args:
            return operation.name
        shown = [self.text(a, _SUM) for a in expression.operands]
        parameters = list(zip(operation.parameters, expression.parameters, strict=True))
        if operation.name == "drop" and self.implicit_draws:
            parameters = parameters[:1]
        for parameter, value in parameters:
            if value == default_of(parameter):
                continue
            label = f"{parameter.name}=" if parameter.name == "draw" or parameter.default else ""
            shown.append(f"{label}{self.text(value, _SUM)}")
        return f"{operation.name}({', '.join(shown)})"
