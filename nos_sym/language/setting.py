"""Settings: named numbers of a rule that users of the optimizer may set, with a default and a domain.

A setting is constant along a training. Equality, keys and the interpreter take it at its default; a rendered
optimizer has it as an argument, checked against the domain.
"""

from __future__ import annotations

import re

from sympy.core.basic import Basic
from sympy.core.numbers import Rational
from sympy.core.symbol import Str

from nos_sym.intervals.interval import NONNEGATIVE, REALS, Interval
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, node_class
from nos_sym.language.operation import Meaning, Operation, Role

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
_ENDS = re.compile(r"([\[(])(.+), (.+)([\])])")


def domain_of(name: str) -> Interval:
    """Return the domain of a setting that a rule gives none: by its name, else all real numbers."""
    return DOMAINS.get(name.rstrip("0123456789"), REALS)


def setting(name: str, default: Rational, domain: Interval | None = None) -> Node:
    """Return a setting as an expression, which is a number."""
    return _SETTING(Str(name), default, Str(_text(domain_of(name) if domain is None else domain)))


def _text(domain: Interval) -> str:
    left, right = "(" if domain.low_open else "[", ")" if domain.high_open else "]"
    return f"{left}{domain.low!r}, {domain.high!r}{right}"


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
    match = _ENDS.fullmatch(str(node.args[2].name))
    assert match is not None
    return Interval(float(match[2]), float(match[3]), match[1] == "(", match[4] == ")")


def with_values(expression: Basic, values: dict[Basic, Basic] | None = None) -> Basic:
    """Return an expression with other expressions in place of settings; without ``values`` their defaults."""
    if is_setting(expression):
        return setting_default(expression) if values is None else values.get(expression, expression)
    if not isinstance(expression, Node):
        return expression
    arguments = [with_values(a, values) for a in expression.args]
    if all(new is old for new, old in zip(arguments, expression.args, strict=True)):
        return expression
    return expression.func(*arguments)
