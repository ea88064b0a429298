"""Keys do not depend on what was asked before: no cache holds a choice of the first comer."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from support.random_rules import random_rule

from nos_sym import catalog
from nos_sym.algebra.canonical import key_of
from nos_sym.algebra.kernel import fresh_workspace
from nos_sym.language.authors.log import read_authors_log
from nos_sym.language.rule import Rule

ALONE = 300
"""Rules of the log whose keys are computed in workspaces of their own; all take a quarter of a minute."""


def keys(rules: Iterable[Rule]) -> dict[Rule, str]:
    """Return the keys of rules, one after the other in one workspace that begins empty."""
    with fresh_workspace():
        return {rule: key_of(rule) for rule in rules}


def shuffled(rules: list[Rule], seed: int) -> list[Rule]:
    return random.Random(seed).sample(rules, len(rules))


@pytest.fixture(scope="module")
def log_rules(shared_data: Path) -> list[Rule]:
    log = read_authors_log(shared_data / "authors_run_first_half.log")
    return list(dict.fromkeys(e.rule for e in log.evaluations if e.rule is not None))


@pytest.fixture(scope="module")
def in_order(log_rules: list[Rule]) -> dict[Rule, str]:
    return keys(log_rules)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_log_shuffled(log_rules: list[Rule], in_order: dict[Rule, str], seed: int) -> None:
    found = keys(shuffled(log_rules, seed))
    assert [str(r) for r in log_rules if found[r] != in_order[r]] == []


def test_the_log_one_by_one(log_rules: list[Rule], in_order: dict[Rule, str]) -> None:
    chosen = shuffled(log_rules, 3)[:ALONE]
    assert [str(r) for r in chosen if keys([r])[r] != in_order[r]] == []


def test_random_rules_shuffled_and_one_by_one() -> None:
    rng = random.Random(99)
    rules = list(dict.fromkeys(random_rule(rng, depth=1 + i % 5) for i in range(200)))
    expected = keys(rules)
    assert keys(shuffled(rules, 4)) == expected
    assert {r: keys([r])[r] for r in rules} == expected


def test_the_catalog_in_fresh_processes() -> None:
    rules = [e for e in catalog.entries() if isinstance(e, Rule)]
    code = (
        "import sys\n"
        "from nos_sym.algebra.canonical import key_of\n"
        "from nos_sym.language.parser import parse\n"
        "texts = sys.stdin.read().splitlines()\n"
        "keys = {text: key_of(parse(text)) for text in texts[:: int(sys.argv[1])]}\n"
        "print(*(keys[text] for text in texts))"
    )
    texts = "\n".join(str(r.named("", "")) for r in rules)
    found = {
        subprocess.run(
            [sys.executable, "-c", code, step], input=texts, capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        ).stdout
        for seed, step in (("0", "1"), ("5", "-1"))
    }  # fmt: skip
    assert [line.split() for line in found] == [[keys([r])[r] for r in rules]]
