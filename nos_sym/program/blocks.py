"""Lowering of blocks: states of any kind with their starts, and a move that need not add a change."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.intervals import interval as iv
from nos_sym.intervals.interval import Interval
from nos_sym.language.block import ZERO, Block, expressions_of, named_values
from nos_sym.language.corrections import with_corrections
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import apply
from nos_sym.language.rule import Momentum
from nos_sym.language.setting import is_setting
from nos_sym.language.state import old_value
from nos_sym.language.traversal import needs_total_steps, walk
from nos_sym.program.builder import Native, has_reference
from nos_sym.program.changes import change_of
from nos_sym.program.expressions import Lowering
from nos_sym.program.guards import Guards
from nos_sym.program.moments import first_moments
from nos_sym.program.naming import free_name
from nos_sym.program.program import Program, Slot, Value
from nos_sym.program.saturation import WIDENED, widened


class StatesOf(Enum):
    """Who makes the states of a block.

    The interpreter knows functions of the step. A program of tensors keeps them as numbers of the tensor, in
    double precision, and makes the starts when it sees a parameter first (TENSORS); or it has made states
    before, all zeros, so that a step chooses the start where it is the first: of the optimizer (STEPS), or of
    the tensor, which a state of its own says (FLAGS); there a start that is a number or a setting is put in
    when the state is made, and needs no choice. Of states that live as those of a library do (BUILT) this
    holds for a start that is the weight, too.
    """

    INTERPRETER = "interpreter"
    TENSORS = "tensors"
    STEPS = "steps"
    FLAGS = "flags"
    BUILT = "built"

    @property
    def late(self) -> bool:
        """Whether states are made before there is a gradient."""
        return self is StatesOf.STEPS or self.built

    @property
    def built(self) -> bool:
        """Whether states are made for each tensor before there is a gradient, with starts that are known."""
        return self in (StatesOf.FLAGS, StatesOf.BUILT)


def lowered_block(
    block: Block,
    native: Native,
    guards: Guards,
    root: float | None,
    *,
    own_states: StatesOf,
    as_change: bool = False,
) -> Program:
    """Return the program of a block, given the power of the gradient that is finite."""
    lowering = Lowering(native, guards, root=root)
    names = {state.name for state in block.states}
    lowering.taken = names  # averages that are written as such give way
    heads, block = block.settings, block.mapped(with_corrections)
    lowering.called = dict(reversed(list(named_values(block.statements))))
    if heads:
        lowering.shown = lambda written: written
    change = change_of(block.move) if as_change else None
    moves = block.move if change is None else change
    expressions = [*expressions_of(block)[:-1], moves]
    lowering.draw_all(expressions)
    ranges = ranges_of_states(block, native, guards, root)
    flag = _flag(lowering, block, own_states) if own_states.built else None
    for index, state in enumerate(block.states):
        double = state.kind is Kind.STEP and own_states is not StatesOf.INTERPRETER
        kind = Kind.SCALAR if double else state.kind
        old = lowering.add(Value("state", slot=index, kind=kind, range=ranges[state.old]))
        lowering.done[state.old] = old
        early = own_states.built and known_before(state.start, own_states)
        if own_states.late:
            of_all = kind is Kind.GLOBAL or double
            seen = lowering.lower(apply("t")) if flag is None or of_all else flag.old
            first = lowering.value("equal", (seen, lowering.constant(0.0)))
            start = lowering.finite(lowering.lower(state.start))
            if not early and not (start.is_constant and start.number == 0):
                start = _of_kind(lowering, start, kind)
                lowering.done[state.old] = lowering.value(
                    "where", tuple(lowering.choice([first, start, old]))
                )
        first_value = state.start if early else ZERO
        lowering.slots.append(
            Slot(state.name, "", state.old, old, old, kind, double=double, first=first_value)
        )
    if flag is not None:
        lowering.slots.append(flag)
    for state in block.states:
        if state.kind is Kind.GLOBAL and isinstance(state.new, Node) and state.new.operands:
            # Who reads it reads the number that is kept, which is computed once for all parameters. A leaf,
            # as a setting or the rate, is read in other places too, and stays what it is.
            for node in walk(state.new):
                lowering.lower(node)
            new = lowering.finite(lowering.lower(state.new))
            lowering.done[state.new] = _of_kind(lowering, new, Kind.GLOBAL)
    for expression in expressions:
        # Operands first, so that a rule of many levels needs no deep stack.
        for node in walk(expression):
            lowering.lower(node)
    for index, state in enumerate(block.states):
        start = lowering.finite(lowering.lower(state.start))
        slot = lowering.slots[index]
        new = _of_kind(lowering, lowering.finite(lowering.lower(state.new)), slot.kind)
        leaf = new.operation in ("g", "w", "limit", "state")
        if leaf or any(new is other.new for other in lowering.slots):
            new = lowering.add(Value("copy", (new,), kind=new.kind, range=new.range, slot=index))
        new.label = state.name
        zero = start.is_constant and start.number == 0
        text = f"{state.name} <- {print_expression(state.new, names=_names(block), hidden=())}"
        made = None if zero or own_states.late else _of_kind(lowering, start, slot.kind)
        lowering.slots[index] = replace(slot, description=text, new=new, start=made)
    moved = lowering.finite(lowering.tensor(lowering.lower(moves)))
    moved.label = moved.label or ("moved" if change is None else "added")
    return Program(
        Momentum.NONE,
        moved,
        moved,
        tuple(lowering.values),
        tuple(lowering.slots),
        tuple(lowering.draws),
        any(map(needs_total_steps, expressions)),
        lowering.settings_of(heads),
        unbounded=lowering.saturating,
        replaces=change is None,
        first_moments=first_moments(expressions, block),
    )


def known_before(start: Basic, own_states: StatesOf = StatesOf.FLAGS) -> bool:
    """Return whether a start is known when states are made: a number, a setting, of a library the weight."""
    if own_states is StatesOf.BUILT and start == apply("w"):
        return True
    return isinstance(start, Rational) or is_setting(start)


def _flag(lowering: Lowering, block: Block, own_states: StatesOf) -> Slot | None:
    """Return the state that says whether a tensor was seen before, where some start needs it."""
    starts = [s.start for s in block.states if s.kind not in (Kind.GLOBAL, Kind.STEP)]
    if all(known_before(start, own_states) for start in starts):
        return None
    name = free_name("begun", lowering.taken)
    old = lowering.add(Value("state", slot=len(block.states), kind=Kind.SCALAR, range=iv.UNIT))
    new = lowering.add(Value("fill", (lowering.constant(1.0),), kind=Kind.SCALAR, range=iv.point(1.0)))
    new.label = name
    return Slot(name, f"{name} <- 1", old_value(name, Kind.SCALAR), old, new, Kind.SCALAR)


def _names(block: Block) -> dict[Basic, str]:
    return {state.old: state.name for state in block.states}


def _of_kind(lowering: Lowering, value: Value, kind: Kind) -> Value:
    """Return a value that has the shape of a state: spread where it has less."""
    if kind is Kind.TENSOR:
        return lowering.tensor(value)
    if kind.of_step or value.kind is kind:
        return value
    return lowering.share(Value("fill", (value,), kind=kind, range=value.range))


def ranges_of_states(
    block: Block,
    native: Native = has_reference,
    guards: Guards = Guards.POLICY,
    root: float | None = None,
) -> dict[Basic, Interval]:
    """Return the range of each state before a step: a fixpoint of all recursions together, with widening."""
    trial = Lowering(native, guards, root=root)
    draws = expressions_of(block)
    trial.draw_all(draws)
    known = {state.old: trial.finite(trial.lower(state.start)).range for state in block.states}
    for count in range(2 * WIDENED):
        trial = Lowering(native, guards, known, root)
        trial.draw_all(draws)
        wider = {}
        for state in block.states:
            for node in walk(state.new):
                trial.lower(node)
            new = trial.finite(trial.lower(state.new)).range
            wider[state.old] = widened(known[state.old], new, count, saturating=root is not None)
        if wider == known:
            return known
        known = wider
    return dict.fromkeys(known, iv.REALS)
