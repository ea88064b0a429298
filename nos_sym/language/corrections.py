"""Bias corrections as people write them, ``1 - beta^(t + 1)``, as the leaf that the language has for them."""

from __future__ import annotations

from sympy.core.basic import Basic
from sympy.core.numbers import Integer, Rational

from nos_sym.intervals.interval import Interval
from nos_sym.language.node import Node
from nos_sym.language.registry import apply
from nos_sym.language.setting import is_setting, setting_domain
from nos_sym.language.traversal import walk

_BETAS = Interval(0, 1, high_open=True)
"""What ``correction`` takes; another number may be the base of the same power."""


def with_corrections(expression: Basic) -> Basic:
    """Return an expression in which ``1 - beta^(t + 1)`` is ``correction(beta)``."""
    done: dict[Basic, Basic] = {}
    for node in walk(expression):
        beta = _corrected(node)
        if beta is not None:
            done[node] = apply("correction", beta=beta)
            continue
        arguments = [done.get(a, a) for a in node.args]
        changed = any(new is not old for new, old in zip(arguments, node.args, strict=True))
        done[node] = node.func(*arguments) if changed else node
    return done.get(expression, expression)


def _corrected(node: Node) -> Basic | None:
    """Return the beta of ``1 - beta^(t + 1)``, else ``None``."""
    if node.operation.name != "sub" or node.operands[0] != Integer(1):
        return None
    power = node.operands[1]
    if not isinstance(power, Node) or power.operation.name != "abspow":
        return None
    beta, exponent = power.operands
    count = apply("t")
    if exponent not in (apply("add", count, Integer(1)), apply("add", Integer(1), count)):
        return None
    if is_setting(beta):
        return beta if setting_domain(beta).within(_BETAS) else None
    return beta if isinstance(beta, Rational) and 0 <= beta < 1 else None
