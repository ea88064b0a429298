"""What the authors' own program computed, reproduced by the interpreter and by rendered files, in float32."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nos_sym import catalog
from nos_sym.language.authors.parser import parse_authors
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule
from nos_sym.onecycle import learning_rates, momenta
from nos_sym.program.interpreter import Guards, Interpreter

DATA = Path(__file__).parent / "data"
OPERATIONS = json.loads((DATA / "authors_operations.json").read_text())
TRAJECTORIES = json.loads((DATA / "authors_trajectories.json").read_text())

# Where the recording is not the specification, as its own `doc` says.
RANDOM = {"unary17_of_g", "unary18_of_g", "unary19_of_g"}
NO_STEPS_YET = {"unary22_of_g", "unary22_of_vhat"}  # their bias correction divides by 1 - 0.95**0
NESTEROV_WITHOUT_MU = {"type2_flip0", "type2_flip1"}
OWN_SCHEDULE = {"hold12"}  # learning rate 0 for 6 <= t <= 18


def as_array(rows: Any) -> np.ndarray:
    """Return recorded rows, in which nan and inf are strings, as float64."""
    return np.array([[float(v) for v in np.ravel(row)] for row in rows])


def relative_error(ours: np.ndarray, recorded: np.ndarray) -> float:
    """Return the largest relative error over finite places; the others must be the same."""
    finite = np.isfinite(recorded)
    np.testing.assert_array_equal(finite, np.isfinite(ours))
    ours, recorded = ours[finite], recorded[finite]
    return float(np.max(np.abs(ours - recorded) / np.abs(recorded), initial=0))


def closed_loop(
    rule: Rule, case: dict[str, Any], guards: Guards, rates: np.ndarray, mu: np.ndarray
) -> np.ndarray:
    b = np.array(OPERATIONS["b"], np.float32)
    weight = np.array(OPERATIONS["x0"], np.float32)
    interpreter = Interpreter(rule, weight.shape, dtype="float32", total_steps=case["T"], guards=guards)
    history = []
    for lr, m in zip(rates, mu, strict=True):
        with np.errstate(all="ignore"):
            gradient = 2 * (weight - b)
        weight = interpreter.apply(weight, gradient, lr, m)
        history.append(weight)
    return np.array(history)


@pytest.mark.parametrize("name", sorted(set(OPERATIONS["cases"]) - RANDOM - NO_STEPS_YET))
def test_operations(name: str) -> None:
    case = OPERATIONS["cases"][name]
    rule = dataclasses.replace(parse_authors(case["msg"]), ascent=case["flip"])
    rates = learning_rates(case["T"], case["lr"], case["warmup"], case["hold"])
    mu = momenta(case["T"], case["warmup"], case["hold"])
    recorded = as_array(case["x"])
    if name in OWN_SCHEDULE:
        rates[6:19] = 0
    if name in NESTEROV_WITHOUT_MU:
        ours = nesterov_without_mu(case, rates, mu)
    else:
        ours = closed_loop(rule, case, Guards.AUTHORS, rates, mu)
    assert relative_error(ours, recorded) < 1e-4


def nesterov_without_mu(case: dict[str, Any], rates: np.ndarray, mu: np.ndarray) -> np.ndarray:
    """Return the search script's nesterov, which adds ``m - lr U`` where ours adds ``mu m - lr U``."""
    b = np.array(OPERATIONS["b"])
    sign = -1 if case["flip"] else 1
    weight, m, history = np.array(OPERATIONS["x0"]), 0.0, []
    for lr, momentum in zip(rates, mu, strict=True):
        change = sign * lr * 2 * (weight - b)
        m = momentum * m - change
        weight = weight + m - change
        history.append(weight)
    return np.array(history)


def test_most_operations_agree_to_rounding() -> None:
    errors = []
    for name in set(OPERATIONS["cases"]) - RANDOM - NO_STEPS_YET - NESTEROV_WITHOUT_MU - OWN_SCHEDULE:
        case = OPERATIONS["cases"][name]
        rule = dataclasses.replace(parse_authors(case["msg"]), ascent=case["flip"])
        rates = learning_rates(case["T"], case["lr"], case["warmup"], case["hold"])
        mu = momenta(case["T"], case["warmup"], case["hold"])
        errors.append(relative_error(closed_loop(rule, case, Guards.AUTHORS, rates, mu), as_array(case["x"])))
    assert np.mean(np.array(errors) < 1e-6) > 0.85


@pytest.mark.parametrize("name", sorted(NO_STEPS_YET))
def test_average_that_always_failed_is_finite_here(name: str) -> None:
    case = OPERATIONS["cases"][name]
    assert not np.isfinite(as_array(case["x"])).all()
    rates = learning_rates(case["T"], case["lr"], case["warmup"], case["hold"])
    mu = momenta(case["T"], case["warmup"], case["hold"])
    ours = closed_loop(parse_authors(case["msg"]), case, Guards.POLICY, rates, mu)
    assert np.isfinite(ours).all()


@pytest.mark.parametrize("name", sorted(RANDOM))
def test_dropout_is_a_different_draw_but_the_same_operation(name: str) -> None:
    """Each recorded step moves a weight by 0 or by the gradient step over 1 - rate."""
    case = OPERATIONS["cases"][name]
    rate = float(parse_authors(case["msg"]).update.parameters[0])
    weights = np.vstack([OPERATIONS["x0"], as_array(case["x"])])
    rates = learning_rates(case["T"], case["lr"], case["warmup"], case["hold"])
    full = -rates[:, None] * 2 * (weights[:-1] - OPERATIONS["b"]) / (1 - rate)
    moved = weights[1:] - weights[:-1]
    dropped, kept = np.abs(moved) < 1e-9, np.abs(moved - full) < 1e-6
    assert (dropped | kept)[1:].all()
    # 170 draws: the fraction lies within four standard deviations of the rate.
    assert abs(dropped[1:].mean() - rate) < 4 * np.sqrt(rate * (1 - rate) / dropped[1:].size)


def trajectory_rule(run: dict[str, Any]) -> tuple[Rule, Guards, str]:
    """Return the rule that a recorded run follows, and where the authors' code deviates from ours."""
    name, variant, decays = run["optimizer"], run["variant"], run["use_decay"]
    if name in ("A1", "A5"):
        clipped = "clip(v_hat, sqrt(s_hat) + 1e-7)"
        text = clipped if name == "A1" else f"clip_norm({clipped})"
        return parse(f"none ~ {text}"), Guards.NONE, "adds eps to the bound"
    if name == "Opt4":
        # Variant 1 has no third decay, which makes it Opt5.
        names = {(0, True): "Opt4", (0, False): "Opt41", (1, True): "Opt5", (1, False): "Opt42"}
        return rule_named(names[variant, decays]), Guards.NONE, "divides without a guard"
    if name in ("A3", "Opt2"):
        return rule_named(name), Guards.AUTHORS, "adds eps inside the logarithm"
    return rule_named(name if decays else f"{name}1"), Guards.NONE, ""


def rule_named(name: str) -> Rule:
    entry = catalog.entry(name)
    assert isinstance(entry, Rule)
    return entry


def follow(run: dict[str, Any], rule: Rule, guards: Guards) -> dict[str, np.ndarray]:
    initial = {k: np.array(v, np.float32) for k, v in TRAJECTORIES["initial"].items()}
    total = run["total_steps"]
    rates = learning_rates(total, run["learning_rate"], run["warmup_steps"], run["hold"])
    mu = momenta(total, run["warmup_steps"], run["hold"])
    weights = {k: initial[k] for k in "xy"}
    made = {
        k: Interpreter(rule, initial[k].shape, dtype="float32", total_steps=total, guards=guards)
        for k in "xy"
    }
    history: dict[str, list[np.ndarray]] = {"x": [], "y": []}
    for lr, m in zip(rates, mu, strict=True):
        gradients = {
            "x": 2 * (weights["x"] - initial["b"]),
            "y": weights["y"] * initial["scale"] ** 2,
        }
        for k in "xy":
            weights[k] = made[k].apply(weights[k], gradients[k], lr, m)
            history[k].append(weights[k].ravel())
    return {k: np.array(v) for k, v in history.items()}


def label(run: dict[str, Any]) -> str:
    return f"{run['optimizer']}-{run['variant']}-{run['use_decay']}-{run['total_steps']}"


@pytest.mark.parametrize("run", TRAJECTORIES["runs"], ids=label)
def test_trajectories(run: dict[str, Any]) -> None:
    rule, guards, _ = trajectory_rule(run)
    ours = follow(run, rule, guards)
    for k in "xy":
        assert relative_error(ours[k], as_array(run[k])) < 1e-4


def test_all_trajectories(shared_data: Path) -> None:
    for run in json.loads((shared_data / "authors_trajectories.json").read_text())["runs"]:
        rule, guards, _ = trajectory_rule(run)
        ours = follow(run, rule, guards)
        for k in "xy":
            assert relative_error(ours[k], as_array(run[k])) < 1e-4, label(run)


def test_recorded_infinity_is_a_guarded_step_here() -> None:
    """The third decay of Opt4 is 0 at the last step: the authors' weights are infinite, ours stay put."""
    (run,) = (r for r in TRAJECTORIES["runs"] if label(r) == "Opt4-0-True-35")
    assert not np.isfinite(as_array(run["x"])[-1]).any()
    ours = follow(run, rule_named("Opt4"), Guards.POLICY)
    for k in "xy":
        assert relative_error(ours[k][:-1], as_array(run[k])[:-1]) < 1e-4
        np.testing.assert_array_equal(ours[k][-1], ours[k][-2])


@pytest.mark.parametrize("name", ["Opt4", "Opt5", "Opt6", "Opt7", "Opt9", "Opt10"])
def test_rendered_torch_follows_the_recording(name: str, tmp_path: Path) -> None:
    """The same closed loop with the rendered file and PyTorch's own automatic differentiation."""
    torch = pytest.importorskip("torch")
    from support.harness import load

    from nos_sym.codegen.render import render

    wanted = {"Opt4": "Opt4-0-True-35", "Opt5": "Opt4-1-True-35"}.get(name, f"{name}-None-True-35")
    (run,) = (r for r in TRAJECTORIES["runs"] if label(r) == wanted)
    initial = {k: torch.tensor(v) for k, v in TRAJECTORIES["initial"].items()}
    x, y = (torch.nn.Parameter(initial[k].clone()) for k in "xy")
    module = load(render(rule_named(name), "torch"), tmp_path)
    optimizer = getattr(module, name)([x, y], lr=0.01, total_steps=35)
    rates, mu = learning_rates(35, 0.01, 6), momenta(35, 6)
    recorded = as_array(run["x"]), as_array(run["y"])
    for t in range(34 if name == "Opt4" else 35):
        group = optimizer.param_groups[0]
        group["lr"] = float(rates[t])
        if "momentum" in group:
            group["momentum"] = float(mu[t])
        optimizer.zero_grad()
        loss = ((x - initial["b"]) ** 2).sum() + (0.5 * (y * initial["scale"]) ** 2).sum()
        loss.backward()
        optimizer.step()
        assert relative_error(x.detach().numpy().ravel(), recorded[0][t]) < 1e-4
        assert relative_error(y.detach().numpy().ravel(), recorded[1][t]) < 1e-4
