"""Verdicts as text: the lines that are printed of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nos_sym.algebra.identities import Identity
    from nos_sym.algebra.verdicts import Equal

_LONGEST = 200


def labeled(label: str, rows: Iterable[str]) -> list[str]:
    """Return rows beside a label on the first."""
    return [f"{label if i == 0 else '':<8} {row}" for i, row in enumerate(rows)]


def lines_of_equal(verdict: Equal) -> list[str]:
    """Return what is printed of a proof of equality by the canonical form."""
    reasons = [
        *by_lines("A by", [identity_line(*_parts(i)) for i in verdict.first]),
        *by_lines("B by", [identity_line(*_parts(i)) for i in verdict.second]),
    ]
    there = [] if verdict.where_zero is None else verdict.where_zero.describe()
    zeros = verdict.zeros if verdict.level.value == "schedule" else None
    form = form_line(verdict.form, verdict.states)
    return equal_lines(verdict.level.value, form, reasons, zeros, verdict.assumptions, there)


def equal_lines(
    level: str,
    form: str | None,
    reasons: Sequence[str],
    zeros: int | None,
    assumptions: Sequence[str],
    there: Sequence[str],
) -> list[str]:
    """Return what is printed of a proof of equality.

    Args:
        level: what equality means.
        form: the common form, or ``None`` where it is not shown.
        reasons: lines that say why.
        zeros: at how many steps the factors of a schedule are zero or singular at most.
        assumptions: what is taken not to be zero.
        there: lines on what happens where it is.
    """
    lines = ["equal", *labeled("level", [level])]
    lines += [] if form is None else labeled("form", [form])
    lines += reasons
    if zeros is not None:
        lines += labeled("factors", [f"zero or singular at {zeros} steps at most, for every T"])
    lines += labeled("assumes", [f"{x} is not zero" for x in assumptions] or ["nothing"])
    return lines + labeled("there", there)


def by_lines(label: str, identities: Sequence[str]) -> list[str]:
    """Return the identities that carry a rule to its form, or that there are none."""
    return labeled(label, identities or ["its definition alone"])


def identity_line(name: str, left: str, right: str, condition: str) -> str:
    """Return an identity with its two sides."""
    where = f" where {condition}" if condition else ""
    return f"{name}: {left} = {right}{where}"


def form_line(form: str, states: int) -> str:
    """Return a common form, or why it has no text."""
    if not form and states:
        return (
            f"{states} state{'' if states == 1 else 's'}, the same up to names, order and scale, and one move"
        )
    return form or "no rule of one line, or too large to be written"


def different_lines(counterexample: Sequence[str]) -> list[str]:
    """Return what is printed of a difference."""
    return ["different", *counterexample]


def unknown_lines(level: str) -> list[str]:
    """Return what is printed where nothing was found."""
    return ["unknown", f"neither a proof nor a counterexample at level {level}"]


def indistinguishable_lines(samples: int, distance: float) -> list[str]:
    """Return what is printed of a measurement."""
    return [
        f"not told apart by {samples:,} samples in float32 (a measurement, not a proof)",
        f"largest relative difference {distance:.2g}, at magnitudes of training",
    ]


def in_brackets(lines: Iterable[str]) -> str:
    """Return lines as one in angle brackets, cut to the length of a line that is read."""
    text = ", ".join(" ".join(line.split()) for line in lines)
    return f"<{text if len(text) <= _LONGEST else f'{text[: _LONGEST - 3]}...'}>"


def _parts(identity: Identity) -> tuple[str, str, str, str]:
    return identity.name, identity.left, identity.right, identity.condition
