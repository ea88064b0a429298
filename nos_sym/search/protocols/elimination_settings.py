"""The settings of an elimination: its stages as data, from TOML files, presets and flags."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from nos_sym.algebra.levels import Level
from nos_sym.errors import quoted
from nos_sym.language.registry import suggestion
from nos_sym.search.records import (
    NOWHERE,
    SettingsError,
    Text,
    check_domains,
    read_record,
    read_toml,
    record_to_table,
)
from nos_sym.search.settings import LARGEST_SEED, merge, read_preset
from nos_sym.search.store.rows import Run
from nos_sym.search.trainer_kinds import load, settings_class
from nos_sym.search.trainers import TaskSettings

PRESETS = ("paper", "demo")
"""Files of the folder ``eliminations``, without ``.toml``."""


_MOST_STAGES, _MOST_CANDIDATES = 100, 100_000
CONVNET = "convnet"
"""The network of stages that name none, which every search trains."""

NETWORKS = {"efficientnetv2-s": "nos_sym.transfer.stage:stage_training"}
"""Other networks that stages may name, with the function that makes the training of a stage from that of the
search, the channels of its first convolution and the number of steps, as ``module:name``."""

_STAGE_DOMAINS = {
    "base": (1, 4096),
    "steps": (1, 10_000_000),
    "repeats": (1, 1000),
    "keep": (1, _MOST_CANDIDATES),
}


@dataclass(frozen=True, slots=True)
class EliminationStage:
    """One stage of an elimination.

    Attributes:
        base: channels of the first convolution of the network.
        steps: length of a training, in updates.
        repeats: number of trainings of each candidate, with different seeds.
        keep: number of candidates that go on to the next stage, or are left after the last.
        network: name of the network: ``convnet``, one of :data:`NETWORKS`, or one that the settings of the
            trainer know.
    """

    base: int
    steps: int
    repeats: int = 1
    keep: int = 1
    network: str = CONVNET

    def __post_init__(self) -> None:
        # Network and steps are also checked as those of the training.
        check_domains(self, _STAGE_DOMAINS)

    @property
    def called(self) -> str:
        """What tables call the stage."""
        return f"base {self.base}" if self.network == CONVNET else self.network


@dataclass(frozen=True)
class EliminationSettings:
    """Everything that decides the result of an elimination.

    Attributes:
        stages: the stages, in order.
        training: task and budget; ``base`` and ``steps`` are those of the stage.
        candidates: number of optimizers of the run that compete.
        level: of optimizers that are equal at this level, only the best competes; ``float32`` is not
            allowed, because it is not a proof.
        seed: seed of the trainings.
        trainer: name of a trainer in :data:`nos_sym.search.trainer_kinds.TRAINERS`, or ``module:Class``.
    """

    stages: tuple[EliminationStage, ...]
    training: TaskSettings
    candidates: int = 50
    level: Level = Level.EXACT
    seed: int = 0
    trainer: str = "torch"

    def __post_init__(self) -> None:
        if not self.stages:
            raise SettingsError("'stages' is empty; expected one table [[stages]] or more")
        if len(self.stages) > _MOST_STAGES:
            raise SettingsError(f"'stages' has {len(self.stages)} tables; expected at most {_MOST_STAGES}")
        check_domains(self, {"candidates": (1, _MOST_CANDIDATES), "seed": (0, LARGEST_SEED)})
        if not self.level.is_proof:
            raise SettingsError("'level' is 'float32'; expected a level of proofs")
        before = self.candidates
        for number, stage in enumerate(self.stages, 1):
            if stage.keep > before:
                raise SettingsError(
                    f"'stages': number {number} keeps {stage.keep} of {before}; expected at most as many"
                )
            before = stage.keep
            self.stage_training(number - 1)

    def stage_training(self, stage: int) -> TaskSettings:
        """Return task and budget of a stage."""
        return training_of(self.training, self.stages[stage])

    def to_json(self) -> str:
        """Return the settings as one line of JSON with sorted keys."""
        return json.dumps(record_to_table(self), sort_keys=True)


def training_of(training: TaskSettings, stage: EliminationStage) -> TaskSettings:
    """Return task and budget of a stage.

    No curve ends a training there: its levels are of another budget.

    Raises:
        SettingsError: there is no such network, or the settings of the trainer have no 'base' and 'steps'.
    """
    changes: dict[str, Any] = {"base": stage.base, "steps": stage.steps}
    if stage.network != CONVNET:
        # Whatever a trainer calls its networks, a setting of this name chooses one.
        if "network" not in {field.name for field in dataclasses.fields(training)}:  # type: ignore[arg-type]
            if stage.network in NETWORKS:
                made: TaskSettings = load(NETWORKS[stage.network])(training, stage.base, stage.steps)
                return made
            raise SettingsError(
                f"'stages' name the network {quoted(stage.network, 60)}, which the trainer has not; expected "
                f"{' or '.join((CONVNET, *NETWORKS))}"
            )
        changes["network"] = stage.network
    if getattr(training, "curve_steps", ()) and getattr(training, "curve_accuracies", ()):
        changes |= {"curve_steps": (), "curve_accuracies": ()}
    try:
        return dataclasses.replace(training, **changes)  # type: ignore[type-var]
    except TypeError:
        raise SettingsError(
            f"'stages' change 'base' and 'steps', and {type(training).__name__} does not have both; "
            "expected a run on images, or a trainer whose settings have them; 'nos-sym evaluate' trains "
            "on any task"
        ) from None


def read_elimination(table: Mapping[str, Any], text: Text = NOWHERE) -> EliminationSettings:
    """Return the settings of a table.

    Raises:
        SettingsError: a key is unknown or a value is wrong; the message has its line.
    """
    names = {"TaskSettings": settings_class(table.get("trainer", "torch"), text)}
    return read_record(EliminationSettings, table, text, names=names)


def read_elimination_preset(name: str) -> dict[str, Any]:
    """Return the table of a preset, one of :data:`PRESETS`.

    Raises:
        SettingsError: there is no preset of this name.
    """
    if name not in PRESETS:
        hint = suggestion(name, PRESETS) or f"; expected one of {', '.join(PRESETS)}"
        raise SettingsError(f"unknown preset '{name}'{hint}")
    text = files("nos_sym.search").joinpath("eliminations", f"{name}.toml").read_text(encoding="utf-8")
    return read_toml(text, f"preset {name}")


def inherited(run: Run, preset_name: str = "paper") -> dict[str, Any]:
    """Return the table of settings that an elimination takes from its run: trainer and training.

    An imported run has none, so those of the search's preset of the same name are used.
    """
    return inherited_settings(run.settings, preset_name)


def inherited_settings(settings: str, preset_name: str = "paper") -> dict[str, Any]:
    """Return what :func:`inherited` does, of the settings of a run as JSON."""
    table = json.loads(settings)
    if "training" not in table:
        table = read_preset(preset_name)
    return {name: table[name] for name in ("trainer", "training") if name in table}


def preset(name: str, run: Run, **changes: Any) -> EliminationSettings:
    """Return the settings of a preset for a run, with changes, as in ``preset("demo", run, seed=3)``."""
    return read_elimination(merge(merge(inherited(run, name), read_elimination_preset(name)), changes))
