"""The settings of a transfer experiment: who competes, on what, and how the learning rate is found."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from nos_sym.language.block import Block
from nos_sym.language.registry import suggestion
from nos_sym.language.rule import Rule
from nos_sym.search.records import (
    NOWHERE,
    SettingsError,
    Text,
    check_domains,
    read_record,
    read_toml,
    record_to_table,
)
from nos_sym.transfer.settings import ImageTraining, TextTraining, TransferTraining

TASKS = ("cifar10", "cifar100", "tinyimagenet", "flowers102", "cars196", "caltech101", "ptb", "digits")
"""Files of the folder ``tasks``, without ``.toml``."""

_LARGEST_SEED = 2**63 - 1
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Protocol:
    """How the optimizers of an experiment are compared (Appendices B and C).

    Attributes:
        kind: whether images or a text is trained on.
        name: of the task in files of results.
        rates: peak learning rates that the learning-rate test tries.
        share: part of the training after which the test compares them.
        share_scheduled: the same for Adam with a discovered schedule.
        refine: factors of the best rate, among which the final one is then chosen; none leaves it.
        repeats: trainings at the final rate, each with another seed.
        seed: from which those of the trainings are made, the same for all optimizers.
        training: data, model and budget.
    """

    kind: Literal["image", "text"]
    name: str
    training: TransferTraining
    rates: tuple[float, ...] = (10.0, 1.0, 0.1, 0.01, 1e-3, 1e-4, 1e-5)
    share: float = 1 / 3
    share_scheduled: float = 2 / 3
    refine: tuple[float, ...] = ()
    repeats: int = 3
    seed: int = 0

    def __post_init__(self) -> None:
        check_domains(self, {"repeats": (1, 1000), "seed": (0, _LARGEST_SEED)})
        for name in ("rates", "refine"):
            values = getattr(self, name)
            if len(values) > 100 or len(set(values)) < len(values) or not all(0 < v <= 1e6 for v in values):
                raise SettingsError(f"'{name}': expected at most 100 different positive numbers up to 1e6")
        if not self.rates:
            raise SettingsError("'rates' is empty; expected one learning rate at least")
        for name in ("share", "share_scheduled"):
            if not 0 < getattr(self, name) <= 1:
                raise SettingsError(f"'{name}': expected a share in (0, 1]")

    def tested(self, rate: float, *, scheduled: bool) -> TransferTraining:
        """Return the training of the learning-rate test at a rate."""
        share = self.share_scheduled if scheduled else self.share
        stop = max(1, math.ceil(share * self.training.steps - 1e-9))
        return dataclasses.replace(self.training, learning_rate=rate, stop=stop, scored="held-out")

    def final(self, rate: float) -> TransferTraining:
        """Return the training at the final rate."""
        return dataclasses.replace(self.training, learning_rate=rate, stop=0)


@dataclass(frozen=True, slots=True)
class Entrant:
    """An optimizer of an experiment.

    Attributes:
        name: what the results call it.
        rule: the optimizer; a block where it is no rule of one line.
        scheduled: whether it is Adam with a discovered schedule, which is tested longer.
    """

    name: str
    rule: Rule | Block
    scheduled: bool = False


@dataclass(frozen=True)
class Experiment:
    """Everything that decides what a transfer experiment comes to.

    Attributes:
        protocol: how optimizers are compared.
        entrants: the optimizers.
        backend: ``torch`` or ``tensorflow``.
    """

    protocol: Protocol
    entrants: tuple[Entrant, ...]
    backend: Literal["torch", "tensorflow"] = "torch"

    def __post_init__(self) -> None:
        if not 1 <= len(self.entrants) <= _MOST:
            raise SettingsError(f"there are {len(self.entrants)} optimizers; expected 1 to {_MOST}")
        names = [entrant.name for entrant in self.entrants]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise SettingsError(f"two optimizers are called '{twice}'; give one of them another name")
        if self.backend == "tensorflow" and self.protocol.training.model != "efficientnetv2-s":
            raise SettingsError(
                f"the model '{self.protocol.training.model}' is one of PyTorch; expected the backend torch"
            )

    def to_json(self) -> str:
        """Return the settings as one line of JSON with sorted keys."""
        table = {
            "protocol": record_to_table(self.protocol),
            "entrants": [[e.name, str(e.rule.named("", "")), e.scheduled] for e in self.entrants],
            "backend": self.backend,
        }
        return json.dumps(table, sort_keys=True)


def read_protocol(table: Mapping[str, Any], text: Text = NOWHERE) -> Protocol:
    """Return the protocol of a table.

    Raises:
        SettingsError: a key is unknown or a value is wrong; the message has its line.
    """
    kind = TextTraining if table.get("kind") == "text" else ImageTraining
    return read_record(Protocol, table, text, names={"TransferTraining": kind})


def read_task(name: str) -> dict[str, Any]:
    """Return the table of a task, one of :data:`TASKS`.

    Raises:
        SettingsError: there is none of this name.
    """
    if name not in TASKS:
        hint = suggestion(name, TASKS) or f"; expected one of {', '.join(TASKS)}"
        raise SettingsError(f"unknown task '{name}'{hint}")
    text = files("nos_sym.transfer").joinpath("tasks", f"{name}.toml").read_text(encoding="utf-8")
    return read_toml(text, f"task {name}")


_SCALED = ("steps", "warmup", "hold", "epoch_steps")


def scaled(table: Mapping[str, Any], scale: float) -> dict[str, Any]:
    """Return the table of a task whose trainings are shorter or longer: a rehearsal of the whole protocol.

    Raises:
        SettingsError: the scale is no positive number up to 1000.
    """
    if not 0 < scale <= 1000:
        raise SettingsError(f"the scale is {scale:g}; expected a positive number up to 1000")
    training = dict(table["training"])
    for name in _SCALED:
        if name in training:
            training[name] = max(1, round(training[name] * scale))
    spare = training["steps"] - 1
    training["warmup"] = min(training["warmup"], spare // 2)
    training["hold"] = min(training["hold"], spare // 2)
    return {**table, "training": training}
