"""A search for proofs: which entries of the table make two rules equal.

The search works on worlds, as the checker does, and on what :mod:`.proposals` proposes: it gathers
citations at the nodes of both rules, in rounds, keeps those that are needed, and has the checker replay
what it found. The algebra gives hints alone: how a difference is written, and which schedule and constant
stand before a rule.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sympy.core.basic import Basic
from sympy.core.numbers import Integer

from nos_sym.algebra.levels import Level
from nos_sym.errors import NosSymError
from nos_sym.language.block import Block
from nos_sym.language.registry import number
from nos_sym.language.rule import Rule
from nos_sym.language.traversal import walk
from nos_sym.proof.checker import check_link, check_proof, renamed, signed
from nos_sym.proof.errors import Refused
from nos_sym.proof.format import ASSUME, Proof, Step, Use, multiplied
from nos_sym.proof.reader import expression
from nos_sym.proof.search.factors import factors
from nos_sym.proof.search.inductions import induction, ratio
from nos_sym.proof.search.link import LinkSearch, TimeIsUp
from nos_sym.proof.steps import vanishing_steps

SECONDS = 20.0
"""How long a search goes on where nothing else is said."""


def prove(
    a: Rule | Block,
    b: Rule | Block,
    level: Level = Level.EXACT,
    *,
    seconds: float = SECONDS,
    almost: Sequence[str] = (),
) -> Proof | None:
    """Search a proof that two rules are equal at a level.

    Args:
        a: one rule; settings are numbers, at their defaults.
        b: the other.
        level: what they may differ by; ``float32`` has no proofs.
        seconds: how long to search, in time of this thread: a busy machine finds what an idle one does.
        almost: expressions of the language that the proof may take not to be zero, as ``("g",)``, or
            the assumptions of an :class:`~nos_sym.algebra.equivalence.Equal`. It names those that it needs.

    Raises:
        SourceError: an expression of ``almost`` that cannot be read.

    Returns:
        A proof that :func:`nos_sym.check_proof` accepts, or nothing where none was found. That none was found
        says nothing about the rules.
    """
    if not level.is_proof:
        return None
    first, second = map(_plain, (a, b))
    if not (isinstance(first, Rule) and isinstance(second, Rule)):
        return _with_states(first, second, level, time.thread_time() + seconds)
    if first.momentum is not second.momentum:
        return _with_states(first, second, level, time.thread_time() + seconds)
    assumed = tuple(expression(text) for text in almost)
    until = time.thread_time() + seconds
    try:
        pairs = list(dict.fromkeys(factors(first, second, level)))
    except (NosSymError, RecursionError):
        return None
    for i, (left, right) in enumerate(pairs):
        now = time.thread_time()
        try:
            # Each pair of factors has its share of the time that is left.
            claim = Proof(level.value, first, second, (), left, right, almost=assumed)
            proof = _proof(claim, now + (until - now) / (len(pairs) - i))
        except (NosSymError, TimeIsUp, RecursionError):
            continue
        if proof is not None:
            return proof
    return _with_states(first, second, level, until)


def _plain(rule: Rule | Block) -> Rule | Block:
    """Return a rule with its settings at their defaults, and without name and source."""
    if isinstance(rule, Block):
        return Block(rule.at_defaults().statements)
    return Rule(rule.momentum, rule.at_defaults().update, rule.ascent)


def _with_states(first: Rule | Block, second: Rule | Block, level: Level, until: float) -> Proof | None:
    """Return a proof by induction over the steps, where one rule is a number times the other."""
    try:
        left, right = _numbers(first, second, level)
        chain = induction(multiplied(first, left), multiplied(second, right), until)
        if chain is None:
            return None
        proof = Proof(level.value, first, second, chain, left, right)
        check_proof(str(proof))
    except (NosSymError, TimeIsUp, RecursionError):
        return None
    return proof


def _numbers(first: Rule | Block, second: Rule | Block, level: Level) -> tuple[Basic | None, Basic | None]:
    """Return the numbers by which two rules have to be multiplied to be equal, ``None`` for 1."""
    found = None if level is Level.EXACT else ratio(first, second)
    if found is None or (level is Level.SIGN and abs(found) != 1):
        return None, None
    factors = (None if n == 1 else number(Integer(n)) for n in (found.denominator, found.numerator))
    return next(factors), next(factors)


def _proof(claim: Proof, until: float) -> Proof | None:
    """Return a claim with its chain, its steps, and what it takes not to be zero."""
    factors = [f for f in (claim.times_first, claim.times_second) if f is not None]
    steps = sum(map(vanishing_steps, factors)) if claim.level == Level.SCHEDULE.value else 0
    start, end = multiplied(claim.first, claim.times_first), multiplied(claim.second, claim.times_second)
    assert isinstance(start, Rule) and isinstance(end, Rule)
    chain = _chain(start, end, claim.almost, until)
    if chain is None:
        return None
    used = {use.values[0][1] for step in chain for use in step.uses if use.name == ASSUME}
    proof = replace(claim, chain=chain, steps=steps, almost=tuple(map(expression, sorted(used))))
    try:
        check_proof(str(proof))
    except NosSymError:
        return None
    return proof


def _chain(start: Rule, end: Rule, almost: tuple[Basic, ...], until: float) -> tuple[Step, ...] | None:
    """Return the chain of a proof that two rules are equal."""
    if start == end:
        return (Step(start),)
    for masks in _renamings(start, end):
        x, y = signed(start), signed(end)
        if masks:
            x = renamed(x, masks[0])
        uses = LinkSearch(x, y, until, almost).uses()
        if uses is not None:
            step = Step(end, (*masks, *uses))
            try:
                check_link(start, step, almost)
            except Refused:
                continue
            return Step(start), step
    return None


def _renamings(start: Rule, end: Rule) -> Iterator[tuple[Use, ...]]:
    one, other = _draws(start), _draws(end)
    yield ()
    if len(one) != len(other) or len(one) > 4:
        return
    for order in itertools.permutations(other):
        to = dict(zip(one, order, strict=True))
        left = iter(n for n in one if n not in order)
        for n in order:
            if n not in to:
                to[n] = next(left)
        if any(a != b for a, b in to.items()):
            yield (Use("masks", tuple((str(a), str(b)) for a, b in sorted(to.items()))),)


def _draws(rule: Rule) -> list[int]:
    return sorted({int(n.parameters[1]) for n in walk(rule.update) if n.operation.name == "drop"})
