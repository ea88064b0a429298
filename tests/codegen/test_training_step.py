"""Decay functions follow the step of the training, also for a weight whose gradients start late.

Bias corrections count the steps of the weight in PyTorch, where a weight without a gradient is left out, and
those of the optimizer in Keras and optax.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import load

from nos_sym import catalog
from nos_sym.codegen.factored import render_factored
from nos_sym.codegen.render import render
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule
from nos_sym.program.parameters import Parameters

torch = pytest.importorskip("torch")

TOTAL = 6
DECAYED = parse("Decayed = none ~ [a1] g")
BOTH = parse("Both = momentum ~ [a1] v_hat + 1e-3 * w / [remaining + 1] (1 + abs(w))")
MODES: dict[str, dict[str, Any]] = {
    "blocks": {},
    "tensors": {"foreach": False},
    "compile": {"compile": True},
    "differentiable": {"differentiable": True},
    "fused": {"fused": True},
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("training_step")
    return {rule.name: load(render(rule, "torch"), folder) for rule in (DECAYED, BOTH)}


def weights(count: int = 2) -> list[Any]:
    return [torch.nn.Parameter(torch.zeros(3, dtype=torch.float64)) for _ in range(count)]


def step(optimizer: Any, params: list[Any], late: int = 2, steps: range = range(4)) -> list[list[float]]:
    """Step with gradient 1 for the first weight, and for the second from step ``late`` on."""
    history = []
    for t in steps:
        first, second = params
        first.grad = torch.ones_like(first)
        second.grad = torch.ones_like(second) if t >= late else None
        optimizer.step()
        history.append([float(p[0].detach()) for p in params])
    return history


@pytest.mark.parametrize("mode", MODES)
def test_a_late_weight_has_the_decay_of_the_training(
    mode: str, files: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = files["Decayed"]
    monkeypatch.setattr(module, "COMPILED", lambda f: torch.compile(f, backend="eager"))
    params = weights()
    for p in params:
        p.requires_grad_(mode != "differentiable")  # autograd refuses leaves that change in place
    history = step(module.Decayed(params, lr=1.0, total_steps=TOTAL, **MODES[mode]), params)
    decay = 1 - np.arange(4) / TOTAL
    np.testing.assert_allclose([h[0] for h in history], -np.cumsum(decay))
    np.testing.assert_allclose([h[1] for h in history], [0, 0, -decay[2], -decay[2] - decay[3]])


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "differentiable"])
@pytest.mark.parametrize("rule", [BOTH, catalog.entry("Opt6")], ids=lambda rule: rule.name)
def test_the_interpreter_agrees(
    rule: Rule, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two weights, the second of which begins late: decays are the training's, corrections its own."""
    module = load(render(rule, "torch"), tmp_path)
    monkeypatch.setattr(module, "COMPILED", lambda f: torch.compile(f, backend="eager"))
    params = weights()
    found = step(getattr(module, rule.name)(params, lr=0.1, total_steps=4, **MODES[mode]), params)
    running, values, expected = Parameters(rule, [(3,), (3,)], total_steps=4), [np.zeros(3)] * 2, []
    for t in range(4):
        values = running.apply(values, [np.ones(3), np.ones(3) if t >= 2 else None], 0.1)
        expected.append([x[0] for x in values])
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_minimal_file_agrees(tmp_path: Path, files: dict[str, Any]) -> None:
    minimal = load(render(BOTH, "torch", minimal=True), tmp_path)
    results = []
    for module in (files["Both"], minimal):
        params = weights()
        results.append(step(module.Both(params, lr=1.0, total_steps=TOTAL), params))
    np.testing.assert_allclose(*results, rtol=1e-14)


def test_core_and_schedule_are_the_rule(tmp_path: Path) -> None:
    """A LambdaLR follows the training, and the decay that was factored out of the rule does so, too."""
    rule = parse("Opt = none ~ [a1] v_hat")
    whole, parts = load(render(rule, "torch"), tmp_path), load(render_factored(rule, "torch"), tmp_path)
    params, others = weights(), weights()
    expected = step(whole.Opt(params, lr=1.0, total_steps=TOTAL), params)
    core = parts.OptCore(others, lr=1.0)
    schedule = parts.OptSchedule(core, TOTAL)
    found = []
    for t in range(4):
        found += step(core, others, steps=range(t, t + 1))
        schedule.step()
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def late_in(backend: str, rule: Rule, folder: Path) -> list[list[float]]:
    """Return the weights where the second has gradient 0 at the first two steps."""
    module = load(render(rule, backend), folder)
    rows = [([1.0] * 3, [float(t >= 2)] * 3) for t in range(4)]
    history = []
    if backend == "optax":
        jax = pytest.importorskip("jax")
        with jax.enable_x64(True):
            tree = [jax.numpy.zeros(3), jax.numpy.zeros(3)]
            optimizer = getattr(module, rule.name)(1.0, total_steps=TOTAL)
            state = optimizer.init(tree)
            for row in rows:
                changes, state = optimizer.update([jax.numpy.array(g) for g in row], state, tree)
                tree = [w + c for w, c in zip(tree, changes, strict=True)]
                history.append([float(w[0]) for w in tree])
        return history
    keras = pytest.importorskip("keras")
    variables = [keras.Variable(np.zeros(3), dtype="float32") for _ in range(2)]
    optimizer = getattr(module, rule.name)(learning_rate=1.0, total_steps=TOTAL)
    for row in rows:
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in row], variables)
        history.append([float(keras.ops.convert_to_numpy(v.value)[0]) for v in variables])
    return history


@pytest.mark.parametrize("backend", ["tensorflow", "keras", "optax"])
def test_backends_agree_on_decays(backend: str, files: dict[str, Any], tmp_path: Path) -> None:
    params = weights()
    expected = step(files["Decayed"].Decayed(params, lr=1.0, total_steps=TOTAL), params)
    np.testing.assert_allclose(late_in(backend, DECAYED, tmp_path), expected, rtol=1e-6)


def test_a_group_that_joins_late_has_the_step_of_the_training(files: dict[str, Any]) -> None:
    first, second = weights()
    optimizer = files["Decayed"].Decayed([first], lr=1.0, total_steps=TOTAL)
    for t in range(4):
        if t == 2:
            optimizer.add_param_group({"params": [second]})
        first.grad, second.grad = torch.ones_like(first), torch.ones_like(second)
        optimizer.step()
    assert float(second.detach()[0]) == pytest.approx(-(1 - 2 / TOTAL) - (1 - 3 / TOTAL))
    assert [group["training_step"] for group in optimizer.param_groups] == [4, 4]


def test_a_resumed_training_is_the_same(files: dict[str, Any]) -> None:
    params = weights()
    optimizer = files["Both"].Both(params, lr=0.1, total_steps=TOTAL)
    step(optimizer, params, steps=range(2))
    saved = copy.deepcopy(optimizer.state_dict())
    others = [torch.nn.Parameter(p.detach().clone()) for p in params]
    resumed = files["Both"].Both(others, lr=0.5, total_steps=TOTAL)
    resumed.load_state_dict(saved)
    assert step(optimizer, params, steps=range(2, 5)) == step(resumed, others, steps=range(2, 5))


def test_a_state_without_the_training_step_takes_the_largest_step(files: dict[str, Any]) -> None:
    params = weights()
    optimizer = files["Both"].Both(params, lr=0.1, total_steps=TOTAL)
    step(optimizer, params, steps=range(3))
    old = copy.deepcopy(optimizer.state_dict())
    for group in old["param_groups"]:
        assert group.pop("training_step") == 3
    optimizer.load_state_dict(old)
    assert optimizer.param_groups[0]["training_step"] == 3


def test_scalars_are_computed_once_for_each_count(
    files: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    module, seen = files["Both"], []
    compute = module.scalars

    def counted(*given: Any) -> Any:
        seen.append(given[:2])
        return compute(*given)

    monkeypatch.setattr(module, "scalars", counted)
    params = weights(5)
    optimizer = module.Both(params, lr=0.1, total_steps=TOTAL)
    for t in range(2):
        for index, p in enumerate(params):
            p.grad = torch.ones_like(p) if t or index < 3 else None
        optimizer.step()
    assert seen == [(0, 0), (1, 1), (0, 1)]
