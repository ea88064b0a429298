"""Trainers: how the search finds out how good an optimizer is.

A trainer knows nothing of rules or genomes. It gets a rendered source file, trains a model with the optimizer
in it, and returns a :data:`~nos_sym.search.results.Trained`. One of your own is a class with the members of
:class:`Trainer` and ``settings``, the class of its settings; a search names it ``module:Class``. Those of the
package have names in :data:`nos_sym.search.trainer_kinds.TRAINERS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

from nos_sym.search.results import Trained


class TaskSettings(Protocol):
    """The settings of a training: a frozen dataclass of plain values.

    They are written to TOML and JSON and sent to worker processes. Settings of a stage that another trainer
    than that of the run trains have a method ``trained_by``, which returns ``module:Class`` for a backend.
    """

    def task_key(self) -> str:
        """Return a name for task and budget; fitness values are compared only where this name is the same."""


SettingsT = TypeVar("SettingsT", contravariant=True)


@runtime_checkable
class Trainer(Protocol[SettingsT]):
    """Trains with an optimizer and reports its fitness.

    A trainer must be small and picklable, because it is sent to workers. It loads its data where it runs,
    once per process.
    """

    @property
    def name(self) -> str:
        """Name of the trainer in settings and stores."""

    @property
    def backend(self) -> str:
        """Backend that source files are rendered with, such as ``torch``."""

    def train(self, source: Path, class_name: str, settings: SettingsT, seed: int) -> Trained:
        """Train with the optimizer of a rendered source file.

        The same file, settings and seed give the same result on the same machine, except for its duration.

        Args:
            source: path of the file, which the trainer imports.
            class_name: name of the optimizer's class in the file.
            settings: task and budget.
            seed: seed of initialization, data order, augmentation and dropout.

        Returns:
            The fitness, or why there is none. A training that fails because of the optimizer is a result,
            not an exception; an exception is recorded as a failure of this training.

        Raises:
            NosSymError: nothing can be trained here, for example because the data is missing.
        """


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """One training that a :class:`BatchTrainer` is asked for.

    Attributes:
        source: path of the rendered file.
        class_name: name of the optimizer's class in it.
        seed: seed of the training.
    """

    source: Path
    class_name: str
    seed: int


@runtime_checkable
class BatchTrainer(Trainer[SettingsT], Protocol[SettingsT]):
    """A trainer that can train several optimizers as one program, which keeps a GPU busy."""

    def train_all(self, requests: Sequence[TrainingRequest], settings: SettingsT) -> list[Trained]:
        """Return one result per request, in order, equal to those of :meth:`train` up to rounding.

        The seconds of each result are its share of the time.

        Raises:
            NosSymError: as for :meth:`train`.
        """
