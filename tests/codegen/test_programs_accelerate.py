"""accelerate: prepared trainings, saved states, clipping, accumulation, schedulers, and skipped steps."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from support.presence import missing

if reason := missing("torch", "accelerate", "pytorch_optimizer"):
    pytest.skip(reason, allow_module_level=True)

import torch
from accelerate import Accelerator
from accelerate.optimizer import AcceleratedOptimizer
from accelerate.state import AcceleratorState, GradientState
from support.programs import (
    EACH,
    LABELS,
    Files,
    arguments,
    assert_compiled_if,
    close,
    files,
    flat,
    original,
)  # fmt: skip
from support.runtime_files import assert_same

__all__ = ["files"]
STEPS = 6


class Run:
    """A training that accelerate has prepared."""

    def __init__(self, kind: Any, given: dict[str, Any], wide: bool = True, **options: Any) -> None:
        AcceleratorState._reset_state(reset_partial_state=True)
        GradientState._reset_state()
        self.accelerator = Accelerator(cpu=True, **options)
        torch.manual_seed(0)
        layers = torch.nn.Linear(3, 4), torch.nn.Dropout(0.2), torch.nn.Linear(4, 2)
        model = torch.nn.Sequential(*layers)
        model = model.double() if wide else model
        dtype = torch.float64 if wide else torch.float32
        optimizer = kind(model.parameters(), **given)
        scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
        data = torch.randn(4 * STEPS, 3, generator=torch.Generator().manual_seed(3), dtype=dtype)
        loader = torch.utils.data.DataLoader(data, batch_size=4, shuffle=False)
        prepared = self.accelerator.prepare(model, optimizer, loader, scheduler)
        self.model, self.optimizer, self.loader, self.scheduler = prepared

    def train(self, steps: range = range(STEPS)) -> torch.Tensor:
        for index, batch in enumerate(self.loader):
            if index not in steps:
                continue
            torch.manual_seed(index)  # of the dropout
            with self.accelerator.accumulate(self.model):
                loss = self.model(batch).square().mean()
                self.accelerator.backward(loss)
                if self.accelerator.sync_gradients:
                    self.accelerator.clip_grad_norm_(self.model.parameters(), 0.05)
                self.optimizer.step()
                self.scheduler.step()
                self.optimizer.zero_grad()
        return flat(self.model)


@pytest.mark.parametrize(("label", "mode"), EACH)
def test_saved_states(label: str, mode: str, files: Files, tmp_path: Path) -> None:
    kind, given = files(label), arguments(label, mode)
    run = Run(kind, given)
    assert isinstance(run.optimizer, AcceleratedOptimizer)
    whole = run.train()
    half = Run(kind, given)
    half.train(range(STEPS // 2))
    half.accelerator.save_state(str(tmp_path))
    resumed = Run(kind, given)
    resumed.accelerator.load_state(str(tmp_path))
    assert torch.equal(whole, resumed.train(range(STEPS // 2, STEPS)))
    assert run.scheduler.get_last_lr() == resumed.scheduler.get_last_lr()
    assert_compiled_if(mode, kind)
    if found := original(label):
        close(whole, Run(*found).train())


@pytest.mark.parametrize("mode", ["default", "fused"])
@pytest.mark.parametrize("label", LABELS[:2])
def test_accumulation(label: str, mode: str, files: Files) -> None:
    options = {"gradient_accumulation_steps": 2}
    ours = Run(files(label), arguments(label, mode), **options).train()
    close(ours, Run(*original(label), **options).train())  # type: ignore[misc]


@pytest.mark.parametrize("label", LABELS)
def test_bf16(label: str, files: Files, tmp_path: Path) -> None:
    kind, given = files(label), arguments(label, "fused")
    options = {"mixed_precision": "bf16", "wide": False}
    whole = Run(kind, given, **options).train()
    half = Run(kind, given, **options)
    half.train(range(3))
    half.accelerator.save_state(str(tmp_path))
    resumed = Run(kind, given, **options)
    resumed.accelerator.load_state(str(tmp_path))
    assert torch.equal(whole, resumed.train(range(3, STEPS)))


@pytest.mark.parametrize("mode", ["default", "fused"])
@pytest.mark.parametrize("label", LABELS)
def test_a_step_that_the_scaler_skips(label: str, mode: str, files: Files) -> None:
    """Infinite gradients of float16: weights, states and the count of steps stay, and accelerate says so.

    A fused step gets the infinity itself, so that accelerate sees a step, as with PyTorch's own fused ones.
    """
    seen = skipped(Run(files(label), arguments(label, mode), wide=False))
    assert seen == [mode == "default" and index in (0, 3) for index in range(STEPS)]
    if label == "torch.optim.AdamW":
        assert seen == skipped(Run(torch.optim.AdamW, arguments(label, mode), wide=False))


def skipped(run: Run) -> list[bool]:
    """Train with two infinite gradients; return which steps accelerate calls skipped."""
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
    run.optimizer.scaler = scaler
    run.optimizer._accelerate_step_called = False
    run.optimizer._optimizer_original_step_method = run.optimizer.optimizer.step
    run.optimizer._optimizer_patched_step_method = _patched(run.optimizer, run.optimizer.optimizer.step)
    seen = []
    for index, batch in enumerate(run.loader):
        before = copy.deepcopy((flat(run.model), run.optimizer.state_dict()))
        loss = run.model(batch).square().mean() * (torch.inf if index in (0, 3) else 1)
        scaler.scale(loss).backward()
        run.optimizer.step()
        run.optimizer.zero_grad()
        seen.append(run.optimizer.step_was_skipped)
        assert torch.equal(before[0], flat(run.model)) == (index in (0, 3))
        if index == 3:
            assert_same(before[1], run.optimizer.state_dict())
    return seen


def _patched(optimizer: Any, method: Any) -> Any:
    from accelerate.optimizer import patch_optimizer_step

    return patch_optimizer_step(optimizer, method)


def test_schedulers_wait_for_the_optimizer(files: Files) -> None:
    """accelerate's scheduler does not step where the optimizer accumulates."""
    run = Run(files("Opt4"), arguments("Opt4"), gradient_accumulation_steps=3)
    run.train()
    assert run.scheduler.get_last_lr()[0] == pytest.approx(0.01 * 0.9**2)
    assert run.optimizer.param_groups[0]["training_step"] == 2
