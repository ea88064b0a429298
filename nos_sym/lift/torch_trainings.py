"""PyTorch: trainings whose settings change along the way, or whose gradients and parameters do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nos_sym.lift.beside import Draw, drawn, have_parted
from nos_sym.lift.lifted import Condition
from nos_sym.lift.torch_beside import Beside, Course
from nos_sym.lift.trainings import FACTORS, SCHEDULED, surprises
from nos_sym.lift.verifying import Array


def conditions(
    beside: Beside, shapes: Sequence[tuple[int, ...]], draw: Draw, other: Draw
) -> Iterator[Condition]:
    """Yield what a training may do that the hundred steps did not, and that the rule does not follow.

    Args:
        beside: the two.
        shapes: of the parameters.
        draw: values of settings.
        other: others.
    """
    scheduled, begun = _scheduled(beside, shapes, draw), False
    if scheduled:
        yield Condition("the learning rate stays as it is: a schedule of the group's changes other steps", "")
    elif begun := beside.parts(shapes, draw, Course(factors=[0.5, 1.0, 2.0] * beside.few)):
        yield Condition(
            "the first step has the rate that the optimizer was made with: states start from it", ""
        )
    if _reset(beside, shapes, draw, other):
        yield Condition("settings of the group stay as they are: others along the way are not followed", "")
    if _skipped(beside, shapes, draw):
        yield Condition("every parameter has a gradient at every step: others are stepped otherwise", "")
    elif _skipped(beside, shapes, draw, nothing=True):
        yield Condition("some parameter has a gradient at every step: one without any is another", "")
    elif not scheduled and _skipped(beside, shapes, draw, (1.0, 0.5, 2.0)):
        yield Condition(
            "every parameter has a gradient at the first step, or the rate stays: it is stepped otherwise", ""
        )
    # Of no number the sign is 0 in PyTorch, and none in NumPy.
    signs = any(v.operation == "sign" for v in beside.program.values)
    yield from surprises(beside, shapes, draw, finite=signs)
    rates = (float(begun), 0.0, *(1.0,) * (beside.few - 2))
    if beside.parts(shapes, {**draw, "lr": 0.0}) or (
        not scheduled and beside.parts(shapes, draw, Course(factors=rates), steps=len(rates))
    ):
        yield Condition("the learning rate is not 0: with 0 it is stepped otherwise", "")
    if beside.parts(shapes, draw, Course(reused=True)):
        yield Condition(
            "each step has gradients in memory of their own: where they are written over, as by "
            "zero_grad(set_to_none=False), it is stepped otherwise",
            "",
        )
    if beside.parts(shapes, draw, Course(tensors=True)):
        yield Condition("the learning rate is a number: a tensor is stepped otherwise", "")
    if beside.parts(shapes, draw, Course(zeroed=True)):
        yield Condition("zero_grad is not called: its own one changes steps", "")
    if beside.parts(shapes, draw, Course(frozen=1)):
        yield Condition("parameters ask for gradients: one that does not is stepped otherwise", "")
    if beside.parts(shapes, draw, Course(reloaded=2)):
        yield Condition("no state dict is loaded: what goes on from one is stepped otherwise", "")


def _scheduled(beside: Beside, shapes: Sequence[tuple[int, ...]], draw: Draw) -> bool:
    """Return whether the two part where the group's rate is another one after some steps."""
    weights, rows = drawn(41, shapes, SCHEDULED)
    course = Course(factors=FACTORS)
    theirs = beside.theirs(weights, rows, draw, course)
    return theirs is not None and have_parted(beside.ours(weights, rows, draw, course), theirs)


def _reset(beside: Beside, shapes: Sequence[tuple[int, ...]], draw: Draw, other: Draw) -> bool:
    """Return whether the two part where settings in the group are others at some steps."""
    changed = {**beside.regrouped(draw, other), "lr": draw["lr"]} if "lr" in draw else {}
    if not changed or changed == draw:
        return False
    values = [(draw, changed)[k // 3 % 2] for k in range(2 * beside.few)]
    return beside.parts(shapes, draw, Course(values=values), steps=len(values))


def _skipped(
    beside: Beside,
    shapes: Sequence[tuple[int, ...]],
    draw: Draw,
    cycle: Sequence[float] = (),
    *,
    nothing: bool = False,
) -> bool:
    """Return whether the two part where a parameter has no gradient at the first step and every third one.

    A rule leaves such a parameter and its states as they are; its steps are counted by those with a gradient.
    With ``nothing`` no parameter has one at the fourth step.
    """
    weights, given = drawn(43, shapes, beside.few + 2)
    rows: list[list[Array | None]] = [[row[0] if k % 3 else None, *row[1:]] for k, row in enumerate(given)]
    if nothing:
        rows[3] = [None] * len(rows[3])
    course = Course(factors=[cycle[k % len(cycle)] for k in range(len(rows))] if cycle else ())
    theirs = beside.theirs(weights, rows, draw, course)
    if theirs is None:
        # A training without a rate that could change has no schedule; an error at a gradient that is missing
        # is said.
        return not cycle
    return have_parted(beside.ours(weights, rows, draw, course), theirs)
