"""What an induction is accepted for, exact arithmetic does not contradict: on histories of zeros and ties.

Pairs are small blocks of one state with choices, comparisons and counts of steps, and another writing or a
near miss of the same. The judge draws gradients, weights and rates from a few numbers, so that there are ties
everywhere.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from fractions import Fraction

import pytest
from support.block_judge import Steps, Tie, same, weights

from nos_sym.errors import NosSymError
from nos_sym.language.block import Block
from nos_sym.language.parser import parse
from nos_sym.proof.checker import check_link
from nos_sym.proof.errors import Refused
from nos_sym.proof.format import INDUCTION, Step, Use

_LEAVES = ("g", "w", "s", "lr", "1", "2", "0.5", "0", "t", "0.5^t", "correction(0.5)", "g", "s")
_FEW = [Fraction(x) for x in ("0", "1", "-1", "2", "1/2", "-2")]


def _value(rng: random.Random, depth: int) -> str:
    if depth == 0:
        return rng.choice(_LEAVES)
    x, y = (_value(rng, depth - 1) for _ in range(2))
    kind = rng.randrange(9)
    if kind < 4:
        return f"({x} {'+-*/'[kind]} {y})"
    if kind < 7:
        return f"where({_condition(rng, depth - 1)}, {x}, {y})"
    return rng.choice(
        (f"max({x}, {y})", f"min({x}, {y})", f"abs({x})", f"sign({x})", f"({x})^2", f"sqrt({x})")
    )


def _condition(rng: random.Random, depth: int) -> str:
    x, y = (_value(rng, depth) for _ in range(2))
    found = f"{x} {rng.choice(('<', '<=', '>', '>=', '==', '!='))} {y}"
    if rng.random() < 0.2:
        return f"not ({found})" if rng.random() < 0.5 else f"({found}) {rng.choice(('and', 'or'))} {x} < 1"
    return found


def _changed(text: str, rng: random.Random) -> str:
    """Return another writing of a block, or a near miss of it."""
    ways = (
        (r"max\((\w+), (\w+)\)", r"where(\1 < \2, \2, \1)"),
        (r"min\((\w+), (\w+)\)", r"where(\1 <= \2, \1, \2)"),
        (r"abs\((\w+)\)", r"where(\1 > 0, \1, -\1)"),
        (r"(\w+) / (\w+)", r"where(\2 == 0, 0, \1 / \2)"),
        (r"(\w+) / (\w+)", r"where(\2 == 0, 1, \1 / \2)"),
        (r"sign\((\w+)\)", r"(\1 / abs(\1))"),
        (r"sqrt\((\w+)\)", r"abspow(\1, 0.5)"),
        (r" < ", " <= "), (r" <= ", " < "), (r" == ", " >= "), (r" > ", " >= "), (r" >= ", " > "),
        (r"correction\(0.5\)", "(1 - 0.5 * 0.5^t)"), (r"0\.5\^t", "(2 - 2 * correction(0.5))"),
        (r"\bt\b", "(t + 1)"), (r"\bg\b", "where(g == 0, 0, g)"), (r"\bg\b", "where(g != 0, g, w)"),
        (r"\bs\b", "where(t == 0, 0, s)"), (r"\bs\b", "where(t <= 1, 0, s)"), (r"\bs\b", "(-s)"),
        (r"\blr\b", "abs(lr)"), (r"\bw\b", "abs(w)"),
        (r"(\w+) \+ (\w+)", r"\2 + \1"), (r"(\w+) - (\w+)", r"\2 - \1"),
    )  # fmt: skip
    for _ in range(30):
        pattern, put = rng.choice(ways)
        found = list(re.finditer(pattern, text))
        if found:
            match = rng.choice(found)
            return text[: match.start()] + match.expand(put) + text[match.end() :]
    return text


def _history(rng: random.Random) -> Steps:
    gradients, rates = ([rng.choice(_FEW) for _ in range(5)] for _ in range(2))
    return Steps(rng.choice(_FEW), gradients, [abs(x) for x in rates], [Fraction(1, 2)] * 5)


def judge(seeds: range) -> Counter[str]:
    """Return how many pairs were accepted and refused, and how many of those histories tell apart."""
    counts: Counter[str] = Counter()
    for seed in seeds:
        rng = random.Random(seed)
        new, change = (_value(rng, rng.choice((1, 1, 2))) for _ in range(2))
        text = f"s <- {new}; w <- w - ({change})"
        other = text
        for _ in range(rng.choice((1, 1, 2))):
            other = _changed(other, rng)
        try:
            a, b = (parse(f"{{ state s; {x} }}") for x in (text, other))
        except NosSymError:
            continue
        assert isinstance(a, Block) and isinstance(b, Block)
        if a == b:
            continue
        try:
            check_link(a, Step(b, (Use(INDUCTION, (("A.s", "B.s"),)),)))
            said = "accepted"
        except Refused:
            said = "refused"
        apart = False
        for _ in range(40):
            history = _history(rng)
            try:
                pair = weights(a, history), weights(b, history)
            except Tie:
                continue
            apart = apart or not all(same(x, y) for x, y in zip(*pair, strict=True))
        counts[f"{said}, {'apart' if apart else 'together'}"] += 1
        assert not (said == "accepted" and apart), f"seed {seed}:\n{a}\n{b}"
    return counts


def test_what_is_accepted_is_not_contradicted() -> None:
    counts = judge(range(24))
    assert counts["accepted, together"] >= 2
    assert counts["refused, apart"] >= 4


@pytest.mark.heavy
@pytest.mark.parametrize("start", range(1000, 21000, 1000))
def test_much_of_what_is_accepted_is_not_contradicted(start: int) -> None:
    judge(range(start, start + 1000))
