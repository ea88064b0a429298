"""How a fitness is written for people: four places, and few digits of one that has many."""

from __future__ import annotations

LARGE = 1e7
"""From here on a fitness has an exponent: of a loss that is its opposite, the digits would fill the line."""


def score_text(value: float, *, sign: bool = False) -> str:
    """Return a fitness, a mean of such or a difference, as in ``0.9694`` and ``-2.0421e+285``.

    Args:
        value: the number.
        sign: whether a positive one has its sign, too.
    """
    plus = "+" if sign else ""
    return f"{value:{plus}.4e}" if LARGE <= abs(value) < float("inf") else f"{value:{plus}.4f}"
