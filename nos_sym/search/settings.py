"""The settings of a search: one frozen record, from TOML files, presets and flags, saved with the run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from nos_sym.algebra.levels import Level
from nos_sym.language.registry import suggestion
from nos_sym.search.records import (
    NOWHERE,
    SettingsError,
    Text,
    read_record,
    read_toml,
    record_to_table,
    with_new_names,
)
from nos_sym.search.trainer_kinds import TRAINERS, load, load_trainer, trainer_kind
from nos_sym.search.trainers import TaskSettings, Trainer

if TYPE_CHECKING:
    from nos_sym.genome.settings import GenomeSettings
    from nos_sym.search.integrity import IntegritySettings

PRESETS = ("demo", "paper", "authors-script", "paper-adam-variants", "paper-lr-schedules")
"""Files of the folder ``presets``, without ``.toml``."""


class Algorithm(Enum):
    """How candidates are proposed.

    particles: Algorithm 1 of the paper. random: every candidate is sampled anew. regularized: regularized
    evolution (Real et al. 2019), a population from which the oldest is removed.
    """

    PARTICLES = "particles"
    RANDOM = "random"
    REGULARIZED = "regularized"


class Dedup(Enum):
    """What counts as an optimizer that is known: a level of equality, or ``off``, the authors' way.

    With ``off`` only texts are compared, and only within one particle.
    """

    EXACT = "exact"
    SIGN = "sign"
    SCALE = "scale"
    SCHEDULE = "schedule"
    FLOAT32 = "float32"
    OFF = "off"

    @property
    def level(self) -> Level | None:
        """The level of equality; ``None`` for ``off``."""
        return None if self is Dedup.OFF else Level(self.value)


def _genome_settings() -> GenomeSettings:
    from nos_sym.genome.settings import GenomeSettings

    return GenomeSettings()


def _integrity_settings() -> IntegritySettings:
    from nos_sym.search.integrity import IntegritySettings

    return IntegritySettings()


def _training_settings() -> TaskSettings:
    settings: TaskSettings = load(TRAINERS["torch"].settings)()
    return settings


@dataclass(frozen=True)
class SearchSettings:
    """Everything that decides the result of a search; the defaults are those of the paper's log.

    Executor and number of workers are not here: the result does not depend on them.

    Attributes:
        seed: of every random choice.
        algorithm: how candidates are proposed.
        particles: number n of particles.
        initial_factor: genomes of the initial population for each particle.
        initial: names of the catalog, rules as text or files that the particles start from, in turn; with
            these there is no initial population.
        evaluate_particles: whether a particle's first optimizer is evaluated on the task of the evolution.
        time_steps: how often each particle moves.
        mutations: children k that each particle makes in a time-step.
        failures: how often a child may fail the first early stop and be mutated anew, before its place stays
            empty (the authors': 4).
        redraws: how many genomes are drawn for one place before it stays empty: those that fail the integrity
            check or are known in the particle do not count as failures.
        repeats: trainings of each candidate; fitness is their mean.
        together: how many candidates are trained as one program, which a GPU needs to be busy; they are
            children of one time-step in their order. Rounding depends on it, so it is a setting.
        dedup: what counts as known.
        evaluations: places that random search and regularized evolution fill, each by a training or an
            answer; in regularized evolution one that fails has further ones, as ``failures`` says.
        population: size of the population of regularized evolution (P).
        sample: how many of them compete to be the parent (S).
        batch: children of regularized evolution that are made before any of them is added; it decides how
            many workers have work.
        trainer: a name of :data:`TRAINERS`.
        genome: sizes and probabilities of sampling and mutation.
        integrity: the integrity check.
        training: task and budget of the evolution.
        initial_training: task and budget of the initial population.
    """

    seed: int = 0
    algorithm: Algorithm = Algorithm.PARTICLES
    particles: int = 50
    initial_factor: int = 10
    initial: tuple[str, ...] = ()
    evaluate_particles: bool = True
    time_steps: int = 5
    mutations: int = 7
    failures: int = 4
    redraws: int = 1000
    repeats: int = 1
    candidates_per_program: int = 1
    dedup: Dedup = Dedup.EXACT
    evaluations: int = 1800
    population: int = 100
    sample: int = 25
    batch: int = 8
    trainer: str = "torch"
    genome: GenomeSettings = field(default_factory=_genome_settings)
    integrity: IntegritySettings = field(default_factory=_integrity_settings)
    training: TaskSettings = field(default_factory=_training_settings)
    initial_training: TaskSettings = field(default_factory=_training_settings)

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value < least:
                raise SettingsError(f"'{name}' is {value}; expected at least {least}")
        if self.sample > self.population:
            raise SettingsError(
                f"'sample' is {self.sample}; expected at most 'population', {self.population}"
            )

    def to_json(self) -> str:
        """Return the record as one line of JSON, with its keys in order."""
        return json.dumps(record_to_table(self), sort_keys=True)


_LEAST = {
    "seed": 0,
    "particles": 1,
    "initial_factor": 1,
    "time_steps": 0,
    "mutations": 1,
    "failures": 0,
    "redraws": 1,
    "repeats": 1,
    "candidates_per_program": 1,
    "evaluations": 1,
    "population": 1,
    "sample": 1,
    "batch": 1,
}
_SECTIONS = ("genome", "integrity", "training", "initial_training")


def trainer_of(settings: SearchSettings) -> Trainer[Any]:
    """Return the trainer that settings name.

    Raises:
        SettingsError: it needs a package that is not installed.
    """
    return load_trainer(settings.trainer)


def settings_from_json(text: str) -> SearchSettings:
    """Read what :meth:`SearchSettings.to_json` wrote."""
    return settings_from_table(json.loads(text))


def settings_from_table(table: Mapping[str, Any], text: Text = NOWHERE) -> SearchSettings:
    """Return the settings of a table; what is missing keeps its default.

    ``[initial_training]`` has the values of ``[training]`` where it says nothing.

    Raises:
        SettingsError: an unknown key or a value that is none, with its line.
    """
    kind = trainer_kind(table.get("trainer", "torch"), text)
    sections = {name: table.get(name, {}) for name in _SECTIONS}
    training, initial = sections["training"], sections["initial_training"]
    if isinstance(training, Mapping) and isinstance(initial, Mapping):
        sections["initial_training"] = {**training, **initial}
    # The types of the sections are imported here alone, and those of the trainings depend on the trainer.
    names = {
        "GenomeSettings": load("nos_sym.genome.settings:GenomeSettings"),
        "IntegritySettings": load("nos_sym.search.integrity:IntegritySettings"),
        "TaskSettings": load(kind.settings),
    }
    return read_record(SearchSettings, {**table, **sections}, text, names=names)


def read_settings(text: str, where: str, base: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the table of a TOML text, with that of a preset beneath it.

    Raises:
        SettingsError: the text is no TOML, or holds what is no setting; with its line.
    """
    table = merge(base or {}, read_toml(text, where))
    settings_from_table(table, Text(where, text))
    return table


def read_preset(name: str) -> dict[str, Any]:
    """Return the table of a preset, one of :data:`PRESETS`.

    Raises:
        SettingsError: there is none of this name.
    """
    if name not in PRESETS:
        hint = suggestion(name, PRESETS) or f"; expected one of {', '.join(PRESETS)}"
        raise SettingsError(f"unknown preset '{name}'{hint}")
    text = files("nos_sym.search").joinpath("presets", f"{name}.toml").read_text(encoding="utf-8")
    return read_toml(text, f"preset {name}")


def preset(name: str, **changes: Any) -> SearchSettings:
    """Return the settings of a preset with changes, for example ``preset("demo", seed=3)``."""
    return settings_from_table(merge(read_preset(name), changes))


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with the values of both; where both have one, that of ``above``."""
    merged = with_new_names(below)
    for key, value in with_new_names(above).items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(old, value) if both else value  # type: ignore[arg-type]
    return merged
