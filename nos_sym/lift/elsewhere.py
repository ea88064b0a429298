"""The rule beside its original for one parameter alone, and for shapes that no rule is read off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

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
    ((4, 4), "square matrices"),
    ((1, 5), "matrices of one row"),
    ((5, 1), "matrices of one column"),
    ((1,), "vectors of one entry"),
)
"""Shapes for which no rule is read off, and what they are called."""
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
    ranks = {len(s) for s in shapes}
    for shape, words in UNTRIED:
        if len(shape) in ranks and _parts(rule, run, draw, [shape, *shapes[-1:]]):
            yield Condition(left_out_text(words), "", special=True)


def left_out_text(words: str) -> str:
    """Return what is said of parameters that a rule is not for."""
    return f"{words} are left out: they are stepped otherwise"


def leaves_out_axes(conditions: Iterable[Condition]) -> bool:
    """Return whether a rule is not for parameters of more axes than two."""
    deep = {left_out_text(words) for shape, words in UNTRIED if len(shape) > 2}
    return any(c.text in deep for c in conditions)


def _parts(rule: Block, run: Runner, draw: Mapping[str, float], shapes: Sequence[tuple[int, ...]]) -> bool:
    """Return whether the two part; what the original refuses is not compared."""
    rng = np.random.default_rng(29)
    weights = [np.asarray(rng.normal(size=s)) for s in shapes]
    rows = [[np.asarray(0.1 * rng.normal(size=s)) for s in shapes] for _ in range(FEW)]
    try:
        theirs = run(draw, weights, rows)
    except Exception:
        return False
    names = {setting_name(node) for node in rule.settings}
    try:
        ours = ran(rule.with_settings({n: x for n, x in draw.items() if n in names}), draw, weights, rows)
    except Exception:
        return True
    return not distance(ours, theirs) <= PARTED
