"""The rule beside its original for one parameter alone, and for shapes that no rule is read off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from nos_sym.language.block import Block
from nos_sym.language.setting import setting_name
from nos_sym.lift.lifted import Condition
from nos_sym.lift.verifying import Runner, distance, ran

PARTED = 1e-6
"""Relative difference from which two trajectories have parted, and do not only round otherwise."""
FEW = 5
"""Steps of such a comparison."""
UNTRIED: tuple[tuple[tuple[int, ...], str], ...] = (
    ((2, 3, 4), "parameters of three axes or more"),
    ((2, 3, 2, 2), "parameters of four axes or more"),
    ((2, 1, 2, 2, 3), "parameters of five axes or more"),
    ((2, 1, 1, 2, 1, 3), "parameters of six axes or more"),
    ((1, 2, 1, 1, 2, 1, 2), "parameters of seven axes or more"),
    ((4, 4), "square matrices"),
    ((1, 5), "matrices of one row"),
    ((5, 1), "matrices of one column"),
    ((1,), "vectors of one entry"),
)
"""Shapes for which no rule is read off, and what they are called."""
SEVERAL = 41
"""Parameters of one optimizer that are more than it was read off of."""
ALONE = "there are several parameters: one alone is stepped otherwise"


def left_out(
    rule: Block, run: Runner, draw: Mapping[str, float], shapes: Sequence[tuple[int, ...]]
) -> Iterator[Condition]:
    """Yield the parameters that a rule is not for.

    Args:
        rule: with settings under the names of the draw.
        run: runs the original.
        draw: values of settings.
        shapes: for which the two were compared, as parameters of one optimizer.
    """
    if any(_parts(rule, run, draw, [s]) for s in shapes):
        yield Condition(ALONE, "", special=True)
    untried = tried(shapes)
    # Shapes are compared one by one only where they are stepped otherwise together: to compile takes long.
    every = [*shapes, *(shape for shape, _ in untried)]
    several = [*every, *[shapes[-1]] * (SEVERAL - len(every))]
    if not _parts(rule, run, draw, several, refused=True):
        return
    yield from shapes_left_out(shapes, lambda s: _parts(rule, run, draw, [s, *shapes[-1:]]))
    if _parts(rule, run, draw, [shapes[k % len(shapes)] for k in range(SEVERAL)]):
        yield Condition(few_text(SEVERAL), "", special=True)


def tried(shapes: Sequence[tuple[int, ...]]) -> list[tuple[tuple[int, ...], str]]:
    """Return the shapes to try, and what they are called, beside those that a rule was verified for."""
    ranks = {len(s) for s in shapes}
    return [x for x in UNTRIED if len(x[0]) in ranks or (len(x[0]) > 2 and max(ranks, default=0) > 1)]


def shapes_left_out(
    shapes: Sequence[tuple[int, ...]], parts: Callable[[tuple[int, ...]], bool]
) -> Iterator[Condition]:
    """Yield the shapes at which two part; those of more axes go without saying.

    Args:
        shapes: for which the two were compared.
        parts: whether they part at another one.
    """
    most = 0
    for shape, words in tried(shapes):
        if (most < 3 or len(shape) < 3) and parts(shape):
            yield Condition(f"{words} are left out: they are stepped otherwise", "", special=True)
            most = max(most, len(shape))


def few_text(number: int) -> str:
    """Return what is said where some of many parameters are stepped otherwise."""
    return f"there are a few parameters: of {number}, some are stepped otherwise"


def _parts(
    rule: Block,
    run: Runner,
    draw: Mapping[str, float],
    shapes: Sequence[tuple[int, ...]],
    *,
    refused: bool = False,
) -> bool:
    """Return whether the two part, or ``refused`` where the original raises an error."""
    rng = np.random.default_rng(29)
    weights = [np.asarray(rng.normal(size=s)) for s in shapes]
    rows = [[np.asarray(0.1 * rng.normal(size=s)) for s in shapes] for _ in range(FEW)]
    try:
        theirs = run(draw, weights, rows)
    except Exception:
        return refused
    names = {setting_name(node) for node in rule.settings}
    try:
        ours = ran(rule.with_settings({n: x for n, x in draw.items() if n in names}), draw, weights, rows)
    except Exception:
        return True
    return not distance(ours, theirs) <= PARTED
