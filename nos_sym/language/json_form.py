"""Rules as JSON data: plain lists, strings and booleans, versioned, read back through the registry alone.

An expression is a string (an exact number) or a list ``[operation, *operands, {parameter: number}]``; the
last element is there only where the operation has parameters, numbers or expressions. A setting is
``["setting", name]``; the rule says under ``settings`` what its default and its domain are.

A block is a list of statements, each an object with one of the keys ``state``, ``let``, ``assign`` and
``if``; ``["state", name, kind]`` is the old value of a state.
"""

from __future__ import annotations

from typing import Any

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.errors import RuleError, quoted
from nos_sym.language.block import Assign, Block, If, Let, State, Statement
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.node import MAX_DEPTH, Node
from nos_sym.language.operation import current_name
from nos_sym.language.reading import MAX_NUMERAL
from nos_sym.language.registry import apply, lookup, number, operation_hint
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.language.scope import check_local_name
from nos_sym.language.setting import (
    domain_from_text,
    domain_text,
    is_setting,
    may_hide,
    setting,
    setting_default,
    setting_domain,
    setting_name,
)
from nos_sym.language.state import STATE_KINDS, is_old_value, kind_word, old_value, state_name
from nos_sym.language.traversal import walk

VERSION = 2
"""The newest version: blocks, and rules with an operation that came with them, have it; the others have 1."""

_KINDS = ", ".join(STATE_KINDS)


def rule_to_json(rule: Rule | Block | Schedule) -> dict[str, Any]:
    """Return a rule, a block or a schedule as JSON data."""
    head: dict[str, Any] = {"version": _version(rule), "name": rule.name, "source": rule.source}
    if rule.settings:
        head["settings"] = [setting_record(node) for node in rule.settings]
    if not isinstance(rule, Schedule) and rule.rate is not None:
        head["lr"] = decimal_text(rule.rate)
    if isinstance(rule, Block):
        return head | {"block": [_statement_to_json(s) for s in rule.statements]}
    if isinstance(rule, Schedule):
        return head | {"schedule": _expression_to_json(rule.factor)}
    return head | {
        "momentum": rule.momentum.value,
        "ascent": rule.ascent,
        "update": _expression_to_json(rule.update),
    }


def rule_from_json(data: Any) -> Rule | Block | Schedule:
    """Read what :func:`rule_to_json` wrote.

    Raises:
        RuleError: the data is of another version or is no rule.
    """
    version = data.get("version") if isinstance(data, dict) else None
    if type(version) is int and version > VERSION:
        raise RuleError(
            f"the JSON is of version {quoted(str(version))}, and this program reads up to {VERSION}"
        )
    if type(version) is not int or version < 1:
        raise RuleError(f"the JSON is no rule of version 1 to {VERSION}; write it with rule.to_json()")
    found = _from_table(data)
    if version < _version(found):
        what = "is a block" if isinstance(found, Block) else "has operations of blocks"
        raise RuleError(f"the JSON is of version {version} and {what}, which version {VERSION} has")
    return found


def _from_table(data: dict[str, Any]) -> Rule | Block | Schedule:
    name, source = data.get("name", ""), data.get("source", "")
    if not isinstance(name, str) or not isinstance(source, str):
        raise RuleError("name and source of a JSON rule must be strings")
    settings = _settings_from_json(data.get("settings", []))
    declared = tuple(settings.values())
    rate = _number_from_json(data["lr"]) if "lr" in data else None
    if "block" in data:
        return Block(_statements_from_json(data["block"], 0, settings), name, source, declared, rate)
    if "schedule" in data and rate is not None:
        raise RuleError("a schedule has no learning rate of its own, but multiplies one; leave 'lr' out")
    if "schedule" in data:
        return Schedule(_expression_from_json(data["schedule"], 0, settings), name, source, declared)
    momenta = {m.value: m for m in Momentum}
    momentum, ascent = data.get("momentum"), data.get("ascent", False)
    if (
        not isinstance(momentum, str)
        or momentum not in momenta
        or not isinstance(ascent, bool)
        or "update" not in data
    ):
        raise RuleError(
            f"a JSON rule needs 'momentum' ({', '.join(momenta)}), 'ascent' (true or false) and 'update'"
        )
    update = _expression_from_json(data["update"], 0, settings)
    return Rule(momenta[momentum], update, ascent, name, source, declared, rate)


def _version(rule: Rule | Block | Schedule) -> int:
    if isinstance(rule, Block):
        return VERSION
    expression = rule.factor if isinstance(rule, Schedule) else rule.update
    return VERSION if any(node.operation.of_blocks for node in walk(expression)) else 1


def _statement_to_json(statement: Statement) -> dict[str, Any]:
    match statement:
        case State(name, kind, start):
            return {"state": name, "kind": kind_word(kind), "start": _expression_to_json(start)}
        case Let(name, value):
            return {"let": name, "value": _expression_to_json(value)}
        case Assign(name, value):
            return {"assign": name, "value": _expression_to_json(value)}
        case If(condition, then, otherwise):
            branches = [[_statement_to_json(s) for s in branch] for branch in (then, otherwise)]
            return {"if": _expression_to_json(condition), "then": branches[0], "else": branches[1]}


def _statements_from_json(data: Any, depth: int, settings: dict[str, Node]) -> tuple[Statement, ...]:
    if not isinstance(data, list) or depth > MAX_DEPTH:
        raise RuleError("a block in JSON is a list of statements, not nested too deeply")
    return tuple(_statement_from_json(row, depth, settings) for row in data)


def _statement_from_json(row: Any, depth: int, settings: dict[str, Node]) -> Statement:
    key = next((k for k in ("state", "let", "assign", "if") if isinstance(row, dict) and k in row), "")
    if key == "if":
        condition = _expression_from_json(row[key], 0, settings)
        branches = [
            _statements_from_json(row.get(word, []), depth + 1, settings) for word in ("then", "else")
        ]
        return If(condition, branches[0], branches[1])
    name = row[key] if key else None
    if not isinstance(name, str):
        raise RuleError("a statement of a block in JSON has one of the keys 'state', 'let', 'assign', 'if'")
    if key == "state":
        kind = row.get("kind", "tensor")
        if not isinstance(kind, str) or kind not in STATE_KINDS:
            raise RuleError(f"unknown kind of state {quoted(str(kind))} in JSON; expected one of {_KINDS}")
        return State(name, STATE_KINDS[kind], _expression_from_json(row.get("start", "0"), 0, settings))
    if "value" not in row:
        raise RuleError(f"the statement {quoted(name)} of a JSON block has no 'value'")
    return (Let if key == "let" else Assign)(name, _expression_from_json(row["value"], 0, settings))


def setting_record(node: Node) -> dict[str, str]:
    """Return name, default and domain of a setting as texts."""
    default, domain = decimal_text(setting_default(node)), domain_text(setting_domain(node))
    return {"name": setting_name(node), "default": default, "domain": domain}


def _settings_from_json(data: Any) -> dict[str, Node]:
    if not isinstance(data, list):
        raise RuleError("'settings' of a JSON rule is a list")
    settings: dict[str, Node] = {}
    for row in data:
        texts = [row.get(key) for key in ("name", "default", "domain")] if isinstance(row, dict) else []
        given = [text for text in texts if isinstance(text, str)]
        if len(given) != 3:
            raise RuleError("a setting of a JSON rule needs 'name', 'default' and 'domain', all strings")
        name, default, domain = given
        if (lookup(name) is not None and not may_hide(name)) or name in settings:
            raise RuleError(f"the setting {quoted(name)} is given twice or has a meaning already")
        sign, digits = (-1, default[1:]) if default.startswith("-") else (1, default)
        value = sign * _number_from_json(digits)
        settings[name] = setting(name, value, domain_from_text(domain))
    return settings


def _expression_to_json(expression: Basic) -> Any:
    if not isinstance(expression, Node):
        return decimal_text(expression)
    if is_setting(expression):
        return ["setting", setting_name(expression)]
    if is_old_value(expression):
        return ["state", state_name(expression), kind_word(expression.kind)]
    operation = expression.operation
    values = zip(operation.parameters, expression.parameters, strict=True)
    parameters = {p.name: _expression_to_json(v) for p, v in values}
    operands = [_expression_to_json(a) for a in expression.operands]
    return [operation.name, *operands, *([parameters] if parameters else [])]


def _expression_from_json(data: Any, depth: int, settings: dict[str, Node]) -> Basic:
    if depth > MAX_DEPTH:
        raise RuleError(f"the JSON rule is nested too deeply; expected at most {MAX_DEPTH} levels")
    if isinstance(data, str):
        return _number_from_json(data)
    if not isinstance(data, list) or not data or not isinstance(data[0], str):
        raise RuleError("an expression in JSON is a number as a string, or a list [operation, ...]")
    data = [current_name(data[0]), *data[1:]]
    name, *rest = data
    if name == "setting":
        if len(rest) != 1 or not isinstance(rest[0], str) or rest[0] not in settings:
            raise RuleError("['setting', name] names one of the 'settings' of the JSON rule")
        return settings[rest[0]]
    if name == "state":
        if len(rest) != 2 or not all(isinstance(x, str) for x in rest) or rest[1] not in STATE_KINDS:
            raise RuleError(f"['state', name, kind] is the old value of a state; kinds are {_KINDS}")
        check_local_name(rest[0])
        return old_value(rest[0], STATE_KINDS[rest[1]])
    if lookup(name) is None:
        raise RuleError(f"unknown operation {quoted(name)} in JSON{operation_hint(name)}")
    parameters = rest.pop() if rest and isinstance(rest[-1], dict) else {}
    values = {
        str(k): _expression_from_json(v, depth + 1, settings) if isinstance(v, list) else _number_from_json(v)
        for k, v in parameters.items()
    }
    return apply(name, *(_expression_from_json(item, depth + 1, settings) for item in rest), **values)


def _number_from_json(data: Any) -> Rational:
    plain = isinstance(data, str) and 0 < len(data) <= MAX_NUMERAL and data.isascii()
    if not plain or not all(c in "0123456789.e-" for c in data):
        raise RuleError('a number in JSON is a string of digits, as in "0.9" or "1e-6"')
    mantissa, _, exponent = data.partition("e")
    if len(exponent) > 4 or not mantissa.replace(".", "", 1).isdigit():
        raise RuleError(f"number {data!r} in JSON is out of range or malformed")
    try:
        return number(Rational(data))
    except (TypeError, ValueError):
        raise RuleError(f"number {data!r} in JSON is malformed") from None
