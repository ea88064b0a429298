"""How keys fare on the authors' log: what a judge of numbers calls equal, and nothing else, is merged."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from support import judge
from support.judges.every_history import separated

from nos_sym.algebra.canonical import key_of
from nos_sym.language.authors.log import read_authors_log
from nos_sym.language.rule import Rule


def distinct_rules_of_the_log(folder: Path) -> list[Rule]:
    log = read_authors_log(folder / "authors_run_first_half.log")
    return list(dict.fromkeys(e.rule for e in log.evaluations if e.rule is not None))


def judged(rules: list[Rule]) -> int:
    """Hold the keys of rules to the judge of numbers, and return how many pairs that calls equal."""
    with np.errstate(all="ignore"):
        numbers = judge.classes(rules)
    keys = [key_of(r) for r in rules]
    by_class: dict[int, list[str]] = {}
    by_key: dict[str, set[int]] = {}
    for number, key in zip(numbers, keys, strict=True):
        by_class.setdefault(number, []).append(key)
        by_key.setdefault(key, set()).add(number)
    pairs = [(a, b) for members in by_class.values() for i, a in enumerate(members) for b in members[:i]]
    # The judge of numbers draws no zero: pairs of two keys differ there, as the judge on every history says.
    apart = {(a, b) for a, b in pairs if a != b}
    rule_of = dict(zip(keys, rules, strict=True))
    assert all(separated(rule_of[a], rule_of[b]) is not None for a, b in apart)
    assert len(apart) <= 12
    assert all(len(classes) == 1 for classes in by_key.values())
    return len(pairs)


@pytest.mark.heavy
def test_the_log(shared_data: Path) -> None:
    """Every pair of the log that the judge calls equal is proved, and no other pair is merged."""
    assert judged(distinct_rules_of_the_log(shared_data)) >= 178


def test_a_sample_of_the_log(shared_data: Path) -> None:
    """The same of rules that others equal, and of some that nothing equals."""
    rules = distinct_rules_of_the_log(shared_data)
    keys = list(map(key_of, rules))
    several = Counter(keys)
    merged = [r for r, key in zip(rules, keys, strict=True) if several[key] > 1]
    alone = [r for r, key in zip(rules, keys, strict=True) if several[key] == 1]
    assert judged(merged[:80] + random.Random(0).sample(alone, 40)) >= 60
