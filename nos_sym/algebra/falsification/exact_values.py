"""Exact values at a state: where the enclosure of an operand reaches a tie, its normal form may decide it.

A number is written with the constructors of the kernel over decimal inputs, so that ``0.35/0.35`` is 1 and
``max(0, r) - r`` is 0 for the root r of 1.3, which no precision would show. Values are made when they are
asked for; one that is not known, or too long to go on with, is ``None``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction

from sympy.core.basic import Basic

from nos_sym.algebra.falsification.exact_reductions import REDUCED
from nos_sym.algebra.falsification.reductions import TOTAL
from nos_sym.algebra.kernel import (
    HALF,
    Poly,
    absolute,
    add,
    as_number,
    clip,
    constant,
    even_cosine,
    exponential,
    general_power,
    inverse,
    logarithm,
    maximum,
    minimum,
    mul,
    odd,
    opaque,
    power,
    power_absolute,
    quotient,
    scaled,
    sign,
)
from nos_sym.intervals import interval as iv
from nos_sym.intervals.interval import Interval
from nos_sym.language.node import Node, kind_of
from nos_sym.language.numerals import exact_value
from nos_sym.language.operation import Role
from nos_sym.language.state import is_old_value, is_previous, next_state

_TERMS = 16
_BITS = 4096
"""Longest value that is gone on with: its terms, and a numerator or denominator."""

DIGITS = 9
"""Significant digits of the numbers that are shown."""

_NARROW = 1e-12
"""Relative width up to which an enclosure counts as known, far below the digits that are shown."""

LEAST_DIGITS = 6
"""Fewest digits to which a value is shown."""

Place = tuple["ExactValues", Basic]
"""The step at which a value was made, and what it was there."""


def decimal(x: float) -> Fraction:
    """Return the number that the shortest text of a float says."""
    return Fraction(repr(float(x)))


class ExactValues:
    """Exact values of one step.

    Args:
        ranges: enclosure of a value at an entry.
        shapes: of the parameters, whose entries stand one after the other.
        numbers: by the names of leaves, what they are, entry by entry or one number for all.
        places: of leaves that hold what was made before, its place.
        step: t.
    """

    def __init__(
        self,
        ranges: Callable[[Basic, int], Interval],
        shapes: Sequence[tuple[int, ...]],
        numbers: Mapping[str, Sequence[Fraction]],
        places: Mapping[Basic, Place],
        step: int,
    ) -> None:
        self.ranges = ranges
        self.shapes = shapes
        self.size = sum(map(math.prod, shapes))
        self.numbers = numbers
        self.places = places
        self.step = step
        self._known: dict[tuple[Basic, int], Poly | None] = {}
        self._settled = False

    def decided(self, node: Node, entry: int, found: Interval) -> Interval:
        """Return the enclosure of a node at a tie, given that by its operands: closer if it is known."""
        number = _number(self._bounded(node, entry))
        return found if number is None else iv.number(number)

    def shown(self, expression: Basic, entry: int) -> float | None:
        """Return a value rounded to the digits that are shown, or to fewer where no more are known.

        ``None`` where less than :data:`LEAST_DIGITS` are.
        """
        x = self.ranges(expression, entry)
        if x.low == x.high:
            return x.low
        if _agree(x, DIGITS) or x.high - x.low <= _NARROW * min(abs(x.low), abs(x.high)):
            # A narrow one about the middle of two such numbers may be rounded to either of them.
            return x.low / 2 + x.high / 2
        number = _number(self.value(expression, entry))
        if number is not None:
            with suppress(OverflowError):
                return float(number)
        known = (n for n in range(DIGITS - 1, LEAST_DIGITS - 1, -1) if _agree(x, n))
        digits = next(known, None)
        return None if digits is None else float(_text(x.low, digits))

    def value(self, expression: Basic, entry: int) -> Poly | None:
        """Return a value in normal form."""
        key = expression, 0 if kind_of(expression).of_step else entry
        if key not in self._known:
            self._settle()
            x = self.ranges(expression, entry)
            if x.low == x.high:
                self._known[key] = constant(Fraction(x.low))
            elif isinstance(expression, Node):
                self._known[key] = self._bounded(expression, entry)
            else:
                number = exact_value(expression)
                self._known[key] = None if number is None else constant(number)
        return self._known[key]

    def _settle(self) -> None:
        """Make what the steps before left, the first of them first: recursion ends within a step."""
        waiting: list[ExactValues] = []
        at: ExactValues | None = self
        while at is not None and not at._settled:
            at._settled = True
            waiting.append(at)
            at = next((values for values, _ in at.places.values()), None)
        for values in reversed(waiting):
            for leaf in values.places:
                for entry in range(self.size):
                    values.value(leaf, entry)

    def _bounded(self, node: Node, entry: int) -> Poly | None:
        found = self._made(node, entry)
        return found if found is not None and _is_short(found) else None

    def _made(self, node: Node, entry: int) -> Poly | None:
        operation, name = node.operation, node.operation.name
        if node in self.places:
            values, expression = self.places[node]
            return values.value(expression, entry)
        if operation.role is Role.LEAF:
            return self._leaf(node, entry)
        if operation.role is Role.REDUCTION:
            reduced = REDUCED.get(name)
            first, shape = (0, self.shapes[0]) if name == TOTAL else self._parameter(entry)
            size = self.size if name == TOTAL else math.prod(shape)
            row = [self.value(node.operands[0], i) for i in range(first, first + size)]
            known = [x for x in row if x is not None]
            return reduced(known, shape, entry - first) if reduced and len(known) == len(row) else None
        if operation.role is Role.STATE and operation.state is not None:
            return self.value(next_state(node), entry)
        operands = [self.value(x, entry) for x in node.operands]
        if name == "where":
            condition = _number(operands[0])
            return None if condition is None else operands[2 if condition == 0 else 1]
        if any(x is None for x in operands):
            return None
        made = _OPERATIONS.get(name)
        parameters = [exact_value(p) for p in node.parameters]
        if made is not None and None not in parameters:
            return made(*operands, *parameters)
        if operation.meaning.definition is not None:
            return self.value(operation.meaning.definition(*node.operands, *node.parameters), entry)
        if operation.role is not Role.ELEMENTWISE or None in parameters:
            return None
        return opaque(
            operation,
            [x for x in operands if x is not None],
            [p for p in parameters if p is not None],
        )

    def _parameter(self, entry: int) -> tuple[int, tuple[int, ...]]:
        """Return the first entry and the shape of the parameter that an entry is of."""
        first = 0
        for shape in self.shapes:
            if entry < first + math.prod(shape):
                break
            first += math.prod(shape)
        return first, shape

    def _leaf(self, node: Node, entry: int) -> Poly | None:
        if is_previous(node) or is_old_value(node):
            return None
        numbers = self.numbers.get(node.operation.name)
        if numbers is not None:
            return constant(numbers[entry if len(numbers) > 1 else 0])
        definition = node.operation.meaning.definition
        if definition is not None:
            return self.value(definition(*node.parameters), entry)
        if node.operation.name == "correction":
            beta = exact_value(node.parameters[0])
            if beta is not None and _bits(beta) * (self.step + 1) <= _BITS:
                return constant(1 - beta ** (self.step + 1))
        return None


def _text(end: float, digits: int) -> str:
    return f"{end + 0:.{digits}g}"


def _agree(x: Interval, digits: int) -> bool:
    """Return whether all values of an interval are one number to some digits."""
    ends = x.low, x.high
    return not any(map(math.isinf, ends)) and _text(x.low, digits) == _text(x.high, digits)


def _number(p: Poly | None) -> Fraction | None:
    return None if p is None else as_number(p)


def _bits(x: Fraction) -> int:
    return max(x.numerator.bit_length(), x.denominator.bit_length())


def _is_short(p: Poly) -> bool:
    return len(p.terms) <= _TERMS and all(_bits(c) <= _BITS for _, c in p.terms)


def _compared(holds: Callable[[Fraction], bool]) -> Callable[[Poly, Poly], Poly | None]:
    def of_difference(x: Poly, y: Poly) -> Poly | None:
        number = as_number(add(x, -y))
        return None if number is None else constant(int(holds(number)))

    return of_difference


def _floor(x: Poly) -> Poly | None:
    number = as_number(x)
    return None if number is None else constant(math.floor(number))


def _mod(x: Poly, y: Poly) -> Poly | None:
    if not y.terms:
        return x
    whole = _floor(quotient(x, y))
    return None if whole is None else add(x, -mul(y, whole))


def _power(x: Poly, exponent: Fraction) -> Poly | None:
    n, longest = int(exponent), max((_bits(c) for _, c in x.terms), default=0)
    most: int = len(x.terms) ** min(n, _TERMS)
    return power(x, n) if longest * n <= _BITS and most <= _TERMS else None


_OPERATIONS: dict[str, Callable[..., Poly | None]] = {
    "id": lambda x: x,
    "neg": lambda x: -x,
    "add": add,
    "sub": lambda x, y: add(x, -y),
    "mul": mul,
    "scale": mul,
    "div": quotient,
    "recip": inverse,
    "pow": _power,
    "abspow": general_power,
    "max": lambda x, y: maximum([x, y]),
    "min": lambda x, y: minimum([x, y]),
    "clip": clip,
    "abs": absolute,
    "sign": sign,
    "sqrt": lambda x: power_absolute(x, HALF),
    "ln": logarithm,
    "exp": exponential,
    "cospi": even_cosine,
    "floor": _floor,
    "mod": _mod,
    "less": _compared(lambda d: d < 0),
    "less_equal": _compared(lambda d: d <= 0),
    "equal": _compared(lambda d: d == 0),
    "logical_and": mul,
    "logical_or": lambda x, y: add(x, y, -mul(x, y)),
    "logical_not": lambda x: add(constant(1), -x),
    "drop": lambda x, rate, draw: scaled(x, 1 / (1 - rate)),  # what is not kept has the range 0
    **{name: (lambda x, name=name: odd(name, x)) for name in ("erf", "tanh", "arctan", "arcsinh", "i1e")},
}
"""Operation to its value, given those of its operands and its parameters."""
