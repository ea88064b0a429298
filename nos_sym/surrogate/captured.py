"""The step of one network as a CUDA graph: batch, gradient and update, launched as one without the host.

Rendered optimizers refuse to be captured, because their class computes what depends on the step alone, as
corrections of bias, on the host. Here these numbers and the learning rate are computed on the host for a
whole epoch and moved once; the graph takes its row by a counter on the device, and calls the file's pure
``update`` with it. What belongs to the batches of an epoch is taken the same way, so that an epoch is one
launch for each of its steps and nothing else.

On a device that is no GPU the same function is called instead of replayed. Numbers of a step are float32
tensors there too, where the class has numbers of Python, so results differ from those of the plain loop by
rounding.

The graph is made of the fourth step: the first three, which are steps as any other, choose algorithms and
take memory (*CUDA Graphs* in the notes of PyTorch). Capturing executes nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from nos_sym.surrogate.convnet import ConvNet
from nos_sym.surrogate.joined import is_elementwise, join_parameters
from nos_sym.surrogate.loading import RenderedFile, Run
from nos_sym.surrogate.measured import Measured
from nos_sym.surrogate.schedule import cycle_momenta, cycle_rates
from nos_sym.surrogate.settings import TrainingSettings
from nos_sym.surrogate.stacked import form_of
from nos_sym.surrogate.task import Task

_WARM_UP = 3
"""Steps that are made before one is captured, as PyTorch's notes have it."""

_ANY = TrainingSettings(steps=10, warmup=1, first_steps=1)


class Replayed:
    """A function without arguments that is called often, and replayed as a graph where the device is a GPU.

    Args:
        function: reads and writes tensors that stay in their places, and never waits for the device.
        device: where they are.
    """

    def __init__(self, function: Callable[[], None], device: torch.device) -> None:
        self._function = function
        self._captures = device.type == "cuda"
        self._device = device
        self._calls = 0
        self._graph: Any = None

    def __call__(self) -> None:
        """Call the function, or replay it."""
        if not self._captures:
            self._function()
            return
        self._calls += 1
        if self._calls <= _WARM_UP:
            aside = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]
            aside.wait_stream(torch.cuda.current_stream(self._device))
            with torch.cuda.stream(aside):
                self._function()
            torch.cuda.current_stream(self._device).wait_stream(aside)
            return
        if self._graph is None and not self._capture():
            self._function()
            return
        self._graph.replay()

    def _capture(self) -> bool:
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                self._function()
        except RuntimeError as error:
            self._captures = False
            reason = str(error).partition("\n")[0]
            warnings.warn(f"a step cannot be captured and is trained without: {reason}", stacklevel=2)
            return False
        self._graph = graph
        return True


class CapturedSteps:
    """Trains a network by the pure ``update`` of a file; as :class:`~nos_sym.surrogate.steps.PlainSteps`.

    Args:
        run: optimizer that :func:`can_capture`, and learning rate.
        network: the network, whose weights are moved.
        task: settings and data.
    """

    def __init__(self, run: Run, network: ConvNet, task: Task) -> None:
        form = form_of(run.file)
        if form is None:
            raise ValueError("an optimizer whose step cannot be captured was given")
        self.form, self.network, self.task, self.rate = form, network, task, run.rate
        joined = join_parameters(network) if is_elementwise(run.file) else None
        self.weights = list(network.parameters()) if joined is None else [joined]
        for weight in self.weights:
            weight.grad = torch.zeros_like(weight) if weight.grad is None else weight.grad
        self.states = [[torch.zeros_like(w, requires_grad=False) for _ in form.states] for w in self.weights]
        # The class knows the defaults of its settings.
        made = run.file.construct(task.settings, [torch.nn.Parameter(torch.zeros(1))], lr=run.rate)
        self.group: dict[str, Any] = made.param_groups[0]
        self.rates, self.momenta = cycle_rates(task.settings), cycle_momenta(task.settings)
        self.at = torch.zeros(1, dtype=torch.long, device=task.device)
        self.parts: tuple[Tensor, ...] = ()
        self._step = Replayed(self._train, task.device)

    def run(self, epoch: Any, done: int) -> Measured:
        """Make the steps of an epoch; the host never waits for the device.

        Args:
            epoch: what is trained on.
            done: steps before it.
        """
        rows = self._numbers(done, len(epoch))
        if rows:
            self._fill(self.task.moved(epoch), rows)
            for _ in rows:
                self._step()
            losses, hits = self.losses[: len(rows)].clone(), self.hits[: len(rows)].clone()
        if len(rows) == len(epoch):
            return Measured(losses, hits)
        # The step whose scalars left the range of floats counts as made, with a loss that is finite.
        last = torch.zeros(1, device=self.task.device)
        if not rows:
            return Measured(last, last.long(), 0)
        return Measured(torch.cat([losses, last]), torch.cat([hits, last.long()]), len(rows))

    def _numbers(self, done: int, steps: int) -> list[list[float]]:
        """Return learning rate, momentum and scalars of steps, as far as these are in the range of floats."""
        rows: list[list[float]] = []
        for step in range(done, done + steps):
            self.group["lr"] = self.rate * self.rates[step]
            if "momentum" in self.group:
                self.group["momentum"] = self.momenta[step]
            try:
                values = [float(value) for value in self.form.scalars(step, self.group)]
            except (ArithmeticError, ValueError):
                break
            rows.append([self.group["lr"], self.momenta[step], *values])
        return rows

    @torch.no_grad()
    def _fill(self, moved: Sequence[Tensor], rows: list[list[float]]) -> None:
        """Put an epoch where the step finds it."""
        # What is beyond float32 is infinite there, as where a number of Python meets a tensor.
        numbers = torch.tensor(rows, dtype=torch.float64).to(torch.float32).to(self.task.device)
        if not self.parts:
            steps = len(moved[0])
            self.parts = tuple(torch.zeros_like(part) for part in moved)
            self.numbers = numbers.new_zeros(steps, numbers.shape[1])
            self.losses = numbers.new_zeros(steps)
            self.hits = torch.zeros(steps, dtype=torch.long, device=self.task.device)
        for place, part in zip((*self.parts, self.numbers), (*moved, numbers), strict=True):
            # A last epoch may be shorter.
            place[: len(part)].copy_(part)
        self.at.zero_()

    def _train(self) -> None:
        """Make the step that the counter says, and count on."""
        batch = self.task.batch(*(part.index_select(0, self.at)[0] for part in self.parts))
        loss, hit = self.task.measure(self.network, batch)
        own = list(self.network.parameters())
        gradients = torch.autograd.grad(loss, own)
        with torch.no_grad():
            for weight, gradient in zip(own, gradients, strict=True):
                assert weight.grad is not None
                weight.grad.copy_(gradient)
            rate, mu, *values = self.numbers.index_select(0, self.at)[0].unbind()
            for weight, state in zip(self.weights, self.states, strict=True):
                assert weight.grad is not None
                moved, new = self.form.apply(weight, weight.grad, state, rate, mu, values)
                weight.copy_(moved)
                for place, value in zip(state, new, strict=True):
                    place.copy_(value)
            self.losses.index_copy_(0, self.at, loss.detach()[None])
            self.hits.index_copy_(0, self.at, hit[None])
            self.at.add_(1)


@lru_cache(maxsize=64)
def can_capture(file: RenderedFile) -> bool:
    """Return whether a step of an optimizer can be captured.

    It has to have a form, and its ``update`` must not look at numbers, for which the host would wait: on the
    device ``meta``, which has none to look at, it fails then.
    """
    form = form_of(file)
    if form is None:
        return False
    nothing = torch.zeros((), device="meta")
    weight = torch.zeros(3, 2, device="meta")
    made = file.construct(_ANY, [torch.nn.Parameter(torch.zeros(1))], lr=1.0).param_groups[0]
    try:
        values = [nothing for _ in form.scalars(0, made)]
        form.apply(weight, weight, [weight] * len(form.states), nothing, nothing, values)
    except (RuntimeError, ArithmeticError, TypeError, ValueError, NotImplementedError):
        return False
    return True
