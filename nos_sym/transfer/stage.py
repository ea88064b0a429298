"""EfficientNetV2-Small as a stage of an elimination: its training, and the trainer of such stages.

An optimizer first trains for a twentieth of the steps at each of the learning rates that the search tries,
as on the ConvNet, and then the whole run at the best one. The paper prints neither this share nor the
schedule; warm-up and hold have the shares of its trainings on CIFAR. Scores are of a tenth of the training
images, which are held out.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from nos_sym.errors import quoted
from nos_sym.search.records import SettingsError, check_domains
from nos_sym.search.results import Diverged, Evaluated, Trained, fitness_of
from nos_sym.surrogate.settings import TrainingSettings
from nos_sym.transfer.settings import ImageTask, ImageTraining

_TASKS: dict[str, ImageTask] = {"cifar10": "cifar10", "digits": "digits", "digits-with-test": "digits"}
"""Data of the searches as the readers of the transfer experiments know them."""

_WARMUP, _HOLD, _FIRST = 1 / 15, 2 / 15, 1 / 20
_SIDE = 32
_CHANNELS = 24


@dataclass(frozen=True, slots=True)
class StageTraining:
    """A training of an elimination on EfficientNetV2-Small, with the search for its learning rate.

    Attributes:
        image: the whole run, at any learning rate.
        learning_rates: peak learning rates that are tried first.
        first_steps: updates at each of them, the beginning of the whole run; not used where one is given.
    """

    image: ImageTraining
    learning_rates: tuple[float, ...]
    first_steps: int

    def __post_init__(self) -> None:
        check_domains(self, {"first_steps": (1, self.image.steps)})
        if not self.learning_rates:
            raise SettingsError("'learning_rates' is empty; expected one at least")

    def at(self, rate: float, stop: int = 0) -> ImageTraining:
        """Return the run at a learning rate, which may end early."""
        return dataclasses.replace(self.image, learning_rate=rate, stop=stop)

    def task_key(self) -> str:
        """Return a name for task and budget."""
        rest = json.dumps([list(self.learning_rates), self.first_steps])
        digest = hashlib.blake2b(rest.encode(), digest_size=4).hexdigest()
        return f"{self.at(self.learning_rates[0]).task_key()} of {len(self.learning_rates)} {digest}"

    def trained_by(self, backend: str) -> str:
        """Return which class trains it where optimizers are rendered for a backend, as ``module:Class``.

        Raises:
            SettingsError: none does.
        """
        if backend not in _TRAINERS:
            raise SettingsError(
                f"'efficientnetv2-s' is trained on {' or '.join(_TRAINERS)}, not on {quoted(backend)}"
            )
        return f"{__name__}:{_TRAINERS[backend]}"


def stage_training(training: Any, base: int, steps: int) -> StageTraining:
    """Return the training of a stage for a search with other settings.

    Args:
        training: of the search, on images.
        base: channels of the first convolution, which the network has 24 of.
        steps: length of the whole run.

    Raises:
        SettingsError: the search has other data than CIFAR-10 or digits, or the network other channels.
    """
    if base != _CHANNELS:
        raise SettingsError(
            f"'base' is {base} in a stage of 'efficientnetv2-s'; expected {_CHANNELS}, the channels that its "
            "first convolution has"
        )
    task = _TASKS.get(training.data) if isinstance(training, TrainingSettings) else None
    if task is None:
        raise SettingsError(
            "'stages' name the network 'efficientnetv2-s', which trains on 'cifar10' or 'digits' of the "
            "package's trainers; expected one of these as 'training.data', or other stages: 'stages = []' in "
            "[pool], and [[final.stages]]"
        )
    rates = training.learning_rates
    image = ImageTraining(
        task,
        "efficientnetv2-s",
        data=training.folder,
        side=_SIDE,
        augmentation="progressive-randaugment",
        steps=steps,
        warmup=round(steps * _WARMUP),
        hold=round(steps * _HOLD),
        learning_rate=rates[0],
        scored="test" if training.split == "test" else "held-out",
        reported="best",
        epoch_steps=min(1000, steps),
        precision=training.precision,
        device=training.device,
        threads=training.threads,
    )
    return StageTraining(image, rates, max(1, round(steps * _FIRST)))


class _StageTrainer:
    """Finds the learning rate and trains; see :class:`~nos_sym.search.trainers.Trainer`."""

    name: ClassVar[str]
    backend: ClassVar[str]
    inner: ClassVar[str]

    def train(self, source: Path, class_name: str, settings: StageTraining, seed: int) -> Trained:
        """Return the score of the whole run at the best learning rate.

        Raises:
            NosSymError: as of the trainers of transfer experiments.
        """
        from nos_sym.transfer import trainers

        inner = getattr(trainers, self.inner)()
        rates = settings.learning_rates
        tried: dict[float, float | None] = {}
        seconds = 0.0
        for rate in rates if len(rates) > 1 else ():
            result = inner.train(source, class_name, settings.at(rate, settings.first_steps), seed)
            tried[rate] = fitness_of(result)
            seconds += result.seconds
        fit = {rate: score for rate, score in tried.items() if score is not None}
        if len(rates) > 1 and not fit:
            return Diverged("the loss stopped being finite at each learning rate", None, seconds)
        rate = max(fit, key=lambda each: fit[each]) if fit else rates[0]
        found = inner.train(source, class_name, settings.at(rate), seed)
        details = {**found.details, "first": {repr(r): score for r, score in tried.items()}}
        whole: Trained = dataclasses.replace(found, seconds=found.seconds + seconds, details=details)
        assert isinstance(whole, Evaluated | Diverged)
        return whole


class StageTorchTrainer(_StageTrainer):
    """With optimizers of PyTorch."""

    name = "torch"
    backend = "torch"
    inner = "TransferTorchTrainer"


class StageTensorFlowTrainer(_StageTrainer):
    """With optimizers of Keras on TensorFlow."""

    name = "tensorflow"
    backend = "tensorflow"
    inner = "TransferTensorFlowTrainer"


_TRAINERS = {"torch": StageTorchTrainer.__name__, "tensorflow": StageTensorFlowTrainer.__name__}
