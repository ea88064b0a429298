"""What optimizers are run on: the regression of PyTorch's own optimizer tests, as a mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau


class Regression:
    """The mean of (W x + b)^2 with random W, b and x.

    PyTorch's own tests have the sum, with gradients of tens; exp(v_hat) of Opt4 and Opt5 overflows there.

    Args:
        device: of the weights.
        dtype: of the weights.
        contiguous: whether they are; else each is every second number of a larger tensor.
        other: device of the bias, where it is another.
        matrices: whether the bias is a matrix of one column, for optimizers that take nothing else.
        create_graph: whether the gradients are functions that can be differentiated again.
    """

    def __init__(
        self,
        device: Any = "cpu",
        dtype: torch.dtype = torch.float32,
        contiguous: bool = True,
        other: Any = None,
        *,
        matrices: bool = False,
        create_graph: bool = False,
    ) -> None:
        weight, bias = torch.randn(10, 5, 2), torch.randn(10, 2)
        if contiguous:
            weight, bias = weight[..., 0].contiguous(), bias[..., 0].contiguous()
        else:
            weight, bias = weight[..., 0], bias[..., 0]
        if matrices:
            bias = bias.unsqueeze(1)
        places = (weight, device), (bias, other or device)
        self.weight, self.bias = (
            torch.nn.Parameter(torch.empty_strided(x.shape, x.stride(), device=place, dtype=dtype).copy_(x))
            for x, place in places
        )
        self.input = torch.randn(5).to(device, dtype)
        self._create_graph = create_graph

    @property
    def parameters(self) -> list[torch.nn.Parameter]:
        """Return weight and bias."""
        return [self.weight, self.bias]

    def loss(self) -> torch.Tensor:
        """Return the loss and set the gradients to its own."""
        for parameter in self.parameters:
            parameter.grad = None
        shifted = self.weight.mv(self.input).to(self.bias.device) + self.bias.reshape(-1)
        loss = shifted.pow(2).mean()
        loss.backward(create_graph=self._create_graph)  # type: ignore[no-untyped-call]
        return loss.detach()


def train(problem: Any, optimizer: Any, schedulers: Iterable[Any] = (), steps: int = 20) -> float:
    """Take steps and return the loss after the last."""
    for _ in range(steps):
        loss = optimizer.step(problem.loss)
        for scheduler in schedulers:
            scheduler.step(*([loss] if isinstance(scheduler, ReduceLROnPlateau) else []))
    return float(problem.loss())


def states(optimizer: Any, parameters: Sequence[torch.Tensor]) -> list[Any]:
    """Return all values that an optimizer keeps for parameters, in their order."""
    return [x for p in parameters for x in optimizer.state[p].values()]
