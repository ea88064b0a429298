"""Ranges enclose what the interpreter computes; guards stand exactly where a range reaches a singularity."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from support.harness import problem, run_numpy
from support.random_rules import random_rule

import nos_sym.program.interpreter as interpreter
from nos_sym import catalog
from nos_sym.intervals.exact import number_range
from nos_sym.language.block import Block
from nos_sym.language.parser import parse, parse_file
from nos_sym.language.registry import number
from nos_sym.language.rule import Rule, Schedule
from nos_sym.language.traversal import walk
from nos_sym.program.program import Value
from nos_sym.program.ranges import needs_guard, range_of


@pytest.mark.parametrize("seed", range(8))
def test_ranges_enclose_values(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every intermediate value of a run lies in its range."""
    seen: list[tuple[Value, np.ndarray]] = []
    original = interpreter._Evaluator._value

    def spy(self: interpreter._Evaluator, value: Value, *given: Any) -> Any:
        result = original(self, value, *given)
        seen.append((value, np.asarray(result, dtype=np.float64)))
        return result

    monkeypatch.setattr(interpreter._Evaluator, "_value", spy)
    rng = random.Random(seed)
    for i in range(15):
        # Ranges are those of float32, where values end.
        run_numpy(random_rule(rng, depth=4, authors=i % 2 == 0), problem(12, seed=i), "float32")
    assert len(seen) > 500
    for value, result in seen:
        enclosure = value.range
        finite = result[np.isfinite(result)]
        # The enclosure is of real values; rounding may step over an end by a few units.
        slack = 1e-5 * (1 + np.abs(finite))
        assert (finite >= enclosure.low - slack).all(), f"{value} in {enclosure}: {finite.min()}"
        assert (finite <= enclosure.high + slack).all(), f"{value} in {enclosure}: {finite.max()}"


def guarded(text: str) -> list[str]:
    return [str(node) for node in walk(parse(f"none ~ {text}").update) if needs_guard(node)]


@pytest.mark.parametrize(
    "text",
    [
        "v_hat / (sqrt(s_hat) + 1e-8)",
        "g / exp(1e-4 * w)",
        "g / clip(2, exp(v_hat))",
        "g / (1 + abs(w))",
        "[1 / dtanh(a8)] g",
        "[1 / a11] g",
        "[1 / a1] g",
        "recip(softplus(g))",
        "recip(erfc(g))",
        "ln(2 + s_hat)",
        "abspow(g, 2)",
        "abspow(g, s_hat)",
        "abspow(exp(g), w)",
        "g / sqrt(1 + w^2)",
        "g / 3",
        "rdiv(g, w)",
        "clip_norm(g)",
        "softsign(g)",
    ],
)
def test_no_guard(text: str) -> None:
    assert guarded(text) == []


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("v_hat / sqrt(s_hat)", "v_hat / sqrt(s_hat)"),
        ("1 / g", "1 / g"),
        ("recip(tanh(w))", "recip(tanh(w))"),
        ("[1 / a2] g", "1 / a2"),
        ("[1 / a5] g", "1 / a5"),
        ("[1 / a13] g", "1 / a13"),
        ("g / clip(2, [arctan(a13)] exp(v_hat))", "g / clip(2, [arctan(a13)] exp(v_hat))"),
        ("ln(g)", "ln(g)"),
        ("ln(s_hat)", "ln(s_hat)"),
        ("abspow(g, w)", "abspow(g, w)"),
        ("g / (2 - 2)", "g / (2 - 2)"),
        # ln|x| is never below -69 once it is guarded, and -69 is not the singular point of anything here.
        ("exp(ln(w))", "ln(w)"),
        ("g / running_max(v_hat)", "g / running_max(v_hat)"),
    ],
)
def test_guard(text: str, where: str) -> None:
    assert guarded(text) == [where]


def test_what_a_guard_puts_in_is_guarded_in_turn() -> None:
    """1 / s_hat is positive, but 0 where its guard acts."""
    assert 0 in range_of(parse("none ~ 1 / s_hat").update)
    assert range_of(parse("none ~ 1 / s_hat").update).nonnegative
    assert guarded("1 / (1 / s_hat)") == ["1 / s_hat", "1 / (1 / s_hat)"]
    assert guarded("1 / (1 + 1 / s_hat)") == ["1 / s_hat"]


def test_guards_of_the_catalog() -> None:
    """The authors' released optimizers have no guard; only Opt4's third decay and two schedules need one."""
    found = {
        entry.name
        for entry in catalog.entries()
        if not isinstance(entry, Block) and catalog.group_of(entry.name) != "training_schedules"
        for node in walk(entry.update if isinstance(entry, Rule) else entry.factor)
        if needs_guard(node)
    }
    assert found == {"Opt4", "Opt41", "A2", "A3", "LR8", "AdamSearch"}


@pytest.mark.parametrize("text", ["0.1", "0.5", "3", "1e-6", "0.95", "123.456"])
def test_numbers(text: str) -> None:
    enclosure = number_range(number(text))
    assert float(text) in enclosure
    assert enclosure.high - enclosure.low <= np.spacing(float(text))
    assert (enclosure.low == enclosure.high) == (text in ("0.5", "3"))


def test_schedule_ranges() -> None:
    (entry,) = parse_file("schedule ~ erfc(erfc(a4)) / (dtanh(a8) * dtanh(a4))")
    assert isinstance(entry, Schedule)
    enclosure = range_of(entry.factor)
    assert enclosure.low > 0.15
    assert enclosure.high < 5
