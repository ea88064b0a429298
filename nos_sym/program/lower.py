"""Lowering: a rule to a program with shared values, folded constants and only the state that it needs.

Requires a rule of the registry's nodes. Ensures: the program computes the same real-valued update; each
floating operation of the rule stays one operation in the same order (constants are folded in binary64,
identities and multiplications by one vanish), so that backends agree to rounding; guards stand where the
ranges of operands reach a singular point.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sympy.core.basic import Basic

from nos_sym.intervals.interval import multiply
from nos_sym.language.block import Block
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node
from nos_sym.language.operation import Operation
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.language.setting import setting_name, settings_of
from nos_sym.language.traversal import needs_total_steps, walk
from nos_sym.program.blocks import StatesOf, lowered_block
from nos_sym.program.builder import Native, has_reference
from nos_sym.program.expressions import Lowering
from nos_sym.program.guards import Guards
from nos_sym.program.moments import first_moments
from nos_sym.program.move import COEFFICIENT, LEARNING_RATE, MOMENTUM, MOVES, PREVIOUS, UPDATE
from nos_sym.program.naming import momentum_text
from nos_sym.program.program import Program, Slot, Value
from nos_sym.program.saturation import LEARNING_RATES, MOMENTA, ROOTS, cuts, grows, momenta
from nos_sym.program.settings import with_implied_settings


def lower(
    rule: Rule | Block | Schedule,
    native: Native = has_reference,
    guards: Guards = Guards.POLICY,
    *,
    saturating: bool = True,
    own_states: StatesOf = StatesOf.INTERPRETER,
    as_change: bool = False,
) -> Program:
    """Return the program of a rule.

    Args:
        rule: an optimizer or a schedule.
        native: which operations the reader of the program computes itself; the others are written by their
            definitions. Without it those that NumPy computes.
        guards: treatment of singular points; only the project's own lets ranges decide.
        saturating: keep values within the numbers of their type (see :mod:`nos_sym.program.saturation`); only
            with the project's own guards, and a schedule needs it not.
        own_states: where and how the states of a block live; see :class:`.StatesOf`.
        as_change: whether the reader takes what a step adds to the weights, where a block can be told so.

    Raises:
        RuleError: an operation has neither a formula, nor a definition, nor a state.
    """
    lowered = partial(_lowered, own_states=own_states, as_change=as_change)
    if not saturating or guards is not Guards.POLICY or isinstance(rule, Schedule):
        return lowered(rule, native, guards, None)

    def common(operation: Operation, kind: Kind) -> bool:
        """Say what NumPy computes, so that the power is the same in every backend, or the backend alone."""
        only = operation.meaning.definition is None and operation.state is None
        return has_reference(operation, kind) or (only and native(operation, kind))

    best = lowered(rule, common, guards, ROOTS[0])
    chosen = ROOTS[0]
    for root in ROOTS[1:]:
        if not cuts(best):
            break
        tried = lowered(rule, common, guards, root)
        if cuts(tried) < cuts(best):
            best, chosen = tried, root
    if native is has_reference:
        return best
    return lowered(rule, native, guards, chosen)


def _lowered(
    rule: Rule | Block | Schedule,
    native: Native,
    guards: Guards,
    root: float | None,
    *,
    own_states: StatesOf,
    as_change: bool,
) -> Program:
    """Return the program of a rule, given the power of the gradient that is finite."""
    if isinstance(rule, Block):
        return lowered_block(rule, native, guards, root, own_states=own_states, as_change=as_change)
    lowering = Lowering(native, guards, root=root)
    expression = rule.factor if isinstance(rule, Schedule) else with_implied_settings(rule.update)
    if rule.settings:
        lowering.shown = lambda written: written  # the rule names its settings, and so do recursions
    lowering.taken.update(setting_name(node) for node in rule.settings)
    lowering.draw_all([expression])
    # Operands first, so that a rule of many levels needs no deep stack.
    for node in walk(expression):
        lowering.lower(node)
    update = lowering.lower(expression)
    total = needs_total_steps(expression)
    if isinstance(rule, Schedule):
        values = tuple(lowering.values)
        settings = lowering.settings_of(rule.settings)
        return Program(Momentum.NONE, update, update, values, needs_total_steps=total, settings=settings)
    if rule.ascent:
        update = lowering.value("neg", (update,))
    update = lowering.finite(lowering.tensor(update))
    if update.operation not in ("g", "w"):
        update.label = update.label or "u"
    change = _move(lowering, rule.momentum, update)
    program = Program(
        rule.momentum,
        update,
        change,
        tuple(lowering.values),
        tuple(lowering.slots),
        tuple(lowering.draws),
        total,
        lowering.settings_of(rule.settings or _numbered(expression)),
    )
    unbounded = lowering.saturating and grows(program)
    return replace(program, unbounded=unbounded, first_moments=first_moments([expression]))


def _numbered(expression: Basic) -> tuple[Node, ...]:
    """Return the implied settings of an expression, which are numbered in the order of its averages."""
    return tuple(
        sorted(settings_of(expression), key=lambda node: (len(setting_name(node)), setting_name(node)))
    )


def _move(lowering: Lowering, momentum: Momentum, update: Value) -> Value:
    """Return what a step adds to the weights; the momentum becomes the last slot."""
    move = MOVES[momentum]
    lowering.done[UPDATE] = update
    rate = lowering.share(Value("lr", kind=Kind.STEP, range=LEARNING_RATES))
    lowering.done[LEARNING_RATE] = rate
    if move.momentum is not None:
        lowering.done[COEFFICIENT] = lowering.share(Value("mu", kind=Kind.STEP, range=MOMENTA))
        descent = multiply(rate.range, update.range)
        old = lowering.share(Value("state", slot=len(lowering.slots), range=momenta(descent)))
        lowering.done[PREVIOUS] = lowering.finite(old)
        new = lowering.finite(lowering.lower(move.momentum))
        lowering.done[move.momentum] = new
        new.label = MOMENTUM
        lowering.slots.append(Slot(MOMENTUM, momentum_text(momentum), PREVIOUS, old, new))
    change = lowering.lower(move.change)
    if momentum is Momentum.NESTEROV:
        change.operands[1].label = "descent"  # lr * U, which occurs twice
    return change
