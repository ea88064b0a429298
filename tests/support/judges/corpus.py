"""Judged pairs with the verdicts of a judge, which another algebra may not contradict."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from nos_sym.algebra.canonical import key_of
from nos_sym.algebra.levels import Level, level_key
from nos_sym.algebra.text import canonical_rule
from nos_sym.errors import RuleError
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule
from support.judges.corners import CORNERS
from support.judges.equal_pairs import equal_pair
from support.judges.every_history import separated
from support.judges.histories import GENERIC
from support.judges.near_misses import near_miss
from support.judges.questions import question
from support.judges.small_rules import small_rule


@dataclass(frozen=True)
class Judged:
    """Two rules with what a judge says of them and what the algebra said, before any change.

    Attributes:
        first: one rule.
        second: the other.
        separated: whether they have other values on some history.
        separated_almost: whether they have on generic ones.
        merged: whether they have one key.
        merged_almost: whether they have one key almost everywhere.
        canonical: text of the canonical rule of the first.
    """

    first: Rule
    second: Rule
    separated: bool
    separated_almost: bool
    merged: bool
    merged_almost: bool
    canonical: str


def corpus(seed: int, count: int) -> list[Judged]:
    """Return the corners and random pairs: questions, near misses and pairs equal by construction."""
    rng = random.Random(seed)
    pairs = [tuple(parse(f"none ~ {text}") for text in pair) for pair in CORNERS]
    while len(pairs) < len(CORNERS) + count:
        if rng.random() < 0.6:
            pairs.append(question(rng))
            continue
        first = small_rule(rng, depth=rng.randint(1, 3))
        second = equal_pair(rng, first, rng.randint(1, 3)) if rng.random() < 0.5 else near_miss(rng, first)
        pairs.append((first, second))
    return [
        Judged(
            a,
            b,
            separated(a, b) is not None,
            separated(a, b, GENERIC) is not None,
            key_of(a) == key_of(b),
            _almost_key(a) == _almost_key(b),
            _canonical(a),
        )
        for a, b in pairs
    ]


def first_fault(judged: Sequence[Judged]) -> str:
    """Return what the algebra, changed since, does wrong first, or nothing."""
    for pair in judged:
        text = f"{pair.first} | {pair.second}"
        merged = key_of(pair.first) == key_of(pair.second)
        almost = _almost_key(pair.first) == _almost_key(pair.second)
        if merged != pair.merged and merged == pair.separated:
            return f"{'merges' if merged else 'misses'} {text}"
        if almost != pair.merged_almost and almost == pair.separated_almost:
            return f"{'merges' if almost else 'misses'} almost everywhere {text}"
        canonical = _canonical(pair.first)
        if canonical != pair.canonical and (
            canonical.startswith("error") or separated(pair.first, parse(canonical)) is not None
        ):
            return f"writes {pair.first} as {canonical}"
    return ""


def _almost_key(rule: Rule) -> str:
    return level_key(rule, Level.EXACT, almost=True)


def _canonical(rule: Rule) -> str:
    try:
        return str(canonical_rule(rule))
    except RuleError as error:
        return f"error: {error}"
