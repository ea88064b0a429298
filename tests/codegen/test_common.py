"""Sums over all parameters and states of all of them: rendered files against the interpreter of several."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import load

from nos_sym.codegen.render import render
from nos_sym.errors import RenderError
from nos_sym.language.block import Block
from nos_sym.language.parser import parse
from nos_sym.program.parameters import Parameters

SHAPES = ((3,), (2, 2), (), (0,), (2, 3))
RULES = (
    """DoG(reps_rel=0.1, eps=1e-8) = {
        state start = w, far: global = reps_rel * (1 + sqrt(total(w^2))), sum_sq: global
        far <- max(far, sqrt(total((w - start)^2)))
        sum_sq <- sum_sq + total(g^2)
        w <- w - lr * far / sqrt(sum_sq + eps) * g
    }""",
    """Prodigy(beta1=0.9, beta2=0.999, eps=1e-8, d0=0.01 in (0, inf)) = {
        state exp_avg, exp_avg_sq, s, p0 = w, d: global = d0, num: global
        exp_avg <- beta1 * exp_avg + (1 - beta1) * d * g
        exp_avg_sq <- beta2 * exp_avg_sq + (1 - beta2) * (d * g)^2
        s <- sqrt(beta2) * s + lr * d^2 / d0 * g
        num <- sqrt(beta2) * num + total(lr * d^2 / d0 * g * (p0 - w))
        den = total(abs(s))
        d <- max(d, where(den > 0, num / den, d))
        w <- w - lr * d * exp_avg / (sqrt(exp_avg_sq) + d * eps)
    }""",
    "Clip(bound=0.5 in (0, inf)) = { w <- w - lr * g * min(1, bound / sqrt(total(g^2))) }",
    """Nested = {
        state s: global, work: global = 2
        s <- 0.9 * s + total(g^2)
        u = total(g / sqrt(s + 1))
        work <- where(u > 0, 0.5 * work, 3)
        w <- w - lr * g / (1 + total(abs(u * w) + lr) * work)
    }""",
    "Counted = { state k: global; k <- k + 1; w <- w - lr / k * g }",
    "Fixed = { state k: global; w <- w - lr * g * k; k <- 2 }",
    "Entries = { w <- w - lr * g / total(1) }",
    """Twice = {
        state s
        s <- 0.9 * s + 0.5 * g
        v = g + 0.1 * w
        w <- where(total(abs(s)) > 3, w - lr * (v + s) / (1 + v^2), w)
    }""",
)
LR = 0.125


def fast(case: Any, often: int) -> Any:
    """Return a case that is run always, or by heavy tests alone."""
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=[] if often else [pytest.mark.heavy])


def gradients(steps: int, *, missing: bool) -> list[list[Any]]:
    """Return the gradients of every step; of some tensors at some steps there is none."""
    rng = np.random.default_rng(2)
    given = [[np.asarray(rng.normal(size=s)) for s in SHAPES] for _ in range(steps)]
    if missing:
        given = [[g if rng.random() < 0.7 else None for g in row] for row in given]
        given[0][0], given[2] = None, [None] * len(SHAPES)
    return given


def weights() -> list[Any]:
    rng = np.random.default_rng(1)
    return [np.asarray(rng.normal(size=s)) for s in SHAPES]


def wanted(rule: Block, given: list[list[Any]]) -> list[list[Any]]:
    running, now, history = Parameters(rule, SHAPES), weights(), []
    for row in given:
        now = running.apply(now, row, LR)
        history.append(now)
    return history


def check(found: list[Any], expected: list[Any], text: str) -> None:
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-14, err_msg=text)


def made(rule: Block, folder: Path, parts: list[Any], **mode: Any) -> Any:
    """Return a PyTorch optimizer of two groups."""
    groups = [{"params": parts[:2]}, {"params": parts[2:]}]
    return getattr(load(render(rule, "torch"), folder), rule.name)(groups, lr=LR, **mode)


@pytest.mark.parametrize("text", RULES)
@pytest.mark.parametrize("mode", ["plain", "differentiable"])
def test_files_for_pytorch_sum_over_all_parameters(text: str, mode: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    rule = parse(text)
    assert isinstance(rule, Block)
    given = gradients(7, missing=True)
    parts = [torch.tensor(w, requires_grad=mode == "plain") for w in weights()]
    options = {} if mode == "plain" else {mode: True}
    optimizer = made(rule, tmp_path, parts, **options)
    for step, (row, expected) in enumerate(zip(given, wanted(rule, given), strict=True)):
        for part, g in zip(parts, row, strict=True):
            part.grad = None if g is None else torch.tensor(g)
        if step == 4:  # a checkpoint in between
            saved = pickle.loads(pickle.dumps(copy.deepcopy(optimizer.state_dict())))
            optimizer = made(rule, tmp_path, parts, **options)
            optimizer.load_state_dict(saved)
        optimizer.step()
        check([part.detach().numpy() for part in parts], expected, f"{text}, step {step}")


@pytest.mark.heavy
@pytest.mark.filterwarnings("ignore:.*script_method:DeprecationWarning")
def test_compiled_steps_sum_over_all_parameters(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    rule = parse(RULES[0])
    assert isinstance(rule, Block)
    given = gradients(3, missing=False)
    parts = [torch.tensor(w, requires_grad=True) for w in weights()]
    optimizer = made(rule, tmp_path, parts, compile=True)
    for row, expected in zip(given, wanted(rule, given), strict=True):
        for part, g in zip(parts, row, strict=True):
            part.grad = torch.tensor(g)
        optimizer.step()
        check([part.detach().numpy() for part in parts], expected, str(rule))


def test_common_states_stand_in_every_group_and_read_what_groups_share(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    rule = parse(RULES[1])
    assert isinstance(rule, Block)
    parts = [torch.tensor(w, requires_grad=True) for w in weights()]
    optimizer = made(rule, tmp_path, parts)
    for part in parts:
        part.grad = torch.ones_like(part)
    optimizer.step()
    values = [group["d"] for group in optimizer.state_dict()["param_groups"]]
    assert values[0] == values[1] > 0
    assert list(optimizer.state[parts[0]]) == ["step", "exp_avg", "exp_avg_sq", "s", "p0"]
    late = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    late.grad = torch.ones_like(late)
    optimizer.add_param_group({"params": [late], "lr": 1.0})
    optimizer.step()  # the rate stands within a sum, where each parameter has its own
    optimizer.param_groups[1]["betas"] = (0.8, 0.9)
    with pytest.raises(ValueError, match="betas must be the same in all groups"):
        optimizer.step()


@pytest.mark.parametrize("text", [*map(fast, RULES, (1, 0, 0, 1, 0, 0, 0))])
def test_files_for_optax_sum_over_all_parameters(text: str, tmp_path: Path) -> None:
    jax = pytest.importorskip("jax")
    optax = pytest.importorskip("optax")
    rule = parse(text)
    assert isinstance(rule, Block)
    given = gradients(3, missing=False)
    module = load(render(rule, "optax"), tmp_path)
    with jax.enable_x64(True):
        parts = [jax.numpy.asarray(w) for w in weights()]
        optimizer = getattr(module, rule.name)(LR)
        state = optimizer.init(parts)
        for row, expected in zip(given, wanted(rule, given), strict=True):
            changes, state = optimizer.update([jax.numpy.asarray(g) for g in row], state, parts)
            parts = optax.apply_updates(parts, changes)
            check([np.asarray(part) for part in parts], expected, text)


CASES = [(target, text) for target in ("keras", "tensorflow") for text in RULES]


@pytest.mark.parametrize(("target", "text"), [*map(fast, CASES, (1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1))])
def test_files_for_keras_sum_over_all_parameters(target: str, text: str, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    rule = parse(text)
    assert isinstance(rule, Block)
    given = gradients(3, missing=False)
    module = load(render(rule, target), tmp_path)
    parts = [keras.Variable(w, dtype="float64") for w in weights()]
    optimizer = getattr(module, rule.name)(learning_rate=LR)
    for row, expected in zip(given, wanted(rule, given), strict=True):
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in row], parts)
        check([keras.ops.convert_to_numpy(part.value) for part in parts], expected, text)


SETTING = (
    "Kept(gain=0.3) = { state s: global; s <- gain; w <- w - lr * (g + s) }",
    "Last(gain=0.3) = { state s: global; s <- s + total(g); w <- w - lr * s; s <- gain }",
    "Two(gain=0.3) = { state a: global, b: global; w <- w - lr * (g * a + b); a <- gain; b <- gain }",
)


@pytest.mark.parametrize("text", SETTING)
def test_a_common_state_may_become_a_setting(text: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    rule = parse(text)
    assert isinstance(rule, Block)
    for backend in ("keras", "tensorflow", "optax"):
        assert rule.name in render(rule, backend)
    module = load(render(rule, "torch"), tmp_path)
    given = gradients(3, missing=False)
    parts = [torch.tensor(w, requires_grad=True) for w in weights()]
    optimizer = getattr(module, rule.name)(parts, lr=LR)
    for row, expected in zip(given, wanted(rule, given), strict=True):
        for part, g in zip(parts, row, strict=True):
            part.grad = torch.tensor(g)
        optimizer.step()
        check([part.detach().numpy() for part in parts], expected, text)


@pytest.mark.parametrize("text", [RULES[4], RULES[6], RULES[3], SETTING[1]])
def test_optax_files_take_a_tree_without_arrays(text: str, tmp_path: Path) -> None:
    pytest.importorskip("optax")
    rule = parse(text)
    assert isinstance(rule, Block)
    optimizer = getattr(load(render(rule, "optax"), tmp_path), rule.name)(LR)
    changes, state = optimizer.update({}, optimizer.init({}), {})
    assert changes == {}
    assert int(state.count) == 1


def test_what_has_no_sums_is_refused_in_one_line() -> None:
    rule = parse("All = { w <- w - lr * g / total(g^2) }")
    with pytest.raises(RenderError, match=r"a minimal file cannot have total\(\.\.\.\).*leave out --minimal"):
        render(rule, "torch", minimal=True)
    masked = parse("All = { w <- w - lr * drop(g, 0.5) / total(g^2) }")
    with pytest.raises(RenderError, match="dropout beside total"):
        render(masked, "torch")
