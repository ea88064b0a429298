"""PyTorch's schedulers drive a rendered optimizer as they drive PyTorch's own, those that cycle betas too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.harness import backends

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch
from support.programs import LABELS, MODES, RATE, Files, arguments, close, files, original
from torch.optim import lr_scheduler as s
from torch.optim.swa_utils import SWALR

__all__ = ["files"]
STEPS = 14
LOSSES = (3.0, 2.0, 2.1, 2.2, 2.3, 1.9, 1.91, 1.92, 1.93, 1.94, 1.95, 1.8, 1.85, 1.9)


def in_sequence(o: Any) -> Any:
    return s.SequentialLR(o, [s.ConstantLR(o, 0.1, 3), s.ExponentialLR(o, 0.9)], milestones=[4])


def in_a_chain(o: Any) -> Any:
    return s.ChainedScheduler([s.ConstantLR(o, 0.1, 3), s.ExponentialLR(o, 0.9)])


SCHEDULERS: dict[str, Callable[[Any], Any]] = {
    "LambdaLR": lambda o: s.LambdaLR(o, lambda step: 0.95**step),
    "MultiplicativeLR": lambda o: s.MultiplicativeLR(o, lambda step: 0.95),
    "StepLR": lambda o: s.StepLR(o, 3, 0.5),
    "MultiStepLR": lambda o: s.MultiStepLR(o, [2, 5], 0.5),
    "ConstantLR": lambda o: s.ConstantLR(o, 0.5, 3),
    "LinearLR": lambda o: s.LinearLR(o, 0.1, 1.0, 5),
    "ExponentialLR": lambda o: s.ExponentialLR(o, 0.9),
    "PolynomialLR": lambda o: s.PolynomialLR(o, 10, 2.0),
    "CosineAnnealingLR": lambda o: s.CosineAnnealingLR(o, 6, 1e-4),
    "CosineAnnealingWarmRestarts": lambda o: s.CosineAnnealingWarmRestarts(o, 3, 2, 1e-4),
    "ReduceLROnPlateau": lambda o: s.ReduceLROnPlateau(o, factor=0.5, patience=1, cooldown=1),
    "SequentialLR": in_sequence,
    "ChainedScheduler": in_a_chain,
    "SWALR": lambda o: SWALR(o, 0.001, 4),
    "CyclicLR": lambda o: s.CyclicLR(o, 1e-4, 0.01, 3, cycle_momentum=False),
    "CyclicLR of betas": lambda o: s.CyclicLR(o, 1e-4, 0.01, 3, 4, mode="triangular2"),
    "OneCycleLR": lambda o: s.OneCycleLR(o, 0.01, total_steps=STEPS + 1, cycle_momentum=False),
    "OneCycleLR of betas": lambda o: s.OneCycleLR(o, 0.01, total_steps=STEPS + 1, three_phase=True),
}


def test_the_list_has_every_scheduler_of_the_installed_torch() -> None:
    public = {x for x in s.__all__ if x not in ("LRScheduler", "_LRScheduler")}
    assert public <= {name.split()[0] for name in SCHEDULERS}


def run(kind: Any, given: dict[str, Any], name: str, resumed: bool = False) -> tuple[list[Any], torch.Tensor]:
    """Return rate and betas after each step, and the weights; ``resumed`` saves and loads in the middle."""
    torch.manual_seed(0)
    weights = [torch.nn.Parameter(torch.randn(n).double()) for n in (3, 4)]

    def make() -> tuple[Any, Any]:
        groups = [{"params": weights[:1]}, {"params": weights[1:], "lr": 2 * RATE}]
        optimizer = kind(groups, **given)
        return optimizer, SCHEDULERS[name](optimizer)

    optimizer, scheduler = make()
    seen = []
    for step in range(STEPS):
        if resumed and step == STEPS // 2:
            states = optimizer.state_dict(), scheduler.state_dict()
            optimizer, scheduler = make()
            for one, state in zip((optimizer, scheduler), states, strict=True):
                one.load_state_dict(state)
        for weight in weights:
            weight.grad = torch.sin(torch.arange(len(weight)) + 3.0 * step).double()
        optimizer.step()
        scheduler.step(*[LOSSES[step]] if name == "ReduceLROnPlateau" else [])
        seen.append([(float(g["lr"]), g.get("betas", g.get("momentum"))) for g in optimizer.param_groups])
    return seen, torch.cat([x.detach() for x in weights])


@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize("label", LABELS)
@pytest.mark.filterwarnings("ignore:.*epoch parameter in .scheduler.step:UserWarning")  # of SequentialLR
@pytest.mark.filterwarnings("ignore:To get the last learning rate computed:UserWarning")
def test_rates_and_betas(label: str, name: str, files: Files) -> None:
    """Those of PyTorch's AdamW with these betas, in every mode; and a run that goes on from state dicts."""
    kind = files(label)
    betas = kind([torch.nn.Parameter(torch.ones(1))], **arguments(label)).defaults["betas"]
    wanted, _ = run(torch.optim.AdamW, {"lr": RATE, "betas": (*betas, 0.99)[:2]}, name)
    results = []
    for mode in MODES:
        seen, weights = run(kind, arguments(label, mode), name)
        for ours, theirs in zip(seen, wanted, strict=True):
            for (rate, own), (their_rate, their) in zip(ours, theirs, strict=True):
                assert rate == their_rate
                assert own == tuple(their)[: len(own)]
        again, same = run(kind, arguments(label, mode), name, resumed=True)
        assert again == seen and torch.equal(same, weights)
        results.append(weights)
    if "betas" in name:
        assert len({x[0][1] for x in seen}) > 2  # they were cycled
    if found := original(label):
        results.append(run(*found, name)[1])
    for other in results[1:]:
        close(results[0], other)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("label", LABELS)
def test_a_rate_that_is_a_tensor(label: str, mode: str, files: Files) -> None:
    """Schedulers write into it; the weights are those of a number."""
    kind, given = files(label), arguments(label, mode)
    _, wanted = run(kind, given, "StepLR")
    torch.manual_seed(0)
    weights = [torch.nn.Parameter(torch.randn(n).double()) for n in (3, 4)]
    rates = [torch.tensor(RATE, dtype=torch.float64), torch.tensor(2 * RATE, dtype=torch.float64)]
    groups = [{"params": weights[i : i + 1], "lr": rates[i]} for i in (0, 1)]
    optimizer = kind(groups, **given)
    scheduler = s.StepLR(optimizer, 3, 0.5)
    for step in range(STEPS):
        for weight in weights:
            weight.grad = torch.sin(torch.arange(len(weight)) + 3.0 * step).double()
        optimizer.step()
        scheduler.step()
    close(torch.cat([x.detach() for x in weights]), wanted)
    assert optimizer.param_groups[0]["lr"] is rates[0]
