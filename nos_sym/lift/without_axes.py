"""Parameters without axes that could not be read off, and are stepped by the rule of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from nos_sym.language.block import Block
from nos_sym.lift.lifted import Condition
from nos_sym.lift.verifying import STEPS, Runner, problem, verified

UNREAD = "parameters without axes are left out"
"""How the condition begins that says so, with the reason behind it."""


def followed(
    conditions: Iterable[Condition],
    rule: Block,
    run: Runner,
    draws: Sequence[Mapping[str, float]],
    shapes: Sequence[tuple[int, ...]],
) -> tuple[Condition, ...]:
    """Return conditions in which such parameters are no longer left out where the rule is theirs, too.

    A parameter without axes has one entry, as a vector may have, and an original that raises an error for it
    at some settings steps it at others.

    Args:
        conditions: of the rule.
        rule: with settings under the names of the draws.
        run: runs the original.
        draws: values of settings.
        shapes: for which the two were compared.
    """
    kept = tuple(conditions)
    unread = [c for c in kept if c.special and c.text.startswith(UNREAD)]
    if not unread:
        return kept
    raised = ""
    steps = 0
    for draw in draws:
        for beside in ([()], [*shapes[-1:], ()]):
            try:
                run(draw, *problem(beside))
            except Exception as error:
                raised = f"{type(error).__name__}: {error}"
                continue
            try:
                if not verified(rule, run, [draw], beside).verified:
                    return kept
            except Exception:
                return kept
            steps += STEPS
    if not steps:
        return kept
    says = f"parameters without axes are not read: the rule of others follows them over {STEPS} steps"
    if raised:
        says += f"; at some settings the original raises {raised}"
    return tuple(Condition(says, c.place) if c in unread else c for c in kept)
