"""Replays an induction over the steps: what the states of two rules are to each other, and that it stays so.

An induction says of some states of both rules what they are, as expressions of the other states, the count
``t`` of the parameter's steps and its shape: ``A.v := 10 * B.a``. It holds after the first step, which begins
from the starts; if it holds before a later step, at which the states that nothing is said of may have any
values, it holds after it; and at each of these steps both rules give the weight the same value. The gradient,
the weight, the rate and the momentum of the step are the same for both, and free at each step.

So there are two equations for each state that something is said of, and two for the moves. None of them has
states that reach beyond a step: each is checked as a link between rules without states is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sympy.core.basic import Basic
from sympy.core.numbers import Integer

from nos_sym.errors import NosSymError, quoted
from nos_sym.language.block import Block
from nos_sym.language.node import Node
from nos_sym.language.operation import Role
from nos_sym.language.registry import apply
from nos_sym.language.rule import Rule
from nos_sym.language.traversal import replaced, walk
from nos_sym.proof.cases import Differ, Equation, Link
from nos_sym.proof.citations import Put, cite
from nos_sym.proof.errors import Refused
from nos_sym.proof.format import INDUCTION, NEVER_NEGATIVE, Use
from nos_sym.proof.leaves import is_leaf, leaf
from nos_sym.proof.optimizers import optimizer, plain
from nos_sym.proof.reader import expression
from nos_sym.proof.shown import at_least_zero

MOST_FACTS = 8
MOST_WORLDS = 60_000
"""Worlds of one induction."""
CONSTANT = frozenset(("rows", "cols", "size", "rank", "first_axis", "second_axis"))
"""What is the same at all steps of a parameter."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """What is to be shown at a step: that two expressions are equal.

    Attributes:
        what: a state, or ``w``.
        x: one expression.
        y: the other.
    """

    what: str
    x: Basic
    y: Basic


class Phase:
    """The first step, or any later one: what stands for the states before it, and what it leaves.

    Attributes:
        name: in words.
        before: states, and the count of steps, to what they are before the step.
        obligations: what is to be shown.
        bounded: what is to be shown never to be negative.
    """

    def __init__(self, name: str, before: Mapping[Basic, Basic], induction: Induction, steps: Basic) -> None:
        self.name = name
        self.before = before
        states = {**induction.first.states, **induction.second.states}
        news = {s.old: self.put(s.new) for s in states.values()}
        after = {**news, apply("t"): steps}
        moves = Obligation("w", self.put(induction.first.move), self.put(induction.second.move))
        self.obligations = [
            *(
                Obligation(name, news[states[name].old], replaced(_shifted(said, steps), after))
                for name, said in induction.said.items()
            ),
            moves,
        ]
        self.bounded = {name: news[states[name].old] for name in induction.bounded}

    def put(self, t: Basic) -> Basic:
        """Return what an expression over old states is at this step."""
        return replaced(_shifted(t, self.before[apply("t")]), self.before)


class Induction:
    """An induction between two rules.

    Attributes:
        first: the rule above.
        second: the rule below.
        said: states to what they are, over states of which nothing is said.
        bounded: states that are never negative.
    """

    def __init__(self, before: Rule | Block, after: Rule | Block, use: Use) -> None:
        self.first, self.second = optimizer(before, "A"), optimizer(after, "B")
        states = self.first.states | self.second.states
        self.said: dict[str, Basic] = {}
        self.bounded: list[str] = []
        for name, text in use.values:
            if name not in states:
                raise Refused(f"there is no state {quoted(name)}; expected {self._names()}")
            if text == NEVER_NEGATIVE:
                self.bounded.append(name)
            elif name in self.said:
                raise Refused(f"'{name}' is said twice what it is")
            else:
                self.said[name] = plain(expression(text))
        for name, t in self.said.items():
            self._check(name, t)

    def _check(self, name: str, t: Basic) -> None:
        """Check that an invariant is one: a function of other states that is the same at each step."""
        states = self.first.states | self.second.states
        for node in walk(t):
            if is_leaf(node):
                if node.operation.name not in states:
                    raise Refused(f"there is no state '{node.operation.name}'; expected {self._names()}")
                if node.operation.name in self.said:
                    raise Refused(f"'{name}' is said by '{node.operation.name}', of which something is said")
            elif node.operation.name == "correction":
                if isinstance(node.parameters[0], Node):
                    raise Refused("an invariant reads corrections of numbers alone")
            elif node.operation.role is not Role.ELEMENTWISE and node.operation.name not in {"t"} | CONSTANT:
                shown = quoted(str(node), 60)
                raise Refused(f"an invariant reads states, t and the shape alone; {shown} is none of them")

    def _names(self) -> str:
        return ", ".join([*self.first.states, *self.second.states][:12]) or "none, as both rules have none"

    def phases(self) -> tuple[Phase, Phase]:
        """Return the first step and the later ones."""
        states = self.first.states | self.second.states
        starts = {s.old: s.start for s in states.values()}
        bounded: dict[Basic, Basic] = {leaf(name): leaf(name, 0) for name in self.bounded}
        later = leaf("t", 1)
        known: dict[Basic, Basic] = {apply("t"): later}
        known |= bounded | {
            states[name].old: replaced(_shifted(said, later), {apply("t"): later, **bounded})
            for name, said in self.said.items()
        }
        return (
            Phase("at the first step", {apply("t"): Integer(0), **starts}, self, Integer(1)),
            Phase("at a later step", known, self, apply("add", later, Integer(1))),
        )


def check_induction(before: Rule | Block, after: Rule | Block, uses: Sequence[Use]) -> int:
    """Check that two rules are equal by an induction and what is cited; return how many worlds were drawn.

    Raises:
        Refused: it does not follow.
    """
    (use,) = (u for u in uses if u.name == INDUCTION)
    worlds = 0
    try:
        induction = Induction(before, after, use)
        phases = induction.phases()
    except NosSymError as error:
        raise Refused(getattr(error, "message", str(error)), use.line) from None
    cited = [u for u in uses if u is not use]
    shown: set[Use] = set()
    for phase in phases:
        for name, t in phase.bounded.items():
            if not at_least_zero(t):
                raise Refused(f"'{name}' is not shown to be never negative {phase.name}", use.line)
        said = Cited(cited, phase.put)
        shown |= said.shown
        for obligation in phase.obligations:
            try:
                worlds += said.check(obligation)
            except Refused as refusal:
                what = "the moves differ" if obligation.what == "w" else f"'{obligation.what}' is not that"
                raise type(refusal)(f"{what} {phase.name}: {refusal.message}", refusal.line) from None
            if worlds > MOST_WORLDS:
                raise Refused("too many cases of signs and zeros; cut the link into several")
    for u in cited:
        if u not in shown:
            raise Refused(f"'{u.name}' is shown neither at the first step nor at a later one", u.line)
    return worlds


class Cited:
    """What an induction cites, at one of its phases.

    Attributes:
        shown: the citations that hold there; others are left out.
    """

    def __init__(self, uses: Sequence[Use], put: Put) -> None:
        self.facts: list[Basic] = []
        self.nonzero: list[Basic] = []
        self.equations: list[Equation] = []
        self.shown: set[Use] = set()
        for use in uses:
            try:
                cite(use, self.facts, self.nonzero, self.equations, (), put)
            except (Refused, NosSymError):
                continue
            self.shown.add(use)
        if len(self.facts) > MOST_FACTS:
            raise Refused(f"{len(self.facts)} inequalities in a link; expected at most {MOST_FACTS}")

    def check(self, obligation: Obligation) -> int:
        """Check an obligation, by arithmetic where that is enough; return how many worlds were drawn."""
        x, y = obligation.x, obligation.y
        if x == y:
            return 0
        worlds = 0
        for facts, nonzero, equations in self._attempts():
            link = Link([x, y], equations, facts, nonzero)
            try:
                link.agree(x, y)
            except Differ:
                worlds += link.worlds
                if (facts, nonzero, equations) == (self.facts, self.nonzero, self.equations):
                    raise
            else:
                return worlds + link.worlds
        raise AssertionError("the last attempt cites all")

    def _attempts(self) -> Iterator[tuple[list[Basic], list[Basic], list[Equation]]]:
        yield [], [], []
        if self.shown:
            yield self.facts, self.nonzero, self.equations


def _shifted(t: Basic, steps: Basic) -> Basic:
    """Return an expression with the corrections of another count of steps: a number, or ``... + 1``."""
    made: dict[Basic, Basic] = {}
    for node in walk(t):
        if node.operation.name == "correction" and not isinstance(node.parameters[0], Node):
            made[node] = _correction(node, steps)
    return replaced(t, made) if made else t


def _correction(node: Node, steps: Basic) -> Basic:
    """Return 1 - beta^(steps + 1)."""
    beta = node.parameters[0]
    if not isinstance(steps, Node):
        return Integer(1) - beta ** (steps + 1)
    if steps.operation.name == "t":
        return node
    return apply("sub", Integer(1), apply("mul", beta, apply("sub", Integer(1), node)))
