"""Sweeps of pairs through the algebra and the judge, and what they contradict each other in."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from flint import fmpq

from nos_sym.algebra.canonical import key_of
from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.falsification.counterexample import Counterexample
from nos_sym.algebra.levels import Level, level_key
from nos_sym.algebra.text import canonical_rule
from nos_sym.algebra.verdicts import Different
from nos_sym.errors import RuleError
from nos_sym.language.rule import Rule
from support.judges.equal_pairs import equal_pair
from support.judges.every_history import apart, separated, values_on
from support.judges.histories import GENERIC, History, rows_of
from support.judges.near_misses import near_miss, times_factor
from support.judges.questions import question
from support.judges.shrink import shrunken
from support.judges.small_rules import small_rule
from support.judges.up_to_factors import separated_at
from support.random_rules import random_rule

LOGARITHM_OF_ZERO = fmpq(-69_077_552_789_821_370_520, 10**18)
"""``ln 1e-30``, which the numeric layer takes for ``ln 0``."""

EVERY = 8
"""One pair in so many goes to ``compare``, which looks for states of its own, and to ``canonical_rule``."""


@dataclass
class Findings:
    """What a sweep has found.

    Attributes:
        pairs: pairs that were judged.
        equal: pairs that the judge does not separate.
        merged: pairs with one key that the judge separates.
        refuted: pairs said to differ that have the same values.
        changed: rules whose canonical rule has other values.
        unfounded: pairs equal by construction that the judge separates.
        missed: pairs not separated, or equal by construction, that have two keys.
    """

    pairs: int = 0
    equal: int = 0
    merged: list[str] = field(default_factory=list)
    refuted: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unfounded: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """Return every contradiction; a missed equality is none."""
        return [*self.merged, *self.refuted, *self.changed, *self.unfounded]

    def __str__(self) -> str:
        counts = f"{self.pairs} pairs, {self.equal} not separated, {len(self.missed)} of them missed"
        return "\n".join([counts, *self.faults])


def _base(rng: random.Random) -> Rule:
    if rng.random() < 0.25:
        return random_rule(rng, depth=rng.randint(1, 3))
    return small_rule(rng, depth=rng.randint(1, 3))


def equal_by_construction(seed: int, count: int, every: int = EVERY) -> Findings:
    """Return what is found among pairs that laws make equal."""
    rng, found = random.Random(seed), Findings()
    for number in range(count):
        first = _base(rng)
        second = equal_pair(rng, first, rng.randint(1, 4))
        place = separated(first, second)
        if place is not None:
            found.unfounded.append(f"equal by construction, separated: {first} | {second}: {place}")
        _judge(found, first, second, number, every)
    return found


def near_misses(seed: int, count: int, every: int = EVERY) -> Findings:
    """Return what is found among pairs of which one is a small change of the other."""
    rng, found = random.Random(seed), Findings()
    for number in range(count):
        first = _base(rng)
        if rng.random() < 0.3:
            first = equal_pair(rng, first, 1)
        second = near_miss(rng, first)
        if rng.random() < 0.3:
            second = equal_pair(rng, second, 1)
        _judge(found, first, second, number, every)
    return found


def questions(seed: int, count: int) -> Findings:
    """Return what is found among questions about signs, zeros and bounds."""
    rng, found = random.Random(seed), Findings()
    for number in range(count):
        _judge(found, *question(rng), number)
    return found


def levels(seed: int, count: int) -> Findings:
    """Return what is found at the other levels, among pairs of which one is the other times a factor."""
    rng, found = random.Random(seed), Findings()
    for _ in range(count):
        first = small_rule(rng, depth=rng.randint(1, 2))
        second = times_factor(rng, first)
        if rng.random() < 0.5:
            first = times_factor(rng, first)
        found.pairs += 1
        for level in (Level.SIGN, Level.SCALE, Level.SCHEDULE):
            apart_at = separated_at(level, first, second)
            if level_key(first, level) == level_key(second, level):
                found.equal += 1
                if apart_at:
                    found.merged.append(f"one key at level {level.value}: {first} | {second}: {apart_at}")
            elif not apart_at:
                found.missed.append(f"{level.value}: {first} | {second}")
    return found


def small_classes(seed: int, count: int) -> Findings:
    """Return what is found among small rules, each compared with the first of its key."""
    rng, found = random.Random(seed), Findings()
    leaders: dict[str, Rule] = {}
    for _ in range(count):
        rule = small_rule(rng, depth=rng.randint(1, 2))
        leader = leaders.setdefault(key_of(rule), rule)
        if leader != rule:
            _judge(found, leader, rule, 1)
    return found


def merged_classes(rules: Iterable[Rule]) -> list[str]:
    """Return the rules that have the key of an earlier one and other values."""
    leaders: dict[str, Rule] = {}
    pairs = ((leaders.setdefault(key_of(rule), rule), rule) for rule in rules)
    return [smallest_merger(*pair) for pair in pairs if is_merged(*pair)]


def _judge(found: Findings, first: Rule, second: Rule, number: int, every: int = EVERY) -> None:
    found.pairs += 1
    place = separated(first, second)
    same = key_of(first) == key_of(second)
    pair = f"{first} | {second}"
    if place is None:
        found.equal += 1
        if not same and first.momentum is second.momentum:
            found.missed.append(pair)
    elif same:
        found.merged.append(smallest_merger(first, second))
    elif almost_key(first) == almost_key(second):
        place = separated(first, second, GENERIC)
        if place is not None:
            found.merged.append(f"one key almost everywhere: {pair}: {place}")
    if number % every == 0:
        found.changed += changed_by_canonical_rule(first)
        if place is None and first.momentum is second.momentum:
            found.refuted += wrongly_refuted(first, second)


def almost_key(rule: Rule) -> str:
    """Return the key of a rule for equality away from zeros."""
    return level_key(rule, Level.EXACT, almost=True)


def is_merged(first: Rule, second: Rule) -> bool:
    """Return whether two rules have one key and other values somewhere."""
    return key_of(first) == key_of(second) and separated(first, second) is not None


def smallest_merger(first: Rule, second: Rule) -> str:
    """Return a pair with one key and other values, and a small pair of the kind."""
    small = shrunken(first, second, is_merged)
    return f"one key: {small[0]} | {small[1]}: {separated(*small)} (from {first} | {second})"


def changed_by_canonical_rule(rule: Rule) -> list[str]:
    """Return a rule with its canonical rule if that has other values somewhere."""
    try:
        other = canonical_rule(rule)
    except RuleError:
        return []  # too large to be written
    place = separated(rule, other)
    return [] if place is None else [f"canonical rule: {rule} | {other}: {place}"]


def wrongly_refuted(first: Rule, second: Rule) -> list[str]:
    """Return a pair said to differ whose values are the same at the state that is shown for it."""
    verdict = compare(first, second)
    if not isinstance(verdict, Different) or differ_at(first, second, verdict.counterexample):
        return []
    return [f"said to differ: {first} | {second}: {'; '.join(verdict.counterexample.describe())}"]


def differ_at(first: Rule, second: Rule, state: Counterexample) -> bool:
    """Return whether two rules have, or may have, other values at a state that is shown for that."""
    history = History(
        seed=0,
        total=state.total_steps,
        gradients=rows_of(state.gradients),
        weights=rows_of(state.weights),
        uniform=dict(state.uniform),
    )
    rows = (values_on(rule, history, LOGARITHM_OF_ZERO)[0][state.step] for rule in (first, second))
    return any(x is None or y is None or apart(x, y) for x, y in zip(*rows, strict=True))
