"""Singular points: where the formula has no value, what stands there, and what keeps a rule away."""

from __future__ import annotations

from collections.abc import Callable

from sympy.core.basic import Basic

from nos_sym.intervals.interval import Interval
from nos_sym.language.block import Block
from nos_sym.language.node import Node, size_of
from nos_sym.language.operation import Role
from nos_sym.language.printer import print_expression
from nos_sym.language.singularity import DIVISION, Singularity
from nos_sym.language.system import expressions
from nos_sym.language.traversal import walk
from nos_sym.program.ranges import range_of, ranges_within
from nos_sym.report.sheet.line import Line, proved
from nos_sym.report.sheet.subject import Subject

MOST = 6
"""Singular points that are listed one by one."""

LARGEST = 25
"""Nodes of an operand above which it is not written out."""

_KEY, _TITLE = "singular_points", "Singular points"


def guards(subject: Subject) -> list[Line]:
    """Return the line about divisors, logarithms and powers, by the ranges of their operands."""
    found: Callable[[Basic], Interval] = range_of
    if isinstance(subject.plain, Block):
        found = ranges_within(subject.plain)
    reached: dict[str, None] = {}
    away: dict[str, None] = {}
    nodes = [node for node in walk(*expressions(subject.written)) if node.operation.role is not Role.STATE]
    for node in nodes:
        singularity = node.operation.meaning.singularity
        if singularity is None:
            continue
        ranges = [found(a) for a in node.operands]
        if not any(isinstance(a, Node) for a in node.operands):
            continue
        if singularity.reached(ranges):
            reached[_guarded(node, singularity, subject)] = None
        elif node.operation.name == "div" and isinstance(node.operands[-1], Node):
            away[f"The divisor {_text(node.operands[-1], subject)} is never 0."] = None
    by = "interval arithmetic over all gradients, weights and steps"
    if reached:
        listed = list(reached)
        more = [f"And {len(listed) - MOST} more."] if len(listed) > MOST else []
        says = [f"{len(listed)} with a guard: the value there is fixed, since the range reaches the point."]
        says += [*listed[:MOST], *more]
        return [proved(_KEY, _TITLE, *says, by=by, guards=listed)]
    says = ["None: no guard is needed.", *list(away)[:MOST]]
    return [proved(_KEY, _TITLE, *says, by=by, guards=[])]


def _guarded(node: Node, singularity: Singularity, subject: Subject) -> str:
    """Return what a guard does, in words."""
    if singularity is DIVISION and node.operation.name in ("div", "recip"):
        return f"A quotient is 0 where its divisor {_text(node.operands[-1], subject)} is 0."
    return f"{_text(node, subject)} is computed as {singularity.title}."


def _text(expression: Basic, subject: Subject) -> str:
    if size_of(expression) > LARGEST:
        return f"(a {expression.operation.title}, which is long)" if isinstance(expression, Node) else ""
    names = {s.old: subject.name_of(s) for s in subject.states}
    return f"'{print_expression(expression, names=names)}'"
