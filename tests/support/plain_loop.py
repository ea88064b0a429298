"""The loop of a training as it was before anything was measured on the device; the judge of what trains now.

It calls the optimizer's class and looks at every loss as soon as it is there.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from nos_sym.surrogate.batches import Phase, draw_epochs, seeds_of
from nos_sym.surrogate.early_stop import Curve
from nos_sym.surrogate.joined import is_elementwise, join_parameters
from nos_sym.surrogate.loading import Run
from nos_sym.surrogate.schedule import cycle_momenta, cycle_rates
from nos_sym.surrogate.task import Task


def plain_curve(run: Run, task: Task, phase: Phase) -> tuple[Curve, dict[str, torch.Tensor]]:
    """Train a network; return the curve, and the state of the network in the end."""
    settings = task.settings
    seeds = seeds_of(run.seed, phase)
    network = task.network(seeds["weights"])
    if settings.channels_last:
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    joined = join_parameters(network) if is_elementwise(run.file) else None
    parameters = list(network.parameters()) if joined is None else [joined]
    optimizer = run.file.construct(settings, parameters, lr=run.rate)
    torch.manual_seed(seeds["optimizer"])
    rates, momenta = cycle_rates(settings), cycle_momenta(settings)
    training: list[float] = []
    validation: list[float] = []
    step = 0
    length = phase.epoch_steps(settings)
    for epoch in draw_epochs(task.images, settings, phase.steps(settings), seeds, length):
        hits = seen = 0
        network.train()
        for batch in task.batches(epoch):
            images = batch.images if settings.channels_last else batch.images.contiguous()
            logits = network(images, batch.keep)
            loss = functional.cross_entropy(logits, batch.labels)
            if not math.isfinite(loss.item()):
                return Curve(tuple(training), tuple(validation), step, step), network.state_dict()
            hits += int((logits.argmax(dim=-1) == batch.labels).sum())
            seen += len(batch.labels)
            optimizer.zero_grad(set_to_none=joined is None)
            loss.backward()
            for group in optimizer.param_groups:
                group["lr"] = run.rate * rates[step]
                if "momentum" in group:
                    group["momentum"] = momenta[step]
            try:
                optimizer.step()
            except (ArithmeticError, ValueError):
                return Curve(tuple(training), tuple(validation), step, step), network.state_dict()
            step += 1
        training.append(hits / seen)
        if phase is Phase.WHOLE:
            network.eval()
            with torch.no_grad():
                right = [int((network(x).argmax(dim=-1) == y).sum()) for x, y in task.validation]
            validation.append(sum(right) / sum(len(y) for _, y in task.validation))
            if step >= settings.second_after and training[-1] < settings.second_accuracy:
                break
    return Curve(tuple(training), tuple(validation), None, step), network.state_dict()
