"""Ways to train networks, each as a function that makes some steps and says how many images they had."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.surrogate.batched import train_batched
from nos_sym.surrogate.batches import Phase
from nos_sym.surrogate.captured import CapturedSteps
from nos_sym.surrogate.data import Augmentation, Images
from nos_sym.surrogate.loading import RenderedFile, Run, load_file
from nos_sym.surrogate.measured import read_epoch
from nos_sym.surrogate.settings import TrainingSettings
from nos_sym.surrogate.steps import PlainSteps
from nos_sym.surrogate.task import Task, prepare_task, reproducible

Way = Callable[[], int]
"""Trains, waits for the device, and returns the number of images."""


def images() -> Images:
    """Return random bytes in the form of CIFAR-10, so that no data set is needed."""
    rng = np.random.default_rng(0)
    training, validation = (rng.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8) for count in (5000, 10))
    labels = rng.integers(0, 10, 5000)
    return Images(training, labels, validation, labels[:10], 10, 255, Augmentation(4, True, 8))


IMAGES = images()


def adam() -> RenderedFile:
    """Return Adam, rendered and imported."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "adam.py"
        path.write_text(render(catalog.entry("Adam"), "torch"), encoding="utf-8")
        return load_file(path, "Adam")


def plain_loop(settings: TrainingSettings) -> Way:
    """Return the loop that one would write: the same network and batches, torch's fused Adam, no reading."""
    task = prepare_task(settings, IMAGES)
    network = task.network(0).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    fused = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    epochs = endless(task)

    def way() -> int:
        network.train()
        for batch in task.batches(next(epochs)):
            with task.autocast():
                logits = network(batch.images, batch.keep).float()
            loss = functional.cross_entropy(logits, batch.labels)
            fused.zero_grad(set_to_none=True)
            loss.backward()
            fused.step()
        wait(task)
        return settings.epoch_steps * settings.batch

    return way


def one_by_one(settings: TrainingSettings) -> Way:
    """Return the way of trainings one by one, with whatever settings say."""
    task = prepare_task(settings, IMAGES)
    kind = CapturedSteps if settings.capture else PlainSteps
    network = task.network(0)
    if settings.channels_last:
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    steps = kind(Run(adam(), 1e-3, 0), network, task)
    epochs = endless(task)

    def way() -> int:
        network.train()
        # Schedules have an end; the first steps of one are made again and again.
        read_epoch(steps.run(next(epochs), 0), None)
        return settings.epoch_steps * settings.batch

    return way


def stacked(settings: TrainingSettings, networks: int) -> Way:
    """Return the way of several learning rates as one program."""
    task = prepare_task(settings, IMAGES)
    runs = [Run(adam(), 10.0**-rate, 0) for rate in range(1, networks + 1)]

    def way() -> int:
        train_batched(runs, task, Phase.FIRST)
        return settings.epoch_steps * settings.batch * networks

    return way


def endless(task: Task) -> Iterator[object]:
    """Yield the same epoch, drawn once: what numbers cost is part of every way alike, and not measured."""
    (epoch,) = epochs_of(task)
    while True:
        yield epoch


def epochs_of(task: Task) -> list[object]:
    """Return the only epoch of some steps."""
    from nos_sym.surrogate.batches import draw_epochs, seeds_of

    return list(draw_epochs(task.images, task.settings, task.settings.epoch_steps, seeds_of(0, Phase.FIRST)))


def wait(task: Task) -> None:
    """Wait for the device."""
    if task.device.type == "cuda":
        torch.cuda.synchronize(task.device)


def in_a_worker(
    settings: TrainingSettings, rounds: int, place: str, number: int
) -> list[tuple[float, float, int]]:
    """Return begin, end and images of rounds of one training; what workers do that share a device.

    They begin when all have warmed up, which they say by a file each in a folder.
    """
    way = one_by_one(settings)
    with reproducible(prepare_task(settings, IMAGES)):
        way()
        Path(place, str(os.getpid())).touch()
        while len(list(Path(place).iterdir())) < number:
            time.sleep(0.01)
        found = []
        for _ in range(rounds):
            start = time.time()
            count = way()
            found.append((start, time.time(), count))
    return found
