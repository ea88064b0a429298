"""The rendered one-cycle schedules give the values of :mod:`nos_sym.onecycle`, step for step."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import backends, load

from nos_sym.codegen.render import render_one_cycle
from nos_sym.errors import RenderError
from nos_sym.onecycle import learning_rates, momenta

LENGTHS = [(35, 6, 0), (20, 1, 3), (12, 0, 0), (10, 4, 5)]


def needs(*modules: str) -> None:
    for module in modules:
        if module not in backends() and importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")


def test_latex_has_no_one_cycle_schedule() -> None:
    with pytest.raises(RenderError, match="not to 'latex'"):
        render_one_cycle("latex")


@pytest.mark.parametrize("lengths", LENGTHS)
def test_torch(lengths: tuple[int, int, int], tmp_path: Path) -> None:
    needs("torch")
    import torch

    module = load(render_one_cycle("torch"), tmp_path)
    with_momentum, without = torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2))
    sgd = torch.optim.SGD([with_momentum], lr=0.3, momentum=0.9)
    adam = torch.optim.Adam([without], lr=0.3)
    schedules = [module.OneCycle(optimizer, *lengths) for optimizer in (sgd, adam)]
    rates, mus = [], []
    for _ in range(lengths[0]):
        group = sgd.param_groups[0]
        rates.append(group["lr"])
        mus.append(group["momentum"])
        assert adam.param_groups[0]["lr"] == group["lr"]
        sgd.step()
        adam.step()
        for schedule in schedules:
            schedule.step()
    np.testing.assert_allclose(rates, learning_rates(lengths[0], 0.3, *lengths[1:]), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(mus, momenta(*lengths), rtol=1e-12)
    # The state goes on where it was.
    other = module.OneCycle(torch.optim.SGD([with_momentum], lr=0.3, momentum=0.9), *lengths)
    other.load_state_dict(schedules[0].state_dict())
    assert other.last_epoch == lengths[0]
    with pytest.raises(ValueError, match="Invalid lengths: total_steps=5"):
        module.OneCycle(sgd, 5, 3, 2)


@pytest.mark.parametrize("backend", ["tensorflow", "keras"])
@pytest.mark.parametrize("lengths", LENGTHS)
def test_keras(backend: str, lengths: tuple[int, int, int], tmp_path: Path) -> None:
    needs("tensorflow", "keras")
    import keras

    module = load(render_one_cycle(backend), tmp_path)
    rate = module.OneCycle(0.3, *lengths)
    momentum = module.OneCycleMomentum(*lengths)

    def values(schedule: Any) -> list[float]:
        return [float(schedule(step)) for step in range(lengths[0])]

    expected = learning_rates(lengths[0], 0.3, *lengths[1:])
    np.testing.assert_allclose(values(rate), expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(values(momentum), momenta(*lengths), rtol=1e-6)
    for schedule in (rate, momentum):
        copied = type(schedule).from_config(schedule.get_config())
        assert values(copied) == values(schedule)
        restored = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
        assert values(restored) == values(schedule)
    with pytest.raises(ValueError, match="Invalid lengths"):
        module.OneCycle(0.3, 5, 3, 2)


@pytest.mark.parametrize("lengths", LENGTHS)
def test_optax(lengths: tuple[int, int, int], tmp_path: Path) -> None:
    needs("jax", "optax")
    module = load(render_one_cycle("optax"), tmp_path)
    rate, momentum = module.OneCycle(0.3, *lengths), module.OneCycleMomentum(*lengths)
    steps = range(lengths[0])
    expected = learning_rates(lengths[0], 0.3, *lengths[1:])
    np.testing.assert_allclose([float(rate(t)) for t in steps], expected, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose([float(momentum(t)) for t in steps], momenta(*lengths), rtol=1e-6)
