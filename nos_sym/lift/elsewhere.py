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
    ((5, 1, 1), "parameters of several axes of which some have one entry"),
    ((1, 1, 4), "parameters of several axes of which some have one entry"),
    ((4, 3, 1, 1), "parameters of several axes of which some have one entry"),
    ((5, 3, 2), "parameters of several axes of which the first is the longest"),
    ((3, 3, 3), "parameters of several axes of one length"),
    ((5000,), "vectors of thousands of entries"),
    ((70, 72), "matrices of thousands of entries"),
    ((16, 16, 5, 4), "parameters of four axes and thousands of entries"),
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
    shapes: Sequence[tuple[int, ...]], part: Callable[[Sequence[tuple[int, ...]]], bool | None]
) -> Iterator[Condition]:
    """Yield the shapes at which two part; those of more axes go without saying.

    Args:
        shapes: for which the two were compared.
        part: whether they part for parameters of some shapes; ``None`` where the original refuses them.
    """
    every = tried(shapes)
    # One by one only where they are stepped otherwise together, or one is refused: to compile takes long.
    if part([shape for shape, _ in every]) is False:
        return
    fewest, said = 99, set()
    for shape, words in every:
        if words not in said and len(shape) < fewest and part([shape, *shapes[-1:]]):
            yield Condition(left_out_text(words), "", special=True)
            fewest = min(fewest, len(shape)) if len(shape) > 2 else fewest
            said.add(words)


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
