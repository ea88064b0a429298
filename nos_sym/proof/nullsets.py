"""Whether an expression is zero on a null set of histories alone, as what a proof assumes must be.

A history has a gradient and a weight for every entry and step, each of them free. An expression that is
analytic in them on a connected set is zero on a null set of it, unless it is zero everywhere. Divisors,
arguments of logarithms and whatever else bends a function cut the histories: here by lines in the
gradient and the weight of the step, whose cells are convex. So the expression must be shown to be nonzero, by
interval arithmetic, at a point of every cell, at every step of every training; all cells are listed by exact
arithmetic, so that none is missed. Before the step all gradients and weights are zero, which analytic states
allow: averages are then (1 - beta) x. What is cut otherwise is not judged, and counts as not shown.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache

from sympy.core.basic import Basic

from nos_sym.language.node import Node, kind_of
from nos_sym.language.registry import apply, number
from nos_sym.language.traversal import walk
from nos_sym.proof.ranges import STEP_NAMES, UNIT, Box, boxes_of_steps, names_of, of_fraction, shared, span_in
from nos_sym.proof.shown import at_least_zero
from nos_sym.proof.zeros import roots

Line = tuple[Fraction, Fraction, Fraction]
"""a, b, c of the line a g + b w + c = 0."""
Point = tuple[Fraction, Fraction]

_ANALYTIC = frozenset(
    ("id", "neg", "add", "sub", "mul", "scale", "pow", "wmean", "exp", "tanh", "arctan", "arcsinh", "erf",
     "erfc", "sigmoid", "softplus", "dsig", "dtanh", "cospi", "rdiv")
)  # fmt: skip
_BENT_AT_ZERO = frozenset(("recip", "ln", "sign", "abs", "sqrt", "dsoft", "softsign", "i1e", "abspow"))
"""Functions that are analytic where their first operand is not zero."""
_FILTERS = frozenset(("ema", "ema_hat", "delta"))
_MOST_LINES = 6
_AROUND = tuple(Fraction(n, 1000) for n in (1, 19, 311, 1300, 41000))
_WITHIN = (Fraction(3, 7), Fraction(1, 11), Fraction(9, 10), Fraction(5, 8))


class _Unknown(Exception):
    """What this module does not judge."""


@lru_cache(maxsize=1024)
def null_zeros(t: Basic) -> bool:
    """Return whether an expression is shown to be zero on a null set of histories alone.

    Functions of the step do not count: where one is zero at a step, it is for every gradient. Nor does what
    holds a mask of dropout.
    """
    return "drop" not in names_of(t) and all(_null(r) for r in roots(shared(t)))


def _null(t: Basic) -> bool:
    if not isinstance(t, Node) or kind_of(t).of_step:
        return False
    if t.operation.name in ("g", "w"):
        return True
    if t.operation.name in ("ema", "running_max") and at_least_zero(t.operands[0]):
        # Zero only where the operand of the step is.
        return null_zeros(t.operands[0])
    try:
        lines = tuple(dict.fromkeys(_cuts(t, within=False)))
        return len(lines) <= _MOST_LINES and _nonzero_in_each_cell(t, lines)
    except _Unknown:
        return False


def _cuts(t: Basic, *, within: bool) -> Iterator[Line]:
    """Yield the lines outside of which an expression is analytic; within a state there may be none."""
    if not isinstance(t, Node) or kind_of(t).of_step or t.operation.name in ("g", "w"):
        return
    name, a = t.operation.name, t.operands
    if name in _FILTERS:
        if any(isinstance(k, Node) for k in t.parameters) or not _rests(a[0]):
            raise _Unknown
        yield from _cuts(a[0], within=True)
        return
    bends: Sequence[Basic] = ()
    if name == "div":
        bends = a[1:]
    elif name in _BENT_AT_ZERO:
        bends = a[:1]
    elif name in ("max", "min", "clip"):
        bends = [apply("sub", *a)] if name != "clip" else [*a, apply("sub", *a), apply("add", *a)]
    elif name not in _ANALYTIC:
        raise _Unknown
    for bend in bends:
        lines = list(_zero_lines(bend))
        if within and roots(shared(bend)):
            raise _Unknown
        yield from lines
    for x in a:
        yield from _cuts(x, within=within)


def _zero_lines(t: Basic) -> Iterator[Line]:
    """Yield the lines on which an expression is zero."""
    for r in roots(shared(t)):
        if not isinstance(r, Node) or kind_of(r).of_step:
            # Where this is zero, it is so for every gradient, and nothing is cut.
            continue
        line = _line(r)
        if line is not None:
            if line[0] or line[1]:
                scale = line[0] or line[1]
                yield line[0] / scale, line[1] / scale, line[2] / scale
        elif r.operation.name == "ema" and at_least_zero(r.operands[0]) and not names_of(r) & STEP_NAMES:
            # Zero where the operand is zero at all steps, which cuts at the first step alone.
            list(_cuts(r, within=False))
            yield from _zero_lines(r.operands[0])
        else:
            raise _Unknown


def _line(t: Basic) -> Line | None:
    """Return the coefficients of an affine function of the gradient and the weight."""
    zero = Fraction(0)
    if not isinstance(t, Node):
        return zero, zero, Fraction(int(t.p), int(t.q))
    name = t.operation.name
    if name in ("g", "w"):
        return Fraction(name == "g"), Fraction(name == "w"), zero
    found = [_line(x) for x in t.operands]
    if not found or any(x is None for x in found):
        return None
    x, y = found[0], found[-1]
    assert x is not None and y is not None
    weights: tuple[Fraction, Fraction] | None = None
    if name in ("add", "sub"):
        weights = Fraction(1), Fraction(1 if name == "add" else -1)
    elif name in ("neg", "id"):
        weights = Fraction(-1 if name == "neg" else 1), zero
    elif name == "wmean" and not isinstance(t.parameters[0], Node):
        k = Fraction(int(t.parameters[0].p), int(t.parameters[0].q))
        weights = k, 1 - k
    elif name in ("mul", "scale") and not (x[0] or x[1]):
        weights = zero, x[2]
    elif name == "mul" and not (y[0] or y[1]):
        weights = y[2], zero
    elif name == "div" and not (y[0] or y[1]) and y[2]:
        weights = 1 / y[2], zero
    if weights is None:
        return None
    return tuple(weights[0] * u + weights[1] * v for u, v in zip(x, y, strict=True))  # type: ignore[return-value]


def _nonzero_in_each_cell(t: Node, lines: Sequence[Line]) -> bool:
    cells = _cells(lines)
    for box, begun in _steps(t):
        for points in cells.values():
            for g, w in points:
                low, high = span_in(begun, {**box, "g": of_fraction(g), "w": of_fraction(w)})
                if low > 0 or high < 0:
                    break
            else:
                return False
    return True


def _cells(lines: Sequence[Line]) -> dict[tuple[bool, ...], list[Point]]:
    """Return points of each of the cells into which lines cut the plane of gradient and weight."""
    corners = [
        (b * f - e * c) / (a * e - d * b)
        for i, (a, b, c) in enumerate(lines)
        for d, e, f in lines[:i]
        if a * e - d * b
    ]
    found: dict[tuple[bool, ...], list[Point]] = {}
    # Between two neighbors of these no lines meet, so that each cell is met.
    for g in _between([*corners, *(-c / a for a, b, c in lines if not b)]):
        for w in _between([-(a * g + c) / b for a, b, c in lines if b]):
            found.setdefault(tuple(a * g + b * w + c > 0 for a, b, c in lines), []).append((g, w))
    return found


def _between(ends: Sequence[Fraction]) -> list[Fraction]:
    """Return numbers below, between and above numbers."""
    ordered = sorted(set(ends)) or [Fraction(0)]
    found = [x + u * (y - x) for x, y in itertools.pairwise(ordered) for u in _WITHIN]
    return [*found, *(ordered[-1] + d for d in _AROUND), *(ordered[0] - d for d in _AROUND)]


def _steps(t: Node) -> Iterator[tuple[Box, Basic]]:
    """Yield ranges of the functions of the step, and what the expression is there; the first step alone."""
    betas = _decays(t)
    # 1 - beta^(t + 1) is 1 - beta at the first step, and between 1 - beta^2 and 1 later.
    first, later = (
        (of_fraction(min((1 - k**n for k in betas), default=Fraction(0)))[0], UNIT[1]) for n in (1, 2)
    )
    start: Box = {"p": (UNIT[0], UNIT[0]), "r": (UNIT[0], UNIT[0]), "remaining": UNIT}
    yield {**start, "correction": first}, _begun(t, first=True)
    boxes = boxes_of_steps() if names_of(t) & STEP_NAMES else [{"p": UNIT, "r": UNIT, "remaining": UNIT}]
    for box in boxes:
        yield {**box, "correction": later}, _begun(t, first=False)


def _decays(t: Basic) -> list[Fraction]:
    found = [n.parameters[0] for n in walk(t) if n.operation.name in ("ema", "ema_hat", "correction")]
    if any(isinstance(k, Node) for k in found):
        raise _Unknown
    return [Fraction(int(k.p), int(k.q)) for k in found]


def _begun(t: Basic, *, first: bool) -> Basic:
    """Return the value of an expression after states of zeros."""
    if not isinstance(t, Node) or not t.operands:
        return t
    a = [_begun(x, first=first) for x in t.operands]
    name = t.operation.name
    if name == "delta" or (name == "ema_hat" and first):
        return a[0]
    if name in ("ema", "ema_hat"):
        new = apply("mul", number(1 - t.parameters[0]), a[0])
        return new if name == "ema" else apply("div", new, apply("correction", beta=t.parameters[0]))
    return t.func(*a, *t.parameters)


def _rests(t: Basic) -> bool:
    """Return whether an operand of a state is zero while gradients and weights are."""
    zero = (UNIT[0], UNIT[0])
    box = {"p": UNIT, "r": UNIT, "remaining": UNIT, "correction": UNIT, "g": zero, "w": zero}
    values = [span_in(_begun(t, first=first), box) for first in (True, False)]
    return all(bool(low == 0) and bool(high == 0) for low, high in values)
