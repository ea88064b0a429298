"""Histories on which optimizers with states are run, and the first on which two are proved to differ.

Ordinary draws come first, then zeros, dead entries, ties, trainings of one step, other magnitudes, a rate
that does not change, and more steps. Rates and momenta change from step to step, as schedules let them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from nos_sym.algebra.falsification.counterexample import Array, Counterexample, draw, shortened
from nos_sym.algebra.falsification.enclosure import disjoint
from nos_sym.algebra.falsification.matrices import FLAT, MATRICES
from nos_sym.algebra.falsification.reductions import TOTAL
from nos_sym.algebra.falsification.trajectories import History, Trajectory
from nos_sym.algebra.kernel import fresh_workspace
from nos_sym.language.node import Node, is_number
from nos_sym.language.operation import Role
from nos_sym.language.system import System, expressions
from nos_sym.language.traversal import own_draws, walk

_RATES = (0.5, 0.25, 0.125, 0.375, 0.0, 0.75)
_MOMENTA = (0.5, 0.75, 0.875, 0.25, 0.0, 0.625)
_CORNERS = 8
_MAGNITUDES = ((0.3, 2.0), (30.0, 0.5), (1e-3, 1.0), (1e-6, 1.0), (1e3, 100.0))
_LONG = 16
_LONGEST = 80
COUNTS = ("rank", "rows", "cols", "first_axis", "second_axis")
MATRIX = frozenset(
    (
        "row_mean",
        "col_mean",
        "row_max",
        "col_max",
        "row_sum",
        "col_sum",
        "mean_rest",
        "largest_rest",
        "mean_first",
        "largest_first",
        *COUNTS,
        *MATRICES,
    )
)
"""Operations that see the axes of a parameter."""

SHAPED = frozenset((*MATRIX, "size"))
"""Operations that see the shape of a parameter."""

OTHER_SHAPES: tuple[tuple[int, ...], ...] = ((3, 2), (1, 3), (3, 1), (1,))
"""Shapes whose lengths decide what those that are tried first do not: tall, one row or column, one entry."""

DEEP = frozenset(
    ("mean_rest", "largest_rest", "mean_first", "largest_first", "first_axis", "second_axis", *FLAT)
)
"""Those that see more than the last two."""


def find_history(a: System, b: System) -> Counterexample | None:
    """Return a history after which the weights of two systems are proved to differ; ``None`` where none is.

    Its weights are known to the digits that are shown: a history on which a tie stays open is passed over.
    Systems with dropout are run with one mask for all draws, so that their numbers do not matter.
    """
    draws = sorted({d for s in (a, b) for x in expressions(s) for node in walk(x) for d in own_draws(node)})
    for history in _histories(a, b, bool(draws)):
        found = first_difference(a, b, history, draws)
        if found is not None:
            return found
    return None


def can_run(*systems: System) -> bool:
    """Return whether each operation says what it computes."""
    return all(_can_compute(node) for s in systems for x in expressions(s) for node in walk(x))


def _can_compute(node: Node) -> bool:
    operation = node.operation
    meaning = operation.meaning
    given = operation.role in (Role.LEAF, Role.SCALE) or operation.state is not None
    return given or meaning.reference is not None or meaning.definition is not None


def _histories(a: System, b: System, random: bool) -> Iterator[History]:
    names = {n.operation.name for s in (a, b) for x in expressions(s) for n in walk(x)}
    shapes: list[tuple[int, ...]] = [(2, 3), (3,)] if names & MATRIX else [(3,)]
    shapes += [(2, 3, 2)] if names & DEEP else []
    make = _Maker(random)
    for shape in shapes:
        yield make(shape, 5, 10, lambda rng, n: draw(rng, (5, n)))
        yield make(shape, 4, 4, lambda rng, n: 0.5 * draw(rng, (4, n)), weight=3.0)
    corners: tuple[int, ...] = (2, 4) if names & MATRIX else (_CORNERS,)
    for steps, total in ((4, 6), (1, 1), (6, 6)):
        yield make(corners, steps, total, _corner_gradients(steps), tied=True)
    for shape in shapes:
        yield make(shape, 4, 5, lambda rng, n: np.zeros((4, n)))
        yield make(shape, 4, 5, lambda rng, n: 2 * draw(rng, (4, n)), weight=0.0)
    for gradient, weight in (*_MAGNITUDES, *((m, 1.0) for m in _magnitudes(a, b))):
        yield make(shapes[0], 4, 9, _scaled(gradient), weight=weight)
    yield make(shapes[0], _LONG, 40, lambda rng, n: draw(rng, (_LONG, n)), steady=True)
    if TOTAL in names:
        # What is one number for all parameters is told from one of each where there are two.
        two = two_shapes(bool(names & MATRIX))
        for gradient, weight in ((1.0, 1.0), (0.5, 3.0), *_MAGNITUDES):
            yield make(two[0], 4, 6, _scaled(gradient), weight=weight, others=two[1:])
    if names & {"t", "T", "p", "r", "remaining", "mod"}:
        yield make((1,), _LONGEST, _LONGEST, lambda rng, n: draw(rng, (_LONGEST, n)), steady=True)
    if names & SHAPED:
        for shape in OTHER_SHAPES:
            yield make(shape, 4, 6, _scaled(1.0))


def two_shapes(matrix: bool) -> tuple[tuple[int, ...], ...]:
    """Return the shapes of two parameters, few enough entries to be shown, a matrix among them if asked."""
    return ((2, 2), (2,)) if matrix else ((2,), (1,))


class _Maker:
    """Makes histories, each of other draws."""

    def __init__(self, random: bool) -> None:
        self.random = random
        self.count = 0

    def __call__(
        self,
        shape: tuple[int, ...],
        steps: int,
        total: int,
        gradients: Callable[[np.random.Generator, int], Array],
        *,
        weight: float = 1.0,
        steady: bool = False,
        tied: bool = False,
        others: tuple[tuple[int, ...], ...] = (),
    ) -> History:
        rng = np.random.default_rng(4000 + self.count)
        self.count += 1
        n = sum(int(np.prod(s)) for s in (shape, *others))
        w, g = weight * draw(rng, (n,)), gradients(rng, n)
        if tied:
            # Gradients that are the weights, their opposites, and no weight at all.
            g[0, n - 1], g[0, n - 2], w[n - 3] = w[n - 1], -w[n - 2], 0.0
        rates, momenta = ((r[0],) * steps if steady else _cycled(r, steps) for r in (_RATES, _MOMENTA))
        uniform = np.round(rng.random((steps, n)), 2) if self.random else np.zeros((0, n))
        rows = tuple(map(_row, g)), rates, momenta, tuple(map(_row, uniform))
        return History(shape, total, _row(w), *rows, others)


def _cycled(values: Sequence[float], count: int) -> tuple[float, ...]:
    return tuple(values[i % len(values)] for i in range(count))


def _row(values: Array) -> tuple[float, ...]:
    """Return numbers of which the text that is shown says all."""
    return tuple(shortened(v) for v in values)


def _scaled(magnitude: float) -> Callable[[np.random.Generator, int], Array]:
    def gradients(rng: np.random.Generator, n: int) -> Array:
        return magnitude * draw(rng, (4, n))

    return gradients


def _corner_gradients(steps: int) -> Callable[[np.random.Generator, int], Array]:
    def gradients(rng: np.random.Generator, n: int) -> Array:
        g = draw(rng, (steps, n))
        g[1::2, 0] = -g[: steps // 2 * 2 : 2, 0]  # sums that cancel
        g[:, 1] = 0  # never hit
        g[1:, 2] = 0  # hit once
        g[: steps // 2, 3] = 0  # not hit at first
        g[1::2, 4] = 0
        return g

    return gradients


def _magnitudes(a: System, b: System) -> list[float]:
    """Return magnitudes at which numbers in the systems begin to matter, their roots included."""
    numbers = {
        abs(float(x))
        for s in (a, b)
        for expression in expressions(s)
        for node in walk(expression)
        for x in (*node.operands, *node.parameters)
        if is_number(x)
    }
    unusual = sorted(c for c in numbers if c and not 0.05 <= c <= 10 and 1e-30 < c < 1e30)
    return [m for c in unusual[:4] for m in (c, c**0.5)]


def first_difference(
    a: System, b: System, history: History, draws: Sequence[int] = ()
) -> Counterexample | None:
    """Return the first step of a history after which two weights are proved to differ, if there is one.

    Args:
        a: one optimizer, with numbers in the place of settings.
        b: the other.
        history: what both are run on.
        draws: the numbers of their draws of dropout.
    """
    runs = Trajectory(a, history, draws), Trajectory(b, history, draws)
    for step, rows in enumerate(zip(*runs, strict=True)):
        differing = [i for i, (u, v) in enumerate(zip(*rows, strict=True)) if disjoint(u, v)]
        if differing:
            found = _shown(a, b, history, step, draws)
            if found is None and not _joins_entries(a, b):
                alone = (_shown(a, b, _entry(history, i), step, draws) for i in differing)
                found = next((x for x in alone if x is not None), None)
            return found
    return None


def _joins_entries(*systems: System) -> bool:
    names = {n.operation for s in systems for x in expressions(s) for n in walk(x)}
    return any(o.role is Role.REDUCTION or o.name == "size" or o.name in COUNTS for o in names)


def _entry(history: History, index: int) -> History:
    """Return the history of one entry alone."""

    def of(rows: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
        return tuple(row[index : index + 1] for row in rows)

    (weights,) = of((history.weights,))
    gradients, uniform = of(history.gradients), of(history.uniform)
    return replace(history, shape=(1,), weights=weights, gradients=gradients, uniform=uniform)


def _shown(a: System, b: System, history: History, last: int, draws: Sequence[int]) -> Counterexample | None:
    """Return the record of a step up to a given one at which weights differ, ties decided by exact values."""
    with fresh_workspace():
        runs = Trajectory(a, history, draws, exact=True), Trajectory(b, history, draws, exact=True)
        before: list[tuple[float, ...]] = [history.weights]
        for step, rows in enumerate(zip(*runs, strict=True)):
            first, second = (_known(run.shown()) for run in runs)
            if first is None or second is None:
                return None
            for entry, (u, v) in enumerate(zip(*rows, strict=True)):
                if disjoint(u, v):
                    return _record(a, b, history, step, entry, before, (first, second), draws)
            if step == last:
                return None
            before.append(first)
    return None


def _known(values: Sequence[float | None]) -> tuple[float, ...] | None:
    known = tuple(v for v in values if v is not None)
    return known if len(known) == len(values) else None


def _record(
    a: System,
    b: System,
    history: History,
    step: int,
    entry: int,
    before: Sequence[tuple[float, ...]],
    after: tuple[tuple[float, ...], tuple[float, ...]],
    draws: Sequence[int],
) -> Counterexample:
    upto = step + 1
    cycled = any(
        node.operation.name == "momentum" for s in (a, b) for x in expressions(s) for node in walk(x)
    )
    first, second = after
    return Counterexample(
        step=step,
        total_steps=history.total_steps,
        gradients=history.gradients[:upto],
        weights=tuple(before[:upto]),
        first=first,
        second=second,
        what="the weights become",
        uniform=tuple((d, history.uniform[:upto]) for d in draws),
        entry=entry,
        rates=history.rates[:upto],
        momenta=history.momenta[:upto] if cycled else (),
        shape=history.shape,
        others=history.others,
    )
