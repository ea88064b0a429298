"""Training of one network with one optimizer: the plain loop, which every other way is held against."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import torch

from nos_sym.surrogate.batches import Phase, seeds_of
from nos_sym.surrogate.captured import CapturedSteps, can_capture
from nos_sym.surrogate.early_stop import Curve, cuts_rate, ends_run
from nos_sym.surrogate.halving import finished
from nos_sym.surrogate.loading import Run
from nos_sym.surrogate.steps import PlainSteps
from nos_sym.surrogate.task import RandomState, Task
from nos_sym.surrogate.trainable import Trainable


def train_single(run: Run, task: Trainable, phase: Phase) -> Curve:
    """Train a network from its initial weights.

    Args:
        run: optimizer, learning rate and seed.
        task: settings and data.
        phase: how many steps to make, whether to validate, and the seed's part.
    """
    return finished(train_by_epochs(run, task, phase))


def train_by_epochs(run: Run, task: Trainable, phase: Phase) -> Generator[Curve, None, Curve]:
    """Train as :func:`train_single`; yield the curve at the end of each epoch, and return it in the end.

    Other trainings may go on between two epochs, and may draw random numbers.
    """
    settings = task.settings
    seeds = seeds_of(run.seed, phase)
    network = task.network_alone(seeds["weights"])
    steps = _steps(run, network, task)
    torch.manual_seed(seeds["optimizer"])
    training: list[float] = []
    validation: list[float] = []
    test: float | None = None
    done = 0
    for epoch in task.epochs(phase.steps(settings), seeds, phase.epoch_steps(settings)):
        network.train()
        measured = steps.run(epoch, done)
        validates = phase is Phase.WHOLE and measured.stopped is None
        bad, trained, score = task.read(measured, network if validates else None, epoch)
        if bad is not None:
            return Curve(tuple(training), tuple(validation), done + bad, done + bad, test)
        done += len(epoch)
        training.append(trained)
        if score is not None:
            if score > max(validation, default=-1.0):
                test = task.test(network)
            validation.append(score)
        curve = Curve(tuple(training), tuple(validation), None, done, test)
        ends = ends_run if phase is Phase.WHOLE else cuts_rate
        if ends(settings, done, training[-1]):
            return curve
        state = RandomState(task.device)
        yield curve
        state.restore()
    return curve


def _steps(run: Run, network: Any, task: Trainable) -> PlainSteps | CapturedSteps:
    """Return what makes the steps of an epoch; those of images alone are captured, in batches of one size."""
    if isinstance(task, Task) and task.settings.capture and task.equal_batches and can_capture(run.file):
        return CapturedSteps(run, network, task)
    return PlainSteps(run, network, task)
