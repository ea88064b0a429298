"""What is known of an operation before it runs: its value over constants, and its range."""

from __future__ import annotations

from sympy.core.numbers import Rational

from nos_sym.intervals import interval as iv
from nos_sym.intervals.floats import FLOATS
from nos_sym.intervals.interval import Interval
from nos_sym.language.operation import Operation, reference_of
from nos_sym.program.program import Value


def enclose(operation: Operation, operands: tuple[Value, ...], parameters: tuple[Rational, ...]) -> Interval:
    """Return the range of an operation over values, without what its guard puts in."""
    ranges = [o.range for o in operands]
    if operation.name == "drop":
        return operation.meaning.range(ranges[0], *parameters, 0)
    if operation.name == "mul" and operands[0] is operands[1]:
        return iv.multiply(ranges[0].absolute(), ranges[0].absolute())
    return operation.meaning.range(*ranges, *parameters)


def fold(
    operation: Operation,
    operands: tuple[Value, ...],
    parameters: tuple[Rational, ...],
    guarded: bool,
) -> float:
    """Return the value of an operation over constants, in binary64 and with the guard of arrays."""
    numbers = [o.number for o in operands]
    reference = reference_of(operation)
    if guarded and operation.meaning.singularity is not None:
        return float(operation.meaning.singularity.total(FLOATS, reference, numbers))
    return float(reference(FLOATS, *numbers, *parameters))
