"""The settings of an elimination: its stages as data, from TOML files, presets and flags."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from nos_sym.algebra.levels import Level
from nos_sym.language.registry import suggestion
from nos_sym.search.records import NOWHERE, SettingsError, Text, read_record, read_toml, record_to_table
from nos_sym.search.settings import merge, read_preset
from nos_sym.search.store.rows import Run
from nos_sym.search.trainer_kinds import load, trainer_kind
from nos_sym.search.trainers import TaskSettings

PRESETS = ("paper", "demo")
"""Files of the folder ``eliminations``, without ``.toml``."""


@dataclass(frozen=True, slots=True)
class EliminationStage:
    """One stage.

    Attributes:
        base: of the ConvNet.
        steps: of a training.
        repeats: trainings of each candidate, with different seeds.
        keep: how many go on to the next stage; after the last, how many are left.
    """

    base: int
    steps: int
    repeats: int = 1
    keep: int = 1

    def __post_init__(self) -> None:
        for name in ("base", "steps", "repeats", "keep"):
            if getattr(self, name) < 1:
                raise SettingsError(f"'{name}' is {getattr(self, name)}; expected at least 1")


@dataclass(frozen=True)
class EliminationSettings:
    """Everything that decides the result of an elimination.

    Attributes:
        stages: one after the other.
        training: of every stage, but for what the stage says.
        candidates: how many optimizers of the run compete.
        level: optimizers of the run that are equal at this level compete as one, the best of them; no proof
            is needed for ``float32``, so it is none of them.
        seed: of the trainings.
        trainer: a name of :data:`nos_sym.search.trainer_kinds.TRAINERS`.
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
        if self.candidates < 1 or self.seed < 0:
            raise SettingsError("'candidates' must be at least 1 and 'seed' at least 0")
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
        chosen = self.stages[stage]
        try:
            return dataclasses.replace(self.training, base=chosen.base, steps=chosen.steps)  # type: ignore[type-var]
        except TypeError as error:
            raise SettingsError(f"'trainer': its settings have no 'base' and 'steps': {error}") from None

    def to_json(self) -> str:
        """Return the record as one line of JSON, with its keys in order."""
        return json.dumps(record_to_table(self), sort_keys=True)


def read_elimination(table: Mapping[str, Any], text: Text = NOWHERE) -> EliminationSettings:
    """Return the settings of a table.

    Raises:
        SettingsError: an unknown key or a value that is none, with its line.
    """
    names = {"TaskSettings": load(trainer_kind(table.get("trainer", "torch"), text).settings)}
    return read_record(EliminationSettings, table, text, names=names)


def read_elimination_preset(name: str) -> dict[str, Any]:
    """Return the table of a preset, one of :data:`PRESETS`.

    Raises:
        SettingsError: there is none of this name.
    """
    if name not in PRESETS:
        hint = suggestion(name, PRESETS) or f"; expected one of {', '.join(PRESETS)}"
        raise SettingsError(f"unknown preset '{name}'{hint}")
    text = files("nos_sym.search").joinpath("eliminations", f"{name}.toml").read_text(encoding="utf-8")
    return read_toml(text, f"preset {name}")


def inherited(run: Run, preset_name: str = "paper") -> dict[str, Any]:
    """Return the table that an elimination of a run begins with: the run's trainer and training.

    A run that was imported has none; those of the search's preset of the same name are taken.
    """
    table = json.loads(run.settings)
    if "training" not in table:
        table = read_preset(preset_name)
    return {name: table[name] for name in ("trainer", "training") if name in table}


def preset(name: str, run: Run, **changes: Any) -> EliminationSettings:
    """Return the settings of a preset for a run, with changes at the top level."""
    return read_elimination(merge(merge(inherited(run, name), read_elimination_preset(name)), changes))
