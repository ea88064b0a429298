"""One rendered optimizer over the stacked weights of several networks, through the file's pure ``update``.

This is the only module that knows how a rendered file for PyTorch is made: ``update(gradient, weight, *state,
lr, *scalars)`` returns the change of one tensor and its new state, with the momentum coefficient after ``lr``
in rules that have one; ``scalars`` holds the mathematics of one step, and ``STATE`` names the state. Whether
the class does the same is found by comparison with it.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from nos_sym.surrogate.joined import is_elementwise, join_stacks, split_stacks
from nos_sym.surrogate.loading import RenderedFile
from nos_sym.surrogate.settings import TrainingSettings

_STEPS = 3
_MU = 0.9
_TOLERANCE = 1e-5
"""Relative; the class and the functions compute the same in another order, in float64."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a rendered file is called.

    Attributes:
        file: the file.
        states: names of the state of one tensor.
        momentum: whether ``update`` takes the momentum coefficient.
        arguments: what ``scalars`` takes beside the step; ``None`` where the file has no such function.
    """

    file: RenderedFile
    states: tuple[str, ...]
    momentum: bool
    arguments: tuple[str, ...] | None

    @classmethod
    def of(cls, file: RenderedFile) -> Form:
        """Return how a file is called, found once: signatures take longer to read than steps to make."""
        function = getattr(file.module, "scalars", None)
        arguments = None if function is None else tuple(inspect.signature(function).parameters)[1:]
        return cls(file, tuple(getattr(file.module, "STATE", ())), file.takes("momentum"), arguments)

    def scalars(self, step: int, group: dict[str, Any]) -> tuple[float, ...]:
        """Return the scalars of a step, for a parameter group's settings."""
        if self.arguments is None:
            return ()
        given = (group if name == "group" else step for name in self.arguments)
        return tuple(self.file.module.scalars(step, *given))

    def apply(
        self,
        weight: Tensor,
        gradient: Tensor,
        state: Sequence[Tensor],
        rate: Any,
        mu: Any,
        values: Sequence[Any],
    ) -> tuple[Tensor, list[Tensor]]:
        """Return a tensor and its state after one step."""
        numbers = (rate, mu) if self.momentum else (rate,)
        result = self.file.module.update(gradient, weight, *state, *numbers, *values)
        change, *state = result if self.states else (result,)
        return weight + change, list(state)


@lru_cache(maxsize=64)
def form_of(file: RenderedFile) -> Form | None:
    """Return how a file can train stacked weights, or ``None`` where it cannot.

    It cannot where it draws random numbers, which each network would have to draw alone, or where its class
    does something else than add what its ``update`` returns.
    """
    if not hasattr(file.module, "update"):
        return None
    form = Form.of(file)
    with torch.random.fork_rng(devices=[]):
        return form if _agrees(form) else None


def _agrees(form: Form) -> bool:
    """Return whether stacked steps of a form equal those of the class on each of two tensors."""
    rng = torch.Generator().manual_seed(1)
    start = torch.randn(2, 3, 2, generator=rng, dtype=torch.float64)
    gradients = torch.randn(_STEPS, 2, 3, 2, generator=rng, dtype=torch.float64)
    rates = torch.tensor([0.1, 0.02], dtype=torch.float64)
    settings = TrainingSettings(steps=10, warmup=1, first_steps=1)
    mu = {"momentum": _MU} if form.file.takes("momentum") else {}
    try:
        stacked = StackedOptimizer(form, [start], rates, settings)
        moved = [start]
        before = torch.get_rng_state()
        for step, gradient in enumerate(gradients):
            moved = stacked.step(step, moved, [gradient], 1.0, _MU)
        if not torch.equal(before, torch.get_rng_state()):
            return False
        for weight, first, rate, rows in zip(moved[0], start, rates, gradients.unbind(1), strict=True):
            alone = torch.nn.Parameter(first.clone())
            optimizer = form.file.construct(settings, [alone], lr=float(rate), **mu)
            for gradient in rows:
                alone.grad = gradient.clone()
                optimizer.step()
            if not torch.allclose(alone.detach(), weight, rtol=_TOLERANCE, atol=1e-12):
                return False
    except (RuntimeError, ArithmeticError, TypeError, ValueError, KeyError):
        # Whatever is wrong with the file shows when its class trains.
        return False
    return True


class StackedOptimizer:
    """An optimizer's state for the stacked weights of several networks, which differ in learning rate.

    Where it treats each element by itself, all weights of all networks are moved as one tensor.

    Args:
        form: how the file is called.
        weights: shape ``(networks, ...)`` each.
        rates: peak learning rates, shape ``(networks,)``.
        settings: of the training.
    """

    def __init__(
        self, form: Form, weights: Sequence[Tensor], rates: Tensor, settings: TrainingSettings
    ) -> None:
        self.form = form
        self.rates = rates
        self.shapes = [weight.shape for weight in weights]
        self.joined = is_elementwise(form.file)
        like = [join_stacks(weights)] if self.joined else weights
        self.states = [[torch.zeros_like(weight) for _ in form.states] for weight in like]
        self._each = self._spread()
        # The class knows the defaults of its settings.
        self.group = form.file.construct(settings, [torch.nn.Parameter(torch.zeros(1))], lr=1.0).param_groups[
            0
        ]

    @torch.no_grad()
    def step(
        self, step: int, weights: Sequence[Tensor], gradients: Sequence[Tensor], factor: float, mu: float
    ) -> list[Tensor]:
        """Return the weights after a step, in new tensors.

        Args:
            step: from 0.
            weights: shape ``(networks, ...)`` each.
            gradients: of the same shapes.
            factor: of the peak learning rates.
            mu: the momentum.

        Raises:
            ArithmeticError: a scalar of the step leaves the range of floats.
        """
        values = self.form.scalars(step, self.group)
        rates = self._each * factor
        if self.joined:
            given = join_stacks(weights), join_stacks(gradients), self.states[0]
            new, self.states[0] = self.form.apply(*given, rates, mu, values)
            return split_stacks(new, self.shapes)
        apply = torch.func.vmap(self.form.apply, in_dims=(0, 0, 0, 0, None, None))
        moved = []
        for index, (weight, gradient) in enumerate(zip(weights, gradients, strict=True)):
            new, self.states[index] = apply(weight, gradient, self.states[index], rates, mu, values)
            moved.append(new)
        return moved

    def select(self, rows: Tensor) -> None:
        """Keep the networks of some rows alone."""
        self.rates = self.rates[rows]
        if self.joined:
            parts = [split_stacks(state, self.shapes) for state in self.states[0]]
            self.states = [[join_stacks(part[rows] for part in state) for state in parts]]
        else:
            self.states = [[slot[rows] for slot in state] for state in self.states]
        self.shapes = [torch.Size((len(rows), *shape[1:])) for shape in self.shapes]
        self._each = self._spread()

    def _spread(self) -> Tensor:
        """Return the learning rate of each network, or of each element where the networks are joined."""
        if not self.joined:
            return self.rates
        return torch.cat([self.rates.repeat_interleave(shape[1:].numel()) for shape in self.shapes])
