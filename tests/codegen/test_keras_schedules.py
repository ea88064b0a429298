"""Rendered learning-rate schedules for Keras, on the backend that Keras has in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import load
from keras_backend import CHOSEN, TARGETS, keras

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.interpreter import schedule_values
from nos_sym.language.parser import parse_file
from nos_sym.language.rule import Schedule

TOTAL = 50
SCHEDULES = [entry for entry in catalog.entries() if isinstance(entry, Schedule)]
# JAX has no float64 unless it is told to: one minus a cosine cancels there.
RELATIVE = 2e-4 if CHOSEN == "jax" else 1e-6
EVERY = pytest.mark.parametrize("target", TARGETS)


def made(entry: Schedule, target: str, folder: Path) -> Any:
    return getattr(load(render(entry, target), folder), entry.name)


@EVERY
@pytest.mark.parametrize("entry", SCHEDULES, ids=lambda e: e.name)
def test_values(entry: Schedule, target: str, tmp_path: Path) -> None:
    wanted = schedule_values(entry, TOTAL)
    schedule = made(entry, target, tmp_path)(2.0, TOTAL)
    steps = [0, 1, 2, 7, 24, 25, 26, 48, 49]
    ours = [float(schedule(keras.ops.convert_to_tensor(t))) for t in steps]
    np.testing.assert_allclose(ours, 2 * wanted[steps], rtol=RELATIVE, atol=1e-7)
    # Past the end the factor holds its last value.
    assert float(schedule(TOTAL + 7)) == pytest.approx(2 * wanted[-1], rel=RELATIVE, abs=1e-7)


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
