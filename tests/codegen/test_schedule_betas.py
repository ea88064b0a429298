"""Averages whose coefficient is a schedule: the complement is computed in double, in every backend."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.harness import problem
from test_agreement import check

from nos_sym.errors import RuleError
from nos_sym.language.registry import apply, number
from nos_sym.language.rule import Momentum, Rule


def _sum() -> Rule:
    beta = apply("mul", apply("a1"), number("0.9"))
    average = apply("ema", apply("add", apply("g"), apply("a1")), beta=beta)
    return Rule(Momentum.NESTEROV, average, name="Sum")


def _growing() -> Rule:
    return Rule(Momentum.NONE, apply("ema", apply("g"), beta=apply("a13")), name="Growing")


def _mixed() -> Rule:
    mix = apply("wmean", apply("g"), apply("w"), weight=apply("a3"))
    return Rule(Momentum.MOMENTUM, mix, name="Mixed")


@pytest.mark.parametrize("rule", [_growing(), _sum(), _mixed()], ids=lambda r: r.name)
def test_every_backend_agrees(rule: Rule, tmp_path: Path) -> None:
    for backend in ("torch", "tensorflow", "keras", "optax"):
        assert check(rule, problem(seed=3), tmp_path, (backend,)) == 0


def test_a_correction_of_a_varying_beta_is_refused() -> None:
    with pytest.raises(RuleError, match="beta of 'ema_hat' must be the same at every step; 1 - beta"):
        apply("ema_hat", apply("g"), beta=apply("a13"))
