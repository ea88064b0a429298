"""Optimizers as systems of states: the one meaning that rules of a line and blocks have in common.

A system has states, each with its value before the first step and the value that a step leaves, and the new
weight. All of these are expressions over the gradient, the weight, the rate and momentum of the step, and the
old values of the states.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sympy.core.basic import Basic
from sympy.core.numbers import Integer

from nos_sym.language.block import Block
from nos_sym.language.heads import head_of, moved
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node
from nos_sym.language.operation import Role
from nos_sym.language.registry import apply
from nos_sym.language.rule import Rule
from nos_sym.language.state import is_old_value, old_value
from nos_sym.language.traversal import own_draws, walk, with_draws

MOMENTUM = "momentum"


@dataclass(frozen=True, slots=True)
class Recursion:
    """A state.

    Attributes:
        old: the leaf that is its value before a step.
        start: value before the first step.
        new: value that a step leaves.
        shared: whether it is one number for all parameters, which steps when any of them does.
    """

    old: Node
    start: Basic
    new: Basic
    shared: bool = False


@dataclass(frozen=True, slots=True)
class System:
    """An optimizer as states and a move.

    Attributes:
        states: in the order in which they were written.
        move: the new weight.
    """

    states: tuple[Recursion, ...]
    move: Basic


def system_of(rule: Rule | Block) -> System:
    """Return the system of a rule, with its settings as they stand in it.

    Draws of dropout are numbered in the order in which they occur.
    """
    return _numbered(_of_block(rule) if isinstance(rule, Block) else _of_rule(rule))


def with_states(system: System) -> System:
    """Return a system in which averages and the like are states of their own, by their recursions."""
    made: dict[Basic, Basic] = {}
    states: list[Recursion] = []

    def written(expression: Basic) -> Basic:
        for node in walk(expression):
            if node in made or is_old_value(node):
                continue
            arguments = [made.get(a, a) for a in node.args]
            same = all(x is y for x, y in zip(arguments, node.args, strict=True))
            here = node if same else node.func(*arguments)
            operation = node.operation
            if operation.role is Role.STATE and operation.state is not None:
                old = old_value(f"{operation.name} {len(states)}")
                new = operation.state.step(old, *here.operands, *here.parameters)
                states.append(Recursion(old, Integer(0), new))
                made[node] = new
            elif operation.role is Role.STATE and operation.meaning.definition is not None:
                made[node] = written(operation.meaning.definition(*node.operands, *node.parameters))
            else:
                made[node] = here
        return made.get(expression, expression)

    own = [replace(s, new=written(s.new)) for s in system.states]
    move = written(system.move)
    return System((*own, *states), move)


def _of_block(block: Block) -> System:
    states = (Recursion(s.old, s.start, s.new, s.kind is Kind.GLOBAL) for s in block.states)
    return System(tuple(states), block.move)


def _of_rule(rule: Rule) -> System:
    weight, update = apply("w"), apply("neg", rule.update) if rule.ascent else rule.update
    old = old_value(MOMENTUM)
    head = head_of(rule.momentum, apply("lr"), apply("momentum"), update, old)
    states = () if head.momentum is None else (Recursion(old, Integer(0), head.momentum),)
    return System(states, moved(weight, head))


def _numbered(system: System) -> System:
    found = dict.fromkeys(d for x in expressions(system) for node in walk(x) for d in own_draws(node))
    if not found:
        return system
    numbers = {draw: number for number, draw in enumerate(found, 1)}
    states = tuple(replace(s, new=with_draws(s.new, numbers)) for s in system.states)
    return System(states, with_draws(system.move, numbers))


def expressions(system: System) -> list[Basic]:
    """Return every expression of a system, the move first."""
    return [system.move, *(x for s in system.states for x in (s.new, s.start))]
