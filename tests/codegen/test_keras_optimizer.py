"""A rendered Keras file in use: fit, schedules, configuration, saving, XLA, wrong settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import backends, load

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.language.parser import parse

if "tensorflow" not in backends():
    pytest.skip("tensorflow is not installed", allow_module_level=True)

import keras

NAMES = ["Opt4", "Opt9", "Opt10", "Adam", "SGD", "SGDMomentum"]
TOTAL = 40


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("rendered")
    return {name: getattr(load(render(catalog.entry(name), "tensorflow"), folder), name) for name in NAMES}


def made(classes: dict[str, Any], name: str, **options: Any) -> Any:
    if "Opt" in name:
        options.setdefault("total_steps", TOTAL)
    return classes[name](**options)


def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(1)])


def data() -> tuple[np.ndarray, np.ndarray]:
    inputs = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
    return inputs, inputs.sum(1, keepdims=True)


def fit(model: keras.Model, epochs: int = 1) -> list[float]:
    history = model.fit(*data(), batch_size=16, epochs=epochs, shuffle=False, verbose=0)
    return history.history["loss"]


def weights(model: keras.Model) -> np.ndarray:
    return np.concatenate([w.ravel() for w in model.get_weights()])


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_it_trains(name: str, jit: bool, classes: dict[str, Any]) -> None:
    model = network()
    rate = 0.3 if name == "Opt10" else 0.03
    model.compile(made(classes, name, learning_rate=rate), "mse", jit_compile=jit)
    losses = fit(model, 10)
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_it_trains_an_embedding(name: str, jit: bool, classes: dict[str, Any]) -> None:
    """TensorFlow's gradients of an embedding are sparse; the rule sees them dense, as Keras's own do."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Embedding(10, 4), keras.layers.Flatten(), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((3,)), *layers])
    rate = 0.3 if name == "Opt10" else 0.03
    model.compile(made(classes, name, learning_rate=rate), "mse", jit_compile=jit)
    words = np.random.default_rng(0).integers(0, 10, (64, 3))
    history = model.fit(words, words.sum(1) / 10.0, batch_size=16, epochs=10, shuffle=False, verbose=0)
    losses = history.history["loss"]
    assert losses[-1] < 0.7 * losses[0]


def test_graph_and_eager_agree(classes: dict[str, Any]) -> None:
    for name in NAMES:
        results = []
        for eager in (False, True):
            model = network()
            model.compile(made(classes, name, learning_rate=0.03), "mse", run_eagerly=eager)
            fit(model, 2)
            results.append(weights(model))
        np.testing.assert_allclose(*results, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_configuration_round_trips(name: str, classes: dict[str, Any]) -> None:
    options: dict[str, Any] = {"learning_rate": 0.25, "clipnorm": 1.0}
    if name in ("Opt9", "Opt10", "SGDMomentum"):
        options["momentum"] = 0.7
    optimizer = made(classes, name, **options)
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(copy) is type(optimizer)
    assert copy.get_config() == optimizer.get_config()
    for key in ("momentum", "total_steps"):
        assert getattr(copy, key, None) == getattr(optimizer, key, None)


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_model_continues_identically(name: str, classes: dict[str, Any], tmp_path: Path) -> None:
    model = network()
    model.compile(made(classes, name, learning_rate=0.03), "mse")
    fit(model, 2)
    model.save(tmp_path / "model.keras")
    restored = keras.models.load_model(tmp_path / "model.keras")
    fit(model, 2)
    fit(restored, 2)
    assert int(restored.optimizer.iterations) == 16
    np.testing.assert_array_equal(weights(model), weights(restored))


def test_schedules_drive_rate_and_momentum(classes: dict[str, Any]) -> None:
    def still() -> Any:
        return keras.optimizers.schedules.PiecewiseConstantDecay([3], [0.0, 0.1])

    model = network()
    before = weights(model)
    model.compile(made(classes, "SGDMomentum", learning_rate=still()), "mse")
    model.fit(*(a[:48] for a in data()), batch_size=16, shuffle=False, verbose=0)
    np.testing.assert_array_equal(weights(model), before)
    fit(model)
    assert not np.array_equal(weights(model), before)

    results = []
    for momentum in (0.0, keras.optimizers.schedules.PiecewiseConstantDecay([100], [0.0, 0.9]), 0.9):
        model = network()
        model.compile(made(classes, "SGDMomentum", learning_rate=0.05, momentum=momentum), "mse")
        fit(model)
        results.append(weights(model))
    np.testing.assert_allclose(results[0], results[1], rtol=1e-6)
    assert np.abs(results[0] - results[2]).max() > 1e-3

    optimizer = made(classes, "SGDMomentum", momentum=still())
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert copy.momentum.get_config() == optimizer.momentum.get_config()


def test_dropout_is_drawn_anew_and_reproducibly(tmp_path: Path) -> None:
    rule = parse("Dropped = none ~ drop(g, 0.5) + drop(g, 0.5)")
    made = load(render(rule, "tensorflow"), tmp_path).Dropped
    results = []
    for seed in (1, 1, 2):
        model = network()
        model.compile(made(learning_rate=0.03, seed=seed), "mse")
        fit(model, 2)
        results.append(weights(model))
    np.testing.assert_array_equal(results[0], results[1])
    assert not np.array_equal(results[0], results[2])


def test_wrong_settings(classes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Invalid total_steps: 0"):
        made(classes, "Opt4", total_steps=0)
    with pytest.raises(TypeError, match="total_steps"):
        classes["Opt4"](0.1)
