"""A search for proofs: which entries of the table make two rules equal.

The search works on worlds, as the checker does, and on what :mod:`.proposals` proposes: it gathers
citations at the nodes of both rules, in rounds, keeps those that are needed, and has the checker replay
what it found. The algebra gives hints alone: how a difference is written, and which schedule and constant
stand before a rule.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

from sympy.core.basic import Basic

from nos_sym.algebra.levels import Level
from nos_sym.errors import NosSymError
from nos_sym.language.rule import Rule
from nos_sym.language.traversal import walk
from nos_sym.proof.checker import check_link, check_proof, renamed, signed
from nos_sym.proof.errors import Refused
from nos_sym.proof.format import Proof, Step, Use, multiplied
from nos_sym.proof.search.factors import factors
from nos_sym.proof.search.link import LinkSearch, TimeIsUp
from nos_sym.proof.steps import vanishing_steps

SECONDS = 20.0
"""How long a search goes on where nothing else is said."""


def prove(a: Rule, b: Rule, level: Level = Level.EXACT, *, seconds: float = SECONDS) -> Proof | None:
    """Search a proof that two rules are equal at a level.

    Args:
        a: one rule; settings are numbers, at their defaults.
        b: the other.
        level: what they may differ by; ``float32`` has no proofs.
        seconds: how long to search.

    Returns:
        A proof that :func:`nos_sym.check_proof` accepts, or nothing where none was found. That none was found
        says nothing about the rules.
    """
    if not level.is_proof or a.momentum is not b.momentum:
        return None
    first, second = (Rule(r.momentum, r.at_defaults().update, r.ascent) for r in (a, b))
    until = time.monotonic() + seconds
    pairs = list(dict.fromkeys(factors(first, second, level)))
    for i, (left, right) in enumerate(pairs):
        now = time.monotonic()
        try:
            # Each pair of factors has its share of the time that is left.
            proof = _proof(first, second, level, left, right, now + (until - now) / (len(pairs) - i))
        except (NosSymError, TimeIsUp, RecursionError):
            continue
        if proof is not None:
            return proof
    return None


def _proof(
    first: Rule, second: Rule, level: Level, left: Basic | None, right: Basic | None, until: float
) -> Proof | None:
    start, end = multiplied(first, left), multiplied(second, right)
    steps = sum(vanishing_steps(f) for f in (left, right) if f is not None) if level is Level.SCHEDULE else 0
    chain = _chain(start, end, until)
    if chain is None:
        return None
    proof = Proof(level.value, first, second, chain, left, right, steps)
    try:
        check_proof(str(proof))
    except NosSymError:
        return None
    return proof


def _chain(start: Rule, end: Rule, until: float) -> tuple[Step, ...] | None:
    """Return the chain of a proof that two rules are equal."""
    if start == end:
        return (Step(start),)
    for masks in _renamings(start, end):
        x, y = signed(start), signed(end)
        if masks:
            x = renamed(x, masks[0])
        uses = LinkSearch(x, y, until).uses()
        if uses is not None:
            step = Step(end, (*masks, *uses))
            try:
                check_link(start, step)
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
