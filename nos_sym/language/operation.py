"""The record that describes one operation of the language, and nothing but descriptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from nos_sym.intervals.interval import REALS, Interval


class Kind(Enum):
    """What an expression is: an exact number, a scalar function of the step, or a tensor."""

    NUMBER = "a number"
    DECAY = "a decay function"
    TENSOR = "a tensor"


class Role(Enum):
    """How an operation acts on its arguments."""

    LEAF = "leaf"
    ELEMENTWISE = "elementwise"
    REDUCTION = "whole tensor"
    STATE = "state-holding"
    RANDOM = "random"
    SCALE = "decay times tensor"


class Parity(Enum):
    """Behavior under a change of sign of the only argument."""

    ODD = "odd"
    EVEN = "even"
    NONE = "neither"


class Guard(Enum):
    """What the numeric layer does at a singular point that the operand's range reaches.

    The meaning of a rule is the real-valued expression; a guard is placed only where the interval of the
    operand contains the singularity, and then it is the same in the interpreter and in every backend.
    ``TINY`` is 1e-30: below it a float32 quotient of an ordinary number may overflow.
    """

    NONE = "no singular point"
    QUOTIENT = "0 where |divisor| <= TINY"
    LOGARITHM = "ln(max(|x|, TINY))"
    POWER = "0 where |base| <= TINY and the exponent is negative"


TINY = 1e-30
"""Threshold of the guards; see :class:`Guard`."""

AUTHORS_EPSILON = 1e-7
"""What the authors' code adds to divisors and to arguments of logarithms."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """An exact number in the text of an operation, for example the beta of an average."""

    name: str
    low: float
    high: float
    low_open: bool = False
    high_open: bool = False
    integer: bool = False

    @property
    def interval(self) -> Interval:
        """The values that are allowed."""
        return Interval(self.low, self.high, self.low_open, self.high_open)


@dataclass(frozen=True, kw_only=True, eq=False)
class Operation:
    """One operation of the language.

    Attributes:
        name: spelling in the project's syntax; also the key of the registry.
        title: what it is, in words.
        computes: the formula in plain text, with x and y for the arguments.
        source: where it comes from, for example ``Table 3``.
        arity: number of arguments, without parameters.
        role: how it acts.
        kind: kind of a leaf; ``None`` where the kind follows from the arguments.
        parameters: exact numbers that follow the arguments.
        optional: whether the last parameter may be left out (the draw of a dropout mask).
        aliases: other spellings that the parser accepts.
        commutative: whether the two arguments may be exchanged.
        parity: behavior under a change of sign of the argument.
        standard: whether a reader knows it without a definition.
        absolute: whether the first argument enters by its absolute value only.
        interval: range of the result, given the intervals of the arguments.
        reference: the definition, ``reference(xp, *arguments, *parameters)``, where ``xp`` offers the
            functions of NumPy and SciPy over arrays, or the same over Python floats.
        guard: what happens at a singular point.
        definition: the same operation written with others, for the backends that do not spell it.
        spelling: backend to a format string of the arguments, where the backend has the operation.
            A key with ``_scalar`` serves a tensor with a scalar, one with ``_guarded`` applies the guard,
            one with ``_small`` takes arguments from -1 to 1, one with ``_step`` serves scalars of the step,
            one with ``_plain`` minimal files. A name without a module is that of a function that the rendered
            file defines, see ``backends/functions``.
        latex: format string of the arguments and parameters; the LaTeX printer documents its fields.
        latex_definition: what the LaTeX of a rule says about a name that is not standard, or the recursion of
            a state with the fields ``{previous}`` and ``{0}``.
        sympy: plain SymPy, given the arguments.
        authors: format string in the authors' log, in an update equation.
        authors_decay: the same in a decay function.
        authors_values: values of the first parameter that the authors' log can express.
        authors_literals: numbers that the log allows as the last argument of an update, beside the operands.
        noun: what a temporary that holds the result is called in generated code.
    """

    name: str
    title: str
    computes: str
    source: str
    arity: int
    role: Role
    latex: str
    reference: Callable[..., Any]
    sympy: Callable[..., Any]
    kind: Kind | None = None
    parameters: tuple[Parameter, ...] = ()
    optional: bool = False
    aliases: tuple[str, ...] = ()
    commutative: bool = False
    parity: Parity = Parity.NONE
    standard: bool = False
    absolute: bool = False
    interval: Callable[..., Interval] = field(default=lambda *_: REALS)
    guard: Guard = Guard.NONE
    definition: Callable[..., Any] | None = None
    spelling: Mapping[str, str] = field(default_factory=dict)
    latex_definition: str = ""
    authors: str | None = None
    authors_decay: str | None = None
    authors_values: tuple[str, ...] = ()
    authors_literals: tuple[str, ...] = ()
    noun: str = ""

    @property
    def in_decays(self) -> bool:
        """Whether the operation may act on decay functions."""
        return self.role is Role.ELEMENTWISE or self.kind is Kind.DECAY
