"""Schedulers of PyTorch cycle the first of ``betas``, or ``momentum``: one of a first moment, or none."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import load

from nos_sym import catalog, parse
from nos_sym.codegen.render import render
from nos_sym.faces import face_named, rule_of_face

torch = pytest.importorskip("torch")

ADAM = "none ~ ema_hat(g, 0.9) / (sqrt(ema_hat(g^2, 0.999)) + 1e-8)"
SQUARES_FIRST = "none ~ 1 / (sqrt(ema_hat(g^2, 0.999)) + 1e-8) * ema_hat(g, 0.9)"
LION = """Lion(beta1=0.9, beta2=0.99) = {
    state m
    u = sign(beta1 * m + (1 - beta1) * g)
    m <- beta2 * m + (1 - beta2) * g
    w <- w - lr * u
}"""
scheduled = pytest.mark.parametrize(
    "schedule",
    [
        pytest.param(lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.1, total_steps=10), id="OneCycleLR"),
        pytest.param(
            lambda o: torch.optim.lr_scheduler.CyclicLR(o, 0.01, 0.1, step_size_up=2),
            id="CyclicLR",
            marks=pytest.mark.heavy,
        ),
    ],
)


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Any]:
    """Return an optimizer of one weight, rendered from a text or an entry's name."""
    numbers = itertools.count()

    def make(text: str, **options: Any) -> Any:
        rule = catalog.entry(text) if text.isidentifier() else parse(text)
        name = f"Made{next(numbers)}"
        module = load(render(rule, name=name), tmp_path)
        return getattr(module, name)([torch.nn.Parameter(torch.ones(3, dtype=torch.float64))], **options)

    return make


def values(optimizer: Any, schedule: Callable[[Any], Any], key: str, steps: int = 6) -> list[Any]:
    """Return what a group holds under a key at each step of a scheduler; steps are taken, too."""
    scheduler = schedule(optimizer)
    (weight,) = optimizer.param_groups[0]["params"]
    found = []
    for step in range(steps):
        found.append(optimizer.param_groups[0][key])
        weight.grad = torch.full_like(weight, 0.1 * (step - 2))
        optimizer.step()
        scheduler.step()
    return found


@scheduled
@pytest.mark.parametrize("text", [ADAM, SQUARES_FIRST, "Adam"], ids=["means first", "squares first", "entry"])
def test_the_first_beta_is_cycled_as_that_of_adam(made: Any, text: str, schedule: Any) -> None:
    """Equal rules are one optimizer under a scheduler, whatever stands first in their text."""
    optimizer = made(text, lr=0.1)
    assert optimizer.defaults["betas"] == (0.9, 0.999)
    weight = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
    adam = torch.optim.Adam([weight], lr=0.1)
    assert values(optimizer, schedule, "betas") == values(adam, schedule, "betas")
    (own,) = optimizer.param_groups[0]["params"]
    np.testing.assert_allclose(own.detach(), weight.detach(), rtol=1e-12)
    assert len({beta for beta, _ in values(made(text, lr=0.1), schedule, "betas")}) > 1


@scheduled
@pytest.mark.parametrize(
    "text",
    [
        "RMSProp",
        "none ~ g / (sqrt(ema(g^2, 0.99)) + 1e-8)",
        "R(beta=0.9) = { state v; v <- beta * v + (1 - beta) * g * g; w <- w - lr * g / (sqrt(v) + 1e-8) }",
        "R(beta=0.9) = { state v; v <- v - (1 - beta) * (v - abs(g)); w <- w - lr * g / (v + 1e-8) }",
        "R(beta=0.1) = { state m; m <- (1 - beta) * m + beta * g; w <- w - lr * m }",
        "R(beta=0.9) = { state a; a <- beta * a + (1 - beta) * w; w <- w - lr * g - 0.1 * (w - a) }",
    ],
    ids=["entry", "text", "block", "in disguise", "of the other sense", "of the weight"],
)
def test_what_is_no_first_moment_is_not_cycled(made: Any, text: str, schedule: Any) -> None:
    optimizer = made(text, lr=0.1)
    before = optimizer.defaults["beta"]
    assert "betas" not in optimizer.defaults
    with pytest.raises(ValueError, match="optimizer must support momentum"):
        schedule(optimizer)
    rates = torch.optim.lr_scheduler.CyclicLR(made(text, lr=0.1), 0.01, 0.1, cycle_momentum=False)
    assert set(values(rates.optimizer, lambda _: rates, "beta")) == {before}


def test_lion_has_no_betas(made: Any) -> None:
    """Its first beta mixes what is read, and no state keeps anything by it."""
    optimizer = made(LION, lr=0.1)
    assert (optimizer.defaults["beta1"], optimizer.defaults["beta2"]) == (0.9, 0.99)
    assert "betas" not in optimizer.defaults


@scheduled
@pytest.mark.parametrize(
    "text",
    [
        f"{head} ~ {body}"
        for head in ("momentum", "nesterov")
        for body in ("ema(g, 0.8)", "ema(g, 0.8) / (sqrt(ema(g^2, 0.99)) + 1e-8)")
    ],
)
def test_momentum_is_cycled_and_ema_betas_are_not(made: Any, text: str, schedule: Any) -> None:
    optimizer = made(text, lr=0.1)
    before = optimizer.defaults["ema_betas"]
    assert "betas" not in optimizer.defaults
    assert len(set(values(optimizer, schedule, "momentum"))) > 1
    assert {group["ema_betas"] for group in optimizer.param_groups} == {before}
    assert before[0] == 0.8


@scheduled
def test_a_block_with_momentum(made: Any, schedule: Any) -> None:
    text = """R(momentum=0.9, dampening=0) = {
        state buf
        buf <- momentum * buf + (1 - dampening) * g
        w <- w - lr * (g + momentum * buf)
    }"""
    optimizer = made(text, lr=0.1)
    weight = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
    sgd = torch.optim.SGD([weight], lr=0.1, momentum=0.9, nesterov=True)
    assert values(optimizer, schedule, "momentum") == values(sgd, schedule, "momentum")
    (own,) = optimizer.param_groups[0]["params"]
    np.testing.assert_allclose(own.detach(), weight.detach(), rtol=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "none ~ Adam(clip_norm(g))",
        "none ~ Adam(g - mean_rest(g))",
        "none ~ Adam(g) + 0.01 * w",
        "{ n = sqrt(total(g^2)); w <- w - lr * Adam(g * min(1, 1 / n)) }",
    ],
)
def test_adam_of_clipped_and_centralized_gradients_has_its_betas(made: Any, text: str) -> None:
    """Applied to an expression a rule has no settings but those of a rule of one line, which are implied."""
    optimizer = made(text, lr=0.1)
    if "{" in text:
        assert "betas" not in optimizer.defaults  # a block has the settings of its head
    else:
        assert optimizer.defaults["betas"] == (0.9, 0.999)


@pytest.mark.heavy
@scheduled
@pytest.mark.parametrize(
    "name", ["torch.optim.AdamW", "torch.optim.NAdam", "torch.optim.SGD", "torch.optim.RMSprop"]
)
def test_faces_are_cycled_as_the_originals(name: str, tmp_path: Path, schedule: Any) -> None:
    face = face_named(name)
    module = load(render(rule_of_face(face), face=face), tmp_path)
    found = []
    for make in (getattr(module, face.class_name), getattr(torch.optim, face.class_name)):
        weight = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
        optimizer = make([weight], lr=0.1)
        key = "betas" if "betas" in optimizer.defaults else "momentum"
        found.append((values(optimizer, schedule, key), weight.detach().numpy()))
    (ours, mine), (theirs, wanted) = found
    assert ours == theirs
    np.testing.assert_allclose(mine, wanted, rtol=1e-9)  # NAdam keeps a product in float32
