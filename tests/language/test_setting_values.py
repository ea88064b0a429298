"""Other values for the settings of a rule, and the version that JSON has."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import Rational

from nos_sym.errors import RuleError
from nos_sym.language.json_form import rule_from_json
from nos_sym.language.parser import parse, parse_file

ADAM = "A(beta1=0.9, eps=1e-8) = none ~ ema_hat(g, beta1) / (sqrt(s_hat) + eps)"
BLOCK = "B(beta=0.9, k=1) = { state m: step = k; if k >= 1 { m <- beta * m }; w <- w - m * ema(g, beta) }"
SCHEDULE = "S(power=2) = schedule ~ a1 * power"


@pytest.mark.parametrize(
    ("text", "values", "same"),
    [
        (ADAM, {"eps": "1e-6"}, ADAM.replace("1e-8", "1e-6")),
        (ADAM, {"beta1": 0.95, "eps": 0}, ADAM.replace("0.9,", "0.95,").replace("1e-8", "0")),
        (ADAM, {"beta1": Rational(1, 4)}, ADAM.replace("0.9,", "0.25,")),
        (ADAM, {}, ADAM),
        (BLOCK, {"beta": ".5", "k": "3"}, BLOCK.replace("0.9", "0.5").replace("k=1", "k=3")),
        (SCHEDULE, {"power": "-1.5e0"}, SCHEDULE.replace("2", "-1.5")),
    ],
)
def test_the_default_changes_everywhere(text: str, values: dict[str, Any], same: str) -> None:
    [rule], [expected] = parse_file(text), parse_file(same)
    changed = rule.with_settings(values)
    assert changed == expected
    assert str(changed) == str(expected)
    assert changed.at_defaults() == expected.at_defaults()
    assert rule_from_json(changed.to_json()) == expected
    assert rule.with_settings(**values) == expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"beta1": 1}, "'beta1' is '1'; expected a number in"),
        ({"eps": "-1e-8"}, "expected a number in"),
        ({"gain": 0.5}, "no setting 'gain'; expected one of beta1, eps"),
        ({"bta1": 0.5}, "did you mean 'beta1'"),
        ({"eps": "1/3"}, "expected a decimal number"),
        ({"eps": "1e400"}, "out of range"),
        ({"eps": float("nan")}, "expected a decimal number"),
        ({"eps": True}, "expected a decimal number"),
        ({"eps": Rational(1, 3)}, "no finite decimal form"),
        ({"eps": "9" * 10_000}, "expected a decimal number"),
    ],
)
def test_what_is_no_value_is_said_in_one_line(values: dict[str, Any], message: str) -> None:
    with pytest.raises(RuleError, match=message) as error:
        parse(ADAM).with_settings(values)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "version"),
    [("none ~ g", 1), (ADAM, 1), ("none ~ norm2(g) * g", 2), ("{ w <- w - g }", 2)],
)
def test_json_says_the_version_that_it_needs(text: str, version: int) -> None:
    data = parse(text).to_json()
    assert data["version"] == version
    assert rule_from_json(data | {"version": 2}) == parse(text)
    with pytest.raises(RuleError, match="version '3', and this program reads up to 2"):
        rule_from_json(data | {"version": 3})
    for other in (0, True, "1", None):
        with pytest.raises(RuleError, match="no rule of version 1 to 2"):
            rule_from_json(data | {"version": other})


def test_what_is_a_tuple_in_rendered_files_is_set_one_by_one() -> None:
    two = parse(ADAM.replace("eps=1e-8", "beta2=0.5").replace("eps", "beta2"))
    message = r"no setting 'betas': it has 2 of them, beta1, beta2; set each, as in 'beta1=0.9'\Z"
    for value in ("0.9,0.99", "0.9", 0.9):
        with pytest.raises(RuleError, match=message):
            two.with_settings(betas=value)
