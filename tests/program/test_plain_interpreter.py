"""Lowering and interpreter against an interpreter of expressions that shares no code with them."""

from __future__ import annotations

import random

import numpy as np
import pytest
from support import plain_interpreter
from support.random_rules import random_rule
from support.set_rules import adam_w, clipped

from nos_sym import catalog
from nos_sym.language.rule import Rule
from nos_sym.language.setting import with_values
from nos_sym.program.interpreter import Guards, Interpreter

STEPS, SHAPE = 8, (3, 2)


def agree(rule: Rule, guards: Guards, seed: int) -> None:
    def uniform(draw: int, shape: tuple[int, ...]) -> np.ndarray:
        return np.random.default_rng((seed, draw)).random(shape)

    made = [
        kind(rule, SHAPE, total_steps=STEPS - 2, guards=guards, uniform=uniform)
        for kind in (plain_interpreter.Interpreter, Interpreter)
    ]
    rng = np.random.default_rng(seed)
    start = rng.normal(size=SHAPE)
    weights = [start, start]
    for _ in range(STEPS):
        gradient = rng.normal(size=SHAPE)
        weights = [run.apply(w, gradient, 0.01, 0.9) for run, w in zip(made, weights, strict=True)]
        plain, ours = weights
        if guards is Guards.POLICY:  # which keeps what overflows in the plain one
            assert np.isfinite(ours).all(), str(rule)
            kept = np.abs(plain) < 1e300
            plain, ours = plain[kept], ours[kept]
        np.testing.assert_allclose(plain, ours, rtol=1e-9, err_msg=f"{guards}: {rule}")


@pytest.mark.parametrize("guards", Guards)
def test_the_catalog(guards: Guards) -> None:
    for seed, rule in enumerate(e for e in catalog.entries() if isinstance(e, Rule)):
        agree(rule, guards, seed)


@pytest.mark.parametrize("guards", Guards)
def test_random_rules(guards: Guards) -> None:
    rng = random.Random(1)
    for seed in range(100):
        agree(random_rule(rng, depth=rng.choice([2, 3, 4, 5]), authors=seed % 2 == 0), guards, seed)


@pytest.mark.parametrize("rule", [adam_w(), clipped()], ids=lambda r: r.name)
def test_settings_have_their_defaults(rule: Rule) -> None:
    gradients = np.random.default_rng(1).normal(size=(5, 4))
    written = Rule(rule.momentum, with_values(rule.update))
    runs = [Interpreter(r, (4,)) for r in (rule, written)]
    weights = [np.ones(4), np.ones(4)]
    for gradient in gradients:
        weights = [run.apply(w, gradient, 0.1) for run, w in zip(runs, weights, strict=True)]
    np.testing.assert_allclose(*weights, rtol=1e-12)


def test_settings_are_taken_by_name() -> None:
    def moved(**settings: float) -> float:
        interpreter = Interpreter(adam_w(), (1,), settings=settings)
        return float(interpreter.change(np.full(1, 2.0), np.zeros(1), 1.0)[0])

    assert moved() == pytest.approx(-0.02)
    assert moved(weight_decay=0.5) == pytest.approx(-1.0)
    with pytest.raises(ValueError, match="no setting 'beta'; expected one of beta1, beta2, eps"):
        moved(beta=0.5)
    with pytest.raises(ValueError, match=r"beta1 = 1 is out of range; expected a value in \[0, 1\)"):
        moved(beta1=1)
