"""Training with one optimizer on a task, under the protocol of all trainings."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator, Sequence, Sized
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from nos_sym import plugins
from nos_sym.errors import described
from nos_sym.search.failures import RAISED_IN
from nos_sym.search.results import Trained
from nos_sym.search.trainers import TrainingRequest
from nos_sym.surrogate.batches import Phase
from nos_sym.surrogate.early_stop import Curve
from nos_sym.surrogate.evaluation import Evaluation, finish
from nos_sym.surrogate.loading import Run, load_file
from nos_sym.surrogate.measured import Measured
from nos_sym.surrogate.single import train_single
from nos_sym.surrogate.task import find_device, reproducible
from nos_sym.surrogate.tasks.budget import Budget
from nos_sym.surrogate.tasks.definition import Examples, Metric, Splits, Task, TaskError
from nos_sym.surrogate.tasks.kinds import TASKS, load_task, of_plugins
from nos_sym.surrogate.trainable import Scores

_HELD_OUT_BATCH = 512
_Part = tuple[Tensor, Tensor]


def train_task(request: TrainingRequest, settings: Budget) -> Trained:
    """Return the result of one evaluation on a task.

    Raises:
        LoadError: the file cannot be imported.
        PluginError: the task of a plug-in fails before it trains.
        NosSymError: data or device are not there.
    """
    prepared = _prepared(settings)
    evaluation = Evaluation(settings, load_file(request.source, request.class_name), request.seed)

    def train(runs: Sequence[Run], phase: Phase) -> list[Curve]:
        return [train_single(run, prepared, phase) for run in runs]

    with reproducible(prepared):
        finish([evaluation], train)
    return evaluation.result()


@dataclass(frozen=True, eq=False)
class Prepared:
    """A task with its data on the device; a :class:`~nos_sym.surrogate.trainable.Trainable`.

    Attributes:
        settings: of the training.
        task: the task.
        data: its data.
        metric: what is measured.
        device: where it trains.
        train: inputs and targets of the training part.
        validation: batches of the validation part.
        tested: batches of the test part, none where the fitness is measured on validation.
    """

    settings: Budget
    task: Task[Any]
    data: Splits
    metric: Metric
    device: torch.device
    train: _Part
    validation: tuple[_Part, ...]
    tested: tuple[_Part, ...]

    def network_alone(self, seed: int) -> nn.Module:
        """Return a model with initial weights of a seed, on the device."""
        with _blamed(self.settings.task):
            # So that a model that draws its weights from torch, and forgets the seed, is the same every time.
            torch.manual_seed(seed)
            model: Any = self.task.model(self.settings, self.data, seed)
            if not isinstance(model, nn.Module):
                raise TaskError(f"'model' returned {described(model)}; expected a torch.nn.Module")
            if not any(weight.requires_grad for weight in model.parameters()):
                raise TaskError("the model has no weights to train")
        return model.to(self.device)

    def epochs(self, steps: int, seeds: dict[str, int], length: int) -> Iterator[Sized]:
        """Yield the rows of each step's batch, an array ``(steps, batch)`` for each epoch.

        All epochs of a task have the ``length`` of its settings.
        """
        return draw_rows(len(self.data.train), self.settings, steps, seeds["order"])

    def batches(self, epoch: npt.NDArray[np.int64]) -> Iterator[_Part]:
        """Yield inputs and targets of the batches of an epoch."""
        inputs, targets = self.train
        for rows in torch.from_numpy(epoch).to(self.device):
            yield inputs[rows], targets[rows]

    def measure(self, network: nn.Module, batch: _Part) -> tuple[Tensor, Tensor]:
        """Return the loss of a batch, and the mean of the metric."""
        inputs, targets = batch
        with _noted(self.settings.task):
            outputs = network(inputs)
            loss = self.task.loss(outputs, targets)
            if not (isinstance(loss, Tensor) and loss.ndim == 0 and loss.requires_grad):
                raise TypeError(f"'loss' returned {_shape_of(loss)}; expected one number with a gradient")
            with torch.no_grad():
                mean = self.metric.mean(outputs.detach(), targets)
            if not (isinstance(mean, Tensor) and mean.ndim == 0):
                raise TypeError(f"'mean' of the metric returned {_shape_of(mean)}; expected one number")
        return loss, mean.detach()

    def read(self, measured: Measured, network: nn.Module | None, epoch: Sized) -> Scores:
        """Return the scores of an epoch, on the validation part unless the model is ``None``."""
        bad = measured.first_bad()
        if bad is not None:
            return Scores(bad)
        score = self.training_score(measured.hits.unbind())
        return Scores(None, score, None if network is None else self.validate(network))

    def training_score(self, measured: Sequence[Tensor]) -> float:
        """Return the score of an epoch; its batches have the same number of examples."""
        with _noted(self.settings.task):
            return self.metric.score(float(torch.stack(list(measured)).double().mean()))

    def validate(self, network: nn.Module) -> float:
        """Return the score on the validation part."""
        return self._score(network, self.validation)

    def test(self, network: nn.Module) -> float | None:
        """Return the score on the test part; ``None`` where it is not asked for."""
        return self._score(network, self.tested) if self.tested else None

    @torch.no_grad()
    def _score(self, network: nn.Module, parts: Sequence[_Part]) -> float:
        network.eval()
        total = 0.0
        with _noted(self.settings.task):
            for inputs, targets in parts:
                total += float(self.metric.mean(network(inputs), targets)) * len(inputs)
            return self.metric.score(total / sum(len(inputs) for inputs, _ in parts))


def draw_rows(count: int, settings: Budget, steps: int, seed: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yield which rows of the training part make up the batches of each epoch, shape ``(steps, batch)``.

    Rows are shuffled anew whenever all have been seen, as images are.
    """
    order = np.random.default_rng(seed)
    waiting = np.empty(0, np.int64)
    for start in range(0, steps, settings.epoch_steps):
        length = min(settings.epoch_steps, steps - start)
        needed = length * settings.batch
        missing = max(0, needed - len(waiting))
        waiting = np.concatenate([waiting, *(order.permutation(count) for _ in range(-(-missing // count)))])
        rows, waiting = waiting[:needed].reshape(length, settings.batch), waiting[needed:]
        yield rows


@lru_cache(maxsize=8)
def _prepared(settings: Budget) -> Prepared:
    task = load_task(settings.task)
    device = find_device(settings.device)
    with _blamed(settings.task):
        data: Any = task.load(settings)
        if not isinstance(data, Splits):
            raise TaskError(f"'load' returned {described(data)}; expected Splits(train, validation, test)")
        metric: Any = task.metric(settings, data)
        if not isinstance(metric, Metric):
            raise TaskError(f"'metric' returned {described(metric)}; expected a Metric")
    validation = _batches(data.validation, device)
    tested = _batches(data.test, device) if settings.split == "test" else ()
    return Prepared(settings, task, data, metric, device, _moved(data.train, device), validation, tested)


def _moved(part: Examples, device: torch.device) -> _Part:
    # Copied: arrays of a cache or of a library may be read-only, which tensors are not.
    inputs, targets = (torch.tensor(np.asarray(rows), device=device) for rows in (part.inputs, part.targets))
    return inputs, targets


def _batches(part: Examples, device: torch.device) -> tuple[_Part, ...]:
    inputs, targets = (torch.split(each, _HELD_OUT_BATCH) for each in _moved(part, device))
    return tuple(zip(inputs, targets, strict=True))


def _blamed(name: str) -> AbstractContextManager[None]:
    """Return a context in which errors of a plug-in's task name the package."""
    return nullcontext() if name in TASKS else plugins.fails_as(of_plugins()[name].who)


@contextmanager
def _noted(name: str) -> Iterator[None]:
    """Note the package and the line of its code on what a plug-in's task raises while it trains.

    What an optimizer drives it to is a failure of that training, and no reason to end a search.
    """
    try:
        yield
    except Exception as error:
        if name not in TASKS:
            error.add_note(RAISED_IN + _place_in(of_plugins()[name], error))
        raise


def _place_in(found: plugins.Named, error: Exception) -> str:
    """Return which plug-in raised an exception, with the last line of its module on the way to it."""
    module = sys.modules.get(found.path.partition(":")[0])
    file = getattr(module, "__file__", None)
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f"{found.who}, {Path(lines[-1].filename).name}, line {lines[-1].lineno}" if lines else found.who


def _shape_of(value: Any) -> str:
    """Return what was returned in place of one number."""
    if not isinstance(value, Tensor):
        return described(value)
    grown = "" if value.requires_grad else " without a gradient"
    return f"a tensor of shape {tuple(value.shape)}{grown}"
