"""Kinds of atoms: what the kernel may use of an atom besides its digest, in one place.

An atom is made by the kernel itself (a sum that stays one factor, a prime, a dropout mask), or it is an
operation of the language that some constructor keeps in normal form (``tanh``, ``ema``), or it is *opaque*:
an operation that the algebra has no rule for. Every operation is a total function of real numbers. Beyond
that every field of :class:`Kind` defaults to *unknown*, and unknown is what an opaque atom is: a tensor that
varies from step to step, whose zeros, sign and parity nobody knows. A fact is used only where the operation's
record implies it (:func:`_derived`) or where it is stated here, or by a plug-in, for the one kind it belongs
to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sympy.core.numbers import Rational

from nos_sym.errors import RuleError
from nos_sym.intervals.interval import Interval
from nos_sym.language.kind import Kind as ValueKind
from nos_sym.language.operation import Monotone, Operation, Parity, Role
from nos_sym.language.registry import REGISTRY

Bounds = tuple[float, float]

REALS: Bounds = (float("-inf"), float("inf"))
_UNIT: Bounds = (0.0, 1.0)
_SMALL = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kind:
    """Facts that hold for every atom of one kind. The defaults claim nothing.

    Attributes:
        op: name of the kind.
        spelling: what digests call it; the record's ``digest`` for an operation of the language.
        tensor: whether an atom may differ between entries of a tensor even where its arguments do not.
        varying: whether an atom may change from step to step even where its arguments do not.
        elementwise: whether an entry at a step depends on the same entry of its arguments at the same step
            alone.
        parity: behavior under a change of sign of its only argument.
        nonzero: whether it is never zero, on no history and at no step.
        free: whether it may take any value, whatever the other leaves are: it is zero on a null set of
            histories.
        zero_with_argument: whether it is zero wherever its only argument is, entry by entry.
        zero_with_argument_only: whether it is zero nowhere else.
        zero_at_rest: whether it is zero at a step where all gradients and weights so far are zero, given
            that its arguments are.
        analytic: whether it is an analytic function of its arguments, or of those of all steps so far.
        linear_filter: whether it is a linear recursion that starts from zero, so that two of them commute.
        divisible: whether a power of it is a power of one atom, so that dividing by it ends.
        slope: a number c with ``|f(x)| <= c |x|``, entry by entry; ``None`` where none is known.
        increasing: whether it is an increasing function of its only argument.
        zero_at_start: whether it is zero at the first step of a parameter.
        held: whether it is what the step before left, of which bounds and start are all that is known.
        bounds: bounds of a kind without arguments.
        operation: the record of an opaque operation, whose range bounds its atoms; else ``None``.
    """

    op: str
    spelling: str
    tensor: bool = True
    varying: bool = True
    elementwise: bool = False
    parity: Parity = Parity.NONE
    nonzero: bool = False
    free: bool = False
    zero_with_argument: bool = False
    zero_with_argument_only: bool = False
    zero_at_rest: bool = False
    analytic: bool = False
    linear_filter: bool = False
    divisible: bool = False
    slope: Fraction | None = None
    increasing: bool = False
    zero_at_start: bool = False
    held: bool = False
    bounds: Bounds | None = None
    operation: Operation | None = None


_OPAQUE = "operation:"
"""Begins the names and spellings of opaque kinds, which can then be no name of the kernel's own."""

STEP = _OPAQUE + "t"
"""The kind of the count of steps of a parameter."""

_STATE = {"divisible": True, "held": True, "bounds": REALS}

# The kernel's own kinds: no operation of the language has their names in a digest.
_OWN: dict[str, dict[str, Any]] = {
    "sum": {"tensor": False, "varying": False, "zero_at_rest": True, "analytic": True},
    "product": {"tensor": False, "varying": False},
    "prime": {"tensor": False, "varying": False, "nonzero": True},
    "mask": {},
    # A linear recursion from zero without a word of its own: a delay, a running sum.
    "filter": {"tensor": False, "divisible": True},
    # The same with a growth that is a constant but no rational number, one step late.
    "geometric": {"tensor": False, "divisible": True, "zero_at_start": True},
    # A number that users set, where its default does not stand for it.
    "setting": {"tensor": False, "varying": False, "divisible": True},
    # What the step before left in a state of a block, by what is known of its start and its sign.
    "state": _STATE,
    "state+": _STATE | {"bounds": (0.0, REALS[1])},
    "state from 0": _STATE | {"zero_at_start": True},
    "state+ from 0": _STATE | {"bounds": (0.0, REALS[1]), "zero_at_start": True},
}

# Operations of which a constructor makes atoms: what their records do not imply.
_STATED: dict[str, dict[str, Any]] = {
    "g": {"free": True, "zero_at_rest": True, "analytic": True, "divisible": True, "bounds": REALS},
    "w": {"free": True, "zero_at_rest": True, "analytic": True, "divisible": True, "bounds": REALS},
    "p": {"divisible": True, "bounds": _UNIT},
    "r": {"divisible": True, "bounds": _UNIT},
    "remaining": {"divisible": True, "bounds": _UNIT},
    "correction": {"nonzero": True, "divisible": True, "bounds": _UNIT},
    "exp": {"nonzero": True, "analytic": True},
    "ln": {"analytic": True, "divisible": True},
    "abspow": {"divisible": True},
    "cospi": {"divisible": True},
    "tanh": {"analytic": True, "divisible": True, "slope": Fraction(1)},
    "arctan": {"analytic": True, "divisible": True, "slope": Fraction(1)},
    "arcsinh": {"analytic": True, "divisible": True, "slope": Fraction(1)},
    # The slope at 0 is 2 / sqrt(pi), and 1/2.
    "erf": {"analytic": True, "divisible": True, "slope": Fraction(1129, 1000)},
    "i1e": {"analytic": True, "divisible": True, "slope": Fraction(1, 2)},
    "max": {"divisible": True},
    "min": {"divisible": True},
    "ema": {"zero_at_rest": True, "analytic": True, "linear_filter": True, "divisible": True},
    "delta": {"zero_at_rest": True, "analytic": True, "linear_filter": True, "divisible": True,
              "bounds": REALS},
    "running_max": {"divisible": True},
    # A factor that is never negative and the same for all entries, times its argument.
    "clip_norm": {"parity": Parity.ODD, "zero_with_argument": True, "zero_with_argument_only": True,
                  "divisible": True, "slope": Fraction(1)},
}  # fmt: skip

_OF_PLUGINS: dict[str, dict[str, Any]] = {}
_PLUGIN_FACTS = frozenset({"zero_with_argument_only", "analytic", "divisible", "nonzero"})
_FOUND: dict[str, Kind] = {}


def kind_of(op: str) -> Kind:
    """Return the kind of the kernel's own atoms, or of an operation that has a constructor."""
    found = _FOUND.get(op)
    if found is None:
        own = _OWN.get(op)
        if own is not None:
            found = Kind(op=op, spelling=op, **own)
        elif op not in _STATED:
            raise RuleError(f"the kernel has no constructor for '{op}'; its form may use 'opaque'")
        else:
            record = REGISTRY[op]
            found = Kind(op=op, spelling=record.digest, **(_derived(record) | _STATED[op]))
        _FOUND[op] = found
    return found


def opaque_kind(operation: Operation) -> Kind:
    """Return the kind of an operation that the algebra has no rule for."""
    name = _OPAQUE + operation.name
    found = _FOUND.get(name)
    if found is None or found.operation is not operation:
        facts = _derived(operation) | _OF_PLUGINS.get(operation.name, {})
        found = Kind(op=name, spelling=_OPAQUE + operation.digest, operation=operation, **facts)
        _FOUND[name] = found
    return found


def state_facts(name: str, **facts: Any) -> None:
    """State facts of an operation that its record does not imply; a false fact makes false proofs.

    Call it where the operation is registered: forms made before do not know the facts.

    Args:
        name: of an operation without a form, as it stands in the registry.
        facts: fields of :class:`Kind`: ``analytic``, ``nonzero``, ``zero_with_argument_only``, ``divisible``.

    Raises:
        RuleError: a fact that cannot be stated, or is stated twice.
    """
    unknown = set(facts) - _PLUGIN_FACTS
    if unknown:
        expected = ", ".join(sorted(_PLUGIN_FACTS))
        raise RuleError(f"facts of '{name}': '{min(unknown)}' cannot be stated; expected {expected}")
    if name in _OF_PLUGINS:
        raise RuleError(f"facts of '{name}' are stated twice; state them in one call")
    _OF_PLUGINS[name] = facts
    _FOUND.pop(_OPAQUE + name, None)


def forget_facts(name: str) -> None:
    """Take back what was stated of an operation."""
    _OF_PLUGINS.pop(name, None)
    _FOUND.pop(_OPAQUE + name, None)


def _derived(operation: Operation) -> dict[str, Any]:
    """Return what the record of an operation implies."""
    if operation.role is Role.LEAF:
        of_step = operation.kind is not None and operation.kind.of_step
        return {"tensor": not of_step, "varying": operation.kind is not ValueKind.NUMBER}
    if operation.role is not Role.ELEMENTWISE:
        return {}
    facts: dict[str, Any] = {"tensor": False, "varying": False, "elementwise": True}
    if operation.arity != 1:
        return facts
    facts["parity"] = operation.meaning.parity
    facts["increasing"] = not operation.parameters and operation.meaning.monotone is Monotone.INCREASING
    if operation.parameters or operation.meaning.parity is not Parity.ODD:
        return facts
    near = range_by_record(operation, [(-_SMALL, _SMALL)], [])
    # An odd function that is finite around 0 is 0 at 0.
    vanishes = REALS[0] < near[0] and near[1] < REALS[1]
    facts |= {"zero_with_argument": vanishes, "zero_at_rest": vanishes}
    positive = _range(operation, [Interval(0.0, REALS[1], low_open=True)], [])
    facts["zero_with_argument_only"] = vanishes and 0 not in positive
    return facts


def range_by_record(
    operation: Operation, operands: Sequence[Bounds], parameters: Sequence[Fraction | None]
) -> Bounds:
    """Return bounds of an operation by its record: all reals where a parameter is no number."""
    if None in parameters:
        return REALS
    intervals = [Interval(low, high) for low, high in operands]
    singularity = operation.meaning.singularity
    if singularity is not None and singularity.reached(intervals):
        return REALS
    found = _range(operation, intervals, [p for p in parameters if p is not None])
    return found.low, found.high


def _range(operation: Operation, operands: list[Interval], parameters: list[Fraction]) -> Interval:
    exact = [Rational(p.numerator, p.denominator) for p in parameters]
    try:
        return operation.meaning.range(*operands, *exact)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        shown = ", ".join(map(str, operands))
        raise RuleError(f"operation '{operation.name}': its range of {shown} failed: {error}") from error
