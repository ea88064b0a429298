"""The loop of a training in PyTorch, whatever the network and its batches are."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from nos_sym.search.loading import RenderedFile, build
from nos_sym.surrogate.task import find_device
from nos_sym.transfer.settings import TransferTraining
from nos_sym.transfer.training.curve import CHECK, Curve, first_bad, rates_of


@dataclass(frozen=True, slots=True)
class Learner:
    """What the loop trains.

    Attributes:
        network: on its device.
        losses: yields the loss of one batch after the other, without end.
        score: measures the network, larger is better.
        clip: largest norm of the gradient; 0 for none.
        weight_decay: added to the gradient by its product with the weight.
    """

    network: nn.Module
    losses: Iterator[Tensor]
    score: Callable[[], float]
    clip: float = 0.0
    weight_decay: float = 0.0


def train(learner: Learner, file: RenderedFile, settings: TransferTraining) -> Curve:
    """Train a network with an optimizer of a rendered file, and measure it every ``epoch_steps``.

    An update waits for the device only every few steps, to see whether the losses are finite.
    """
    parameters = [p for p in learner.network.parameters() if p.requires_grad]
    rates = rates_of(settings)
    optimizer = build(file.optimizer, parameters, lr=rates[0], total_steps=settings.steps)
    losses: list[float] = []
    scores: list[float] = []
    done = 0
    while done < settings.ends:
        count = min(settings.epoch_steps, settings.ends - done)
        learner.network.train()
        total = 0.0
        for start in range(done, done + count, CHECK):
            part = rates[start : min(start + CHECK, done + count)]
            found, overflow = _updates(learner, optimizer, parameters, part)
            bad = start + len(found) - 1 if overflow else first_bad(found, start)
            if bad is not None:
                return Curve(tuple(losses), tuple(scores), bad, bad)
            total += sum(found)
        done += count
        losses.append(total / count)
        scores.append(learner.score())
    return Curve(tuple(losses), tuple(scores), done)


def _updates(
    learner: Learner, optimizer: Any, parameters: Sequence[Tensor], rates: Sequence[float]
) -> tuple[list[float], bool]:
    """Make some updates; return their losses, and whether a scalar of the optimizer left the floats."""
    found: list[Tensor] = []
    for rate in rates:
        loss = next(learner.losses)
        found.append(loss.detach())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if learner.weight_decay:
            pairs = [(p.grad, p) for p in parameters if p.grad is not None]
            with torch.no_grad():
                torch._foreach_add_([g for g, _ in pairs], [p for _, p in pairs], alpha=learner.weight_decay)
        if learner.clip:
            nn.utils.clip_grad_norm_(parameters, learner.clip)
        for group in optimizer.param_groups:
            group["lr"] = rate
        try:
            optimizer.step()
        except (ArithmeticError, ValueError):
            return torch.stack(found).float().tolist(), True
    return torch.stack(found).float().tolist(), False


@contextlib.contextmanager
def prepared(settings: TransferTraining, seed: int) -> Iterator[torch.device]:
    """Give the device of a training, with the threads of the settings and random numbers of its own."""
    device = find_device(settings.device)
    threads = torch.get_num_threads()
    torch.set_num_threads(settings.threads)
    try:
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            yield device
    finally:
        torch.set_num_threads(threads)


def autocast(settings: TransferTraining, device: torch.device) -> contextlib.AbstractContextManager[object]:
    """Return the context of a forward pass."""
    if settings.precision != "bfloat16":
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)
