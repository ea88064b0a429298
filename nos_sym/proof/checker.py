"""Replays a proof: each link holds in every world of every case, each condition by interval arithmetic.

It shares with the rest of nos-sym the language (its parser, its printer, the records of operations) and
nothing else: no normal form, no key, no bounds of the algebra.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sympy.core.basic import Basic
from sympy.core.numbers import Integer

from nos_sym.errors import NosSymError, quoted
from nos_sym.language.block import Block
from nos_sym.language.kind import Kind
from nos_sym.language.node import kind_of
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import apply
from nos_sym.language.rule import Rule
from nos_sym.language.traversal import walk, with_draws
from nos_sym.proof.cases import Equation, Link
from nos_sym.proof.citations import cite
from nos_sym.proof.errors import Refused
from nos_sym.proof.format import ASSUME, INDUCTION, Proof, Step, Use, multiplied
from nos_sym.proof.induction import check_induction
from nos_sym.proof.nullsets import null_zeros
from nos_sym.proof.ranges import shared
from nos_sym.proof.reader import expression, read_proof
from nos_sym.proof.shown import never_zero
from nos_sym.proof.steps import vanishing_steps
from nos_sym.proof.zeros import roots

_MOST_FACTS = 8


@dataclass(frozen=True, slots=True)
class Checked:
    """A proof that was accepted.

    Attributes:
        proof: what was read: both rules, the level, the chain.
        links: how many links it has.
        cited: what it cites, in order, each once.
        worlds: how many worlds were drawn.
        invariants: what its inductions say of states: each with an expression, or with ``>= 0``.
    """

    proof: Proof
    links: int
    cited: tuple[str, ...]
    worlds: int
    invariants: tuple[tuple[str, str], ...] = ()


def check_proof(text: str) -> Checked:
    """Replay the text of a proof.

    Args:
        text: what :func:`nos_sym.prove` gave, or what somebody else wrote.

    Returns:
        What was proved.

    Raises:
        SourceError: the text cannot be read as a proof.
        Refused: it is read, and does not prove what it says; the message names the line.
    """
    proof = read_proof(text)
    _check_claim(proof)
    worlds = 0
    for before, step in zip(proof.chain, proof.chain[1:], strict=False):
        try:
            worlds += check_link(before.rule, step, proof.almost)
        except Refused as refusal:
            raise Refused(refusal.message, refusal.line or step.line) from None
    cited = dict.fromkeys(
        use.name for step in proof.chain for use in step.uses if use.name not in (ASSUME, INDUCTION)
    )
    invariants = tuple(
        value for step in proof.chain for use in step.uses if use.name == INDUCTION for value in use.values
    )
    return Checked(proof, len(proof.chain) - 1, tuple(cited), worlds, invariants)


def check_link(before: Rule | Block, step: Step, almost: tuple[Basic, ...] = ()) -> int:
    """Check that a rule is equal to the next one by what is cited; return how many worlds were drawn.

    Args:
        before: the rule.
        step: the next one, and what the link uses.
        almost: what the link may take not to be zero.

    Raises:
        Refused: it does not follow.
    """
    after = step.rule
    if any(use.name == INDUCTION for use in step.uses):
        return _check_states(before, step, almost)
    if isinstance(before, Block) or isinstance(after, Block):
        if before == after and not step.uses:
            return 0
        raise Refused("optimizers with states follow by induction; expected 'by induction; A.v := ...'")
    if before.momentum is not after.momentum:
        raise Refused("the momentum types differ")
    x, y = signed(before), signed(after)
    facts: list[Basic] = []
    nonzero: list[Basic] = []
    equations: list[Equation] = []
    assumed: tuple[Basic, ...] = ()
    # What is assumed may stand below what leans on it.
    for use in sorted(step.uses, key=lambda use: use.name != ASSUME):
        try:
            if use.name == "masks":
                x = renamed(x, use)
            elif use.name == ASSUME:
                assumed += (_assumed(use, almost),)
            else:
                cite(use, facts, nonzero, equations, assumed)
        except NosSymError as error:
            raise Refused(getattr(error, "message", str(error)), use.line) from None
    if len(facts) > _MOST_FACTS:
        raise Refused(f"{len(facts)} inequalities in a link; expected at most {_MOST_FACTS}")
    nonzero += [r for t in assumed for r in roots(shared(t))]
    link = Link([x, y], equations, facts, nonzero)
    link.agree(x, y)
    return link.worlds


def _check_states(before: Rule | Block, step: Step, almost: tuple[Basic, ...]) -> int:
    """Check a link that is an induction."""
    if almost:
        raise Refused("an induction is about every history; it takes nothing not to be zero")
    names = [use.name for use in step.uses]
    if names.count(INDUCTION) > 1 or ASSUME in names or "masks" in names:
        raise Refused("a link has one induction, and with it entries of the table, nonneg and nonzero alone")
    return check_induction(before, step.rule, step.uses)


def _assumed(use: Use, almost: tuple[Basic, ...]) -> Basic:
    """Return what a link takes not to be zero, which the head must name."""
    t = expression(use.values[0][1])
    if t not in almost:
        raise Refused(f"the head does not say that {quoted(use.values[0][1], 80)} is taken not to be zero")
    return t


def signed(rule: Rule) -> Basic:
    """Return what a rule subtracts from the weights, without the learning rate."""
    return apply("neg", rule.update) if rule.ascent else rule.update


def renamed(t: Basic, use: Use) -> Basic:
    """Return an expression with the masks of dropout renamed by a citation of ``masks``."""
    numbers = dict(use.values)
    if not all(re.fullmatch("[0-9]{1,3}", n) for pair in numbers.items() for n in pair):
        raise Refused("masks are renamed by numbers, as in 'by masks; 1 := 2; 2 := 1'")
    to = {int(a): int(b) for a, b in numbers.items()}
    if sorted(to) != sorted(to.values()):
        raise Refused("masks are not renamed one to one")
    draws = {int(n.parameters[1]) for n in walk(t) if n.operation.name == "drop"}
    return with_draws(t, {d: to.get(d, d) for d in draws})


def _check_claim(proof: Proof) -> None:
    """Check that the chain leads from side to side of the claim, and that the level allows the factors."""
    ends = (
        ("A", proof.chain[0], multiplied(proof.first, proof.times_first)),
        ("B", proof.chain[-1], multiplied(proof.second, proof.times_second)),
    )
    for name, step, rule in ends:
        if step.rule != rule:
            raise Refused(
                f"the chain does not {'begin' if name == 'A' else 'end'} with what it says of {name}",
                step.line,
            )
    factors = [f for f in (proof.times_first, proof.times_second) if f is not None]
    if proof.level == "exact" and factors:
        raise Refused("at level exact no side is multiplied")
    if proof.level == "sign" and any(f not in (Integer(1), apply("neg", Integer(1))) for f in factors):
        raise Refused("at level sign a factor is 1 or -1")
    if proof.level == "scale":
        for factor in factors:
            if kind_of(factor) is not Kind.NUMBER or not never_zero(factor):
                raise Refused("at level scale a factor is a number that is shown not to be zero")
    uses = [use for step in proof.chain for use in step.uses if use.name == ASSUME]
    assumed = {expression(use.values[0][1]) for use in uses}
    for t in proof.almost:
        if not null_zeros(t):
            raise Refused(
                f"{quoted(print_expression(t), 80)} is not shown to be zero on a null set of histories alone"
            )
        if t not in assumed:
            raise Refused(f"no link assumes that {quoted(print_expression(t), 80)} is not zero")
    if proof.level != "schedule" and proof.steps:
        raise Refused("exceptional steps belong to level schedule")
    if proof.level == "schedule":
        steps = sum(vanishing_steps(factor) for factor in factors)
        if steps > proof.steps:
            raise Refused(f"the factors are zero on up to {steps} steps; the proof says {proof.steps}")
