"""Judged pairs as text, with the verdict of a judge: what another algebra may not contradict."""

from __future__ import annotations

import random
from dataclasses import dataclass

from nos_sym.algebra.canonical import key_of
from nos_sym.algebra.to_expression import canonical_rule
from nos_sym.errors import RuleError
from nos_sym.language.parser import parse
from support.judges.corners import CORNERS
from support.judges.equal_pairs import equal_pair
from support.judges.every_history import separated
from support.judges.near_misses import near_miss
from support.judges.small_rules import small_rule

Forms = dict[str, list[str]]
"""Text of a rule to its key and the text of its canonical rule."""


def forms_of(rules: list[str]) -> Forms:
    """Return the key and the canonical rule of each rule."""
    found = {}
    for text in rules:
        rule = parse(text)
        try:
            canonical = str(canonical_rule(rule))
        except RuleError as error:
            canonical = f"error: {error}"
        found[text] = [key_of(rule), canonical]
    return found


@dataclass(frozen=True)
class _Pair:
    first: str
    second: str
    separated: bool


class Corpus:
    """Pairs drawn once and judged once.

    Args:
        seed: seed of the random pairs.
        count: number of random pairs, a third of them equal by construction.
    """

    def __init__(self, seed: int, count: int) -> None:
        rng = random.Random(seed)
        pairs = [tuple(f"none ~ {text}" for text in pair) for pair in CORNERS]
        for number in range(count):
            first = small_rule(rng, depth=rng.randint(1, 3))
            second = near_miss(rng, first) if number % 3 else equal_pair(rng, first, rng.randint(1, 3))
            if first.momentum is second.momentum:
                pairs.append((str(first), str(second)))
        self.pairs = [_Pair(a, b, separated(parse(a), parse(b)) is not None) for a, b in pairs]
        self.rules = list(dict.fromkeys(text for pair in pairs for text in pair))

    def fault(self, before: Forms, after: Forms) -> str:
        """Return what a change of the algebra did wrong, or nothing."""
        for pair in self.pairs:
            was, is_ = (forms[pair.first][0] == forms[pair.second][0] for forms in (before, after))
            if pair.separated and is_ and not was:
                return f"merges {pair.first} | {pair.second}"
            if not pair.separated and was and not is_:
                return f"misses {pair.first} | {pair.second}"
        for text in self.rules:
            old, new = before[text][1], after[text][1]
            if new != old and (new.startswith("error") or separated(parse(text), parse(new)) is not None):
                return f"writes {text} as {new}"
        return ""
