"""Rules as JSON data: what is written is read back, and nothing else gets through."""

from __future__ import annotations

import copy
import json
import pickle
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.random_rules import random_decay, random_rule

from nos_sym.errors import RuleError
from nos_sym.language.json_form import rule_from_json, rule_to_json
from nos_sym.language.parser import parse
from nos_sym.language.registry import REGISTRY
from nos_sym.language.rule import Schedule


def test_random_rules_survive_a_round_trip_through_text() -> None:
    rng = random.Random(8)
    for index in range(500):
        rule = random_rule(rng, depth=1 + index % 6).named(f"Rule{index}", "a test")
        again = rule_from_json(json.loads(json.dumps(rule.to_json())))
        assert again == rule
        assert (again.name, again.source) == (rule.name, rule.source)
        assert str(again) == str(rule)


def test_random_schedules_survive_a_round_trip_through_text() -> None:
    rng = random.Random(9)
    for index in range(200):
        schedule = Schedule(random_decay(rng, depth=index % 4), "S", "a test")
        again = rule_from_json(json.loads(json.dumps(schedule.to_json())))
        assert isinstance(again, Schedule)
        assert again == schedule
        assert (again.name, again.source) == ("S", "a test")


def test_the_form_is_plain_data() -> None:
    rule = parse('A = nesterov ascent ~ -[a1] ema(g, 0.9) + 2e-6 * w + g^2 from "x"')
    assert rule.to_json() == {
        "version": 1,
        "name": "A",
        "source": "x",
        "momentum": "nesterov",
        "ascent": True,
        "update": [
            "add",
            [
                "add",
                ["neg", ["scale", ["a1"], ["ema", ["g"], {"beta": "0.9"}]]],
                ["mul", "2e-6", ["w"]],
            ],
            ["pow", ["g"], {"exponent": "2"}],
        ],
    }


def test_a_stored_rule_that_says_norm_is_clipped_by_its_norm() -> None:
    rule = parse("none ~ tanh(clip_norm(g + w))")
    before = json.loads(json.dumps(rule.to_json()).replace("clip_norm", "norm"))
    assert before["update"][1][0] == "norm"
    assert rule_from_json(before) == rule


@pytest.mark.parametrize("change", [{"name": "norm"}, {"aliases": ("norm",)}])
def test_no_operation_takes_a_former_name(change: dict[str, Any]) -> None:
    with pytest.raises(RuleError, match="'norm' is the former name of 'clip_norm'; choose another name"):
        replace(REGISTRY["tanh"], **change)


def test_rules_are_not_pickled() -> None:
    rule = parse("none ~ tanh(g)")
    with pytest.raises(TypeError, match="JSON"):
        pickle.dumps(rule)
    with pytest.raises(TypeError, match="JSON"):
        pickle.dumps(rule.update)


GOOD = rule_to_json(parse("none ~ ema(drop(g, 0.5), 0.9) + 2"))
BLOCK = rule_to_json(parse("{ state m; m <- 0.9 * m + g; w <- w - lr * m }"))


def changed(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(GOOD) | changes


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "no rule of version 1"),
        ([], "no rule of version 1"),
        ({}, "no rule of version 1"),
        (changed(version=3), "reads up to 2"),
        (changed(version=2**70), "reads up to 2"),
        (changed(version=True), "no rule of version 1"),
        (changed(version="2"), "no rule of version 1"),
        (changed(version=0), "no rule of version 1"),
        (BLOCK | {"version": 1}, "of version 1 and is a block, which version 2 has"),
        (BLOCK | {"version": 3}, "reads up to 2"),
        (changed(update=["norm2", ["g"]]), "of version 1 and has operations of blocks, which version 2 has"),
        ({"version": 1, "schedule": ["t"]}, "of version 1 and has operations of blocks"),
        (changed(name=3), "must be strings"),
        (changed(source=None), "must be strings"),
        (changed(name="a b"), "no identifier"),
        (changed(name="class"), "Python keyword"),
        (changed(source='"'), "a source is one line"),
        (changed(momentum="adam"), "needs 'momentum'"),
        (changed(momentum=["none"]), "needs 'momentum'"),
        (changed(momentum=None), "needs 'momentum'"),
        (changed(ascent=1), "needs 'momentum'"),
        ({"version": 1, "momentum": "none"}, "'update'"),
        (changed(update=None), "an expression in JSON is"),
        (changed(update=3), "an expression in JSON is"),
        (changed(update=[]), "an expression in JSON is"),
        (changed(update=[["g"]]), "an expression in JSON is"),
        (changed(update={}), "an expression in JSON is"),
        (changed(update=["tahn", ["g"]]), "unknown operation 'tahn' in JSON; did you mean 'tanh'?"),
        (changed(update=["tanh"]), "takes 1 argument"),
        (changed(update=["tanh", ["g"], ["g"]]), "takes 1 argument"),
        (changed(update=["ema", ["g"]]), "needs its parameter 'beta'"),
        (changed(update=["ema", ["g"], {"gamma": "0.9"}]), "no parameter 'gamma'"),
        (changed(update=["ema", ["g"], {"beta": 0.9}]), "a string of digits"),
        (changed(update=["ema", ["g"], {"beta": "1"}]), "out of range"),
        (changed(update=["ema", ["g"], {"beta": "-0.5"}]), "out of range"),
        (changed(update=["pow", ["g"], {"exponent": "2.5"}]), "an integer"),
        (changed(update=["a1"]), "an update equation is a tensor"),
        ({"version": 1, "schedule": ["g"]}, "a schedule is made of a1 to a14"),
        (changed(update=""), "a string of digits"),
        (changed(update="1/3"), "a string of digits"),
        (changed(update="nan"), "a string of digits"),
        (changed(update="\u0661"), "a string of digits"),
        (changed(update="1e5000"), "out of range"),
        (changed(update="1e999"), "out of range"),
        (changed(update="1" * 41), "a string of digits"),
        (changed(update="1.2.3"), "malformed"),
        (changed(update="1e"), "malformed"),
        (changed(update="1e-"), "malformed"),
        (changed(update="--1"), "malformed"),
        (changed(update="e5"), "malformed"),
        (changed(update="."), "malformed"),
        (changed(lr=0.1), "a string of digits"),
        (changed(lr=None), "a string of digits"),
        (changed(lr="-1"), "malformed"),
        ({"version": 1, "schedule": ["a1"], "lr": "0.1"}, "a schedule has no learning rate of its own"),
    ],
)
def test_other_data_is_refused_in_one_line(data: Any, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        rule_from_json(data)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_needs_version_2_says_so_and_a_rule_of_one_line_may() -> None:
    assert rule_from_json(BLOCK) == parse("{ state m; m <- 0.9 * m + g; w <- w - lr * m }")
    assert (GOOD["version"], BLOCK["version"]) == (1, 2)
    assert rule_from_json(changed(version=2)) == rule_from_json(GOOD)
    norm = rule_to_json(parse("none ~ g / (1 + norm2(g))"))
    assert norm["version"] == 2
    assert str(rule_from_json(norm)) == "none ~ g / (1 + norm2(g))"


def test_deep_data_is_refused() -> None:
    data: Any = ["g"]
    for _ in range(100_000):
        data = ["tanh", data]
    with pytest.raises(RuleError, match="nested too deeply"):
        rule_from_json(changed(update=data))
    while len(data) > 1:  # an iterative release: nested lists are freed by recursion otherwise
        data = data[1]


TEXTS = st.sampled_from([*REGISTRY, "0.5", "1", "1e-6", "-2", "", "x"]) | st.text(max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("update", "shown"),
    [
        (["\n"], r"unknown operation '\n' in JSON"),
        (["tahn\r\n", ["g"]], r"unknown operation 'tahn\r\n' in JSON; did you mean 'tanh'?"),
        (["\u2028\x1b[31m"], r"unknown operation '\u2028\x1b[31m' in JSON"),
        (["\udc80"], r"unknown operation '\udc80' in JSON"),
        (["x" * 41], f"unknown operation '{'x' * 40}...' in JSON"),
        (["ema", ["g"], {"be\nta": "0.9"}], r"'ema' has no parameter 'be\nta'; expected beta"),
        (["ema", ["g"], {"x" * 10**6: "0.9"}], f"'ema' has no parameter '{'x' * 40}...'; expected beta"),
        (["ema", ["g"], {"beta": "0.9\n"}], 'a number in JSON is a string of digits, as in "0.9" or "1e-6"'),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_what_the_data_holds_is_escaped_in_messages(update: Any, shown: str) -> None:
    with pytest.raises(RuleError) as error:
        rule_from_json(changed(update=update))
    assert str(error.value) == shown
    assert str(error.value).isprintable()


# Of what was found at random.
@example(update=["\n"], momentum="none", schedule=False)
@settings(max_examples=300)
@given(update=VALUES, momentum=st.sampled_from(["none", "x"]) | VALUES, schedule=st.booleans())
def test_any_data_gives_a_rule_or_an_error(update: Any, momentum: Any, schedule: bool) -> None:
    data = {"version": 1, "schedule": update} if schedule else changed(update=update, momentum=momentum)
    try:
        rule = rule_from_json(data)
    except RuleError as error:
        assert str(error).isprintable()
    else:
        assert rule_from_json(rule.to_json()) == rule
