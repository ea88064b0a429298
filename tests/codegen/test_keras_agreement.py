"""Rendered Keras files compute what the interpreter computes, on the backend that Keras has in this process.

float64 on TensorFlow. Elsewhere Keras rounds ``tanh``, ``maximum`` and more to float32 whatever the dtype, so
that files are held to the float32 bound of :mod:`rounding`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import problem, run_keras, run_numpy
from support.keras_backend import TARGETS, keras
from support.rounding import Bounded, Bounds
from test_agreement import CATALOG, compare, random_rules
from test_never_broken import SINGULAR, zeros

from nos_sym.language.node import Node
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule

TENSORFLOW = keras.backend.backend() == "tensorflow"
UNIT = 2.0**-24


class SingleScalars(Bounds):
    """Bounds where the scalars of a step are float32, as in JAX: ``1 - beta^n`` cancels for a large beta."""

    def _stateful(self, expression: Node, x: Bounded) -> Bounded:
        value, error = super()._stateful(expression, x)
        if expression.operation.name == "ema_hat":
            error = error + np.abs(value) * self._cancellation(float(expression.parameters[0]))
        return value, error

    def _of(self, expression: Any) -> Bounded:
        value, error = super()._of(expression)
        if isinstance(expression, Node) and expression.operation.name == "scale":
            corrections = expression.operands[0].atoms(Node)
            betas = [float(n.parameters[0]) for n in corrections if n.operation.name == "correction"]
            error = error + np.abs(value) * (4 * self.unit + sum(map(self._cancellation, betas)))
        return value, error

    def _cancellation(self, beta: float) -> float:
        """Return the relative error of ``1 - beta^n`` from rounding beta and its power."""
        steps = self.step + 1
        return 2 * (steps + 4) * self.unit * beta**steps / (1 - beta**steps)


def check(rule: Rule, target: str, folder: Path, seed: int) -> bool:
    """Check a rule; return whether its float64 run needed the rounding bound."""
    given = problem(seed=seed)
    if TENSORFLOW:
        _, bound = Bounds(rule, given, 2.0**-53).run()
        ours = run_keras(rule, given, folder, "float64", target)
        return compare(ours, run_numpy(rule, given), bound, 1e-10, f"{target} float64: {rule}")
    bounds = SingleScalars if keras.backend.backend() == "jax" else Bounds
    value, bound = bounds(rule, given, UNIT).run()
    with np.errstate(invalid="ignore"):
        bound = np.where(np.abs(value) + bound < 1e37, bound, np.inf)
    ours = run_keras(rule, given, folder, "float32", target)
    compare(ours.astype(np.float64), value, bound, 0.0, f"{target} float32: {rule}")
    return False


@pytest.mark.parametrize("rule", CATALOG, ids=lambda r: r.name)
def test_catalog_in_keras(rule: Rule, tmp_path: Path) -> None:
    assert not check(rule, "keras", tmp_path, 7), "a catalog rule agrees to 1e-10 without any allowance"


@pytest.mark.parametrize("rule", random_rules(0)[:6], ids=str)
def test_random_rules_in_keras(rule: Rule, tmp_path: Path) -> None:
    check(rule, "keras", tmp_path, 0)


@pytest.mark.heavy
@pytest.mark.parametrize("chunk", range(12))
def test_many_random_rules_in_keras(chunk: int, tmp_path: Path) -> None:
    rules = enumerate(random_rules(chunk))
    assert sum(check(rule, "keras", tmp_path, 100 * chunk + i) for i, rule in rules) <= 2


@pytest.mark.parametrize("target", TARGETS)
def test_decays_hold_their_last_value(target: str, tmp_path: Path) -> None:
    rule = parse("Held = nesterov ~ [a1 + a10] v_hat / [erfc(a4)] (1 + abs(w))")
    given = problem(12, seed=1)
    given.total_steps = 5
    ours = run_keras(rule, given, tmp_path, "float32", target)
    np.testing.assert_allclose(ours, run_numpy(rule, given), rtol=1e-4)


@pytest.mark.parametrize("rule", SINGULAR, ids=str)
def test_guards_in_keras(rule: Rule, tmp_path: Path) -> None:
    """At zero gradients weights stay finite, and what they were at learning rate 0."""
    given = zeros(np.array([0.0, 0.01, 0.01]))
    weights = run_keras(rule, given, tmp_path, "float32")
    np.testing.assert_array_equal(weights[0], given.weight.astype(np.float32))
    np.testing.assert_allclose(weights, run_numpy(rule, given, "float32"), rtol=1e-5, atol=1e-6)
