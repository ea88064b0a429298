"""Each entry of the table holds in 50 digits: at zeros, beside each cut, at tiny and huge values."""

from __future__ import annotations

import itertools
import random
import re

import pytest
from mpmath import mp, mpf
from support.real_values import WORKING, History, close

from nos_sym.proof.reader import expression
from nos_sym.proof.shown import at_least_zero, at_most_one, never_zero
from nos_sym.proof.table import ENTRIES, TABLE, Entry

# Zeros, ones, right angles, both sides of 0, of every size; exponentials of the largest still fit.
VALUES = [
    mpf(v)
    for v in (
        "0",
        "1",
        "-1",
        "0.5",
        "-0.5",
        "2",
        "-2",
        "1e-30",
        "-1e-30",
        "1e-8",
        "-3.7",
        "11",
        "-40",
        "1e4",
        "-1e4",
    )
]
PAIRS = list(itertools.product(VALUES, VALUES))
NUMBERS = ("0", "1", "-1", "2.5", "-3", "1 / 3", "1e-9", "40")
BETAS = ("0", "0.3", "0.9", "0.999")
LEAVES = {"x": "g", "y": "w", "z": "r"}
"""What stands for placeholders that may be anything."""


def placeholders(entry: Entry) -> list[str]:
    return sorted(set(re.findall(r"\b[xyzcdkl]\b", f"{entry.left} {entry.right}")))


def holds(entry: Entry, values: dict[str, mpf]) -> bool:
    """Return whether numbers satisfy the conditions of an entry."""
    for condition in entry.conditions:
        what, _, kind = condition.partition(" ")
        v = values.get(what.strip("|"), mpf(0))
        if (kind == ">= 0" and v < 0) or (kind == "!= 0" and v == 0) or (kind == "<= 1" and abs(v) > 1):
            return False
    return True


def number(text: str) -> mpf:
    with mp.workdps(WORKING):
        return History(1).step([expression(text)], [mpf(0)], [mpf(0)])[0][0]


def choices(entry: Entry) -> list[dict[str, str]]:
    """Return texts for the numbers among the placeholders."""
    names = [n for n in placeholders(entry) if n not in LEAVES]
    pools = [BETAS if n in "kl" else NUMBERS for n in names]
    every = [dict(zip(names, values, strict=True)) for values in itertools.product(*pools)]
    return [c for c in every if holds(entry, {n: number(t) for n, t in c.items() if n not in "kl"} | ANY)]


ANY = {"x": mpf(1), "y": mpf(1), "z": mpf(1)}


def substituted(text: str, texts: dict[str, str]) -> str:
    return re.sub(r"\b[xyzcdkl]\b", lambda m: texts[m[0]] if m[0] in "kl" else f"({texts[m[0]]})", text)


def sides(entry: Entry) -> list[tuple[str, str]]:
    found = []
    for chosen in choices(entry):
        texts = {**LEAVES, **chosen}

        found.append((substituted(entry.left, texts), substituted(entry.right, texts)))
    random.Random(entry.name).shuffle(found)
    return found


@pytest.mark.parametrize("entry", TABLE, ids=lambda e: e.name)
def test_entry_holds(entry: Entry) -> None:
    assert try_entry(entry, instances=3, columns=40, repeats=1) > 40


@pytest.mark.heavy
@pytest.mark.timeout(300)
@pytest.mark.parametrize("entry", TABLE, ids=lambda e: e.name)
def test_entry_holds_everywhere(entry: Entry) -> None:
    assert try_entry(entry, instances=16, columns=len(VALUES) ** 2, repeats=4) > 100


def try_entry(entry: Entry, *, instances: int, columns: int, repeats: int) -> int:
    """Try pairs of special values, at each of three steps, so that states have a past; return how many."""
    rng = random.Random(entry.name)
    checked = 0
    for left, right in sides(entry)[:instances]:
        terms = [expression(left), expression(right)]
        for _ in range(repeats):
            # A state sees several steps, and all of them satisfy the conditions.
            every = [c for c in PAIRS if holds(entry, {"x": c[0], "y": c[1]})]
            rng.shuffle(every)
            chosen = every[:columns]
            size = len(chosen)
            third = {"r": lambda t, n=size: [VALUES[(i + t) % len(VALUES)] for i in range(n)]}
            history = History(4, third if "z" in placeholders(entry) else {})
            for _ in range(3):
                rng.shuffle(chosen)
                g, w = ([c[i] for c in chosen] for i in (0, 1))
                a, b = history.step(terms, g, w)
                largest = max(abs(v) for v in g + w) ** 3 * mpf(10) ** -9
                for u, v, x, y in zip(a, b, g, w, strict=True):
                    if entry.inequality:
                        assert u - v >= -(mpf(10) ** -40) * (1 + abs(u)), (left, right, x, y)
                    else:
                        assert close(u, v, largest), (left, right, x, y, u, v)
                    checked += 1
    return checked


def test_steps_of_whole_trainings() -> None:
    """Definitions of schedules at every step, the first, the middle and the last one included."""
    entries = [e for e in TABLE if re.fullmatch(r"a\d+", e.name)]
    assert len(entries) == 14
    for entry in entries:
        for total in (1, 2, 5):
            history = History(total)
            for _ in range(total):
                ((a,), (b,)) = history.step(
                    [expression(entry.left), expression(entry.right)], [mpf(0)], [mpf(0)]
                )
                assert close(a, b)


def test_names_are_unique_and_conditions_are_of_a_known_form() -> None:
    assert len(ENTRIES) == len(TABLE)
    for entry in TABLE:
        assert entry.because
        for condition in entry.conditions:
            assert re.fullmatch(r"[xyz] (>=|!=) 0|[cd] >= 0|\|x\| <= 1|[cd] constant", condition)


CONDITIONAL = [e.name for e in TABLE if any(not c.endswith("constant") for c in e.conditions)]


@pytest.mark.parametrize("name", CONDITIONAL)
def test_a_condition_is_needed(name: str) -> None:
    entry = ENTRIES[name]
    with mp.workdps(WORKING):
        for chosen in itertools.product(NUMBERS, repeat=2):
            texts = LEAVES | {"c": chosen[0], "d": chosen[1], "k": "0.9", "l": "0.3"}
            both = [expression(substituted(side, texts)) for side in (entry.left, entry.right)]
            history = History(4)
            for t in range(3):
                g, w = zip(*itertools.product(VALUES[t:] + VALUES[:t], VALUES), strict=True)
                a, b = history.step(both, list(g), list(w))
                if any(not close(u, v, abs(x) + abs(y)) for u, v, x, y in zip(a, b, g, w, strict=True)):
                    return
    raise AssertionError(f"the conditions {entry.conditions} of {name} exclude nothing")


def test_what_is_never_zero() -> None:
    for text in (
        "1 + g^2",
        "exp(g)",
        "erfc(w)",
        "softplus(g - w)",
        "a1",
        "a14",
        "correction(0)",
        "2 + cospi(g)",
        "1 / (1 + abs(g))",
        "ln(2 + abs(g))",
    ):
        assert never_zero(expression(text)), text
    for text in (
        "g",
        "a2",
        "a13",
        "a5",
        "remaining",
        "sqrt(g^2)",
        "max(g, 0)",
        "s_hat",
        "running_max(abs(g))",
        "running_max(-exp(g))",
        "ema(1 + g, 0.9)",
        "delta(1 + g^2)",
        "ln(g)",
        "1 / g",
        "drop(1, 0.5)",
        "sign(g)",
        "abs(sign(g))",
        "g - g + 1",
        "clip_norm(exp(g))",
        "abspow(g, a2)",
    ):
        assert not never_zero(expression(text)), text


def test_what_is_never_negative() -> None:
    for text in (
        "g^2 + abs(w)",
        "s_hat",
        "running_max(g)",
        "a13 * a2",
        "a1 + a2",
        "1 - sign(g)",
        "1 - tanh(g)",
        "2 - exp(-g^2)",
        "0.3 - i1e(g)",
        "1 - r",
        "ln(1 + abs(g))",
        "1 / g^2",
        "g * g",
        "1.6 - abs(arctan(g))",
        "ln(g)^2",
        "abspow(g, w)",
        "drop(g^2, 0.3)",
    ):
        assert at_least_zero(expression(text)), text
    for text in (
        "a4 - 0.6 * a2",
        "g",
        "g * w",
        "delta(abs(g))",
        "v_hat",
        "0.2 - i1e(g)",
        "sqrt(g) - 1",
        "1.5 - abs(arctan(g))",
        "ln(abs(g))",
    ):
        assert not at_least_zero(expression(text)), text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sign(g)", True),
        ("tanh(g) * a4", True),
        ("clip_norm(g)", True),
        ("drop(1, 0.5)", False),
        ("a13 + 1", False),
    ],
)
def test_what_is_at_most_one(text: str, shown: bool) -> None:
    assert at_most_one(expression(text)) is shown
