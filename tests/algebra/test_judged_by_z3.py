"""The algebra before z3: rules of one step over the real numbers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

pytest.importorskip("z3", reason="z3-solver is not there: pip install -c constraints.txt -e '.[z3]'")

from support.judges.equal_pairs import equal_pair
from support.judges.every_history import separated
from support.judges.near_misses import near_miss
from support.judges.real_numbers import Answer, Refused, ask, has_states
from support.judges.small_rules import small_rule

from nos_sym.algebra.canonical import key_of
from nos_sym.language.parser import parse
from nos_sym.language.rule import Momentum, Rule

Pair = tuple[Rule, Rule]


def equal(rng: random.Random) -> Pair:
    rule = _stateless(rng, rng.randint(1, 2))
    return rule, equal_pair(rng, rule, rng.randint(1, 3))


def close(rng: random.Random) -> Pair:
    rule = _stateless(rng, rng.randint(1, 2))
    return rule, near_miss(rng, rule)


def unrelated(rng: random.Random) -> Pair:
    return _stateless(rng, 2), _stateless(rng, 2)


def _stateless(rng: random.Random, depth: int) -> Rule:
    rule = small_rule(rng, depth=depth)
    return Rule(Momentum.NONE, rule.update, rule.ascent)


def contradictions(
    seed: int, count: int, draw: Callable[[random.Random], Pair]
) -> tuple[Counter[str], list[str], list[str]]:
    """Return counts, what contradicts z3, and the equalities that z3 proves and keys miss."""
    rng = random.Random(seed)
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    missed: list[str] = []
    while counts["pairs"] < count:
        first, second = draw(rng)
        try:
            answer, where = ask(first, second)
        except Refused:
            counts["refused"] += 1
            continue
        counts["pairs"] += 1
        counts[answer.name] += 1
        pair = f"{first} | {second}"
        same = key_of(first) == key_of(second)
        if answer is Answer.DIFFERENT and same and not has_states(first, second):
            wrong.append(f"one key: {pair}: {where}")
        if answer is Answer.DIFFERENT and draw is equal and not has_states(first, second):
            wrong.append(f"equal by construction, and z3 has a difference: {pair}: {where}")
        if answer is Answer.EQUAL:
            place = separated(first, second)
            if place is not None:
                wrong.append(f"z3 proves equal what is separated: {pair}: {place}")
            if not same:
                missed.append(pair)
        if answer is Answer.DIFFERENT and not same and separated(first, second) is None:
            counts["not separated"] += 1
    return counts, wrong, missed


@pytest.mark.parametrize(
    ("pair", "answer"),
    [
        (("g / g", "sign(g)^2"), Answer.EQUAL),
        (("g / g", "1"), Answer.DIFFERENT),
        (("g^2 / g", "g"), Answer.EQUAL),
        (("recip(g * w)", "recip(g) * recip(w)"), Answer.EQUAL),
        (("w * (g / g)", "w"), Answer.DIFFERENT),
        (("abspow(g, 0)", "1"), Answer.EQUAL),
        (("sqrt(g)^2", "abs(g)"), Answer.EQUAL),
        (("sqrt(g)^2", "g"), Answer.DIFFERENT),
        (("max(g, w)", "0.5 * (g + w + abs(g - w))"), Answer.EQUAL),
        (("clip(g, w)", "clip(g, abs(w))"), Answer.EQUAL),
        (("(g + w) / g", "w / g + 1"), Answer.DIFFERENT),
        (("ema(g, 0.9) * w", "w * ema(g, 0.9)"), Answer.EQUAL),
    ],
)
def test_z3_reads_rules(pair: tuple[str, str], answer: Answer) -> None:
    assert ask(*(parse(f"none ~ {text}") for text in pair))[0] is answer


@pytest.mark.parametrize("draw", [equal, close, unrelated])
def test_keys_do_not_contradict_z3(draw: Callable[[random.Random], Pair]) -> None:
    _, wrong, _ = contradictions(1, 25, draw)
    assert wrong == []


@pytest.mark.heavy
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("draw", [equal, close, unrelated])
def test_many_keys_do_not_contradict_z3(draw: Callable[[random.Random], Pair]) -> None:
    counts, wrong, missed = contradictions(2, 1000, draw)
    print(dict(counts), *wrong, "missed:", *missed, sep="\n")
    assert wrong == []
    assert counts["UNKNOWN"] < counts["pairs"] / 5
