"""What a task is: data in three parts, a model, a loss, and a metric that becomes a score in [0, 1]."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy.typing as npt

from nos_sym.errors import NosSymError

if TYPE_CHECKING:
    from torch import Tensor, nn


class TaskError(NosSymError):
    """A task whose parts do not fit together."""


@dataclass(frozen=True, eq=False)
class Examples:
    """A part of the data.

    Attributes:
        inputs: what the model is given, an example a row.
        targets: what the loss compares its outputs with, as many rows.
    """

    inputs: npt.NDArray[Any]
    targets: npt.NDArray[Any]

    def __post_init__(self) -> None:
        first, second = (tuple(getattr(part, "shape", ())) for part in (self.inputs, self.targets))
        if first[:1] != second[:1] or first[:1] in ((), (0,)):
            raise TaskError(
                f"examples have inputs of shape {first} and targets of shape {second}; expected arrays with "
                "as many rows, one or more"
            )

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True, eq=False)
class Splits:
    """The data of a task.

    Attributes:
        train: what is trained on.
        validation: what chooses the best epoch, and gives the fitness.
        test: what gives the fitness where a search is confirmed; a search never looks at it.
    """

    train: Examples
    validation: Examples
    test: Examples


@dataclass(frozen=True)
class Metric:
    """What is measured, and its score: ``(chance - value) / (chance - best)``, cut off to [0, 1].

    A value that is not finite has the score 0. Where ``best`` is below ``chance``, smaller values are better.

    Attributes:
        name: of the metric, as in ``mean squared error``.
        chance: its value where nothing is learned; the score is 0.
        best: its value at best; the score is 1.
        mean: of the outputs of the model and the targets of some examples, the mean over these.
        value: of a mean over examples, the value; by default the mean itself.
    """

    name: str
    chance: float
    best: float
    mean: Callable[[Tensor, Tensor], Tensor]
    value: Callable[[float], float] = float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.chance) and math.isfinite(self.best)) or self.chance == self.best:
            raise TaskError(
                f"the metric '{self.name}' has chance {self.chance:g} and best {self.best:g}; expected two "
                "different numbers"
            )

    @property
    def larger_is_better(self) -> bool:
        """The direction."""
        return self.best > self.chance

    def score(self, mean: float) -> float:
        """Return the score of a mean over examples."""
        value = self.value(mean) if math.isfinite(mean) else math.nan
        if not math.isfinite(value):
            return 0.0
        return min(1.0, max(0.0, (self.chance - value) / (self.chance - self.best)))


SettingsT = TypeVar("SettingsT", contravariant=True)


class Task(Protocol[SettingsT]):
    """A task: what :mod:`nos_sym.surrogate.tasks.training` needs to train with an optimizer.

    A class without arguments, with ``title``, one line that says what is trained, and ``settings``, a frozen
    dataclass derived from :class:`~nos_sym.surrogate.tasks.budget.Budget`. Everything is a function of
    settings and seed. Data is loaded once in a process.
    """

    @property
    def title(self) -> str:
        """What is trained, one line."""

    def load(self, settings: SettingsT) -> Splits:
        """Return the data.

        Raises:
            NosSymError: it is missing here.
        """

    def model(self, settings: SettingsT, data: Splits, seed: int) -> nn.Module:
        """Return a model with initial weights of a seed, which takes a batch of inputs."""

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of a batch, a mean over it, from what the model makes of the inputs."""

    def metric(self, settings: SettingsT, data: Splits) -> Metric:
        """Return what is measured, with its value where nothing is learned and at best."""
