"""The loop of trainings in PyTorch calls nothing for each tensor: its calls do not grow with a network."""

from __future__ import annotations

import dataclasses
import gc
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from nos_sym.search.loading import RenderedFile  # noqa: E402
from nos_sym.transfer.settings import TextTraining  # noqa: E402
from nos_sym.transfer.training.torch_loop import Learner, train  # noqa: E402

SETTINGS = TextTraining(steps=9, warmup=1, hold=1, epoch_steps=3, learning_rate=0.01)


def counted(file: RenderedFile, tensors: int, updates: int, *, count: bool = True) -> Counter[str]:
    """Return how often functions of Python, and what PyTorch has in C, were called in a training."""
    network = torch.nn.ParameterList([torch.zeros(3) for _ in range(tensors)])
    parameters = list(network)

    def losses() -> Iterator[Any]:
        while True:
            yield torch.cat(parameters).sum()

    settings = dataclasses.replace(SETTINGS, stop=updates)
    learner = Learner(network, losses(), lambda: 0.5, 0.0, 0.1)
    found: Counter[str] = Counter()

    def note(frame: FrameType, event: str, called: Any) -> None:
        if event == "call":
            found[f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_qualname}"] += 1
        elif event == "c_call":
            of = getattr(called, "__self__", None)
            kind = of if isinstance(of, type) else type(of)
            if any(str(where).startswith("torch") for where in (called.__module__, kind.__module__)):
                found[f"torch.{called.__name__}"] += 1

    before = sys.getprofile()
    # A collection of garbage calls back what other libraries have registered with it: no calls of the loop.
    gc.collect()
    gc.disable()
    sys.setprofile(note if count else before)
    try:
        curve = train(learner, file, settings)
    finally:
        sys.setprofile(before)
        gc.enable()
    assert curve.steps == updates
    return found


class Idle(torch.optim.Optimizer):
    """Does nothing, so that what is counted is the loop's."""

    def __init__(self, parameters: Any, lr: float) -> None:
        super().__init__(parameters, {"lr": lr})

    def step(self, closure: Any = None) -> None:
        """Do nothing."""


class Slow(Idle):
    """Goes from tensor to tensor."""

    def step(self, closure: Any = None) -> None:
        """Add nothing to each tensor."""
        with torch.no_grad():
            for parameter in self.param_groups[0]["params"]:
                parameter.add_(0.0)


def of_updates(optimizer: type[Idle], tensors: int) -> Counter[str]:
    """Return what six updates call, which make nothing for the first time."""
    file = RenderedFile(ModuleType("own"), optimizer)
    counted(file, tensors, 3, count=False)
    return counted(file, tensors, 9) - counted(file, tensors, 3)


def test_an_update_calls_as_much_for_many_tensors_as_for_few() -> None:
    few, many = (of_updates(Idle, tensors) for tensors in (5, 50))
    assert few["torch_loop.py:_updates"] == 2
    # The decay of all weights is one call an update, and so is the way back through the network.
    assert few["torch._foreach_add_"] == few["torch.run_backward"] == 6
    assert many == few


def test_a_loop_over_tensors_is_seen() -> None:
    few, many = (of_updates(Slow, tensors) for tensors in (5, 50))
    assert many["torch.add_"] - few["torch.add_"] == 6 * 45
