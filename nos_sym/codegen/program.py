"""The program form of a rule: values in static single assignment, state slots and dropout draws."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.language.interval import REALS, Interval
from nos_sym.language.rule import Momentum


class Rate(IntEnum):
    """How often a value changes: never, every step, or with every element of every step."""

    CONSTANT = 0
    STEP = 1
    TENSOR = 2


@dataclass(slots=True, eq=False)
class Value:
    """One value of a program; identity is equality, because the lowering shares equal values.

    Only the lowering changes a value, and only its ``label`` and ``range``.

    Attributes:
        operation: name in the registry, or ``constant``, ``state`` (the old value of a slot), ``draw`` or
            ``fill`` (a scalar spread over the shape of the weights).
        operands: earlier values.
        parameters: exact parameters of the operation.
        rate: how often it changes.
        range: an enclosure of the value.
        guarded: whether the operand's range reaches a singular point (see the registry's ``Guard``).
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
    """

    momentum: Momentum
    update: Value
    values: tuple[Value, ...]
    slots: tuple[Slot, ...] = ()
    draws: tuple[int, ...] = field(default=())
    needs_total_steps: bool = False
