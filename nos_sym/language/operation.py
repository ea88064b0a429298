"""The record that describes one operation of the language, and nothing but descriptions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sympy.core.basic import Basic

from nos_sym.errors import RuleError
from nos_sym.intervals.interval import REALS, Interval
from nos_sym.language.kind import Kind
from nos_sym.language.singularity import Singularity


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
    NONE = "unknown"


class Monotone(Enum):
    """Whether a function of one argument rises or falls, in the wide sense."""

    INCREASING = "increasing"
    DECREASING = "decreasing"
    UNKNOWN = "unknown"


AUTHORS_EPSILON = 1e-7
"""What the authors' code adds to divisors and to arguments of logarithms."""

RENAMED: dict[str, str] = {"norm": "clip_norm"}
"""Former names of operations, which stored rules and genomes may have, to their names of today.

A former name is never given to another operation, so that what was stored keeps its meaning.
"""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that follows the operands of an operation, for example the beta of an average.

    Attributes:
        name: what it is called.
        low: least value.
        high: largest value.
        low_open: whether the least value is left out.
        high_open: whether the largest value is left out.
        integer: whether it is an integer.
        literal: whether it must be written as digits, because it shapes the code: an exponent, a draw.
        fixed: why it must be the same at every step, in words; empty where it may vary.
        setting: what it is to the users of an optimizer where nothing else is said, for example ``beta``;
            empty where it is fixed.
        default: what it is where a rule does not say it, as a text; such a parameter is written by its name.
            Empty for one that must be said.
    """

    name: str
    low: float
    high: float
    low_open: bool = False
    high_open: bool = False
    integer: bool = False
    literal: bool = False
    fixed: str = ""
    setting: str = ""
    default: str = ""

    @property
    def interval(self) -> Interval:
        """The values that are allowed."""
        return Interval(self.low, self.high, self.low_open, self.high_open)


@dataclass(frozen=True, kw_only=True, eq=False)
class Meaning:
    """What an operation computes, and the facts that follow from it.

    Whatever is not said is unknown: a range of all real numbers, no parity, no monotonicity. Whoever reads
    the record (interpreter, range analysis, algebra, printers) may use what it says and nothing else.

    Attributes:
        range: range of the result, given the intervals of the operands and the parameters.
        reference: the formula, ``reference(xp, *operands, *parameters)``, where ``xp`` offers the functions
            of
            NumPy and SciPy over arrays, or the same over Python floats; ``None`` where the operation has only
            a ``definition`` or a state. A leaf gets the environment of the step in place of operands, dropout
            its uniform numbers before them.
        singularity: where the formula has no value, and the value there; ``None`` for a formula that is
        total. parity: behavior under a change of sign of the only operand.
        monotone: whether the result rises or falls with the only operand.
        commutative: whether the two operands may be exchanged.
        absolute: whether the first operand enters by its absolute value only.
        definition: the same operation written with others, given operands and parameters.
    """

    range: Callable[..., Interval] = field(default=lambda *_: REALS)
    reference: Callable[..., Any] | None = None
    singularity: Singularity | None = None
    parity: Parity = Parity.NONE
    monotone: Monotone = Monotone.UNKNOWN
    commutative: bool = False
    absolute: bool = False
    definition: Callable[..., Basic] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Recursion:
    """The state of an operation: one tensor for each parameter tensor, 0 before the first step.

    The value of the operation at a step is the state that the step leaves.

    Attributes:
        step: the new state as an expression, ``step(previous, *operands, *parameters)``, where ``previous``
            stands for the state that the step before left.
        letter: what the state is called in rendered code, where nothing says more.
    """

    step: Callable[..., Basic]
    letter: str = "state"


@dataclass(frozen=True, kw_only=True, eq=False)
class Operation:
    """One operation of the language: a name, a meaning, and a state where it has one.

    How it is spelled stands with whoever spells it: in ``backends/<name>/spellings.py`` for code, in
    ``backends/latex/forms.py``, in ``language/authors/table.py`` for the authors' log, in
    ``language/plain_forms.py`` for SymPy's own functions.

    Attributes:
        name: spelling in the project's syntax; also the key of the registry.
        title: what it is, in words.
        computes: the formula in plain text, with x and y for the operands.
        source: where it comes from, for example ``Table 3``.
        arity: number of operands, without parameters.
        role: how it acts.
        kind: kind of a leaf; ``None`` where the kind follows from the operands.
        parameters: numbers that follow the operands.
        optional: whether the last parameter may be left out (the draw of a dropout mask).
        aliases: other spellings that the parser accepts.
        standard: whether a reader knows it without a definition.
        meaning: what it computes.
        state: its recursion, for a state-holding operation.
        digest: what digests of the canonical form call it; the name unless said otherwise, so that an
            operation
            can be renamed and every key stays.
        noun: what a temporary that holds the result is called in rendered code.
        logical: whether the result is a truth value, 1 or 0, which only conditions take.
        conditions: how many operands, from the first on, are truth values.
        any_total: whether a leaf of the step is there without the number of steps of the training.
        of_blocks: whether it came with blocks, so that a setting of an older rule may have its name.
    """

    name: str
    title: str
    computes: str
    source: str
    arity: int
    role: Role
    meaning: Meaning = field(default_factory=Meaning)
    state: Recursion | None = None
    kind: Kind | None = None
    parameters: tuple[Parameter, ...] = ()
    optional: bool = False
    aliases: tuple[str, ...] = ()
    standard: bool = False
    digest: str = ""
    noun: str = ""
    logical: bool = False
    conditions: int = 0
    any_total: bool = False
    of_blocks: bool = False

    def __post_init__(self) -> None:
        for name in (self.name, *self.aliases):
            if name in RENAMED:
                raise RuleError(f"'{name}' is the former name of '{RENAMED[name]}'; choose another name")
        if not self.digest:
            object.__setattr__(self, "digest", self.name)


def current_name(name: str) -> str:
    """Return today's name of an operation that a stored rule or genome names."""
    return RENAMED.get(name, name)


def reference_of(operation: Operation) -> Callable[..., Any]:
    """Return the formula of an operation over numbers.

    Raises:
        RuleError: the operation has none; its definition or its recursion says what it is.
    """
    if operation.meaning.reference is None:
        raise RuleError(f"operation '{operation.name}' has no formula over numbers")
    return operation.meaning.reference
