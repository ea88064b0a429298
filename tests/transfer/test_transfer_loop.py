"""The loop of trainings in PyTorch calls nothing for each tensor: what it calls does not grow with a network."""

from __future__ import annotations

import dataclasses
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


class Constant(torch.autograd.Function):
    """A loss of 0 whose gradients are all ones, made in one call for all tensors."""

    @staticmethod
    def forward(ctx: Any, *tensors: Any) -> Any:
        ctx.like = torch.ones(len(tensors), 3)
        return torch.zeros(())

    @staticmethod
    def backward(ctx: Any, *of: Any) -> Any:
        return torch.unbind(ctx.like)


def counted(file: RenderedFile, tensors: int, updates: int) -> Counter[str]:
    """Return how often functions of Python, and functions and methods of PyTorch, were called in a training."""
    network = torch.nn.ParameterList([torch.zeros(3) for _ in range(tensors)])
    parameters = list(network)

    def losses() -> Iterator[Any]:
        while True:
            yield Constant.apply(*parameters)

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
    sys.setprofile(note)
    try:
        curve = train(learner, file, settings)
    finally:
        sys.setprofile(before)
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


def of_class(optimizer: type[Idle]) -> RenderedFile:
    return RenderedFile(ModuleType("own"), optimizer)


def test_an_update_calls_as_much_for_many_tensors_as_for_few() -> None:
    few, many = (counted(of_class(Idle), tensors, 9) for tensors in (5, 50))
    assert few["torch_loop.py:_updates"] == 3
    # The decay of all weights is one call an update, and so is the way back through the network.
    assert few["torch._foreach_add_"] == few["torch.run_backward"] == 9
    assert many == few


def test_a_loop_over_tensors_is_seen() -> None:
    few, many = (counted(of_class(Slow), tensors, 9) for tensors in (5, 50))
    assert many["torch.add_"] - few["torch.add_"] == 9 * 45
