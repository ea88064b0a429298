"""What a step does to a weight whose gradient is zero, at all steps or at this one."""

from __future__ import annotations

import numpy as np
from sympy.core.basic import Basic

from nos_sym.algebra.elimination import Environment, states_in
from nos_sym.algebra.kernel import constant
from nos_sym.errors import RuleError
from nos_sym.language.node import size_of
from nos_sym.language.operation import Role
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import number
from nos_sym.language.system import Recursion
from nos_sym.language.traversal import replaced
from nos_sym.program.interpreter import Interpreter
from nos_sym.program.program import SHAPE
from nos_sym.report.sheet.line import Line, measured, proved
from nos_sym.report.sheet.simplify import simplified, with_bars
from nos_sym.report.sheet.subject import GRADIENT, Subject

LARGEST = 40
"""Nodes of an update above which it is not shown."""

STEPS = 400
"""Steps that are run, the first with a gradient and all others without."""

SMALL = 0.01
"""What is left of the largest step when a rule counts as having come to rest."""


def stillness(subject: Subject) -> list[Line]:
    """Return the lines about gradients that are zero."""
    if any(node.operation.name == "total" for node in subject.nodes):
        return []  # what the gradients of other parameters are is not known
    return [*_never_hit(subject), *_at_zero(subject)]


def _never_hit(subject: Subject) -> list[Line]:
    key, title = "never_hit", "Never hit"
    resting = _resting(subject)
    given: Environment = {GRADIENT: constant(0)} | {s.old: constant(0) for s in resting}
    change = subject.change(given)
    names = ", ".join(subject.name_of(s) for s in resting)
    stay = f"{names} stay{'s' if len(resting) == 1 else ''} 0 and " if names else ""
    by = f"with 0 for every gradient, {stay}the change has this canonical form"
    whole = subject.has(Role.REDUCTION)
    what = "a tensor whose gradients are all zero" if whole else "a weight whose gradient is always zero"
    if not change.terms:
        return [proved(key, title, f"Of {what} nothing moves.", by=by, moves=False)]
    if states_in(change):
        return []
    step = _step(subject, given)
    if step is None:
        return []
    says = f"It moves {what}: {with_bars(step)}."
    return [proved(key, title, says, by=by, moves=True, step=step)]


def _resting(subject: Subject) -> list[Recursion]:
    """Return the states that stay 0 where every gradient is: they start so, and none of them leaves it."""
    starts = subject.forms([s.start for s in subject.states])
    found = [s for s, start in zip(subject.states, starts, strict=True) if not start.terms]
    while True:
        given: Environment = {GRADIENT: constant(0)} | {s.old: constant(0) for s in found}
        news = subject.forms([s.new for s in found], given)
        kept = [s for s, new in zip(found, news, strict=True) if not new.terms]
        if len(kept) == len(found):
            return kept
        found = kept


def _step(subject: Subject, given: Environment) -> str | None:
    """Return how the weight moves with zeros put in, as it is written; ``None`` where that is long."""
    zeros: dict[Basic, Basic] = dict.fromkeys(given, number(0))
    update = subject.update
    try:
        bare = replaced(subject.system.move if update is None else update, zeros)
        found = simplified(bare, lambda x: subject.forms([x], given)[0])
    except RuleError:
        return None
    if size_of(found) > LARGEST:
        return None
    return (
        f"w <- {print_expression(found)}" if update is None else f"w <- w - lr * ({print_expression(found)})"
    )


def _at_zero(subject: Subject) -> list[Line]:
    key, title = "zero_gradient", "At a zero gradient"
    if not subject.change({GRADIENT: constant(0)}).terms:
        what = "The tensor does not move at a step at which all of its gradients are zero"
        if not subject.has(Role.REDUCTION):
            what = "The weight does not move"
        by = "with 0 for the gradient of the step, and any values of the states, the change has the form 0"
        return [proved(key, title, f"{what}, whatever came before.", by=by, rests=True)]
    return _after_one_gradient(subject)


def _after_one_gradient(subject: Subject) -> list[Line]:
    """Return how long a weight moves on after one gradient, as the interpreter runs it."""
    shaped = any(node.operation.name in SHAPE for node in subject.nodes)
    if subject.has(Role.RANDOM) or subject.schedules or subject.has(Role.REDUCTION) or shaped:
        return []
    run = Interpreter(subject.plain, (1,), saturating=False)
    gradient, weight, rate = np.array([1.0]), np.array([0.0]), 0.1
    moves = []
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            new = run.apply(weight, gradient, rate)
            moves.append(abs(float((new - weight)[0])))
            weight, gradient = new, np.array([0.0])
    if not np.all(np.isfinite(moves)) or max(moves[1:]) == 0:
        return []
    largest = max(moves)
    last = max(i for i, x in enumerate(moves) if x > SMALL * largest)
    over = (
        f"{STEPS} steps of the interpreter on one weight at 0: a gradient of 1 and then zeros, lr 0.1, "
        "momentum 0.9"
    )
    after = f"{last} step{'' if last == 1 else 's'} after a single gradient"
    says = f"It moves on: the last step above {SMALL:.0%} of the largest comes {after}."
    if last == 0:
        says = f"It moves on after a single gradient, by less than {SMALL:.0%} of that step."
    if last == STEPS - 1:
        left = f"{moves[-1] / largest:.0%} of the largest"
        says = f"It moves on: after {last} steps without a gradient a step is {left}."
    return [measured("zero_gradient", "At a zero gradient", says, over=over, rests=False, steps=last)]
