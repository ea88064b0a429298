"""The settings of a training: what is trained, for how long, when it stops early, and where it runs."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from nos_sym.search.added_settings import TRAINING, without_added
from nos_sym.search.records import Text, check_domains, record_to_table
from nos_sym.surrogate.cheaper import check_cheaper
from nos_sym.surrogate.protocol import Split, check_protocol, expect
from nos_sym.surrogate.tasks.kinds import class_of_table

DataName: TypeAlias = Literal["digits", "digits-with-test", "cifar10", "synthetic"]
Mode: TypeAlias = Literal["auto", "single", "batched"]

TRAINING_IMAGES: dict[DataName, int] = {
    "digits": 1437,
    "digits-with-test": 1077,
    "cifar10": 45_000,
    "synthetic": 512,
}
"""Number of images of each data set that are trained on."""

CLASSES: dict[DataName, int] = {"digits": 10, "digits-with-test": 10, "cifar10": 10, "synthetic": 4}
"""Number of classes of each data set, all about as frequent."""

WITHOUT_TEST = ("digits",)
"""Data sets whose images all train or validate, so that nothing is left that a search never saw."""

_DOMAINS = {
    "base": (1, 4096),
    "steps": (1, 10_000_000),
    "warmup": (0, 10_000_000),
    "hold": (0, 10_000_000),
    "epoch_steps": (1, 10_000_000),
    "first_epoch_steps": (0, 10_000_000),
    "first_cut_after": (0, 10_000_000),
    "second_after": (0, 10_000_000),
    "threads": (1, 1024),
    "check_every": (0, 10_000_000),
}
"""Smallest and largest values."""

_MOST_DRAWN = 500_000_000
"""Numbers that dropout draws for an epoch, which lie in memory together: two gigabytes."""

_EXECUTION = ("folder", "device", "mode", "channels_last", "threads", "capture", "check_every")
"""Settings of where and how a training runs, which change its result by rounding only."""


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Task and budget of a training; all defaults but the data are those of the paper (Sections 3.3 and 3.4).

    A table that names a task or several is read as the settings of those.

    Attributes:
        data: ``digits``, scikit-learn's 8 x 8 images, which need no download, and ``digits-with-test``, of
            which 360 train no more and are a test part; ``cifar10``; or ``synthetic``, a tiny set for tests.
        folder: folder of the CIFAR-10 archive.
        base: number of channels of the first convolution; the others have two and four times as many.
        steps: length T of the whole run, in updates.
        batch: number of images per update.
        warmup: steps of the linear warm-up of the one-cycle schedule.
        hold: steps at the peak learning rate after it.
        momentum_high: momentum at both ends of the cycle, for optimizers that have one.
        momentum_low: momentum at the peak learning rate.
        dropout: rate before the dense layer.
        norm_momentum: of the statistics of batch normalization, ``mean <- m * mean + (1 - m) * batch mean``;
            Keras' 0.99 needs some hundred steps to forget the start, so short trainings want less.
        epoch_steps: length of an epoch in steps; the training accuracy is a mean over it, and the network is
            validated at its end.
        augment: whether images are cropped, flipped and cut out as the data set says.
        scaling: ``standard``, each channel with mean 0 and variance 1; ``unit``, divided by 255 alone.
        scaled_by: whose mean and variance ``standard`` takes: those of the ``training`` images, or of
            ``all`` that train or validate, as in the authors' script. Test images are never among them.
        shuffle: whether images are shuffled anew for each pass over them, and batches go on over its end.
            Without it each pass is in the order of the files and has the same batches, the last one shorter
            where ``batch`` does not divide the number of images, as in the authors' script.
        learning_rates: peak learning rates that the first early stop tries.
        first_steps: number of steps at each of them; 0 leaves out the first early stop, and then there must
            be one learning rate.
        first_accuracy: training accuracy of an epoch that one of them must reach.
        first_epoch_steps: length of an epoch of the first early stop; 0 for ``epoch_steps``.
        first_judged: the epoch that counts there: the ``best`` one, whose accuracy must reach
            ``first_accuracy``, as in the authors' script, or the ``final`` one, whose accuracy must lie above
            it, as in the paper's text; a training that diverges has no final one.
        first_cut_after: number of steps after which the first early stop ends a learning rate at the end of
            an epoch with an accuracy below ``first_cut_accuracy``; 0 for never. 600 in the authors' script.
        first_cut_accuracy: that accuracy.
        probes: learning rates among ``learning_rates`` that are tried first; if all of them stay below
            ``probe_accuracy``, the others are not tried. Empty as in the paper; the authors' script has
            10, 0.01 and 1e-5.
        probe_accuracy: training accuracy that one of the probes must reach.
        second_after: number of steps of the whole run after which the second early stop looks at epochs.
        second_accuracy: training accuracy of an epoch below which it ends the run; with 0 it never does.
        halving: steps of the first early stop after each of which the better half of the learning rates goes
            on, ends of its epochs; see :mod:`nos_sym.surrogate.halving`. Empty as in the paper: all make
            ``first_steps``.
        curve_steps: steps of the whole run after which its curve is looked at; empty as in the paper.
        curve_accuracies: training accuracy of the epoch that ends there, below which the run is ended; one
            for each of ``curve_steps``. ``nos-sym curves`` learns them from trainings that a store has.
        precision: ``float32``, or ``bfloat16`` for automatic mixed precision.
        device: a name of torch, for example ``cpu`` or ``cuda:1``; ``auto`` is a GPU if there is one.
        mode: ``batched`` trains all learning rates as one program over stacked weights, ``single`` one after
            the other; ``auto`` takes the one that is faster on the device.
        channels_last: whether images are stored with channels last where networks are trained one by one.
        threads: number of processor threads of a training. Sums depend on it in the last digit, so it is a
            setting and not the number of cores.
        capture: whether the step of a network that is trained alone is captured as a CUDA graph, where the
            device is a GPU, the optimizer can be and batches have one size; see
            :mod:`nos_sym.surrogate.captured`.
        check_every: number of steps between two looks at whether all losses are finite, so that a training
            that is not ends there. Each waits for the device; with 0 it is looked at once an epoch.
        split: the images whose accuracy is the fitness: ``validation``, as in a search, or ``test``, which no
            search sees. The best epoch is chosen by validation in both.
    """

    data: DataName = "digits"
    folder: Path = Path("data")
    base: int = 48
    steps: int = 8000
    batch: int = 128
    warmup: int = 800
    hold: int = 0
    momentum_high: float = 0.95
    momentum_low: float = 0.85
    dropout: float = 0.2
    norm_momentum: float = 0.99
    epoch_steps: int = 200
    augment: bool = True
    scaling: Literal["standard", "unit"] = "standard"
    scaled_by: Literal["training", "all"] = "training"
    shuffle: bool = True
    learning_rates: tuple[float, ...] = (10.0, 1.0, 0.1, 0.01, 1e-3, 1e-4, 1e-5)
    first_steps: int = 800
    first_accuracy: float = 0.25
    first_epoch_steps: int = 0
    first_judged: Literal["best", "final"] = "best"
    first_cut_after: int = 0
    first_cut_accuracy: float = 0.25
    probes: tuple[float, ...] = ()
    probe_accuracy: float = 0.25
    second_after: int = 1000
    second_accuracy: float = 0.4
    precision: Literal["float32", "bfloat16"] = "float32"
    device: str = "auto"
    mode: Mode = "auto"
    channels_last: bool = True
    threads: int = 1
    halving: tuple[int, ...] = ()
    curve_steps: tuple[int, ...] = ()
    curve_accuracies: tuple[float, ...] = ()
    capture: bool = False
    check_every: int = 20
    split: Split = "validation"

    def __post_init__(self) -> None:
        check_domains(self, _DOMAINS)
        images = TRAINING_IMAGES[self.data]
        expect(
            self,
            "split",
            self.split == "validation" or self.data not in WITHOUT_TEST,
            f"validation, because {self.data} has no images that a search never saw; 'digits-with-test' has",
        )
        expected = f"1 to {images}, the training images of {self.data}"
        expect(self, "batch", 1 <= self.batch <= images, expected)
        most = _MOST_DRAWN // (self.batch * 4 * self.base)
        for name in ("epoch_steps", "first_epoch_steps"):
            length = min(getattr(self, name), self.steps)
            expect(self, name, length <= most, f"at most {most} with these batches and channels")
        for name in ("first_accuracy", "first_cut_accuracy", "probe_accuracy", "second_accuracy"):
            expect(self, name, 0 <= getattr(self, name) <= 1, "a number in [0, 1]")
        for name in ("dropout", "norm_momentum"):
            expect(self, name, 0 <= getattr(self, name) < 1, "a number in [0, 1)")
        check_protocol(self)
        check_cheaper(self)

    @classmethod
    def kind_of_table(cls, table: Any, text: Text, path: tuple[str, ...]) -> tuple[type, Any]:
        """Return the class that a table of settings is read as, and what it reads.

        Raises:
            SettingsError: there is no task of the name.
        """
        return class_of_table(cls, table, text, path)

    @property
    def measure(self) -> str:
        """What a training is measured in."""
        return "accuracy"

    @property
    def first_score(self) -> float:
        """The threshold of the first early stop."""
        return self.first_accuracy

    @property
    def first_cut_score(self) -> float:
        """The threshold of the cut of the first early stop."""
        return self.first_cut_accuracy

    @property
    def probe_score(self) -> float:
        """The threshold of the probes."""
        return self.probe_accuracy

    @property
    def second_score(self) -> float:
        """The threshold of the second early stop."""
        return self.second_accuracy

    def task_key(self) -> str:
        """Return a name for task and budget; fitness values are compared only where this name is the same."""
        table = record_to_table(self)
        task = {name: value for name, value in table.items() if name not in _EXECUTION}
        on_test = self.split == "test"
        # Stores from before there were some settings compare with what is trained now.
        task = without_added(task, TRAINING)
        digest = hashlib.sha256(json.dumps(task, sort_keys=True).encode()).hexdigest()
        ending = "-test" if on_test else ""
        return f"{self.data}-base{self.base}-steps{self.steps}-{digest[:12]}{ending}"

    @property
    def chance(self) -> float:
        """The accuracy of a network that has learned nothing; a training without a fitness counts as it."""
        return 1 / CLASSES[self.data]

    def replace(self, **changes: object) -> TrainingSettings:
        """Return a copy with changes, which is checked like new settings."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]
