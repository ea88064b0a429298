"""Bias corrections as people write them, ``1 - beta^(t + 1)``, as the leaf that the language has for them."""

from __future__ import annotations

from sympy.core.basic import Basic
from sympy.core.numbers import Integer, Rational

from nos_sym.language.node import Node
from nos_sym.language.registry import apply
from nos_sym.language.setting import is_setting
from nos_sym.language.traversal import walk


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
    literal = isinstance(beta, Rational) and 0 <= beta < 1
    return beta if literal or is_setting(beta) else None
