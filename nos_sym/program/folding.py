"""What is known of an operation before it runs: its value over constants, and its range."""

from __future__ import annotations

from sympy.core.numbers import Rational

from nos_sym.intervals import interval as iv
from nos_sym.intervals.floats import FLOATS
from nos_sym.intervals.interval import Interval
from nos_sym.language.operation import TINY, Guard, Operation
from nos_sym.program.program import Value


def enclose(operation: Operation, operands: tuple[Value, ...], parameters: tuple[Rational, ...]) -> Interval:
    """Return the range of an operation over values, without what its guard puts in."""
    ranges = [o.range for o in operands]
    if operation.name == "drop":
        return operation.interval(ranges[0], *parameters, 0)
    if operation.name == "mul" and operands[0] is operands[1]:
        return iv.multiply(ranges[0].absolute(), ranges[0].absolute())
    return operation.interval(*ranges, *parameters)


def fold(
    operation: Operation,
    operands: tuple[Value, ...],
    parameters: tuple[Rational, ...],
    guarded: bool,
) -> float:
    """Return the value of an operation over constants, in binary64 and with the guard of arrays."""
    numbers = [o.number for o in operands]
    if guarded:
        if operation.guard is Guard.QUOTIENT and abs(numbers[-1]) <= TINY:
            return 0.0
        if operation.guard is Guard.POWER and abs(numbers[0]) <= TINY and numbers[1] < 0:
            return 0.0
        if operation.guard is Guard.LOGARITHM:
            numbers[0] = max(abs(numbers[0]), TINY)
    return float(operation.reference(FLOATS, *numbers, *parameters))
