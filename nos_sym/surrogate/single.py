"""Training of one network with one optimizer: the plain loop, which every other way is held against."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from nos_sym.surrogate.batches import Phase, draw_epochs, seeds_of
from nos_sym.surrogate.convnet import ConvNet
from nos_sym.surrogate.early_stop import Curve, cuts_rate, ends_run
from nos_sym.surrogate.joined import is_elementwise, join_parameters
from nos_sym.surrogate.loading import Run
from nos_sym.surrogate.schedule import cycle_momenta, cycle_rates
from nos_sym.surrogate.task import Batch, HeldOut, Task, count_hits

_CHECK = 20
"""Steps between two looks at the losses: each look waits for the device."""


def train_single(run: Run, task: Task, phase: Phase) -> Curve:
    """Train a network from its initial weights.

    Args:
        run: optimizer, learning rate and seed.
        task: settings and data.
        phase: how many steps to make, whether to validate, and the seed's part.
    """
    settings, rate = task.settings, run.rate
    steps = phase.steps(settings)
    seeds = seeds_of(run.seed, phase)
    network = task.network(seeds["weights"])
    if settings.channels_last:
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    joined = join_parameters(network) if is_elementwise(run.file) else None
    parameters = list(network.parameters()) if joined is None else [joined]
    optimizer = run.file.construct(settings, parameters, lr=rate)
    torch.manual_seed(seeds["optimizer"])
    rates, momenta = cycle_rates(settings), cycle_momenta(settings)
    training: list[float] = []
    validation: list[float] = []
    test: float | None = None
    done = 0
    for epoch in draw_epochs(task.images, settings, steps, seeds, phase.epoch_steps(settings)):
        losses: list[Tensor] = []
        hits: list[Tensor] = []
        overflow = False
        network.train()
        for batch in task.batches(epoch):
            step = done + len(losses)
            loss, hit = _measure(network, batch, task)
            losses.append(loss.detach())
            hits.append(hit)
            optimizer.zero_grad(set_to_none=joined is None)
            loss.backward()  # type: ignore[no-untyped-call]
            for group in optimizer.param_groups:
                group["lr"] = rate * rates[step]
                if "momentum" in group:
                    group["momentum"] = momenta[step]
            try:
                optimizer.step()
            except (ArithmeticError, ValueError):
                # A scalar of the step left the range of floats: as good as a loss that is not finite.
                overflow = True
            if overflow or len(losses) % _CHECK == 0 or len(losses) == len(epoch):
                bad = (~torch.stack(losses).isfinite()).nonzero()
                if overflow or len(bad):
                    step = done + int(bad[0]) if len(bad) else step
                    return Curve(tuple(training), tuple(validation), step, step, test)
        done += len(epoch)
        training.append(int(torch.stack(hits).sum()) / epoch.seen)
        if phase is Phase.WHOLE:
            score = _validate(network, task)
            if task.test and score > max(validation, default=-1.0):
                test = _accuracy(network, task, task.test)
            validation.append(score)
            if ends_run(settings, done, training[-1]):
                break
        elif cuts_rate(settings, done, training[-1]):
            break
    return Curve(tuple(training), tuple(validation), None, done, test)


def _measure(network: ConvNet, batch: Batch, task: Task) -> tuple[Tensor, Tensor]:
    """Return the mean cross-entropy of a batch, and how many of its images are right."""
    images = batch.images if task.settings.channels_last else batch.images.contiguous()
    with task.autocast():
        logits = network(images, batch.keep).float()
    return functional.cross_entropy(logits, batch.labels), count_hits(logits.detach(), batch.labels)


def _validate(network: ConvNet, task: Task) -> float:
    return _accuracy(network, task, task.validation)


@torch.no_grad()
def _accuracy(network: ConvNet, task: Task, part: HeldOut) -> float:
    network.eval()
    hits = total = 0
    for images, labels in part:
        with task.autocast():
            logits = network(images).float()
        hits += int(count_hits(logits, labels))
        total += len(labels)
    return hits / total
