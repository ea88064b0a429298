"""Deduplication of lists and of the authors' log: classes, repeats, hours, spread, and its cost."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest
from support.random_rules import random_rule

import nos_sym
from nos_sym import Item, Level, Rule, deduplicate
from nos_sym.algebra import dedup
from nos_sym.language.authors.log import EvaluationKind, read_authors_log


def item(text: str, **more: object) -> Item:
    found = nos_sym.parse(text)
    assert isinstance(found, Rule)
    return Item(text, found, **more)  # type: ignore[arg-type]


def test_classes_are_numbered_by_first_occurrence_and_what_does_not_parse_has_none() -> None:
    items = [item("none ~ g"), Item("???", None), item("none ~ w"), item("none ~ g + 0"), Item("???", None)]
    found = deduplicate(items)
    assert found.class_of == (0, None, 1, 0, None)
    assert [c.members for c in found.classes] == [[0, 3], [2]]
    assert found.repeats() == [3]
    assert found.same_text() == []


def test_hours_count_repeats_that_did_not_fail_and_those_on_purpose_apart() -> None:
    items = [
        item("none ~ g", seconds=3600.0),
        item("none ~ g", seconds=7200.0, again=True),
        item("none ~ -(-g)", seconds=None),
        item("none ~ g", seconds=1800.0),
        item("none ~ w", seconds=900.0),
    ]
    found = deduplicate(items)
    assert found.repeats() == [1, 2, 3]
    assert found.repeated_hours() == 2.5
    assert found.repeats(lambda i: i.again) == [1]
    assert found.repeated_hours(lambda i: not i.again) == 0.5
    assert found.same_text() == [1, 3]


def test_spread_is_pooled_within_class_and_setting() -> None:
    items = [
        item("none ~ g", accuracy=0.70, setting="small"),
        item("none ~ g", accuracy=0.80, setting="large"),
        item("none ~ g", accuracy=0.82, setting="large"),
        item("none ~ w", accuracy=0.50, setting="large"),
        item("none ~ w", accuracy=0.54, setting="large"),
        item("none ~ w", accuracy=math.nan, setting="large"),
        item("none ~ w"),
    ]
    found = deduplicate(items)
    first, second = found.classes
    assert first.spread == pytest.approx(0.02 / math.sqrt(2))
    assert second.spread == pytest.approx(0.04 / math.sqrt(2))
    assert found.spread == pytest.approx(math.sqrt((0.0002 + 0.0008) / 2))
    assert found.typical_difference == pytest.approx(0.03)
    alone = deduplicate([item("none ~ g", accuracy=0.7)])
    assert alone.spread is None
    assert alone.typical_difference is None


@pytest.mark.parametrize(
    ("level", "classes"),
    [
        (Level.EXACT, (0, 1, 2, 3, 4)),
        (Level.SIGN, (0, 0, 1, 2, 3)),
        (Level.SCALE, (0, 0, 0, 1, 2)),
        (Level.SCHEDULE, (0, 0, 0, 0, 1)),
        (Level.FLOAT32, (0, 1, 2, 3, 0)),
    ],
)
def test_levels(level: Level, classes: tuple[int, ...]) -> None:
    texts = ("g", "-g", "2 * g", "[a1] g", "g / sqrt(1 + (1e-6 * w)^2)")
    assert deduplicate([item(f"none ~ {t}") for t in texts], level).class_of == classes


def test_float32_keeps_momentum_types_apart_and_does_not_depend_on_the_order() -> None:
    texts = [f"{m} ~ {u}" for m in ("none", "momentum") for u in ("g", "g + 1e-9 * g", "w", "0 * g", "0 * w")]
    expected = (0, 0, 1, 2, 2, 3, 3, 4, 5, 5)
    assert deduplicate(map(item, texts), Level.FLOAT32).class_of == expected
    backwards = deduplicate(map(item, reversed(texts)), Level.FLOAT32).class_of
    groups = {frozenset(i for i, c in enumerate(expected) if c == n) for n in range(6)}
    last = len(texts) - 1
    assert {frozenset(last - i for i, c in enumerate(backwards) if c == n) for n in range(6)} == groups


def test_each_rule_is_brought_to_its_form_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Rule] = []
    original = dedup.level_key

    def counted(rule: Rule, level: Level, *, almost: bool = False) -> str:
        calls.append(rule)
        return original(rule, level, almost=almost)

    monkeypatch.setattr(dedup, "level_key", counted)
    rng = random.Random(8)
    rules = [random_rule(rng, depth=2) for _ in range(150)]
    done: list[int] = []
    deduplicate([Item(str(r), r) for r in rules * 4], Level.SCHEDULE, done.append)
    assert len(calls) == len(set(rules))
    assert done == list(range(1, len(rules) * 4 + 1))


def test_float32_compares_each_rule_with_few_others(monkeypatch: pytest.MonkeyPatch) -> None:
    from nos_sym.algebra.falsification import float32

    calls = []
    original = float32.indistinguishable

    def counted(x: object, y: object) -> bool:
        calls.append(1)
        return original(x, y)  # type: ignore[arg-type]

    monkeypatch.setattr(float32, "indistinguishable", counted)
    items = [item(f"none ~ g + {n} * w") for n in range(1, 60)] + [
        item(f"none ~ {n} * (0 * g)") for n in range(9)
    ]
    items += [item(f"none ~ g + {n} * w + 1e-12 * w") for n in range(1, 60)]
    found = deduplicate(items, Level.FLOAT32)
    assert len(found.classes) == 60
    assert len(calls) <= 2 * len(items)


@pytest.fixture(scope="module")
def log_items(shared_data: Path) -> list[Item]:
    log = read_authors_log(shared_data / "authors_run_first_half.log")
    return [
        Item(
            e.text,
            e.rule,
            e.seconds if e.accuracy is not None else None,
            e.accuracy,
            e.kind is EvaluationKind.PARTICLE,
        )
        for e in log.evaluations
    ]


@pytest.mark.parametrize(
    ("level", "repeats"),
    [(Level.EXACT, 131), (Level.SIGN, 144), (Level.SCALE, 171), (Level.SCHEDULE, 257)],
)
def test_repeats_of_the_log(log_items: list[Item], level: Level, repeats: int) -> None:
    assert len(deduplicate(log_items, level).repeats()) >= repeats


def test_hours_of_the_log(log_items: list[Item]) -> None:
    found = deduplicate(log_items)
    assert len(found.items) == 1475
    assert found.hours(range(1475)) == pytest.approx(58.6, abs=0.05)
    assert found.repeated_hours() == pytest.approx(6.4, abs=0.05)
    # Away from gradients that are exactly zero, more of the log is one optimizer.
    almost = deduplicate(log_items, almost=True)
    assert almost.almost and len(almost.repeats()) >= 136
    assert almost.repeated_hours() == pytest.approx(6.7, abs=0.05)
    assert len(found.repeats(lambda i: i.again)) == 27
    assert len(found.same_text()) == 36
