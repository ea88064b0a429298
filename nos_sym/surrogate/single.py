"""Training of one network with one optimizer: the plain loop, which every other way is held against."""

from __future__ import annotations

from collections.abc import Generator

import torch

from nos_sym.surrogate.batches import Phase, draw_epochs, seeds_of
from nos_sym.surrogate.captured import CapturedSteps, can_capture
from nos_sym.surrogate.convnet import ConvNet
from nos_sym.surrogate.early_stop import Curve, ends_run
from nos_sym.surrogate.halving import finished
from nos_sym.surrogate.loading import Run
from nos_sym.surrogate.measured import Hits, read_epoch
from nos_sym.surrogate.steps import PlainSteps
from nos_sym.surrogate.task import HeldOut, RandomState, Task, count_hits


def train_single(run: Run, task: Task, phase: Phase) -> Curve:
    """Train a network from its initial weights.

    Args:
        run: optimizer, learning rate and seed.
        task: settings and data.
        phase: how many steps to make, whether to validate, and the seed's part.
    """
    return finished(train_by_epochs(run, task, phase))


def train_by_epochs(run: Run, task: Task, phase: Phase) -> Generator[Curve, None, Curve]:
    """Train as :func:`train_single`; yield the curve at the end of each epoch, and return it in the end.

    Other trainings may go on between two epochs, and may draw random numbers.
    """
    settings = task.settings
    seeds = seeds_of(run.seed, phase)
    network = task.network(seeds["weights"])
    if settings.channels_last:
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    captured = settings.capture and can_capture(run.file)
    steps = (CapturedSteps if captured else PlainSteps)(run, network, task)
    torch.manual_seed(seeds["optimizer"])
    training: list[float] = []
    validation: list[float] = []
    test: float | None = None
    done = 0
    for epoch in draw_epochs(task.images, settings, phase.steps(settings), seeds):
        network.train()
        measured = steps.run(epoch, done)
        validates = phase is Phase.WHOLE and measured.stopped is None
        bad, hits, score = read_epoch(measured, _validate(network, task) if validates else None)
        if bad is not None:
            return Curve(tuple(training), tuple(validation), done + bad, done + bad, test)
        done += len(epoch)
        training.append(hits / (len(epoch) * settings.batch))
        if score is not None:
            if task.test and score > max(validation, default=-1.0):
                right, total = _accuracy(network, task, task.test)
                test = int(right) / total
            validation.append(score)
        curve = Curve(tuple(training), tuple(validation), None, done, test)
        if phase is Phase.WHOLE and ends_run(settings, done, training[-1]):
            return curve
        state = RandomState(task.device)
        yield curve
        state.restore()
    return curve


def _validate(network: ConvNet, task: Task) -> Hits:
    return _accuracy(network, task, task.validation)


@torch.no_grad()
def _accuracy(network: ConvNet, task: Task, part: HeldOut) -> Hits:
    network.eval()
    right = torch.zeros((), dtype=torch.long, device=task.device)
    for images, labels in part:
        with task.autocast():
            logits = network(images).float()
        right += count_hits(logits, labels)
    return Hits(right, sum(len(labels) for _, labels in part))
