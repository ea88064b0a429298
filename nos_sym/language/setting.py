"""Settings: named numbers of a rule that users of the optimizer may set, with a default and a domain.

A setting is constant along a training. Equality, keys and the interpreter take it at its default; a rendered
optimizer has it as an argument, checked against the domain.
"""

from __future__ import annotations

import keyword
import math
import re

from sympy.core.basic import Basic
from sympy.core.numbers import Rational
from sympy.core.symbol import Str

from nos_sym.errors import RuleError, quoted
from nos_sym.intervals.interval import NONNEGATIVE, REALS, Interval
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, node_class
from nos_sym.language.operation import Meaning, Operation, Role
from nos_sym.language.traversal import walk

DOMAINS: dict[str, Interval] = {
    "beta": Interval(0, 1, high_open=True),
    "momentum": Interval(0, 1, high_open=True),
    "rho": Interval(0, 1, high_open=True),
    "alpha": Interval(0, 1, high_open=True),
    "dampening": Interval(0, 1),
    "eps": NONNEGATIVE,
    "weight_decay": NONNEGATIVE,
    "lr_decay": NONNEGATIVE,
}
"""The field's names of settings to their domains; a number after the name does not count (``beta2``)."""

_SETTING = node_class(
    Operation(
        name="setting",
        title="setting",
        computes="a number that users may set",
        source="heads of rules",
        arity=0,
        role=Role.LEAF,
        kind=Kind.NUMBER,
        meaning=Meaning(),
    )
)
_ENDS = re.compile(r"\s*([\[(])\s*([^\s,]+)\s*,\s*([^\s,]+)\s*([\])])\s*", re.ASCII)


def domain_of(name: str) -> Interval:
    """Return the domain of a setting that a rule gives none: by its name, else all real numbers."""
    return DOMAINS.get(name.rstrip("0123456789"), REALS)


RESERVED = frozenset(
    (
        *("T", "t", "step", "training_step", "total_steps"),
        *("lr", "learning_rate", "mu", "maximize", "seed"),
        *("params", "group", "name"),
    )
)
"""Names that mean something else in every rendered optimizer."""

CYCLED = "momentum"
"""A setting of this name is the momentum of a block, where the head of a rule of one line has one already."""


def may_hide(name: str) -> bool:
    """Return whether a setting may have the name of an operation: of one that came with blocks."""
    from nos_sym.language.registry import REGISTRY

    return name in REGISTRY and REGISTRY[name].of_blocks


def setting(name: str, default: Rational, domain: Interval | None = None) -> Node:
    """Return a setting as an expression, which is a number.

    Raises:
        RuleError: the name is no identifier or is taken, or the default lies outside the domain.
    """
    if not (name.isascii() and name.isidentifier()) or len(name) > 40 or name.startswith("_"):
        raise RuleError(f"the setting {quoted(name)} is no identifier; expected letters, digits and '_'")
    if name in RESERVED or keyword.iskeyword(name):
        raise RuleError(f"'{name}' cannot name a setting, it means something else; choose another name")
    allowed = domain_of(name) if domain is None else domain
    if float(default) not in allowed:
        raise RuleError(f"the default of '{name}' lies outside its domain; expected a number in {allowed}")
    return _SETTING(Str(name), default, Str(domain_text(allowed)))


def is_setting(expression: Basic) -> bool:
    """Return whether an expression is a setting."""
    return isinstance(expression, _SETTING)


def setting_name(node: Basic) -> str:
    """Return the name of a setting."""
    return str(node.args[0].name)


def setting_default(node: Basic) -> Rational:
    """Return the default of a setting."""
    return node.args[1]


def setting_domain(node: Basic) -> Interval:
    """Return the domain of a setting."""
    return domain_from_text(str(node.args[2].name))


def domain_text(domain: Interval) -> str:
    """Return the text of a domain, for example ``[0, 1)``."""
    left, right = "(" if domain.low_open else "[", ")" if domain.high_open else "]"
    return f"{left}{_end(domain.low)}, {_end(domain.high)}{right}"


def _end(value: float) -> str:
    return f"{value}" if math.isinf(value) else decimal_text(Rational(repr(float(value))))


def domain_from_text(text: str) -> Interval:
    """Read a domain, for example ``[0, 1)``; infinite ends are open.

    Raises:
        RuleError: the text is no domain, or an empty one.
    """
    match = _ENDS.fullmatch(text) if len(text) <= 80 else None
    try:
        low, high = (float(match[2]), float(match[3])) if match else (1.0, 0.0)
    except ValueError:
        low, high = 1.0, 0.0
    if match is None or not low <= high:
        raise RuleError(f"{quoted(text)} is no domain; expected one such as '[0, 1)' or '[0, inf)'")
    return Interval(low, high, match[1] == "(" or low == -math.inf, match[4] == ")" or high == math.inf)


def with_values(expression: Basic) -> Basic:
    """Return an expression with the default of each setting in its place, as a text has it.

    There a negative number is a negation.
    """
    from nos_sym.language.registry import number

    if is_setting(expression):
        return number(setting_default(expression))
    if not isinstance(expression, Node):
        return expression
    arguments = [with_values(a) for a in expression.args]
    if all(new is old for new, old in zip(arguments, expression.args, strict=True)):
        return expression
    return expression.func(*arguments)


def settings_of(*expressions: Basic) -> list[Node]:
    """Return the settings that occur in expressions, in the order of their first use."""
    return [node for node in walk(*expressions) if is_setting(node)]
