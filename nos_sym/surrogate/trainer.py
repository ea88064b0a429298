"""The surrogate trainer for PyTorch: both early stops and the whole run, batched where that is faster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import ClassVar

from nos_sym.search.results import Trained
from nos_sym.search.trainers import TrainingRequest
from nos_sym.surrogate.batched import can_batch, train_batched
from nos_sym.surrogate.batches import Phase
from nos_sym.surrogate.early_stop import Curve
from nos_sym.surrogate.evaluation import Evaluation, finish
from nos_sym.surrogate.halving import train_halving
from nos_sym.surrogate.loading import RenderedFile, Run, load_file
from nos_sym.surrogate.settings import TrainingSettings
from nos_sym.surrogate.single import train_by_epochs, train_single
from nos_sym.surrogate.task import Task, prepare_task, reproducible
from nos_sym.surrogate.tasks.budget import Budget
from nos_sym.surrogate.tasks.combining import train_several
from nos_sym.surrogate.tasks.several import Member, SeveralSettings
from nos_sym.surrogate.tasks.training import train_task

_FEW = 5_000_000
"""Multiplications of a forward pass of one network, up to which a CPU is faster with stacked weights."""


class TorchTrainer:
    """Trains the ConvNet with an optimizer of PyTorch; see :class:`~nos_sym.search.trainers.Trainer`.

    Settings of another task, or of several, train on those; see :mod:`nos_sym.surrogate.tasks`.

    The result depends on the content of the file, the settings and the seed. Learning rates and, in
    :meth:`train_all`, several optimizers are trained as one batched program where that is faster, and one
    after the other elsewhere; the results agree up to the rounding of float32.
    """

    name: ClassVar[str] = "torch"
    backend: ClassVar[str] = "torch"

    def train(self, source: Path, class_name: str, settings: Member | SeveralSettings, seed: int) -> Trained:
        """Return the fitness of the optimizer in a source file.

        The first early stop trains ``first_steps`` steps at each learning rate and rejects the optimizer if
        none is good enough; the best one trains the whole run, which the second early stop may end. The
        fitness is the best validation accuracy of an epoch. A loss that is not finite ends a training; where
        there is no validation accuracy by then, the result is :class:`~nos_sym.search.results.Diverged`.

        Raises:
            LoadError: the file cannot be imported.
            DataError: the data is missing or damaged.
            SettingsError: the device is not there.
        """
        return self.train_all([TrainingRequest(source, class_name, seed)], settings)[0]

    def train_all(
        self, requests: Sequence[TrainingRequest], settings: Member | SeveralSettings
    ) -> list[Trained]:
        """Return one result per request, for example of the children of a particle or of repeats.

        In the mode ``batched`` they are trained as one program, and the seconds of each are its share. Tasks
        other than images are trained one after the other.

        Raises:
            NosSymError: as :meth:`train`.
        """
        if isinstance(settings, SeveralSettings):
            return [train_several(settings, partial(self._train_one, request)) for request in requests]
        if isinstance(settings, Budget):
            return [train_task(request, settings) for request in requests]
        task = _task(settings)
        evaluations = [Evaluation(settings, load_file(r.source, r.class_name), r.seed) for r in requests]
        with reproducible(task):
            batched = [e for e in evaluations if _may_batch(task, e.file)]
            finish(batched, _training_in_mode(task, batched=True))
            for evaluation in evaluations:
                if evaluation not in batched:
                    finish([evaluation], _training_in_mode(task, batched=False))
        return [evaluation.result() for evaluation in evaluations]

    def _train_one(self, request: TrainingRequest, settings: Member) -> Trained:
        return self.train_all([request], settings)[0]

    def first_stop(
        self, source: Path, class_name: str, settings: TrainingSettings, seed: int
    ) -> dict[float, float]:
        """Return the best training accuracy of an epoch at each learning rate that the first early stop
        tries.

        Raises:
            NosSymError: as :meth:`train`.
        """
        task = _task(settings)
        evaluation = Evaluation(settings, load_file(source, class_name), seed)
        train = _training_in_mode(task, batched=_may_batch(task, evaluation.file))
        with reproducible(task):
            while runs := evaluation.first_runs():
                evaluation.record_first(train(runs, Phase.FIRST))
        return evaluation.accuracies


def choose_mode(task: Task, networks: int) -> str:
    """Return ``batched`` or ``single``: what the settings ask for, or what is faster for this many networks.

    A GPU is idle most of the time with one small network. On a CPU stacked networks are grouped convolutions,
    which take up to twice as long as the networks one by one; they win only where calls cost more than
    arithmetic (measured by ``benchmarks/batched_training.py``).
    """
    if task.settings.mode != "auto":
        return task.settings.mode
    if networks == 1:
        return "single"
    small = task.multiplications <= _FEW
    return "batched" if task.device.type == "cuda" or small else "single"


@lru_cache(maxsize=2)
def _task(settings: TrainingSettings) -> Task:
    return prepare_task(settings)


def _may_batch(task: Task, file: RenderedFile) -> bool:
    return choose_mode(task, networks=2) == "batched" and can_batch(file)


def _training_in_mode(task: Task, *, batched: bool) -> Callable[[Sequence[Run], Phase], list[Curve]]:
    def train(runs: Sequence[Run], phase: Phase) -> list[Curve]:
        if batched and choose_mode(task, len(runs)) == "batched":
            return train_batched(runs, task, phase)
        if phase is Phase.FIRST and task.settings.halving:
            return train_halving(task.settings, runs, [train_by_epochs(run, task, phase) for run in runs])
        return [train_single(run, task, phase) for run in runs]

    return train
