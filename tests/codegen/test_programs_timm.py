"""timm's factory with rendered optimizers; timm's import needs a torchvision that fits the torch."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from support.harness import backends

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

try:
    import timm
    import timm.optim
    import timm.scheduler
except Exception as error:  # a torchvision that was built for another torch is a RuntimeError
    pytest.skip(f"timm cannot be imported: {error}", allow_module_level=True)

import torch
from support.programs import (
    EACH,
    LABELS,
    RATE,
    Files,
    arguments,
    assert_compiled_if,
    close,
    files,
    flat,
    original,
)

__all__ = ["files"]
DECAY = 0.1


def network() -> Any:
    torch.manual_seed(0)
    layers = torch.nn.Linear(3, 4), torch.nn.LayerNorm(4), torch.nn.Tanh(), torch.nn.Linear(4, 2)
    return torch.nn.Sequential(*layers).double()


def train(optimizer: Any, model: Any, steps: range = range(6), schedule: Any = None) -> torch.Tensor:
    for step in steps:
        optimizer.zero_grad()
        x = torch.randn(5, 3, generator=torch.Generator().manual_seed(step), dtype=torch.float64)
        model(x).square().mean().backward()
        optimizer.step()
        if schedule is not None:
            schedule.step(step + 1)
    return flat(model)


def without_decay(kind: Any) -> Callable[..., Any]:
    """Return what takes the ``weight_decay=0.0`` that timm always passes, for a rule without one."""

    def make(params: Any, weight_decay: float = 0.0, **given: Any) -> Any:
        if weight_decay:
            raise ValueError(f"Invalid weight_decay: {weight_decay}; this rule has no weight_decay")
        return kind(params, **given)

    return make


def registered(label: str, kind: Any, name: str) -> None:
    made = kind if "." in label or "." in kind.__module__ else without_decay(kind)
    info = timm.optim.OptimInfo(name, made, has_eps=label == "torch.optim.AdamW", has_betas=True)
    timm.optim._optim_factory.default_registry.register(info)


@pytest.mark.parametrize(("label", "mode"), EACH)
def test_the_factory(label: str, mode: str, files: Files) -> None:
    """Groups with and without decay; a run that goes on; the same with the library's own registered."""
    name = f"ours{label.rpartition('.')[2].lower()}"
    registered(label, files(label), name)
    given = {k: v for k, v in arguments(label, mode).items() if k not in ("lr", "weight_decay")}
    decay = DECAY if "." in label else 0.0

    def make(which: str = name, more: Any = given) -> tuple[Any, Any]:
        model = network()
        return timm.optim.create_optimizer_v2(model, which, lr=RATE, weight_decay=decay, **more), model

    optimizer, model = make()
    whole = train(optimizer, model)
    if decay:
        assert [group["weight_decay"] for group in optimizer.param_groups] == [0.0, decay]
    half, half_model = make()
    train(half, half_model, range(3))
    resumed, resumed_model = make()
    resumed.load_state_dict(half.state_dict())
    resumed_model.load_state_dict(half_model.state_dict())
    assert torch.equal(train(resumed, resumed_model, range(3, 6)), whole)
    assert_compiled_if(mode, files(label))
    if found := original(label):
        registered(label, found[0], "theirs")
        close(whole, train(*make("theirs", {})))


def test_a_decay_that_the_rule_lacks_is_refused(files: Files) -> None:
    registered("A5", files("A5"), "oursa5")
    with pytest.raises(
        ValueError, match=r"^Invalid weight_decay: 0\.1; this rule has no weight_decay: leave it out$"
    ):
        timm.optim.create_optimizer_v2(network(), "oursa5", lr=RATE, weight_decay=0.1)


def test_arguments_of_a_command_line(files: Files) -> None:
    """``create_optimizer`` of timm's training script passes eps and betas where the record has them."""
    registered("torch.optim.AdamW", files("torch.optim.AdamW"), "oursadamw")
    registered("torch.optim.AdamW", torch.optim.AdamW, "theirs")
    results = []
    for name in ("oursadamw", "theirs"):
        cfg = SimpleNamespace(
            opt=name,
            lr=RATE,
            weight_decay=DECAY,
            momentum=0.9,
            opt_eps=1e-6,
            opt_betas=(0.8, 0.9),
            layer_decay=None,
        )
        model = network()
        optimizer = timm.optim.create_optimizer(cfg, model)
        assert optimizer.defaults["eps"] == 1e-6 and optimizer.defaults["betas"] == (0.8, 0.9)
        results.append(train(optimizer, model))
    close(*results)


@pytest.mark.parametrize("label", LABELS)
def test_lookahead_and_a_schedule(label: str, files: Files) -> None:
    name = f"ours{label.rpartition('.')[2].lower()}"
    registered(label, files(label), name)
    given = {k: v for k, v in arguments(label).items() if k not in ("lr", "weight_decay")}
    results = []
    found = original(label)
    if found:
        registered(label, found[0], "theirs")
    for which in (name, "theirs") if found else (name,):
        model = network()
        more = given if which == name else {}
        optimizer = timm.optim.create_optimizer_v2(
            model, f"lookahead_{which}", lr=RATE, weight_decay=0.0, **more
        )
        schedule = timm.scheduler.CosineLRScheduler(optimizer, t_initial=5, warmup_t=2, lr_min=1e-4)
        results.append(train(optimizer, model, range(8), schedule))
        assert optimizer.param_groups[0]["lr"] != RATE
    if found:
        close(*results)
