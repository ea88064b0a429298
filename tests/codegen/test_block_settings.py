"""Settings of rendered blocks: one for each group, changed between steps, refused, saved and injected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from support.harness import load, problem

from nos_sym.codegen.render import render
from nos_sym.language.parser import parse

Array = npt.NDArray[Any]
MINE = parse(
    """Mine(beta1=0.9, beta2=0.99, eps=1e-8, gain=0.5 in (0, 2], weight_decay=0.01) = {
    state m, s, left: step = 1
    left <- beta1 * left
    m <- beta1 * m + (1 - beta1) * g
    s <- beta2 * s + (1 - beta2) * g^2
    u = m / (1 - left) / (sqrt(s) + eps)
    w <- w - lr * weight_decay * w
    if gain > 1 { w <- w - lr * sign(u) } else { w <- w - lr * gain * u }
}"""
)
DEFAULTS = {"beta1": 0.9, "beta2": 0.99, "eps": 1e-8, "gain": 0.5, "weight_decay": 0.01}
OTHERS = {"beta1": 0.5, "beta2": 0.8, "eps": 0.1, "gain": 1.5, "weight_decay": 0.0}
WRONG = [
    ("beta1", 1.0, "[0, 1)"),
    ("beta2", -0.1, "[0, 1)"),
    ("eps", -1e-8, "[0, inf)"),
    ("gain", 0.0, "(0, 2]"),
    ("gain", 2.5, "(0, 2]"),
    ("gain", float("nan"), "(0, 2]"),
    ("weight_decay", -0.5, "[0, inf)"),
]
GIVEN = problem(6, seed=2)
RATE = 0.03


def by_hand(values: Iterable[Mapping[str, float]]) -> Array:
    """Return the weights after the steps of the problem, with the settings of each step."""
    w, m, s, left = GIVEN.weight, 0.0 * GIVEN.weight, 0.0 * GIVEN.weight, 1.0
    for g, v in zip(GIVEN.gradients, values, strict=True):
        left *= v["beta1"]
        m = v["beta1"] * m + (1 - v["beta1"]) * g
        s = v["beta2"] * s + (1 - v["beta2"]) * g**2
        u = m / (1 - left) / (np.sqrt(s) + v["eps"])
        w = w - RATE * v["weight_decay"] * w
        w = w - RATE * (np.sign(u) if v["gain"] > 1 else v["gain"] * u)
    return w


def torch_names(values: Mapping[str, float]) -> dict[str, Any]:
    """Return settings as PyTorch has them: two betas are one option."""
    rest = {name: value for name, value in values.items() if not name.startswith("beta")}
    return {"betas": (values["beta1"], values["beta2"]), **rest}


@pytest.mark.parametrize("minimal", [False, True])
def test_groups_of_torch_have_settings_of_their_own(minimal: bool, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    made = load(render(MINE, "torch", minimal=minimal), tmp_path).Mine
    a, b, c = (torch.nn.Parameter(torch.tensor(GIVEN.weight)) for _ in range(3))
    groups = [{"params": [a]}, {"params": [b], **torch_names(OTHERS)}, {"params": [c], "gain": 2.0}]
    optimizer = made(groups, lr=RATE)
    for gradient in GIVEN.gradients:
        for weight in (a, b, c):
            weight.grad = torch.tensor(gradient)
        optimizer.step()
    for weight, values in ((a, DEFAULTS), (b, OTHERS), (c, DEFAULTS | {"gain": 2.0})):
        np.testing.assert_allclose(weight.detach(), by_hand([values] * 6), rtol=1e-12)


@pytest.mark.parametrize("minimal", [False, True])
def test_settings_of_torch_change_between_steps_and_are_saved(minimal: bool, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    made = load(render(MINE, "torch", minimal=minimal), tmp_path).Mine
    weight = torch.nn.Parameter(torch.tensor(GIVEN.weight))
    optimizer = made([weight], lr=RATE)
    steps = [
        DEFAULTS | {"beta1": 0.9 - 0.1 * t, "weight_decay": 0.1 * t, "gain": 0.5 + 0.1 * t} for t in range(6)
    ]
    for t, (gradient, values) in enumerate(zip(GIVEN.gradients, steps, strict=True)):
        optimizer.param_groups[0] |= torch_names(values)
        if t == 3:
            saved = optimizer.state_dict()
            optimizer = made([weight], lr=0.5, gain=0.1)
            optimizer.load_state_dict(saved)
            assert optimizer.param_groups[0]["gain"] == values["gain"]
        weight.grad = torch.tensor(gradient)
        optimizer.step()
    np.testing.assert_allclose(weight.detach(), by_hand(steps), rtol=1e-12)


@pytest.mark.parametrize("backend", ["torch", "keras", "tensorflow", "optax"])
def test_what_lies_outside_of_the_domain_is_refused(backend: str, tmp_path: Path) -> None:
    pytest.importorskip({"torch": "torch", "optax": "optax"}.get(backend, "keras"))
    made = load(render(MINE, backend), tmp_path).Mine
    for name, value, domain in WRONG:
        if backend == "torch" and name.startswith("beta"):
            betas = torch_names(DEFAULTS | {name: value})["betas"]
            given, shown, what = {"betas": betas}, f"betas: {betas}", "2 numbers in"
            domain += ": beta1, beta2"
        else:
            given, shown, what = {name: value}, f"{name}: {value}", "in"
        with pytest.raises(ValueError) as caught:
            made([parameter()] if backend == "torch" else 0.1, **given)
        assert str(caught.value) == f"Invalid {shown}, not {what} {domain}"


def parameter() -> Any:
    torch = pytest.importorskip("torch")
    return torch.nn.Parameter(torch.zeros(2))


@pytest.mark.parametrize("backend", ["keras", "tensorflow"])
def test_a_saved_model_of_keras_has_its_settings_and_continues(backend: str, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    made = load(render(MINE, backend), tmp_path).Mine
    optimizer = made(RATE, **OTHERS)
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert copy.get_config() == optimizer.get_config()
    for one in (optimizer, copy, type(optimizer).from_config(optimizer.get_config())):
        assert {name: one.get_config()[name] for name in OTHERS} == OTHERS

    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    model.compile(optimizer, "mse", jit_compile=False)
    inputs, wanted = np.random.default_rng(1).normal(size=(2, 4, 3))
    model.train_on_batch(inputs, wanted[:, :2])
    model.save(tmp_path / "model.keras")
    restored = keras.models.load_model(tmp_path / "model.keras")
    assert {name: restored.optimizer.get_config()[name] for name in OTHERS} == OTHERS
    slots = [[np.asarray(x) for x in m.optimizer.variables] for m in (model, restored)]
    assert len(slots[0]) > 6
    for m in (model, restored):
        m.train_on_batch(inputs, wanted[:, :2])
    for x, y in zip(model.get_weights(), restored.get_weights(), strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("backend", ["keras", "tensorflow"])
def test_settings_of_keras_are_used(backend: str, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    made = load(render(MINE, backend), tmp_path).Mine
    for values in (DEFAULTS, OTHERS):
        variable = keras.Variable(GIVEN.weight, dtype="float64")
        optimizer = made(RATE, **values)
        optimizer.build([variable])
        for gradient in GIVEN.gradients:
            optimizer.apply([keras.ops.convert_to_tensor(gradient, dtype="float64")])
        # The learning rate of Keras is in float32.
        np.testing.assert_allclose(np.asarray(variable), by_hand([values] * 6), rtol=1e-6)


def optax_weights(optimizer: Any, change: Any = None) -> Array:
    """Return the weights that a transformation of optax leaves, compiled."""
    jax, optax = pytest.importorskip("jax"), pytest.importorskip("optax")
    with jax.enable_x64(True):
        weight = jax.numpy.asarray(GIVEN.weight)
        state, update = optimizer.init(weight), jax.jit(optimizer.update)
        for step, gradient in enumerate(GIVEN.gradients):
            if change is not None:
                change(step, state.hyperparams)
            changes, state = update(jax.numpy.asarray(gradient), state, weight)
            weight = optax.apply_updates(weight, changes)
        return np.asarray(weight)


def test_settings_of_optax_are_injected_and_follow_schedules(tmp_path: Path) -> None:
    jax, optax = pytest.importorskip("jax"), pytest.importorskip("optax")
    made = load(render(MINE, "optax"), tmp_path).Mine
    injected = optax.inject_hyperparams(made, hyperparam_dtype=jax.numpy.float32)(RATE, **OTHERS)
    np.testing.assert_allclose(optax_weights(injected), by_hand([OTHERS] * 6), rtol=1e-4)

    def change(step: int, hyperparams: dict[str, Any]) -> None:
        # Both branches of the block are there, and the choice is that of the step.
        hyperparams["gain"] = jax.numpy.asarray(1.5 if step % 2 else 0.25)

    steps = [DEFAULTS | {"gain": 1.5 if step % 2 else 0.25} for step in range(6)]
    injected = optax.inject_hyperparams(made)(RATE)
    assert set(injected.init(jax.numpy.zeros(2)).hyperparams) == {"learning_rate", *DEFAULTS}
    np.testing.assert_allclose(optax_weights(injected, change), by_hand(steps), rtol=1e-4)
    warm = optax.inject_hyperparams(made)(RATE, weight_decay=lambda count: 0.1 * count)
    steps = [DEFAULTS | {"weight_decay": 0.1 * step} for step in range(6)]
    np.testing.assert_allclose(optax_weights(warm), by_hand(steps), rtol=1e-4)
