"""The settings of one training of a transfer experiment: data, model, budget, and what it is scored on."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

from nos_sym.search.records import SettingsError, check_domains, record_to_table

ImageTask: TypeAlias = Literal[
    "cifar10", "cifar100", "tinyimagenet", "flowers102", "cars196", "caltech101", "digits"
]
Augmentation: TypeAlias = Literal["none", "crop-translate-flip", "randaugment", "progressive-randaugment"]
Scored: TypeAlias = Literal["held-out", "test"]

_EXECUTION = ("data", "device", "threads", "check_archives")
"""Settings of where a training runs, which change its result by rounding only."""

_BUDGET = {
    "steps": (1, 100_000_000),
    "stop": (0, 100_000_000),
    "warmup": (0, 100_000_000),
    "hold": (0, 100_000_000),
    "batch": (1, 1_000_000),
    "epoch_steps": (1, 100_000_000),
    "threads": (1, 1024),
}


@dataclass(frozen=True, slots=True)
class ImageTraining:
    """A training of a network that classifies images.

    The learning rate rises linearly for ``warmup`` steps, stays for ``hold``, and falls to 0 as a cosine. A
    training of the learning-rate test is the beginning of the whole one: it follows the same schedule and
    ends after ``stop`` steps.

    Attributes:
        task: the data set.
        model: the network.
        data: folder of its archives, and of the pretrained weights.
        pretrained: whether all layers but the last begin with ImageNet weights.
        width: channels of the first convolution of ResNet9, of which all others are multiples.
        side: height and width of the images as the network sees them, in pixels.
        resized: height and width to which training images are resized before a crop; 0 where none is taken.
        interpolation: of resizing.
        dropout: before the last layer.
        augmentation: how training images are changed; ``progressive-randaugment`` raises the magnitude in
            four steps through the training.
        magnitude: of RandAugment at the end of the training, of 30.
        first_magnitude: of the progressive one at its begin, of 30.
        steps: length of the whole training, in updates.
        stop: updates after which this one ends; 0 for all.
        warmup: updates of the warm-up.
        hold: updates at the peak.
        batch: images per update.
        learning_rate: the peak.
        held_out: share of each class that trains no more and judges the learning-rate test.
        scored: on what the network is scored: the images that are held out, or the test images; with the
            test images all training images are trained on.
        reported: the score at the last evaluation, or the best of all.
        epoch_steps: updates between two evaluations.
        weight_decay: added to the gradient by its product with the weight.
        precision: ``float32``, or ``bfloat16`` for mixed precision.
        device: a name of torch or TensorFlow, for example ``cpu`` or ``cuda:1``; ``auto`` is a GPU if there
            is one.
        threads: processor threads of a training.
        check_archives: whether archives must be the official ones, by their digests.
    """

    metric: ClassVar[str] = "accuracy"

    task: ImageTask
    model: Literal["efficientnetv2-s", "resnet9"]
    data: Path = Path("data")
    pretrained: bool = False
    width: int = 64
    side: int = 32
    resized: int = 0
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"
    dropout: float = 0.0
    augmentation: Augmentation = "none"
    magnitude: float = 15.0
    first_magnitude: float = 5.0
    steps: int = 96_000
    stop: int = 0
    warmup: int = 6400
    hold: int = 12_800
    batch: int = 64
    learning_rate: float = 0.001
    held_out: float = 0.1
    scored: Scored = "test"
    reported: Literal["last", "best"] = "last"
    epoch_steps: int = 1000
    weight_decay: float = 0.0
    precision: Literal["float32", "bfloat16"] = "float32"
    device: str = "auto"
    threads: int = 1
    check_archives: bool = True

    def __post_init__(self) -> None:
        check_domains(self, _BUDGET | {"width": (1, 4096), "side": (8, 4096), "resized": (0, 4096)})
        _check_budget(self)
        _expect("held_out", 0 < self.held_out < 1, "a share in (0, 1)")
        _expect("dropout", 0 <= self.dropout < 1, "a number in [0, 1)")
        for name in ("magnitude", "first_magnitude"):
            _expect(name, 0 <= getattr(self, name) <= 30, "a number in [0, 30]")
        crops = self.augmentation == "crop-translate-flip"
        _expect("resized", self.resized == 0 or self.resized >= self.side, "0, or 'side' at least")
        _expect("augmentation", crops or not self.resized, "crop-translate-flip, which 'resized' is for")
        _expect("augmentation", self.model == "resnet9" or not crops, "randaugment for EfficientNetV2-Small")
        _expect(
            "augmentation",
            self.model != "resnet9" or not self.augmentation.endswith("randaugment"),
            "crop-translate-flip or none for ResNet9",
        )
        _expect(
            "pretrained",
            self.model != "resnet9" or not self.pretrained,
            "false: there are no weights of ResNet9",
        )

    def task_key(self) -> str:
        """Return a name for task and budget."""
        return _key(f"{self.task}-{self.model}", self)

    @property
    def ends(self) -> int:
        """Number of updates of this training."""
        return self.stop or self.steps


@dataclass(frozen=True, slots=True)
class TextTraining:
    """A training of a language model of words, the AWD-LSTM.

    Attributes:
        task: the data set.
        model: the network.
        data: folder of its archive.
        embedding: length of a word's vector.
        hidden: units of all layers but the last.
        layers: number of layers.
        dropout_words: share of words that are dropped from the embedding.
        dropout_inputs: of units of the embedded text.
        dropout_hidden: of units between layers.
        dropout_outputs: of units before the softmax.
        dropout_recurrent: of recurrent weights.
        activation: factor of the mean square of the outputs in the loss.
        temporal: factor of the mean square of their changes.
        clip: largest norm of the gradient of all parameters together; 0 for none.
        weight_decay: added to the gradient by its product with the weight.
        sequence: words after which back-propagation is truncated.
        steps: length of the whole training, in updates.
        stop: updates after which this one ends; 0 for all.
        warmup: updates of the warm-up.
        hold: updates at the peak.
        batch: texts side by side.
        learning_rate: the peak.
        scored: the part of the text that scores; ``held-out`` is the validation text.
        reported: the score at the last evaluation, or the best of all.
        epoch_steps: updates between two evaluations.
        precision: ``float32``, or ``bfloat16`` for mixed precision.
        device: a name of torch; ``auto`` is a GPU if there is one.
        threads: processor threads of a training.
        check_archives: whether the archive must be the official one.
    """

    metric: ClassVar[str] = "perplexity"

    task: Literal["ptb"] = "ptb"
    model: Literal["awd-lstm"] = "awd-lstm"
    data: Path = Path("data")
    embedding: int = 400
    hidden: int = 1150
    layers: int = 3
    dropout_words: float = 0.1
    dropout_inputs: float = 0.4
    dropout_hidden: float = 0.25
    dropout_outputs: float = 0.4
    dropout_recurrent: float = 0.5
    activation: float = 2.0
    temporal: float = 1.0
    clip: float = 0.25
    weight_decay: float = 1.2e-6
    sequence: int = 70
    steps: int = 99_600
    stop: int = 0
    warmup: int = 6640
    hold: int = 13_280
    batch: int = 20
    learning_rate: float = 0.001
    scored: Scored = "held-out"
    reported: Literal["last", "best"] = "best"
    epoch_steps: int = 664
    precision: Literal["float32", "bfloat16"] = "float32"
    device: str = "auto"
    threads: int = 1
    check_archives: bool = True

    def __post_init__(self) -> None:
        sizes = {"embedding": (1, 65_536), "hidden": (1, 65_536), "layers": (2, 64), "sequence": (1, 65_536)}
        check_domains(self, _BUDGET | sizes)
        _check_budget(self)
        for name in ("words", "inputs", "hidden", "outputs", "recurrent"):
            _expect(f"dropout_{name}", 0 <= getattr(self, f"dropout_{name}") < 1, "a number in [0, 1)")
        for name in ("activation", "temporal", "clip"):
            _expect(name, 0 <= getattr(self, name) < math.inf, "a finite number, 0 or more")

    def task_key(self) -> str:
        """Return a name for task and budget."""
        return _key(f"{self.task}-{self.model}", self)

    @property
    def ends(self) -> int:
        """Number of updates of this training."""
        return self.stop or self.steps


TransferTraining: TypeAlias = ImageTraining | TextTraining


def _expect(name: str, holds: bool, expected: str) -> None:
    if not holds:
        raise SettingsError(f"'{name}': expected {expected}")


def _check_budget(settings: TransferTraining) -> None:
    s = settings
    _expect("steps", s.steps > s.warmup + s.hold, "more than 'warmup' and 'hold' together")
    _expect("stop", s.stop <= s.steps, "0 to the number of 'steps'")
    _expect("learning_rate", 0 < s.learning_rate <= 1e6, "a positive number up to 1e6")
    _expect("weight_decay", 0 <= s.weight_decay < math.inf, "a finite number, 0 or more")


def _key(name: str, settings: TransferTraining) -> str:
    """Return a name with a digest of everything that decides the result."""
    table = {key: value for key, value in record_to_table(settings).items() if key not in _EXECUTION}
    digest = hashlib.blake2b(json.dumps(table, sort_keys=True).encode(), digest_size=5).hexdigest()
    s = settings
    return f"{name} steps={s.ends}/{s.steps} rate={s.learning_rate:g} {s.scored} {digest}"
