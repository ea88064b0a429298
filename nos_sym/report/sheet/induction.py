"""Bounds of quotients by the roots of sums of squares, by induction over the steps.

An average ``m' = a m + p x`` is held against ``s' >= c s + q x^2`` or Yogi's ``s' = s - q sign(s - x^2) x^2``
with numbers of the step that need not be constant: the look ahead of NAdam, the mixtures of QHAdam.
:mod:`.bounded_averages` has the inequalities; here is what finds the recursions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from sympy.core.basic import Basic
from sympy.core.numbers import Integer, Rational

from nos_sym.intervals.interval import Interval
from nos_sym.language.node import Node
from nos_sym.language.registry import apply
from nos_sym.language.system import Recursion
from nos_sym.language.traversal import walk
from nos_sym.program.ranges import range_of
from nos_sym.report.sheet.bounded_averages import Bounds
from nos_sym.report.sheet.combinations import Combination, combination
from nos_sym.report.sheet.most import SLACK, Most
from nos_sym.report.sheet.steps import is_of_step, values_of_steps
from nos_sym.report.sheet.subject import Subject

_BY = "by induction over the steps with the inequality of Cauchy and Schwarz"
_YOGI = f"{_BY}, for large x and small ones apart"
_ZERO = Interval(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Pair:
    """An average and a sum of squares of the same x, and a quotient of them.

    Attributes:
        x: what is averaged.
        average: the average's state.
        squares: the sum's state.
        signed: whether the sum moves by a sign, as Yogi has it.
        moves: numbers a, p, c and q of the recursions.
        over: numbers of the average and of x above.
        under: numbers of the sum and of ``x^2`` under the root.
        by: what multiplies the root.
    """

    x: Basic
    average: Recursion
    squares: Recursion
    signed: bool
    moves: tuple[Basic, Basic, Basic, Basic]
    over: tuple[Basic, Basic]
    under: tuple[Basic, Basic]
    by: Basic


def by_induction(subject: Subject, node: Node) -> Most | None:
    """Return a bound of a quotient of averages of x and of ``x^2``, and of x."""
    if node.operation.name != "div" or is_of_step(node.operands[1]):
        return None
    for pair in _pairs(subject, *node.operands):
        found = _bounded(subject, pair)
        if found is not None:
            return Most(found * SLACK, _YOGI if pair.signed else _BY)
    return None


def _pairs(subject: Subject, over: Basic, under: Basic) -> Iterator[_Pair]:
    rooted = _root_in(under)
    if rooted is None:
        return
    inside, by = rooted
    for squares in subject.states:
        if not isinstance(squares.new, Node) or squares.old not in walk(inside):
            continue
        for square, x in _squares(squares.new):
            recursion = _sum_of_squares(subject, squares, square)
            if recursion is None:
                continue
            c, q, signed = recursion
            # Yogi's sum is seen as a whole: what it was and x do not add up to it.
            sum_now = squares.new if signed else squares.old
            below = combination(inside, (square, sum_now))
            if not _others_add(below, (sum_now, square)):
                continue
            for average in subject.states:
                if average is squares or average.shared:
                    continue
                moved = combination(average.new, (x,))
                now = average.new if signed else average.old
                above = combination(over, (x, now))
                if set(moved) <= {average.old, x} and set(above) <= {now, x}:
                    yield _Pair(
                        x, average, squares, signed,
                        (_of(moved, average.old), _of(moved, x), c, q),
                        (_of(above, now), _of(above, x)),
                        (_of(below, sum_now), _of(below, square)),
                        by,
                    )  # fmt: skip


def _of(x: Combination, part: Basic) -> Basic:
    return x.get(part, Integer(0))


def _others_add(x: Combination, parts: tuple[Basic, ...]) -> bool:
    """Return whether everything else in a sum is proved to be at least 0."""
    return all(
        range_of(c).nonnegative and (part is None or range_of(part).nonnegative)
        for part, c in x.items()
        if part not in parts
    )


def _squares(x: Basic) -> Iterator[tuple[Node, Basic]]:
    """Yield squares in an expression, and what is squared."""
    for node in walk(x):
        name, operands = node.operation.name, node.operands
        if (
            (name == "pow" and node.parameters == (Integer(2),))
            or (name == "mul" and operands[0] == operands[1])
            or (name == "abspow" and operands[1] == 2)
        ) and not is_of_step(operands[0]):
            yield node, operands[0]


def _root_in(x: Basic) -> tuple[Basic, Basic] | None:
    """Return what a root is taken of and what multiplies it, where that is at most an expression."""
    if not isinstance(x, Node):
        return None
    name, operands = x.operation.name, x.operands
    if name == "sqrt" or (name == "abspow" and operands[1] == Rational(1, 2)):
        return operands[0], Integer(1)
    if name in ("add", "max"):
        for part, other in (operands, operands[::-1]):
            if name == "max" or range_of(other).nonnegative:
                found = _root_in(part)
                if found is not None:
                    return found
    if name in ("mul", "scale"):
        for factor, other in (operands, operands[::-1]):
            found = _root_in(other) if is_of_step(factor) else None
            if found is not None:
                return found[0], apply("mul", factor, found[1])
    if name == "div" and is_of_step(operands[1]):
        found = _root_in(operands[0])
        return None if found is None else (found[0], apply("div", found[1], operands[1]))
    return None


def _sum_of_squares(subject: Subject, s: Recursion, square: Node) -> tuple[Basic, Basic, bool] | None:
    """Return the c and q of a sum of squares, and whether it moves by a sign."""
    if s.shared or not range_of(s.start).nonnegative:
        return None
    moved = combination(s.new, (square,))
    if square in moved:
        return (_of(moved, s.old), moved[square], False) if _others_add(moved, (s.old, square)) else None
    rest = [part for part in moved if part != s.old]
    if len(rest) != 1 or rest[0] is None or range_of(_of(moved, s.old)) != Interval(1.0, 1.0):
        return None
    sign = apply("mul", apply("sign", apply("sub", s.old, square)), square)
    found, wanted, opposite = subject.forms([rest[0], sign, apply("neg", sign)])
    if found.digest == wanted.digest:
        c = apply("neg", moved[rest[0]])
    elif found.digest == opposite.digest:
        c = moved[rest[0]]
    else:
        return None
    return apply("sub", Integer(1), c), c, True


def _bounded(subject: Subject, pair: _Pair) -> float | None:
    """Return the largest bound of all steps."""
    start, least = range_of(pair.average.start), range_of(pair.squares.start)
    if start == _ZERO:
        large = 0.0
    elif start.bounded and least.low > 0:
        large = start.absolute().high * (start.absolute().high / least.low)
    else:
        return None
    bounds, most, ended = Bounds(large, 0.0), 0.0, False
    for ended, values in values_of_steps(subject.states, [*pair.moves, *pair.over, *pair.under, pair.by]):
        a, p, c, q = (values[x] for x in pair.moves)
        after = bounds.after(a.absolute().high, p.absolute().high, c.low, q.low)
        if ended and after is not None:
            after = bounds.hull(after, a.absolute().high, p.absolute().high, c.low, q.low)
        if after is None:
            return None
        if ended:
            bounds = after
        average, x = (values[n].absolute().high for n in pair.over)
        squares, square = (values[n].low for n in pair.under)
        if pair.signed:
            found = after.of_signed(average, x, squares, min(c.low, q.low))
        else:
            found = bounds.of_sum(average, x, squares, square)
        by = values[pair.by].low
        if found is None or not math.isfinite(found) or by <= 0:
            return None
        most, bounds = max(most, found / by), after
    return most if ended and math.isfinite(most) else None
