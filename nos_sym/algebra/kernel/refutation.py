"""Steps at which one value lies above another, so that a proof of the opposite is not looked for.

Most comparisons between the arguments of a maximum have no proof, and finding none takes longest. Values at a
few steps show it: before each of them all gradients and weights were zero, as in :mod:`.witness`, so that an
average is ``(1 - beta) x``. They are enclosed, so that rounding refutes nothing. A state may have left any
number there, since no proof knows more of it than its sign and its start.
"""

from __future__ import annotations

from nos_sym.algebra.kernel.kinds import Bounds
from nos_sym.algebra.kernel.scalars import poly_on
from nos_sym.algebra.kernel.term import Atom, Poly, workspace
from nos_sym.algebra.kernel.witness import starts_at_zero
from nos_sym.intervals.closed import REALS

Step = tuple[float, float, int, int]

# Of both signs, near and far from 0, and no number of a rule: a jump may be anywhere else.
STEPS: tuple[Step, ...] = (
    (0.713, 1.327, 0, 4),
    (-1.919, 0.453, 3, 4),
    (0.0193, -37.11, 8, 16),
    (5.171, -2.093, 0, 1),
    (-41.37, -0.0213, 12, 16),
    (1.31e-3, 1.73e-7, 2, 16),
)
"""Gradient and weight, the count of steps before, and the total number of steps."""

MANY = 8
"""From how many values on one step is looked at first, by which most are far apart."""

_FIRST = tuple(step for step in STEPS if step[2] == 0)


def exceeds_somewhere(p: Poly, q: Poly) -> bool:
    """Return whether ``p > q`` at one of the steps, for any value of what is drawn or set."""
    # That all gradients before a step are zero is a null set of histories.
    steps = _FIRST if workspace().almost else STEPS
    return any(_value(p, step)[0] > _value(q, step)[1] for step in steps)


def not_refuted(p: Poly, others: list[Poly]) -> tuple[list[Poly], list[Poly]]:
    """Return which values may be at most ``p``, and which at least ``p``, as far as one step shows it."""
    step = _FIRST[0] if workspace().almost else STEPS[1]
    if len(others) < MANY:
        return others, others
    low, high = _value(p, step)
    values = [_value(q, step) for q in others]
    below = [q for q, (least, _) in zip(others, values, strict=True) if least <= high]
    return below, [q for q, (_, most) in zip(others, values, strict=True) if most >= low]


def _value(p: Poly, step: Step) -> Bounds:
    memo = workspace().memo
    key = (p, step)
    if key not in memo:
        if step not in _FIRST and not all(starts_at_zero(m) for m, _ in p.terms):
            memo[key] = REALS
        else:
            atoms: dict[Atom, Bounds] = memo.setdefault(step, {})  # type: ignore[assignment]
            memo[key] = poly_on(p, _BOXES[step], atoms)
    return memo[key]  # type: ignore[return-value]


def _box(step: Step) -> dict[str, Bounds]:
    g, w, count, total = step
    values = {
        "g": g,
        "w": w,
        "p": count / total,
        "r": 2 * count % total / total,
        "remaining": 1 - (count + 1) / total,
        "later" if count else "first": 0.0,
        "held": float(STEPS.index(step)),
    }
    return {name: (value, value) for name, value in values.items()}


_BOXES = {step: _box(step) for step in STEPS}
