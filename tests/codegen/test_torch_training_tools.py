"""What PyTorch has around an optimizer: scalers, averaged models, clipping, hooks, workers of loaders."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from support.harness import backends

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch
from support.programs import EACH, LABELS, Files, arguments, close, files, flat, original
from support.runtime_files import assert_same
from torch.optim.swa_utils import SWALR, AveragedModel, get_ema_multi_avg_fn, update_bn

__all__ = ["files"]


def network(wide: bool = True) -> Any:
    torch.manual_seed(0)
    # A bias before the normalization would have a gradient of noise, whose sign Lion takes.
    first = torch.nn.Linear(3, 4, bias=False)
    layers = first, torch.nn.BatchNorm1d(4), torch.nn.Tanh(), torch.nn.Linear(4, 2)
    model = torch.nn.Sequential(*layers)
    return model.double() if wide else model


def batch(step: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(6, 3, generator=torch.Generator().manual_seed(step), dtype=torch.float64).to(dtype)


@pytest.mark.parametrize(("label", "mode"), EACH)
def test_a_scaler(label: str, mode: str, files: Files) -> None:
    """Infinite gradients move nothing and halve the scale; weights are those of unscaled gradients."""
    ends = []
    for scaled in (True, False):
        model = network()
        optimizer = files(label)(model.parameters(), **arguments(label, mode))
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**8, growth_interval=2, enabled=scaled)
        for step in range(8):
            optimizer.zero_grad()
            lost = step in (0, 4)
            if lost and not scaled:
                continue
            loss = (model[3](torch.tanh(model[0](batch(step)))).square().mean()) * (torch.inf if lost else 1)
            before = copy.deepcopy((flat(model), optimizer.state_dict()["state"]))
            scaler.scale(loss).backward()
            if step % 2:
                scaler.unscale_(optimizer)
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1e6)
            scaler.step(optimizer)
            scaler.update()
            if lost:
                assert torch.equal(flat(model), before[0])
                if step:  # before the first one states may be made
                    assert_same(optimizer.state_dict()["state"], before[1])
        ends.append(flat(model))
    close(*ends)


@pytest.mark.parametrize("label", LABELS)
def test_averaged_models(label: str, files: Files) -> None:
    """Averages of weights, equal and exponential, with the schedule of SWA and new statistics."""
    results = []
    kinds = [(files(label), arguments(label, mode)) for mode in ("default", "fused")]
    for kind, given in [*kinds, *([found] if (found := original(label)) else [])]:
        model = network()
        averages = AveragedModel(model), AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
        optimizer = kind(model.parameters(), **given)
        schedule = SWALR(optimizer, 0.001, 3)
        for step in range(6):
            optimizer.zero_grad()
            model(batch(step)).square().mean().backward()
            optimizer.step()
            schedule.step()
            for average in averages:
                average.update_parameters(model)
        update_bn([batch(step) for step in range(3)], averages[0])
        results.append(torch.cat([flat(x) for x in averages]))
    for other in results[1:]:
        close(results[0], other)


@pytest.mark.parametrize(("label", "mode"), EACH)
def test_hooks_see_every_step(label: str, mode: str, files: Files) -> None:
    model, seen = network(), []
    optimizer = files(label)(model.parameters(), **arguments(label, mode))
    optimizer.register_step_pre_hook(lambda *_: seen.append("before"))
    optimizer.register_step_post_hook(lambda *_: seen.append("after"))
    for step in range(3):
        assert optimizer.step(lambda step=step: model(batch(step)).sum()) is not None
    assert seen == ["before", "after"] * 3


class Batches(torch.utils.data.Dataset):
    """Batches that workers make."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> torch.Tensor:
        return batch(index)[0]


@pytest.mark.parametrize("mode", ["default", "fused"])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_workers_that_are_forked_after_a_step(mode: str, files: Files) -> None:
    """The parent goes on with its steps while workers, which were forked after one, load."""
    results = []
    for workers in (0, 2):
        model = network()
        optimizer = files("Opt4")(model.parameters(), **arguments("Opt4", mode))
        loader = torch.utils.data.DataLoader(
            Batches(), batch_size=2, num_workers=workers, timeout=30 if workers else 0
        )
        for _ in range(2):
            for x in loader:
                optimizer.zero_grad()
                model(x).square().mean().backward()
                optimizer.step()
        results.append(flat(model))
    assert torch.equal(*results)
