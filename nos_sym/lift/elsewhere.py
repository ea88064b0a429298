"""What a rule is tried for beside its original: one parameter alone, and shapes that no rule is read off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from nos_sym.lift.lifted import Condition

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
            yield Condition(left_out_text(words), "", special=True)
            most = max(most, len(shape))


def few_text(number: int) -> str:
    """Return what is said where some of many parameters are stepped otherwise."""
    return f"there are a few parameters: of {number}, some are stepped otherwise"


def left_out_text(words: str) -> str:
    """Return what is said of parameters that a rule is not for."""
    return f"{words} are left out: they are stepped otherwise"


def leaves_out_axes(conditions: Iterable[Condition]) -> bool:
    """Return whether a rule is not for parameters of more axes than two."""
    deep = {left_out_text(words) for shape, words in UNTRIED if len(shape) > 2}
    return any(c.text in deep for c in conditions)
