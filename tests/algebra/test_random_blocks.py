"""Random blocks: other writings of one are proved equal, near misses are not, as a judge sees them."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction

import pytest
from support.block_judge import Steps, Tie, same, weights
from support.block_writings import block_of, near_miss, plain, random_made, rewritten

from nos_sym.algebra.equivalence import compare
from nos_sym.language.block import Block

STEPS = 6


def history(seed: int) -> Steps:
    """Return a history; of four in a row, one has some zero gradients, one has no others, one begins so."""
    rng = random.Random(seed)
    gradients = [Fraction(rng.randint(-300, 300), 100) for _ in range(STEPS)]
    if seed % 4 == 1:
        gradients = [Fraction(0) if rng.random() < 0.5 else g for g in gradients]
    elif seed % 4 == 2:
        gradients = [Fraction(0)] * STEPS
    elif seed % 4 == 3:
        gradients[0], gradients[1] = Fraction(0), gradients[2]
    rates, momenta = ([Fraction(rng.randint(0, 8), 8) for _ in range(STEPS)] for _ in range(2))
    return Steps(Fraction(rng.randint(-300, 300), 100), gradients, rates, momenta)


def judged(a: Block, b: Block) -> str:
    """Return whether two blocks are the same on histories: ``same``, ``different``, or ``tie``."""
    usable = 0
    for seed in range(8):
        try:
            pair = weights(a, history(seed)), weights(b, history(seed))
        except Tie:
            continue
        usable += 1
        if not all(same(x, y) for x, y in zip(*pair, strict=True)):
            return "different"
    return "same" if usable > 4 else "tie"


def counts(seeds: range) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """Return how often judge and algebra say what, of other writings and of near misses."""
    equal: Counter[tuple[str, str]] = Counter()
    missed: Counter[tuple[str, str]] = Counter()
    for seed in seeds:
        rng = random.Random(seed)
        made = random_made(rng)
        a = block_of(made, plain(made))
        for found, other in ((equal, made), (missed, near_miss(made, rng))):
            b = block_of(other, rewritten(other, rng), rng)
            said = judged(a, b), type(compare(a, b)).__name__
            found[said] += 1
            assert said != ("different", "Equal"), f"seed {seed}: a false merge of\n{a}\n{b}"
            assert found is missed or said != ("same", "Different"), (
                f"seed {seed}: a false difference\n{a}\n{b}"
            )
    return equal, missed


def check(seeds: range) -> None:
    equal, missed = counts(seeds)
    total = len(seeds)
    assert equal["same", "Equal"] + equal["tie", "Equal"] >= 0.97 * total, equal
    assert missed["different", "Different"] >= 0.9 * total, missed
    assert missed["different", "Unknown"] <= 0.02 * total, missed


# A few seconds of work, and minutes on a machine that is shared by many.
@pytest.mark.timeout(300)
def test_random_blocks() -> None:
    check(range(50))


@pytest.mark.heavy
@pytest.mark.parametrize("start", range(50, 2050, 250))
def test_many_random_blocks(start: int) -> None:
    check(range(start, start + 250))
