"""Each condition of the algebra is needed by a pair of rules: see ``scripts/mutate_conditions.py``."""

from __future__ import annotations

import pytest
from support.judges.conditions import APART, APART_ALMOST, ONE, ONE_ALMOST
from support.judges.corners import CORNERS
from support.judges.every_history import separated
from support.judges.histories import GENERIC

from nos_sym.algebra.canonical import key_of
from nos_sym.algebra.levels import Level, level_key
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule


def _rules(pair: tuple[str, str]) -> tuple[Rule, Rule]:
    first, second = (parse(f"none ~ {text}") for text in pair)
    return first, second


def _is_one_almost(first: Rule, second: Rule) -> bool:
    keys = {level_key(rule, Level.EXACT, almost=True) for rule in (first, second)}
    return len(keys) == 1


@pytest.mark.parametrize("pair", APART)
def test_two_rules_that_differ_are_two(pair: tuple[str, str]) -> None:
    first, second = _rules(pair)
    assert separated(first, second) is not None
    assert key_of(first) != key_of(second)


@pytest.mark.parametrize("pair", ONE)
def test_two_rules_that_are_equal_are_one(pair: tuple[str, str]) -> None:
    first, second = _rules(pair)
    assert separated(first, second) is None
    assert key_of(first) == key_of(second)


@pytest.mark.parametrize("pair", APART_ALMOST)
def test_two_rules_that_differ_almost_everywhere_are_two(pair: tuple[str, str]) -> None:
    first, second = _rules(pair)
    assert separated(first, second, GENERIC) is not None
    assert not _is_one_almost(first, second)


@pytest.mark.parametrize("pair", ONE_ALMOST)
def test_two_rules_that_differ_on_a_null_set_alone_are_one_almost(pair: tuple[str, str]) -> None:
    first, second = _rules(pair)
    assert separated(first, second, GENERIC) is None
    assert key_of(first) != key_of(second)
    assert _is_one_almost(first, second)


def test_no_pair_at_a_corner_is_wrongly_one() -> None:
    for pair in CORNERS:
        first, second = _rules(pair)
        if key_of(first) == key_of(second):
            assert separated(first, second) is None, pair
        if _is_one_almost(first, second):
            assert separated(first, second, GENERIC) is None, pair
