"""What a step does to a weight whose gradient is zero, at all steps or at this one."""

from __future__ import annotations

import numpy as np
from sympy.core.basic import Basic

from nos_sym.algebra.elimination import Environment, states_in
from nos_sym.algebra.kernel import Atom, Poly, add, constant
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
from nos_sym.report.sheet.nonzero import is_nonzero, with_constants
from nos_sym.report.sheet.simplify import simplified, with_bars
from nos_sym.report.sheet.subject import GRADIENT, RATE, WEIGHT, Subject

LARGEST = 40
"""Nodes of an update above which it is not shown."""

STEPS = 400
"""Steps that are run, the first with a gradient and all others without."""

TRIED, TRIED_STEPS = (8, 16), 20
"""Weights and steps that are run where no proof says whether zeros move them."""

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
    if change.terms and states_in(change):
        return []
    found = _moved(subject, given) if change.terms else None
    if change.terms and found is None:
        return []
    form = change if found is None else _change_of(subject, found)
    if change.terms and not form.terms:
        by = f"{by}, whose constant parts are 0"
    if found is None or not form.terms:
        return [proved(key, title, f"Of {what} nothing moves.", by=by, moves=False)]
    if size_of(found) > LARGEST:
        return []
    step = _text(subject, found)
    if is_nonzero(form, _taken(subject)):
        by = f"{by}, which is 0 for no weight but 0"
        return [proved(key, title, f"It moves {what}: {with_bars(step)}.", by=by, moves=True, step=step)]
    return _tried(subject, what, step)


def _taken(subject: Subject) -> frozenset[Atom]:
    """Return the atoms of the weight and the rate, neither of which is 0."""
    return frozenset(p.terms[0][0].factors[0][0] for p in subject.forms([WEIGHT, RATE]))


def _tried(subject: Subject, what: str, step: str) -> list[Line]:
    """Return whether weights move that the interpreter runs with zeros for all gradients."""
    if subject.has(Role.RANDOM):
        return []
    rng = np.random.default_rng(11)
    weight = rng.choice([-1.0, 1.0], TRIED) * 10.0 ** rng.uniform(-3, 1, TRIED)
    weight[0, 0] = 0.0  # the one weight that a decay leaves where it is, and at which |0|^w is 1
    run = Interpreter(subject.plain, TRIED, total_steps=TRIED_STEPS, saturating=False)
    moved = np.zeros(TRIED, bool)
    with np.errstate(all="ignore"):
        for _ in range(TRIED_STEPS):
            change = run.change(weight, np.zeros(TRIED), 0.1)
            moved |= (change - weight if run.program.replaces else change) != 0
    key, title, whole = "never_hit", "Never hit", subject.has(Role.REDUCTION)
    over = (
        f"{TRIED_STEPS} steps of the interpreter on {moved.size} weights, 0 and both signs from 1e-3 to 10, "
        "with zeros for all gradients, lr 0.1, momentum 0.9"
    )
    if not moved.any():
        return [
            measured(key, title, f"Of {what} nothing moves, as far as it was run.", over=over, moves=False)
        ]
    says = f"It moves {what}: {with_bars(step)}."
    if not moved.ravel()[1:].all() and not whole:
        says = f"Whether it moves {what} depends on the weight: {with_bars(step)}."
    share = float(moved.mean())
    return [measured(key, title, says, over=over, moves=True, step=step, share=share)]


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


def _moved(subject: Subject, given: Environment) -> Basic | None:
    """Return the update with zeros put in, or the new weight where there is none, as it is written."""
    zeros: dict[Basic, Basic] = dict.fromkeys(given, number(0))
    update = subject.update
    try:
        bare = replaced(subject.system.move if update is None else update, zeros)
        found = simplified(bare, lambda x: subject.forms([x], given)[0])
        return simplified(with_constants(found), lambda x: subject.forms([x], given)[0])
    except RuleError:
        return None


def _change_of(subject: Subject, moved: Basic) -> Poly:
    """Return the form of what such an update, or new weight, adds to the weight up to a factor."""
    (found, weight) = subject.forms([moved, WEIGHT])
    return found if subject.update is not None else add(found, -weight)


def _text(subject: Subject, moved: Basic) -> str:
    text = print_expression(moved)
    return f"w <- {text}" if subject.update is None else f"w <- w - lr * ({text})"


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
