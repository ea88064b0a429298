"""Settings in the head of a rule: what they are, how they are written, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from sympy.core.numbers import Rational

from nos_sym import RuleError, Schedule, SourceError, key_of, parse, parse_file, rule_from_json
from nos_sym.language.parser import parse_rule
from nos_sym.language.printer import print_bare
from nos_sym.language.setting import domain_of, setting_default, setting_domain, setting_name

ADAMW = (
    "AdamW(beta1=0.9, beta2=0.999, weight_decay=0.01) = "
    "none ~ ema_hat(g, beta1) / (sqrt(ema_hat(g^2, beta2)) + 1e-8) + weight_decay * w"
)


@pytest.mark.parametrize(
    "text",
    [
        ADAMW,
        "A(gain=-0.5 in [-1, inf)) = momentum ascent ~ gain * g",
        "A(x=1e-6 in (0, 0.5]) = none ~ x * g + g",
        'A(b=2) = schedule ~ b * a1 from "a paper"',
        "A(rho=0.95) = none ~ ema(ema(g, rho), rho)",
        "A(beta=0.5) = none ~ ema(g, beta) + ema_hat(w, 0.9)",
    ],
)
def test_a_head_is_read_as_it_is_written(text: str) -> None:
    (rule,) = parse_file(text)
    assert str(rule) == text
    assert str(rule_from_json(json.loads(json.dumps(rule.to_json())))) == text
    assert rule_from_json(rule.to_json()) == rule


def test_a_setting_has_a_name_a_default_and_a_domain() -> None:
    rule = parse(
        "A(beta2=0.9, gain=0.25 in [0, 1], weight_decay=0) = none ~ gain * ema(g, beta2) + weight_decay * w"
    )
    assert [setting_name(s) for s in rule.settings] == ["beta2", "gain", "weight_decay"]
    assert [float(setting_default(s)) for s in rule.settings] == [0.9, 0.25, 0.0]
    assert [str(setting_domain(s)) for s in rule.settings] == ["[0, 1)", "[0, 1]", "[0, inf)"]
    assert domain_of("beta2") == domain_of("beta") != domain_of("gain")


def test_the_order_is_that_of_the_head() -> None:
    rule = parse("A(y=1, x=2) = none ~ x * g + y * w")
    assert [setting_name(s) for s in rule.settings] == ["y", "x"]
    assert str(rule.named("B")).startswith("B(y=1, x=2) = ")


def test_a_rule_is_known_by_its_defaults() -> None:
    plain = parse("none ~ ema_hat(g, 0.9) / (sqrt(ema_hat(g^2, 0.999)) + 1e-8) + 0.01 * w")
    assert parse(ADAMW) != plain
    assert parse(ADAMW).at_defaults() == plain
    assert key_of(parse(ADAMW)) == key_of(plain)


@pytest.mark.parametrize(
    "text",
    [
        "A(q=-0.8) = none ~ q * g",
        "A(q=-0.8) = none ~ -q * g",
        "A(q=-0.8) = { w <- w - lr * (t + 1)^q * g }",
        "A(q=-0.5) = { w <- w - lr * abspow(w, -q) * g }",
    ],
)
def test_a_negative_default_reads_back(text: str) -> None:
    found = parse(text).at_defaults()
    assert parse(str(found)) == found


def test_settings_hold_for_their_rule_alone() -> None:
    first, second = parse_file("A(x=1) = none ~ x * g\nB(x=2) = none ~ x * g")
    assert [float(setting_default(*rule.settings)) for rule in (first, second)] == [1.0, 2.0]
    with pytest.raises(SourceError, match="unknown name 'x'"):
        parse_file("A(x=1) = none ~ x * g\nB = none ~ x * g")


def test_a_coefficient_may_be_a_function_of_the_step() -> None:
    assert str(parse("none ~ ema(g, a13)")) == "none ~ ema(g, a13)"
    assert str(parse("none ~ ema(g, beta=0.9 * a1)")) == "none ~ ema(g, 0.9 * a1)"


def test_decays_broadcast() -> None:
    for text in ("none ~ g + a1", "none ~ tanh(clip(g, a1))", "none ~ ema(a1, 0.9)", "none ~ max(a1, g)"):
        assert str(parse(text)) == text


def test_a_schedule_has_settings_too() -> None:
    (schedule,) = parse_file("A(floor=0.1 in [0, 1]) = schedule ~ max(floor, a1)")
    assert isinstance(schedule, Schedule)
    assert [setting_name(s) for s in schedule.settings] == ["floor"]


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("A(lr=0.003) = none ~ tanh(g)", "A = none ~ tanh(g)"),
        ("A(lr=1e-9, b=0.9) = { state m; m <- b * m + g; w <- w - lr * m }",
         "A(b=0.9) = { state m; m <- b * m + g; w <- w - lr * m }"),
        ("A(lr=0) = { w <- w - g }", "A = { w <- w - g }"),
    ],
)  # fmt: skip
def test_a_head_may_say_the_default_learning_rate_which_changes_no_key(text: str, without: str) -> None:
    rule = parse(text)
    assert str(rule) == text and rule.rate is not None
    again = rule_from_json(json.loads(json.dumps(rule.to_json())))
    assert not isinstance(again, Schedule) and (str(again), again.rate) == (text, rule.rate)
    plain = parse(without)
    assert plain.rate is None and plain == rule and hash(plain) == hash(rule)
    assert key_of(plain) == key_of(rule)
    assert print_bare(plain) == print_bare(rule)
    assert rule.named("B").rate == rule.at_defaults().rate == rule.rate
    # Nothing of one rule is left to the next.
    second = parse_file(f"{text}\nB = none ~ g")[1]
    assert not isinstance(second, Schedule) and second.rate is None


@pytest.mark.parametrize("rate", [0.1, "1", Rational(-1), Rational(1, 3)])
def test_a_default_learning_rate_is_an_exact_number_from_0_on(rate: Any) -> None:
    with pytest.raises(RuleError):
        replace(parse_rule("none ~ g"), rate=rate)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A(x=1) = none ~ g", "the setting 'x' is not used; remove it from the head"),
        ("A(x=1, x=2) = none ~ x * g", "the setting 'x' is given twice"),
        ("A(g=1) = none ~ g", "'g' has a meaning already"),
        ("A(v_hat=1) = none ~ g", "'v_hat' has a meaning already"),
        ("A(tanh=1) = none ~ g", "'tanh' has a meaning already"),
        ("A(lr=1) = none ~ lr * g", "unknown name 'lr'"),
        ("A(lr=-1) = none ~ g", "the default learning rate 'lr' is below 0"),
        ("A(lr=1 in [0, 1]) = none ~ g", "'lr' has no domain"),
        ("A(lr=1, lr=2) = none ~ g", "the default of 'lr' is given twice"),
        ("A(lr=inf) = none ~ g", "unexpected 'inf'; expected a number"),
        ("A(lr=1) = schedule ~ a1", "a schedule has no learning rate of its own"),
        ("A(in=1) = none ~ g", "'in' cannot name a setting"),
        ("A(beta=1) = none ~ ema(g, beta)", "the default of 'beta' lies outside its domain"),
        ("A(x=3 in [0, 1]) = none ~ x * g", "the default of 'x' lies outside its domain"),
        ("A(b=0.9) = none ~ ema(g, b)", "parameter beta of 'ema' may leave its range"),
        ("A(x=inf) = none ~ x * g", "unexpected 'inf'; expected a number"),
        ("A(x=1 in [0, big]) = none ~ x * g", "unexpected 'big'; expected a number or 'inf'"),
        ("A(x=1 in [2, 1]) = none ~ x * g", "the domain is empty"),
        ("A(x=1 in [1, 1)) = none ~ x * g", "the domain is empty"),
        ("none ~ ema(g, w)", "must be a number, a setting or a function of the step"),
        ("none ~ ema(g, 2 * a1)", "may leave its range"),
        ("none ~ drop(g, a1)", "must be a plain number"),
        ("none ~ qhm(a1)", "must be a plain number"),
    ],
)
def test_what_is_wrong_with_a_head_is_said_in_one_line(text: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_file(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "update", "message"),
    [
        ({}, ["g"], "is a list"),
        ([{"name": "x"}], ["g"], "needs 'name', 'default' and 'domain'"),
        ([{"name": "g", "default": "1", "domain": "[0, 1]"}], ["g"], "has a meaning already"),
        ([{"name": "x", "default": "1", "domain": "all"}], ["g"], "is no domain"),
        ([{"name": "x", "default": "1", "domain": "[1, x]"}], ["g"], "is no domain"),
        ([{"name": "x", "default": "1", "domain": "[0, 1]"}], ["g"], "is not used"),
        ([], ["mul", ["setting", "x"], ["g"]], "names one of the 'settings'"),
    ],
)
def test_what_is_wrong_with_settings_in_json_is_said_in_one_line(settings, update, message) -> None:
    data = parse("none ~ g").to_json() | {"settings": settings, "update": update}
    with pytest.raises(RuleError) as caught:
        rule_from_json(data)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
