"""A builder of values: equal ones are one, constants are folded, guards stand where ranges ask for them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

from sympy.core.numbers import Rational

from nos_sym.intervals import interval as iv
from nos_sym.intervals.floats import FLOATS
from nos_sym.intervals.interval import Interval
from nos_sym.language.kind import Kind, join
from nos_sym.language.operation import Operation, Role, reference_of
from nos_sym.language.registry import REGISTRY
from nos_sym.language.singularity import DIVISION, POWER
from nos_sym.program.guards import Guards, arguments_of
from nos_sym.program.program import Value
from nos_sym.program.saturation import (
    JUMPING,
    LARGEST,
    PASSING,
    ROOM,
    SMALLEST,
    SMALLEST_SCALAR,
    SUMS,
    overflows,
    saturated,
    underflows,
)

Native: TypeAlias = Callable[[Operation, Kind], bool]
"""Whether who reads a program computes an operation of a kind itself, so that no definition is needed."""


def has_reference(operation: Operation, kind: Kind) -> bool:
    """Say for NumPy which operations it computes itself: those whose record has a formula."""
    return operation.meaning.reference is not None


class Builder:
    """Makes the values of one program.

    Attributes:
        values: all values, operands before users.
        native: which operations are kept as they are.
        guards: treatment of singular points; only the project's own lets ranges decide.
        saturating: whether values stay within the numbers of their type.
        written: whether what is built stands in the rule, and not in the definition of a state.
    """

    def __init__(
        self, native: Native = has_reference, guards: Guards = Guards.POLICY, *, saturating: bool = False
    ) -> None:
        self.values: list[Value] = []
        self.native = native
        self.guards = guards
        self.saturating = saturating
        self.written = True
        self._shared: dict[Any, Value] = {}

    def add(self, value: Value) -> Value:
        """Return a value that is like no other."""
        self.values.append(value)
        return value

    def share(self, value: Value) -> Value:
        """Return the value that was made before and is equal, or this one."""
        key = (
            value.operation, value.kind, tuple(id(o) for o in value.operands), value.parameters,
            value.guarded, value.number, str(value.number), value.slot,
            value.range if value.is_constant else None,
        )  # fmt: skip
        if key not in self._shared:
            self._shared[key] = self.add(value)
        return self._shared[key]

    def constant(self, number: float, enclosure: Interval | None = None) -> Value:
        """Return the value of a literal or folded number."""
        enclosure = enclosure or Interval(number, number)
        return self.share(Value("constant", kind=Kind.NUMBER, number=number, range=enclosure))

    def tensor(self, value: Value) -> Value:
        """Return a value spread over the shape of the weights, itself where it has that shape."""
        if value.kind is Kind.TENSOR:
            return value
        return self.share(Value("fill", (value,), range=value.range))

    def absolute(self, value: Value) -> Value:
        """Return ``|value|``, which is the value itself where its range says so."""
        return self.value("abs", (value,))

    def finite(self, value: Value) -> Value:
        """Return a value within the numbers of its type, itself where its range says so."""
        if not self.saturating or value.is_constant or not overflows(value.range):
            return value
        name = "confine" if value.kind.of_step else "saturate"
        return self.share(Value(name, (value,), kind=value.kind, range=saturated(value.range)))

    def _positive(self, value: Value) -> Value:
        """Return a value of no sign that is not zero where it underflows, nor where it is."""
        enclosure = saturated(iv.maximum(value.range, Interval(SMALLEST, SMALLEST)))
        return self.share(Value("positive", (value,), kind=value.kind, range=enclosure))

    def _apart(self, value: Value, kind: Kind) -> Value:
        """Return an operand, of an operation of a kind, that is nowhere zero by underflow."""
        floor = SMALLEST_SCALAR if kind.of_step else SMALLEST
        if value.is_constant or not underflows(value.range, floor):
            return value
        if value.range.can_be_negative:
            return self.value("neg", (self._apart(self.value("neg", (value,)), kind),))
        if not value.kind.of_step:
            return self._positive(value)
        enclosure = iv.maximum(value.range, Interval(floor, floor))
        return self.share(Value("apart", (value,), (Rational(floor),), value.kind, enclosure))

    def _nowhere_zero(self, name: str, operands: tuple[Value, ...], kind: Kind) -> tuple[Value, ...]:
        """Return the operands of an operation, with the one that jumps at zero apart from it."""
        index = JUMPING.get(name)
        if index is None or (name == "abspow" and operands[1].range.nonnegative):
            return operands
        apart = self._apart(operands[index], kind)
        if name != "div" and apart is not operands[index]:
            apart.label = apart.label or "nonzero"
        return (*operands[:index], apart, *operands[index + 1 :])

    def _where_present(self, zeros: list[Value], dividend: Value, divisor: Value, label: str) -> Value:
        """Return a quotient that is zero where scalars are; a divisor that underflows is none for that."""
        quotient = self.value("div", (dividend, self._positive(divisor)))
        for scalar in zeros:
            present = self.value("sign", (scalar,), label="present")
            quotient = self.value("mul", (present, quotient), label=label)
        return quotient

    def value(
        self, name: str, operands: tuple[Value, ...], parameters: tuple[Rational, ...] = (), label: str = ""
    ) -> Value:
        """Return the value of an operation, shared, folded where every operand is constant."""
        simpler = self._simplified(name, operands, parameters)
        if simpler is not None:
            return simpler
        operation = REGISTRY[name]
        kind = join(o.kind for o in operands)
        if operation.role in (Role.REDUCTION, Role.RANDOM):
            kind = operation.kind or Kind.TENSOR
        if not kind.of_step and name not in PASSING:
            operands = tuple(self.finite(o) for o in operands)
            if self.saturating and name in SUMS and overflows(operands[0].range, LARGEST / ROOM):
                return self._sum_of_large(name, operands[0], label)
        guarded = self._is_guarded(operation, operands)
        ours = self.guards is Guards.POLICY
        if all(o.is_constant for o in operands) and (ours or operation.meaning.singularity is None):
            number = _folded(operation, operands, parameters, guarded)
            return self.constant(number, self._around(number, operation, operands, parameters))
        if guarded and ours and operation.meaning.singularity is DIVISION:
            divisor = operands[-1]
            if divisor.is_constant:  # the guard of a constant is decided here
                if divisor.number == 0:
                    return self.constant(0.0)
                guarded = False
            elif name == "div" and divisor.kind.of_step and not kind.of_step:
                # The guard of a scalar is decided once a step, not for every element.
                inverse = self.value("div", (self.constant(1.0), divisor))
                return self.value("mul", (operands[0], inverse), label=label)
            elif self.saturating and name == "div" and divisor.kind is Kind.TENSOR:
                zeros = _zeros(divisor)
                if zeros is not None:
                    return self._where_present(zeros, operands[0], divisor, label)
                if 0 in operands[0].range:
                    # A library may multiply a scalar by the reciprocal, and 0 times infinity is not a number.
                    operands = self.tensor(operands[0]), divisor
        if self.saturating:
            operands = self._nowhere_zero(name, operands, kind)
        if guarded and ours and operation.meaning.singularity is POWER and operands[1].is_constant:
            guarded = operands[1].number < 0
        enclosure = self.enclosure(operation, operands, parameters)
        return self.share(Value(name, operands, parameters, kind, enclosure, guarded, label=label))

    def _sum_of_large(self, name: str, entries: Value, label: str) -> Value:
        """Return a sum or mean of entries that may be so large that sums of some of them are infinite."""
        small = self.value("mul", (entries, self.constant(1 / ROOM)))
        return self.value("mul", (self.value(name, (small,)), self.constant(ROOM)), label=label)

    def _around(
        self,
        number: float,
        operation: Operation,
        operands: tuple[Value, ...],
        parameters: tuple[Rational, ...],
    ) -> Interval:
        """Return an interval that holds a folded number and the exact one, which may be another."""
        if not math.isfinite(number):
            return Interval(number, number)
        return self.enclosure(operation, operands, parameters).hull(iv.point(number))

    def enclosure(
        self, operation: Operation, operands: tuple[Value, ...], parameters: tuple[Rational, ...] = ()
    ) -> Interval:
        """Return the range of an operation over values, with what its guard puts in."""
        ranges = [o.range for o in operands]
        if operation.name == "mul" and operands[0] is operands[1]:
            return iv.multiply(ranges[0].absolute(), ranges[0].absolute())
        formula = operation.meaning.range
        enclosure = formula(*arguments_of(operation, ranges, parameters))
        singularity = operation.meaning.singularity
        if singularity is None or not singularity.reached(ranges):
            return enclosure
        return singularity.enclosure(ranges, enclosure, formula)

    def _is_guarded(self, operation: Operation, operands: tuple[Value, ...]) -> bool:
        singularity = operation.meaning.singularity
        if singularity is None or self.guards is Guards.NONE:
            return False
        if self.guards is Guards.AUTHORS:
            return self.written
        return singularity.reached([o.range for o in operands])

    def _simplified(
        self, name: str, operands: tuple[Value, ...], parameters: tuple[Rational, ...]
    ) -> Value | None:
        """Return a simpler value that is equal, or ``None``."""
        if all(o.is_constant for o in operands):
            return None
        if name == "id" or (name == "abs" and operands[0].range.nonnegative):
            return operands[0]
        if name == "mul":
            for one, other in (operands, operands[::-1]):
                if one.is_constant and one.number == 1:
                    return other
        if name == "div" and operands[1].is_constant and operands[1].number == 1:
            return operands[0]
        if name == "pow" and parameters[0] > 2:
            # Repeated products, not a library's power: every backend computes the same digits.
            result = self.value(name, operands, (Rational(2),))
            for _ in range(int(parameters[0]) - 2):
                result = self.value("mul", (result, operands[0]))
            return result
        return None


def _zeros(value: Value) -> list[Value] | None:
    """Return the scalars at whose zeros a value of no sign is zero, and nowhere else; ``None`` if unknown."""
    if 0 not in value.range:
        return []
    if not value.range.nonnegative:
        return None
    if value.kind.of_step:
        return [value]
    if value.operation not in ("mul", "scale", "min", "clip"):
        return None
    found: dict[Value, None] = {}
    for operand in value.operands:
        zeros = _zeros(operand)
        if zeros is None:
            return None
        found |= dict.fromkeys(zeros)
    return list(found)


def _folded(
    operation: Operation, operands: tuple[Value, ...], parameters: tuple[Rational, ...], guarded: bool
) -> float:
    """Return the value of an operation over constants, in binary64 and with the guard of arrays."""
    numbers = [o.number for o in operands]
    reference = reference_of(operation)
    if guarded and operation.meaning.singularity is not None:
        return float(operation.meaning.singularity.total(FLOATS, reference, numbers))
    return float(reference(FLOATS, *arguments_of(operation, numbers, parameters)))
