"""Replays a proof: each link holds in every world of every case, each condition by interval arithmetic.

It shares with the rest of nos-sym the language (its parser, its printer, the records of operations) and
nothing else: no normal form, no key, no bounds of the algebra.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from sympy.core.basic import Basic
from sympy.core.numbers import Integer

from nos_sym.errors import NosSymError, quoted
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, kind_of
from nos_sym.language.registry import apply
from nos_sym.language.rule import Rule
from nos_sym.language.traversal import walk, with_draws
from nos_sym.proof.cases import Equation, Link
from nos_sym.proof.errors import Refused
from nos_sym.proof.format import Proof, Step, Use, expression, multiplied, read_proof
from nos_sym.proof.shown import at_least_zero, at_most_one, never_zero
from nos_sym.proof.steps import vanishing_steps
from nos_sym.proof.table import ENTRIES

_PLACEHOLDER = re.compile(r"\b[xyzcdkl]\b")
_MOST_FACTS = 8


@dataclass(frozen=True, slots=True)
class Checked:
    """A proof that was accepted.

    Attributes:
        proof: what was read: both rules, the level, the chain.
        links: how many links it has.
        cited: what it cites, in order, each once.
        worlds: how many worlds were drawn.
    """

    proof: Proof
    links: int
    cited: tuple[str, ...]
    worlds: int


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
            worlds += check_link(before.rule, step)
        except Refused as refusal:
            raise Refused(refusal.message, refusal.line or step.line) from None
    cited = dict.fromkeys(use.name for step in proof.chain for use in step.uses)
    return Checked(proof, len(proof.chain) - 1, tuple(cited), worlds)


def check_link(before: Rule, step: Step) -> int:
    """Check that a rule is equal to the next one by what is cited; return how many worlds were drawn.

    Raises:
        Refused: it does not follow.
    """
    after = step.rule
    if before.momentum is not after.momentum:
        raise Refused("the momentum types differ")
    x, y = signed(before), signed(after)
    facts: list[Basic] = []
    nonzero: list[Basic] = []
    equations: list[Equation] = []
    for use in step.uses:
        try:
            if use.name == "masks":
                x = renamed(x, use)
            else:
                _cite(use, facts, nonzero, equations)
        except NosSymError as error:
            raise Refused(getattr(error, "message", str(error)), use.line) from None
    if len(facts) > _MOST_FACTS:
        raise Refused(f"{len(facts)} inequalities in a link; expected at most {_MOST_FACTS}")
    link = Link([x, y], equations, facts, nonzero)
    link.agree(x, y)
    return link.worlds


def signed(rule: Rule) -> Basic:
    """Return what a rule subtracts from the weights, without the learning rate."""
    return apply("neg", rule.update) if rule.ascent else rule.update


def _cite(use: Use, facts: list[Basic], nonzero: list[Basic], equations: list[Equation]) -> None:
    values = dict(use.values)
    if use.name in ("nonneg", "nonzero"):
        if set(values) != {"x"}:
            raise Refused(f"{use.name} takes x")
        shown, said, into = (
            (at_least_zero, "negative", facts) if use.name == "nonneg" else (never_zero, "zero", nonzero)
        )
        fact = expression(values["x"])
        if not shown(fact):
            raise Refused(f"{quoted(values['x'], 80)} is not shown to be never {said}")
        into.append(fact)
        return
    left, right = instance(use.name, use.values)
    if ENTRIES[use.name].inequality:
        facts.append(apply("sub", left, right))
    else:
        equations.append((left, right))


@lru_cache(maxsize=4096)
def instance(name: str, values: tuple[tuple[str, str], ...]) -> tuple[Node, Basic]:
    """Return both sides of an entry of the table with expressions for its placeholders.

    Raises:
        Refused: no such entry, other placeholders, or a condition that is not shown.
        SourceError: an expression that cannot be read.
    """
    entry = ENTRIES.get(name)
    if entry is None:
        raise Refused(f"there is no identity {quoted(name)}")
    texts = dict(values)
    used = sorted(set(_PLACEHOLDER.findall(entry.left + " " + entry.right)))
    if sorted(texts) != used:
        raise Refused(f"{name} takes {', '.join(used) or 'no values'}")
    terms = {k: expression(v) for k, v in texts.items()}
    for k in {"k", "l"} & terms.keys():
        if isinstance(terms[k], Node) or not 0 <= terms[k] < 1:
            raise Refused(f"{name}: {k} is a coefficient of an average; expected a number from 0 to below 1")
    for condition in entry.conditions:
        if not _holds(condition, terms):
            raise Refused(f"{name}: '{condition}' is not shown")

    def put(text: str) -> Basic:
        return expression(
            _PLACEHOLDER.sub(lambda m: texts[m[0]] if m[0] in "kl" else f"({texts[m[0]]})", text)
        )

    left = put(entry.left)
    if not isinstance(left, Node):
        raise Refused(f"{name}: the left side is a number")
    return left, put(entry.right)


def _holds(condition: str, terms: dict[str, Basic]) -> bool:
    what, _, kind = condition.partition(" ")
    if kind == "constant":
        return kind_of(terms[what]) is Kind.NUMBER and all(n.operation.arity for n in walk(terms[what]))
    if kind == ">= 0":
        return at_least_zero(terms[what])
    if kind == "!= 0":
        return never_zero(terms[what])
    assert kind == "<= 1", condition
    return at_most_one(terms[what.strip("|")])


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
    if proof.level != "schedule" and proof.steps:
        raise Refused("exceptional steps belong to level schedule")
    if proof.level == "schedule":
        steps = sum(vanishing_steps(factor) for factor in factors)
        if steps > proof.steps:
            raise Refused(f"the factors are zero on up to {steps} steps; the proof says {proof.steps}")
