"""The program form of a rule: values in static single assignment, state slots and dropout draws."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, IntEnum

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.intervals.interval import REALS, Interval
from nos_sym.language.operation import Role
from nos_sym.language.registry import REGISTRY
from nos_sym.language.rule import Momentum


class Rate(IntEnum):
    """How often a value changes: never, every step, or with every element of every step."""

    CONSTANT = 0
    STEP = 1
    TENSOR = 2


@dataclass(slots=True, eq=False)
class Value:
    """One value of a program; identity is equality, because the lowering shares equal values.

    Only the lowering changes a value: its ``label`` and ``range``, and which beta a correction has.

    Attributes:
        operation: name in the registry, or ``constant``, ``state`` (the old value of a slot), ``draw``,
            ``tunable`` (a number that users may set) or ``fill`` (a scalar spread over the shape of the
            weights). An average has three operands: its old value, what is averaged, and beta.
        operands: earlier values.
        parameters: exact parameters of the operation.
        rate: how often it changes.
        range: an enclosure of the value.
        guarded: whether the operand's range reaches a singular point (see ``Singularity``).
        number: the value of a constant.
        slot: index of the state slot or number of the draw.
        label: what the value is, where it has a name of its own (``v_hat``, ``a4``).
    """

    operation: str
    operands: tuple[Value, ...] = ()
    parameters: tuple[Rational, ...] = ()
    rate: Rate = Rate.TENSOR
    range: Interval = REALS
    guarded: bool = False
    number: float = 0.0
    slot: int = 0
    label: str = ""


def reachable(roots: Iterable[Value]) -> set[Value]:
    """Return the values that roots are computed from, themselves included."""
    wanted: set[Value] = set()
    stack = list(roots)
    while stack:
        value = stack.pop()
        if value not in wanted:
            wanted.add(value)
            stack.extend(value.operands)
    return wanted


@dataclass(frozen=True, slots=True)
class Slot:
    """A tensor that lives from one step to the next, zero at the start.

    Attributes:
        name: key in the optimizer's state.
        description: its recursion in plain text.
        expression: the state-holding node (for an average ``ema``, whether it is corrected or not).
        old: value at the beginning of a step.
        new: value that the step leaves.
    """

    name: str
    description: str
    expression: Basic
    old: Value
    new: Value

    def describe(self) -> str:
        """Return name and recursion in one line."""
        return f"{self.name}: {self.description}"


class Setting(Enum):
    """What a tunable number is to the users of an optimizer."""

    BETA = "beta"
    WEIGHT_DECAY = "weight_decay"


@dataclass(frozen=True, slots=True)
class Tunable:
    """A number of a rule that users may set: the beta of an average, a factor of weight decay.

    Attributes:
        name: in generated code: ``beta`` or ``beta1``, ``beta2``, ...; ``weight_decay``, ``weight_decay2``.
        setting: what it is.
        default: the number in the rule.
        description: what it acts on.
        value: its value in the program.
    """

    name: str
    setting: Setting
    default: Rational
    description: str
    value: Value


@dataclass(frozen=True, slots=True)
class Program:
    """What a backend prints.

    Attributes:
        momentum: momentum type, which adds a slot ``momentum`` of its own in the templates.
        update: the update ``U``; for a schedule its factor, of rate STEP or CONSTANT.
        values: every value, operands before users.
        slots: state of one parameter tensor, without that of momentum.
        draws: numbers of the dropout masks, in the order of drawing.
        needs_total_steps: whether a decay function occurs.
        tunables: betas in the order of their averages, then factors of weight decay.
    """

    momentum: Momentum
    update: Value
    values: tuple[Value, ...]
    slots: tuple[Slot, ...] = ()
    draws: tuple[int, ...] = field(default=())
    needs_total_steps: bool = False
    tunables: tuple[Tunable, ...] = ()

    @property
    def elementwise(self) -> bool:
        """Whether the update of an element depends on that element alone, so that tensors may be cut."""
        return not any(
            value.operation in REGISTRY and REGISTRY[value.operation].role is Role.REDUCTION
            for value in self.values
        )

    def settings(self, setting: Setting) -> tuple[Tunable, ...]:
        """Return the tunable numbers of one setting."""
        return tuple(t for t in self.tunables if t.setting is setting)
