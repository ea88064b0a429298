"""The checker as a judge: over random pairs it, the keys and numbers do not contradict each other.

A pair is a rule and another that is equal by construction, or a near miss, or any other. What the checker
accepts in one link without citations, no history separates. Two rules of one key that a history separates
are a fault of the algebra, which the judge counts.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pytest
from support.random_rules import random_rule
from support.real_values import separated
from support.rewriting import mutated, rewritten

import nos_sym
from nos_sym.errors import NosSymError
from nos_sym.language.rule import Rule
from nos_sym.proof.checker import check_link
from nos_sym.proof.errors import Refused
from nos_sym.proof.format import Step

SINGULAR = ("sign", "div", "recip", "max", "min", "clip", "abs", "abspow")


def pairs(seed: int) -> Iterator[tuple[str, Rule, Rule]]:
    rng = random.Random(seed)
    while True:
        depth = rng.choice((1, 2, 2, 3))
        rule = random_rule(rng, depth=depth, authors=rng.random() < 0.5, dropout=False, prefer=SINGULAR)
        kind = rng.choice(("equal", "equal", "near miss", "both", "other"))
        other = rule
        try:
            if kind in ("equal", "both"):
                other = rewritten(rng, other, rng.randint(1, 3))
            if kind in ("near miss", "both"):
                other = mutated(rng, other)
            if kind == "other":
                other = random_rule(rng, depth=1, dropout=False, prefer=SINGULAR)
                other = Rule(rule.momentum, other.update, other.ascent)
        except NosSymError:
            continue
        if other != rule:
            yield kind, rule, other


def accepts(a: Rule, b: Rule) -> bool:
    try:
        check_link(a, Step(b))
    except Refused:
        return False
    return True


def judge(seed: int, count: int) -> tuple[Counter[str], list[str]]:
    """Return how often each outcome occurred, and pairs of one key that numbers separate."""
    counts: Counter[str] = Counter()
    faults: list[str] = []
    for index, (kind, a, b) in zip(range(count), pairs(seed), strict=False):
        accepted, same = accepts(a, b), nos_sym.key_of(a) == nos_sym.key_of(b)
        counts[f"{kind}: {'accepted' if accepted else 'refused'}, {'one key' if same else 'two keys'}"] += 1
        # Where both say equal, numbers are asked in every fourth pair: they take longer than both.
        if (not accepted and not same) or (accepted and same and index % 4):
            continue
        try:
            apart = separated(a, b, seed)
        except (OverflowError, MemoryError):
            continue
        assert not (accepted and apart), f"accepted, and differs: {a} | {b} | {apart}"
        if apart:
            faults.append(f"one key, and differs: {a} | {b} | {apart}")
    return counts, faults


def test_the_checker_contradicts_no_numbers() -> None:
    counts, _ = judge(1, 20)
    assert sum(n for what, n in counts.items() if "accepted" in what) > 2
    assert sum(n for what, n in counts.items() if "refused" in what) > 5


@pytest.mark.heavy
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(100, 110))
def test_the_checker_contradicts_no_numbers_in_many_pairs(seed: int) -> None:
    counts, _ = judge(seed, 10_000)
    assert sum(n for what, n in counts.items() if "accepted" in what) > 1000
