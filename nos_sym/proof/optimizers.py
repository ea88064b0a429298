"""Optimizers as proofs by induction see them: states with names, starts and new values, and a move."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass

from sympy.core.basic import Basic
from sympy.core.numbers import Integer

from nos_sym.language.block import Block
from nos_sym.language.expansion import as_block
from nos_sym.language.node import Node
from nos_sym.language.operation import Role
from nos_sym.language.registry import apply
from nos_sym.language.rule import Rule
from nos_sym.language.state import state_name
from nos_sym.language.system import expressions, system_of
from nos_sym.language.traversal import replaced, walk
from nos_sym.proof.errors import Refused
from nos_sym.proof.leaves import leaf


@dataclass(frozen=True, slots=True)
class State:
    """A state.

    Attributes:
        old: the leaf that is its value before a step.
        start: its value before the first step.
        new: the value that a step leaves.
    """

    old: Node
    start: Basic
    new: Basic


@dataclass(frozen=True, slots=True)
class Optimizer:
    """A rule as states and a move, over the leaves of :mod:`.leaves`.

    Attributes:
        states: name to state, as ``A.v``.
        move: the new weight.
    """

    states: dict[str, State]
    move: Basic


def optimizer(rule: Rule | Block, side: str) -> Optimizer:
    """Return a rule, with its settings at their defaults, as states and a move.

    Args:
        rule: the rule; averages and momentum have the names that :func:`as_block` gives them.
        side: ``A`` or ``B``.

    Raises:
        Refused: it has a state that is one number for all parameters.
        RuleError: it is too large.
    """
    system = system_of(as_block(rule.at_defaults()))
    if any(s.shared for s in system.states):
        raise Refused("a state that all parameters share has no start of its own; there is no induction")
    leaves: dict[Basic, Basic] = {s.old: leaf(f"{side}.{state_name(s.old)}") for s in system.states}
    put = {x: replaced(plain(x), leaves) for x in expressions(system)}
    for node in (n for t in put.values() for n in walk(t)):
        if node.operation.role is Role.STATE:
            raise Refused("an average in an average's coefficient has no name; there is no induction")
        if node.operation.name == "total":
            raise Refused("'total' sums over parameters that may be at other steps; there is no induction")
    states = {
        f"{side}.{state_name(s.old)}": State(leaf(f"{side}.{state_name(s.old)}"), put[s.start], put[s.new])
        for s in system.states
    }
    return Optimizer(states, put[system.move])


def _square(x: Basic) -> Basic:
    return apply("pow", x, exponent=2)


def _mean(x: Basic) -> Basic:
    return apply("div", apply("sum", x), apply("size"))


DEFINITIONS: dict[str, Callable[..., Basic]] = {
    "scale": lambda d, x: apply("mul", d, x),
    "norm1": lambda x: apply("sum", apply("abs", x)),
    "norm2": lambda x: apply("sqrt", apply("sum", _square(x))),
    "mean": _mean,
    "rms": lambda x: apply("sqrt", _mean(_square(x))),
    "row_sum": lambda x: apply("mul", apply("cols"), apply("row_mean", x)),
    "col_sum": lambda x: apply("mul", apply("rows"), apply("col_mean", x)),
}
"""What operations are by others. A factor of the step is a product that asks for kinds, which leaves lack."""


def plain(expression: Basic) -> Basic:
    """Return an expression with definitions put in, and without what numbers settle.

    Every value is a number, so that a term of zero adds nothing and a factor of zero leaves zero; of a choice
    whose condition is one of numbers the other side counts for nothing. Settings at their defaults may switch
    off much of a rule, sums over all parameters included.
    """
    made: dict[Basic, Basic] = {}
    holds: dict[Basic, bool] = {}
    for node in walk(expression):
        arguments = [made.get(x, x) for x in node.args]
        if node.operation.name in DEFINITIONS:
            here = DEFINITIONS[node.operation.name](*arguments)
        else:
            here = node.func(*arguments) if node.operands else node
        made[node] = _settled(here, holds) if isinstance(here, Node) else here
    return made.get(expression, expression)


_CONDITIONS: dict[str, Callable[..., bool]] = {
    "less": operator.lt,
    "less_equal": operator.le,
    "equal": operator.eq,
    "logical_and": lambda x, y: x and y,
    "logical_or": lambda x, y: x or y,
    "logical_not": operator.not_,
}


def _settled(node: Node, holds: dict[Basic, bool]) -> Basic:
    """Return what a node is by the literals that it holds, and note whether a condition of those holds."""
    name, operands = node.operation.name, node.operands
    if name in _CONDITIONS:
        known = [holds.get(x) if isinstance(x, Node) else x for x in operands]
        if None not in known:
            holds[node] = bool(_CONDITIONS[name](*known))
    elif name == "where" and operands[0] in holds:
        return operands[1 if holds[operands[0]] else 2]
    elif name == "mul" and 0 in operands:
        return Integer(0)
    elif name == "add" and 0 in operands:
        return operands[1 if operands[0] == 0 else 0]
    elif name == "sub" and operands[1] == 0:
        return operands[0]
    return node
