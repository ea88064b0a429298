"""What a rule is tried for beside its original: one parameter alone, and shapes that no rule is read off."""

from __future__ import annotations

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


def left_out_text(words: str) -> str:
    """Return what is said of parameters that a rule is not for."""
    return f"{words} are left out: they are stepped otherwise"
