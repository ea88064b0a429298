"""Whether a step is odd: under a change of the sign of all gradients, and of all gradients and weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product as choices

from sympy.core.basic import Basic

from nos_sym.algebra.elimination import Environment
from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.kernel import Poly, constant
from nos_sym.algebra.verdicts import Different, Equal
from nos_sym.language.block import Assign, Block, If, Statement, rewritten
from nos_sym.language.registry import apply, number
from nos_sym.language.rule import Rule
from nos_sym.language.scope import WEIGHT as WEIGHT_NAME
from nos_sym.language.system import Recursion
from nos_sym.language.traversal import replaced
from nos_sym.report.sheet.line import Line, proved
from nos_sym.report.sheet.subject import GRADIENT, STEP, WEIGHT, Subject

MOST_OPEN = 4
"""Most states whose sign the first steps leave open, each of which is tried with both."""


@dataclass(frozen=True, slots=True)
class Reflection:
    """A change of signs.

    Attributes:
        weights: whether weights change their sign, too.
    """

    weights: bool

    def __str__(self) -> str:
        return "all gradients and weights" if self.weights else "all gradients"


def signs_of_states(subject: Subject, reflection: Reflection) -> dict[str, int] | None:
    """Return what a reflection does to each state if it changes the sign of every step, as is then proved."""
    given = _given(subject, reflection)
    for signs in _candidates(subject, given):
        put = given | {
            s.old: subject.environment[s.old] if sign > 0 else -subject.environment[s.old]
            for s, sign in signs.items()
        }
        starts = [s.start for s in subject.states]
        news = [s.new for s in subject.states]
        before = [*subject.forms(starts), *subject.forms(news)]
        after = [*subject.forms(starts, given), *subject.forms(news, put)]
        kept = all(
            _signed(x, sign).digest == y.digest
            for x, y, sign in zip(before, after, [*signs.values(), *signs.values()], strict=True)
        )
        if kept and (-subject.change()).digest == subject.change(put).digest:
            return {subject.name_of(s): sign for s, sign in signs.items()}
    return None


def _given(subject: Subject, reflection: Reflection) -> Environment:
    gradient, weight = subject.forms([GRADIENT, WEIGHT])
    return {GRADIENT: -gradient} | ({WEIGHT: -weight} if reflection.weights else {})


def _signed(p: Poly, sign: int) -> Poly:
    return p if sign > 0 else -p


def _candidates(subject: Subject, given: Environment) -> list[Mapping[Recursion, int]]:
    """Return the signs that the first two steps allow."""
    states = subject.states
    found: dict[Recursion, int] = {}
    starts = [s.start for s in states]
    before, after = subject.forms(starts), subject.forms(starts, given)
    for count in range(3):
        for state, x, y in zip(states, before, after, strict=True):
            if not x.terms or state in found:
                continue
            if x.digest == y.digest:
                found[state] = 1
            elif (-x).digest == y.digest:
                found[state] = -1
            else:
                return []
        olds = [dict(zip((s.old for s in states), values, strict=True)) for values in (before, after)]
        step = {STEP: constant(count)}
        news = [s.new for s in states]
        before, after = subject.forms(news, olds[0] | step), subject.forms(news, given | olds[1] | step)
    left = [s for s in states if s not in found]
    if len(left) > MOST_OPEN:
        return []
    return [
        {s: found.get(s, dict(zip(left, signs, strict=True)).get(s, 1)) for s in states}
        for signs in choices((1, -1), repeat=len(left))
    ]


def reflected(rule: Rule | Block, reflection: Reflection) -> Rule | Block:
    """Return the optimizer that steps as a rule does on the reflected history, with the sign changed."""
    table: dict[Basic, Basic] = {GRADIENT: apply("neg", GRADIENT)}
    if reflection.weights:
        table[WEIGHT] = apply("neg", WEIGHT)

    def put(x: Basic) -> Basic:
        return replaced(x, table)

    if isinstance(rule, Rule):
        return replace(rule, update=apply("neg", put(rule.update)), name="")
    return replace(rule, statements=tuple(_moved(s, put, reflection) for s in rule.statements), name="")


def _moved(statement: Statement, put: Callable[[Basic], Basic], reflection: Reflection) -> Statement:
    if isinstance(statement, If):
        branches = (statement.then, statement.otherwise)
        return If(
            put(statement.condition),
            *(tuple(_moved(s, put, reflection) for s in branch) for branch in branches),
        )
    made = rewritten(statement, put)
    if isinstance(made, Assign) and made.name == WEIGHT_NAME:
        # Of gradients alone the weight stays: what is added to it changes its sign.
        negative = apply("neg", made.value)
        return Assign(
            made.name,
            negative if reflection.weights else apply("add", apply("mul", number(2), WEIGHT), negative),
        )
    return made


_ODD = {
    True: (
        "A mirrored start with mirrored gradients trains as the mirror image: the sign in which a unit is "
        "written does not matter."
    ),
    False: "Opposite gradients make opposite steps of the same weights.",
}
_NOT_ODD = {
    True: (
        "The sign of a weight matters: a network whose weights and gradients are mirrored, as tanh units "
        "allow, trains differently, so that the rule prefers one sign of the weights."
    ),
    False: "Opposite gradients do not make opposite steps of the same weights.",
}
_TITLES = {True: "Odd in gradients and weights", False: "Odd in the gradient"}


def reflections(subject: Subject) -> list[Line]:
    """Return the lines about changes of sign, as far as they are proved or refuted."""
    found = (_line(subject, Reflection(weights)) for weights in (True, False))
    return [line for line in found if line is not None]


def _line(subject: Subject, reflection: Reflection) -> Line | None:
    joint = reflection.weights
    key = "odd_jointly" if joint else "odd_in_gradient"
    signs = signs_of_states(subject, reflection)
    if signs is not None:
        parts = ", ".join(
            f"{name} {'keeps' if sign > 0 else 'changes'} its sign" for name, sign in signs.items()
        )
        by = (
            f"with the opposite of {reflection}, {parts + ' and ' if parts else ''}the change is the "
            "opposite, by canonical forms"
        )
        return proved(key, _TITLES[joint], "Yes.", _ODD[joint], by=by, odd=True)
    verdict = compare(subject.plain, reflected(subject.plain, reflection))
    if isinstance(verdict, Equal):
        names = ", ".join(dict.fromkeys(i.name for i in (*verdict.first, *verdict.second)))
        by = f"the rule and its reflection have one canonical form ({names})"
        return proved(key, _TITLES[joint], "Yes.", _ODD[joint], by=by, odd=True)
    if isinstance(verdict, Different):
        where = " ".join(line.strip() for line in verdict.counterexample.describe())
        by = f"a history, by intervals: of the rule and of its reflection, {where}"
        return proved(key, _TITLES[joint], "No.", _NOT_ODD[joint], by=by, odd=False)
    return None
