"""Schedules against what the authors' code computed (float32, T = 100), and their range over other T."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace

import pytest

from nos_sym import catalog
from nos_sym.intervals.floats import FLOATS
from nos_sym.language.node import Node
from nos_sym.language.operation import reference_of
from nos_sym.language.registry import apply

T = 100
FLOAT32 = 3e-6
"""A few roundings of float32 (6e-8) through functions of slope up to ten."""


@pytest.fixture(scope="module")
def recorded(repository):
    return json.loads((repository / "tests" / "data" / "authors_schedules.json").read_text(encoding="utf-8"))


def value(expression, step, total=T):
    """Return a decay function at a step, by the registry's references in binary64."""
    if not isinstance(expression, Node):
        return float(expression)
    operation = expression.operation
    if not expression.operands:
        return reference_of(operation)(FLOATS, SimpleNamespace(step=step, total_steps=total))
    operands = [value(a, step, total) for a in expression.operands]
    return float(reference_of(operation)(FLOATS, *operands, *expression.parameters))


@pytest.mark.parametrize("index", range(1, 15))
def test_schedule_of_table_7_is_the_recorded_one(index, recorded):
    expected = recorded["a"][f"a{index}"]
    assert len(expected) == T
    for step, known in enumerate(expected):
        assert value(apply(f"a{index}"), step) == pytest.approx(known, rel=FLOAT32, abs=3e-7)


@pytest.mark.parametrize("index", range(1, 15))
def test_definition_over_the_basis_is_the_same_schedule(index):
    schedule = apply(f"a{index}")
    for total in (1, 2, 7, 100, 35):
        for step in range(total):
            defined = value(schedule.operation.meaning.definition(), step, total)
            assert defined == pytest.approx(value(schedule, step, total), rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("name", ["LR1", "LR2", "LR4", "LR5", "LR6", "LR7", "LR8", "LR9"])
def test_discovered_schedule_is_the_recorded_one(name, recorded):
    # Element 0 is not a value of the schedule: the authors' code overwrites it with 1e-7.
    expected = recorded["LR"][name]
    assert expected[0] == pytest.approx(1e-7)
    factor = catalog.entry(name).factor
    for step in range(1, T):
        assert value(factor, step) == pytest.approx(expected[step], rel=FLOAT32)


def test_recorded_lr3_has_the_a14_of_the_released_file(recorded):
    # The released a14 is (0.95 - b)/(0.05 + b), which leaves [0, 1]; the search has 0.95 - b/(0.05 + b).
    expected = recorded["LR"]["LR3"]
    ours = [value(catalog.entry("LR3").factor, step) for step in range(T)]
    for step in range(1, T):
        b = 0.95 * (1 - (step + 1) / T)
        released = (0.95 - b) / (0.05 + b)
        swapped = ours[step] * math.sqrt((1 + released) / (1 + value(apply("a14"), step)))
        assert swapped == pytest.approx(expected[step], rel=FLOAT32)
    worst = max(known / own - 1 for known, own in zip(expected[1:], ours[1:], strict=True))
    assert 2.0 < worst < 2.3


@pytest.mark.parametrize("total", [1, 2, 3, 35, 100, 1000])
@pytest.mark.parametrize("name", [f"LR{i}" for i in range(1, 10)])
def test_discovered_schedule_is_finite_and_never_negative(name, total):
    factor = catalog.entry(name).factor
    for step in range(total):
        if name == "LR8" and step == 0:
            # 1/sqrt(0); the numeric layer gives 0 there, as the base schedule does.
            assert value(factor, step, total) == math.inf
        else:
            assert 0 <= value(factor, step, total) < 100
