"""The program form of a rule: values in static single assignment, state slots, settings and dropout draws."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sympy.core.basic import Basic
from sympy.core.numbers import Integer, Rational

from nos_sym.intervals.interval import REALS, Interval
from nos_sym.language.kind import Kind
from nos_sym.language.operation import Role
from nos_sym.language.registry import REGISTRY
from nos_sym.language.rule import Momentum

ZERO = Integer(0)

SHAPE = ("rows", "cols", "size", "rank", "first_axis", "second_axis")
"""Leaves that see the shape of the parameter."""

TOTAL = "total"
"""The sum over all parameters; its operand is the sum over the entries of one."""


@dataclass(slots=True, eq=False)
class Value:
    """One value of a program; identity is equality, because the lowering shares equal values.

    Only the lowering changes a value: its ``label`` and ``range``.

    Attributes:
        operation: name in the registry, or ``constant``, ``setting`` (a number that users may set), ``state``
            (the old value of a slot), ``draw`` (uniform numbers in [0, 1)), ``lr`` and ``mu`` (learning rate
            and momentum coefficient of the step), ``fill`` (a value spread over the shape of the
            weights), ``copy`` (a state that is another value, too), or one of those that keep numbers within
            their type: ``limit`` (the gradient, as far as its power of the one parameter is finite),
            ``saturate``, ``confine`` (the same for a scalar, whose tensors may be float32), ``positive`` (a
            positive value that stays so), ``apart`` (the same for a scalar, which is at least the one
            parameter).
        operands: earlier values: those of the operation, then its parameters as far as they need not be
            literal numbers, then what the operation is given beside them: dropout its draw, a weighted mean
            one minus its weight.
        parameters: the exact parameters that shape the code, such as an exponent; of a setting its default.
        kind: how much of a training it belongs to.
        range: an enclosure of the value, with what guards put in.
        guarded: whether the ranges of the operands reach a singular point (see ``Singularity``).
        number: the value of a constant.
        slot: index of the state slot, that of a copy included, or number of the draw.
        label: what the value is, where it has a name of its own (``v_hat``, ``a4``).
    """

    operation: str
    operands: tuple[Value, ...] = ()
    parameters: tuple[Rational, ...] = ()
    kind: Kind = Kind.TENSOR
    range: Interval = REALS
    guarded: bool = False
    number: float = 0.0
    slot: int = 0
    label: str = ""

    @property
    def is_constant(self) -> bool:
        """Whether it is a literal or folded number."""
        return self.operation == "constant"


def reachable(roots: Iterable[Value]) -> set[Value]:
    """Return the values that roots are computed from, themselves included."""
    found: set[Value] = set()
    stack = list(roots)
    while stack:
        value = stack.pop()
        if value not in found:
            found.add(value)
            stack.extend(value.operands)
    return found


@dataclass(frozen=True, slots=True)
class Slot:
    """What lives from one step to the next.

    Attributes:
        name: key in the optimizer's state.
        description: its recursion in plain text.
        expression: the state-holding node (for an average ``ema``, whether it is corrected or not), or the
            leaf that stands for the momentum.
        old: value at the beginning of a step.
        new: value that the step leaves.
        kind: whether it is a tensor, a number for each row or column, one for the tensor, or of the step.
        start: value before the first step; ``None`` for zero, and where something else says it.
        first: the same where states are made before there is a gradient, as a number or a setting; a start
            that is neither is a choice of the first step.
        double: whether it is kept in double precision whatever the type of the weights: a function of the
            step.
    """

    name: str
    description: str
    expression: Basic
    old: Value
    new: Value
    kind: Kind = Kind.TENSOR
    start: Value | None = None
    double: bool = False
    first: Basic = ZERO

    def describe(self) -> str:
        """Return name and recursion in one line."""
        return f"{self.name}: {self.description}"


@dataclass(frozen=True, slots=True)
class Setting:
    """A number of a rule that users may set, constant along a training.

    Attributes:
        name: in generated code.
        default: the number in the rule.
        domain: the numbers that are allowed.
        description: what it is or acts on.
        value: its value in the program.
    """

    name: str
    default: Rational
    domain: Interval
    description: str
    value: Value


@dataclass(frozen=True, slots=True)
class Program:
    """What a backend prints and the interpreter runs.

    Attributes:
        momentum: momentum type.
        update: the update ``U``, with the sign of ascent; for a schedule its factor, of kind step or number.
        change: what a step adds to the weights; for a schedule the factor.
        values: every value, operands before users.
        slots: state of one parameter tensor; that of the momentum is the last.
        draws: numbers of the dropout masks, in the order of drawing.
        needs_total_steps: whether a decay function occurs.
        settings: what users may set, in the order of its first use.
        unbounded: whether finite gradients may take weights beyond their type, so that their sum with the
            change is to be cut.
        replaces: whether ``change`` is the new weight itself, and no sum is left to do.
        first_moments: names of the settings that are coefficients of averages of the gradient.
    """

    momentum: Momentum
    update: Value
    change: Value
    values: tuple[Value, ...]
    slots: tuple[Slot, ...] = ()
    draws: tuple[int, ...] = ()
    needs_total_steps: bool = False
    settings: tuple[Setting, ...] = ()
    unbounded: bool = False
    replaces: bool = False
    first_moments: frozenset[str] = frozenset()

    @property
    def elementwise(self) -> bool:
        """Whether the update of an element depends on that element alone, so that tensors may be cut."""
        return self.divisible and all(slot.kind is Kind.TENSOR for slot in self.slots)

    @property
    def divisible(self) -> bool:
        """Whether each part of a tensor can be updated by itself, given numbers of the step."""
        return not any(
            value.operation in REGISTRY
            and (REGISTRY[value.operation].role is Role.REDUCTION or value.operation in SHAPE)
            for value in self.values
        )

    @property
    def read_late(self) -> set[Slot]:
        """The states whose old value is read by more than their new one, so that both need a name."""
        needed = self.needed
        late = set()
        for slot in self.slots:
            own = reachable([slot.new])
            if slot.old is self.change or any(slot.old in v.operands and v not in own for v in needed):
                late.add(slot)
        return late

    @property
    def doubles(self) -> frozenset[Value]:
        """Numbers and conditions that states in double precision are part of, and nothing of the tensor."""
        found: set[Value] = set()
        neutral: set[Value] = set()
        for value in self.values:
            if value.operation == "state" and self.slots[value.slot].double:
                found.add(value)
            elif value.kind.of_step or value.is_constant:
                neutral.add(value)
            elif (
                value.kind is Kind.SCALAR
                and value.operands
                and found.union(neutral).issuperset(value.operands)
            ):
                (neutral if neutral.issuperset(value.operands) else found).add(value)
        return frozenset(found)

    @property
    def roots(self) -> list[Value]:
        """What a step computes: the change of the weights and the new states."""
        return list(dict.fromkeys((self.change, *(slot.new for slot in self.slots))))

    @property
    def own_slots(self) -> list[Slot]:
        """The states of each parameter."""
        return [slot for slot in self.slots if slot.kind is not Kind.GLOBAL]

    @property
    def common_slots(self) -> list[Slot]:
        """The states that are one number for all parameters."""
        return [slot for slot in self.slots if slot.kind is Kind.GLOBAL]

    @property
    def cycles(self) -> bool:
        """Whether a step needs the momentum coefficient, which schedulers cycle."""
        return any(value.operation == "mu" for value in self.needed)

    @property
    def starts(self) -> list[Value]:
        """What states are before the first step, zeros left out."""
        return [slot.start for slot in self.slots if slot.start is not None]

    @property
    def needed(self) -> list[Value]:
        """The values that a step computes, operands before users."""
        found = reachable(self.roots)
        return [value for value in self.values if value in found]
