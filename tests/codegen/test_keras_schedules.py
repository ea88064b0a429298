"""Rendered learning-rate schedules for Keras, on the backend that Keras has in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import load
from support.keras_backend import CHOSEN, TARGETS, keras

from nos_sym import catalog, onecycle
from nos_sym.codegen.render import render, render_one_cycle
from nos_sym.language.parser import parse_file
from nos_sym.language.rule import Schedule
from nos_sym.language.traversal import needs_total_steps
from nos_sym.program.interpreter import schedule_values

TOTAL = 50
DECAYS = [catalog.entry(name) for name in catalog.names() if catalog.group_of(name) == "schedules"]
SETTABLE = {
    "WarmupCosine": {"warmup_steps": 5, "power": 2},
    "CosineRestarts": {"first_steps": 4, "growth": 3, "shrink": 0.5},
    "MultiStepDecay": {"milestone1": 3, "milestone2": 7, "milestone3": 40},
    "Triangular": {"step_size_up": 4, "step_size_down": 9},
    "PolynomialDecayCycles": {"power": 2},
}
# JAX has no float64 unless it is told to: one minus a cosine cancels there.
RELATIVE = 2e-4 if CHOSEN == "jax" else 1e-6
EVERY = pytest.mark.parametrize("target", TARGETS)


def made(entry: Schedule, target: str, folder: Path) -> Any:
    return getattr(load(render(entry, target), folder), entry.name)


@EVERY
@pytest.mark.parametrize("entry", DECAYS, ids=lambda e: e.name)
def test_values(entry: Schedule, target: str, tmp_path: Path) -> None:
    wanted = schedule_values(entry, TOTAL)
    schedule = made(entry, target, tmp_path)(2.0, TOTAL)
    steps = [0, 1, 2, 7, 24, 25, 26, 48, 49]
    ours = [float(schedule(keras.ops.convert_to_tensor(t))) for t in steps]
    np.testing.assert_allclose(ours, 2 * wanted[steps], rtol=RELATIVE, atol=1e-7)
    # Past the end the factor holds its last value.
    assert float(schedule(TOTAL + 7)) == pytest.approx(2 * wanted[-1], rel=RELATIVE, abs=1e-7)


@EVERY
@pytest.mark.parametrize("name", SETTABLE)
def test_settings(name: str, target: str, tmp_path: Path) -> None:
    entry = catalog.entry(name)
    assert isinstance(entry, Schedule)
    settings, total = SETTABLE[name], [TOTAL] if needs_total_steps(entry.factor) else []
    schedule = made(entry, target, tmp_path)(2.0, *total, **settings)
    copy = keras.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(schedule))
    steps = [0, 1, 3, 4, 6, 7, 8, 15, 16, 49, 51, 55]
    ours = [float(copy(keras.ops.convert_to_tensor(t))) for t in steps]
    wanted = schedule_values(entry, TOTAL, settings, steps=60)[steps]
    np.testing.assert_allclose(ours, 2 * wanted, rtol=RELATIVE, atol=1e-5)


@EVERY
def test_a_base_schedule_is_multiplied(target: str, tmp_path: Path) -> None:
    (entry,) = parse_file("Falling = schedule ~ a1")
    assert isinstance(entry, Schedule)
    kind = made(entry, target, tmp_path)
    base = keras.optimizers.schedules.PiecewiseConstantDecay([9], [1.0, 0.5])
    schedule = kind(base, 20)
    assert [float(schedule(t)) for t in (0, 5, 15)] == pytest.approx([1, 0.75, 0.125])
    copy = keras.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(schedule))
    assert type(copy) is kind and type(copy.base) is type(base)
    assert float(copy(15)) == pytest.approx(0.125)
    with pytest.raises(ValueError, match="Invalid total_steps: 0"):
        kind(base, 0)


@EVERY
def test_it_drives_keras_own_optimizer(target: str, tmp_path: Path) -> None:
    (entry,) = parse_file("Waving = schedule ~ a9 * a10")
    assert isinstance(entry, Schedule)
    factors = schedule_values(entry, 6)
    optimizer = keras.optimizers.SGD(made(entry, target, tmp_path)(1.0, 6))
    variable = keras.Variable(np.zeros(1, np.float32))
    for _ in range(6):
        optimizer.apply([keras.ops.ones(1)], [variable])
    assert float(keras.ops.convert_to_numpy(variable.value)[0]) == pytest.approx(-factors.sum(), rel=1e-5)


@EVERY
def test_one_cycle_drives_rate_and_momentum(target: str, tmp_path: Path) -> None:
    lengths = (30, 6, 4)
    cycle = load(render_one_cycle(target), tmp_path)
    kind = load(render(catalog.entry("Nesterov"), target), tmp_path).Nesterov
    optimizer = kind(cycle.OneCycle(0.3, *lengths), momentum=cycle.OneCycleMomentum(*lengths))
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    variables = [keras.Variable(np.zeros(1, np.float32)) for _ in range(2)]
    rates, momenta, weight, velocity = [], [], 0.0, 0.0
    for t in range(lengths[0]):
        rates.append(float(optimizer.learning_rate))
        momenta.append(float(optimizer.momentum))
        velocity = momenta[t] * velocity - rates[t]
        weight += momenta[t] * velocity - rates[t]
        for made, variable in zip((optimizer, copy), variables, strict=True):
            made.apply([keras.ops.ones(1)], [variable])
    peak, warmup, hold = 0.3, *lengths[1:]
    np.testing.assert_allclose(rates, onecycle.learning_rates(lengths[0], peak, warmup, hold), rtol=1e-6)
    np.testing.assert_allclose(momenta, onecycle.momenta(*lengths), rtol=1e-6)
    for variable in variables:
        assert float(keras.ops.convert_to_numpy(variable.value)[0]) == pytest.approx(weight, rel=1e-5)
    # Past the end both hold their last value.
    assert float(optimizer.learning_rate) == pytest.approx(rates[-1])
    assert float(optimizer.momentum) == pytest.approx(momenta[-1])
