"""The authors' syntax has numbers alone: settings are written as their defaults, other parameters refused."""

from __future__ import annotations

import pytest
from sympy.core.numbers import Rational

from nos_sym.errors import RuleError
from nos_sym.language.authors.printer import print_authors
from nos_sym.language.registry import apply, number
from nos_sym.language.rule import Momentum, Rule
from nos_sym.language.setting import setting


def test_a_parameter_that_is_no_number_is_named() -> None:
    slow = apply("mul", number("0.9"), apply("a2"))
    mean = apply("wmean", apply("tanh", apply("g")), apply("g"), weight=slow)
    rule = Rule(Momentum.NONE, apply("tanh", mean))
    with pytest.raises(RuleError, match=r"'wmean' only with weight 0.95, not 0\.9 \* a2"):
        print_authors(rule)


def test_settings_are_written_as_their_defaults() -> None:
    average = apply("ema_hat", apply("g"), beta=setting("beta1", Rational("0.9")))
    weight_decay = apply("mul", setting("weight_decay", Rational("1e-4")), apply("w"))
    rule = Rule(Momentum.NONE, apply("add", average, weight_decay))
    assert print_authors(rule) == "None ~ (v hat)+(10-4w)"
    other = Rule(Momentum.NONE, apply("mul", setting("eps", Rational(3)), apply("g")))
    with pytest.raises(RuleError, match="no number 3 in 'mul'"):
        print_authors(other)
