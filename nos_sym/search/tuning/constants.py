"""The constants of a rule: which count, on which scale they are tuned, and the rule with others.

A coordinate is what an evolution strategy moves, 0 where the rule is as it was given:

==========  =========================================================================================
``logit``   what lies between 0 and 1 by its meaning: ``p / (1 - p)`` is multiplied by ``10^x``
``log``     any other number: it is multiplied by ``10^x``
``whole``   an integer: the nearest one to that product
==========  =========================================================================================

An average of 0.9 and one of 0.99 are as far apart as 0.99 and 0.999 on the first, as steps of an optimizer
see them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.errors import RuleError
from nos_sym.language.node import Node
from nos_sym.language.operation import Parameter
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import apply, number
from nos_sym.language.rule import Rule
from nos_sym.language.traversal import walk

REACH = 3.0
"""Largest coordinate: constants stay within a factor of a thousand of where they were."""

_DIGITS = 4
"""Significant digits of a tuned constant; of one on the scale ``logit``, of its distance from 0 or 1."""

_LEAST = 1e-7
"""Least distance of a tuned decay from 0 and 1, so that it is another number in float32, too."""

_DRAW = "draw"

Place: TypeAlias = tuple[Node, int]
"""A node, and which of its arguments the constant is."""


class Scale(Enum):
    """On what a constant is tuned."""

    LOGIT = "logit"
    LOG = "log"
    WHOLE = "whole"


class Kind(Enum):
    """Which constants there are: plain ones count always, others where they are asked for."""

    PLAIN = "plain"
    EXPONENTS = "exponents"
    INTEGERS = "integers"


@dataclass(frozen=True, slots=True)
class Constant:
    """A number that stands in a rule.

    Attributes:
        value: what it is in the rule.
        scale: on what it is tuned.
        where: the expression that it is a part of, as a text.
        places: where it stands; an expression that occurs several times is one place.
        others: where its complement ``1 - value`` stands.
        bounds: least and largest value.
    """

    value: Rational
    scale: Scale
    where: str
    places: tuple[Place, ...]
    others: tuple[Place, ...] = ()
    bounds: tuple[float, float] = (0.0, math.inf)

    def at(self, coordinate: float) -> Rational:
        """Return the value at a coordinate, rounded as it is written; at 0 the value itself."""
        if coordinate == 0:
            return self.value
        coordinate = min(max(coordinate, -REACH), REACH)
        low, high = self.bounds
        if self.scale is Scale.LOGIT:
            # A number nearer to 1 than a float can be has odds, too: its distance is taken before rounding.
            distance = 1 - self.value
            odds = float(self.value / distance) * 10**coordinate
            near = min(float(self.value), float(distance), _LEAST)
            if odds > 1:
                return 1 - _rounded(max(1 / (1 + odds), near))
            return _rounded(max(odds / (1 + odds), near))
        value = float(self.value)
        moved = min(max(value * 10**coordinate, low), high)
        if self.scale is Scale.WHOLE:
            return Rational(int(min(max(round(moved), max(low, 1)), high)))
        return _rounded(moved)


def constants_of(rule: Rule, also: Sequence[Kind] = ()) -> list[Constant]:
    """Return the constants of a rule that count, in the order of its parts.

    Numbers that are no integers count, wherever they stand: factors, terms, decays of averages, rates of
    dropout. Those in exponents, and integers such as the 2 of ``g^2`` and ``2 * g``, shape the equation, and
    count where they are asked for. Zero never counts, because no factor moves it. Of a weighted mean, written
    as ``0.3 x + 0.7 y``, both weights are one constant, and an expression that occurs twice is one with its
    constants, because its state is one.

    Args:
        rule: a rule without settings; see :meth:`Rule.at_defaults`.
        also: kinds that count, too.
    """
    found: list[Constant] = []
    tied = _tied(rule.update)
    complements = {place for others in tied.values() for place in others}
    for place, kind, scale, bounds in _numbers(rule.update):
        if place in complements or (kind is not Kind.PLAIN and kind not in also):
            continue
        node, index = place
        others = tuple(tied.get(place, ()))
        if others:
            scale, bounds = Scale.LOGIT, (0.0, 1.0)
        found.append(Constant(node.args[index], scale, print_expression(node), (place,), others, bounds))
    return found


def with_constants(rule: Rule, constants: Sequence[Constant], coordinates: Sequence[float]) -> Rule | None:
    """Return a rule with its constants at coordinates, and without a name.

    Returns:
        The rule; ``None`` where there is no such rule, because a value would leave its range.
    """
    new: dict[Place, Basic] = {}
    try:
        for constant, coordinate in zip(constants, coordinates, strict=True):
            value = constant.at(float(coordinate))
            new |= {place: number(value) for place in constant.places}
            new |= {place: number(1 - value) for place in constant.others}
        return Rule(rule.momentum, _rebuilt(rule.update, new), rule.ascent)
    except RuleError:
        return None


def _rebuilt(expression: Basic, new: dict[Place, Basic]) -> Basic:
    made: dict[Basic, Basic] = {}
    for node in walk(expression):
        arguments = [new.get((node, i), made.get(a, a)) for i, a in enumerate(node.args)]
        if all(a is b for a, b in zip(arguments, node.args, strict=True)):
            made[node] = node
            continue
        # Parameters are checked against their ranges, which ``func`` alone does not.
        names = [parameter.name for parameter in node.operation.parameters]
        arity = node.operation.arity
        given = dict(zip(names, arguments[arity:], strict=False))
        made[node] = apply(node.operation.name, *arguments[:arity], **given)
    return made.get(expression, expression)


def _numbers(update: Basic) -> Iterator[tuple[Place, Kind, Scale, tuple[float, float]]]:
    """Yield the numbers of an update other than 0, each with its kind, scale and bounds."""
    for node in walk(update):
        operation = node.operation
        for index, argument in enumerate(node.args):
            if not isinstance(argument, Rational) or argument == 0:
                continue
            behind = index - operation.arity
            parameter = operation.parameters[behind] if behind >= 0 else None
            if parameter is not None and parameter.name == _DRAW:
                continue
            kind = _kind_of(node, index, argument, parameter)
            yield (node, index), kind, *_scale_of(argument, parameter)


def _kind_of(node: Node, index: int, value: Rational, parameter: Parameter | None) -> Kind:
    # The exponent of an integer power is a parameter, that of a real power an operand.
    if (parameter is not None and parameter.name == "exponent") or (node.operation.name, index) == (
        "abspow",
        1,
    ):
        return Kind.EXPONENTS
    integer = value.is_integer or (parameter is not None and parameter.integer)
    return Kind.INTEGERS if integer else Kind.PLAIN


def _scale_of(value: Rational, parameter: Parameter | None) -> tuple[Scale, tuple[float, float]]:
    if parameter is None:
        return Scale.LOG, (0.0, math.inf)
    bounds = (parameter.low, parameter.high)
    if parameter.integer:
        return Scale.WHOLE, bounds
    between = bounds == (0, 1) and 0 < value < 1
    return (Scale.LOGIT if between else Scale.LOG), bounds


def _tied(update: Basic) -> dict[Place, list[Place]]:
    """Return the weights of weighted means, each with those that are 1 less it.

    A weight that is the complement of one is tied to no other, also where it stands in a second mean.
    """
    tied: dict[Place, list[Place]] = {}
    complements: set[Place] = set()
    for node in walk(update):
        for leader, other in _weights(node):
            if other in tied and leader not in complements and leader not in tied:
                leader, other = other, leader
            if leader in complements or other in complements or other in tied:
                continue
            tied.setdefault(leader, []).append(other)
            complements.add(other)
    return tied


def _weights(node: Node) -> Iterator[tuple[Place, Place]]:
    """Yield the two weights of a weighted mean that is written as a sum, the second of them first."""
    if node.operation.name != "add":
        return
    first, second = (_factor_of(part) for part in node.operands)
    if first is None or second is None or first == second:
        return
    values = [part.args[index] for part, index in (first, second)]
    if sum(values) == 1 and all(0 < value < 1 for value in values):
        yield second, first


def _factor_of(part: Basic) -> Place | None:
    """Return where the numeric factor of a product stands, ``None`` where it has none or two."""
    if not isinstance(part, Node) or part.operation.name != "mul":
        return None
    found = [index for index, operand in enumerate(part.operands) if isinstance(operand, Rational)]
    return (part, found[0]) if len(found) == 1 else None


def _rounded(value: float) -> Rational:
    """Return a positive number with the digits of a tuned constant."""
    return Rational(*Decimal(f"{value:.{_DIGITS - 1}e}").as_integer_ratio())
