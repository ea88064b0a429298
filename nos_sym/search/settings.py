"""The settings of a search: one frozen record, from presets, TOML files and flags, saved with the run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nos_sym.genome.settings import GenomeSettings
from nos_sym.genome.space import OperationSettings
from nos_sym.plugins import Named
from nos_sym.search import algorithm_plugins
from nos_sym.search.algorithm_plugins import AlgorithmSettings
from nos_sym.search.choices import ALGORITHM_NAMES
from nos_sym.search.choices import Algorithm as Algorithm
from nos_sym.search.choices import Counted as Counted
from nos_sym.search.choices import Dedup as Dedup
from nos_sym.search.evidence.settings import OFF, References, check_confirmation, check_split, check_tuning
from nos_sym.search.integrity import IntegritySettings
from nos_sym.search.preset_files import PRESETS as PRESETS
from nos_sym.search.preset_files import read_preset as read_preset
from nos_sym.search.records import (
    NOWHERE,
    SettingsError,
    Text,
    check_domains,
    read_record,
    read_toml,
    record_to_table,
)
from nos_sym.search.tables import for_trainer as for_trainer
from nos_sym.search.tables import merge as merge
from nos_sym.search.tables import names_other_task
from nos_sym.search.trainer_kinds import load_trainer, settings_class
from nos_sym.search.trainers import TaskSettings, Trainer

_PACKAGES = "packages"
"""Where a run has names and versions of the packages of its algorithm and tasks."""


def _training_settings() -> TaskSettings:
    settings: TaskSettings = settings_class("torch")()
    return settings


@dataclass(frozen=True)
class SearchSettings:
    """Everything that decides the result of a search; the defaults are those of the paper's log.

    Executor and number of workers are not settings, because the result does not depend on them.

    >>> preset("demo", seed=3, mutations=4)

    Attributes:
        seed: seed of every random choice.
        algorithm: how candidates are proposed; the name of one of a plug-in is a text.
        algorithm_settings: settings of an algorithm of a plug-in, where it has any.
        particles: number n of particles.
        initial_factor: size of the initial population, as a multiple of the number of particles.
        initial: optimizers that the particles start from, in turn: names of the catalog, rules as text, or
            files. With these there is no initial population.
        evaluate_particles: whether a particle's first optimizer is evaluated with the budget ``training``.
        time_steps: number of moves of each particle, where ``evaluations`` is 0.
        mutations: number k of children that each particle makes in a time-step.
        barriers: whether particles wait for each other after each time-step, and failed children for all
            children of their particle. Without barriers, workers have work as long as there is any. Particles
            with a budget of ``evaluations`` have barriers.
        failures: number of candidates that may fail the first early stop in a slot before it stays empty
            (4 in the authors' script; the paper's text knows no end, for which the preset ``paper`` has a
            number that no slot reaches).
        move_to_failed: whether a particle moves to the first of its children where none has a fitness, as in
            the authors' script; else it stays where it is.
        redraws: number of genomes that are drawn for a slot before it stays empty. A genome that fails the
            integrity check, or that the particle had before, is drawn again and is not a failure.
        repeats: number of trainings of each candidate, whose mean is its fitness.
        candidates_per_program: number of candidates of a generation that are trained as one program, which
            keeps a GPU busy. It is a setting because rounding depends on it.
        template: rule in which ``?`` stands for what is evolved, as in ``none ~ v_hat / ?``; empty for whole
            rules. Its momentum type is that of all candidates.
        dedup: which optimizers count as the same.
        almost: whether optimizers also count as the same that differ on a null set of histories, as where
            a gradient is exactly zero. Embedding rows and dead units have such gradients.
        evaluations: number of candidates that the search trains, in every algorithm, whatever they end with;
            see :mod:`nos_sym.search.budget`. With 0 particles make ``time_steps`` moves, and the other
            algorithms train as many candidates as the particles would have slots.
        counted: what ``evaluations`` counts.
        population: size P of the population of regularized evolution.
        sample: number S of members that compete to be the parent.
        batch: number of children of regularized evolution that are made from the same population; so many
            workers have work.
        trainer: name of a trainer in :data:`~nos_sym.search.trainer_kinds.TRAINERS`, or ``module:Class`` of
            one of your own.
        same_failures: number of trainings of this process after which the search stops if all of them ended
            with the same exception, as with a slip in a trainer; 0 for never. It decides no result.
        confirm: number k of the best different optimizers that are trained again after the search, and how
            often, with fresh seeds and scored on the test part; ``(0, 0)`` for none.
        references: which optimizers these are compared with.
        tune: number k of the best different optimizers whose constants are tuned after the search, and the
            trainings for each; ``(0, 0)`` for none.
        genome: sizes and probabilities of sampling and mutation.
        operations: operations that genomes have beside those of the paper, and those that they do without.
        integrity: settings of the integrity check.
        training: task and budget of the evolution.
        initial_training: task and budget of the initial population.
    """

    seed: int = 0
    algorithm: Algorithm | str = Algorithm.PARTICLES
    algorithm_settings: AlgorithmSettings | None = None
    particles: int = 50
    initial_factor: int = 10
    initial: tuple[str, ...] = ()
    evaluate_particles: bool = True
    time_steps: int = 5
    mutations: int = 7
    barriers: bool = False
    failures: int = 4
    move_to_failed: bool = False
    redraws: int = 1000
    repeats: int = 1
    candidates_per_program: int = 1
    template: str = ""
    dedup: Dedup = Dedup.EXACT
    almost: bool = False
    evaluations: int = 0
    counted: Counted = Counted.TRAININGS
    population: int = 100
    sample: int = 25
    batch: int = 8
    trainer: str = "torch"
    same_failures: int = 5
    confirm: tuple[int, int] = OFF
    references: References = References.NONE
    tune: tuple[int, int] = OFF
    genome: GenomeSettings = field(default_factory=GenomeSettings)
    operations: OperationSettings = field(default_factory=OperationSettings)
    integrity: IntegritySettings = field(default_factory=IntegritySettings)
    training: TaskSettings = field(default_factory=_training_settings)
    initial_training: TaskSettings = field(default_factory=_training_settings)

    def __post_init__(self) -> None:
        check_domains(self, _DOMAINS)
        if self.template:
            # Reading rules takes longer to import than all other settings.
            from nos_sym.search.template import check_template

            check_template(self.template, self.genome)
        if self.algorithm in ALGORITHM_NAMES:
            object.__setattr__(self, "algorithm", Algorithm(self.algorithm))
        own = algorithm_plugins.checked(self.algorithm_plugin(), self.algorithm_name, self.algorithm_settings)
        object.__setattr__(self, "algorithm_settings", own)
        if self.particles * self.initial_factor > _MOST_GENOMES:
            raise SettingsError(
                f"'initial_factor' is {self.initial_factor}; expected at most {_MOST_GENOMES} genomes in the "
                f"initial population of {self.particles} particles"
            )
        if self.sample > self.population:
            raise SettingsError(
                f"'sample' is {self.sample}; expected at most 'population', {self.population}"
            )
        check_confirmation(self.confirm, self.training)
        check_tuning(self.tune)
        check_split("training", self.training)
        check_split("initial_training", self.initial_training)

    @property
    def algorithm_name(self) -> str:
        """Name of the algorithm, as settings write it."""
        return self.algorithm.value if isinstance(self.algorithm, Algorithm) else self.algorithm

    def algorithm_plugin(self) -> Named | None:
        """Return the plug-in of the algorithm; ``None`` for one of nos-sym.

        Raises:
            SettingsError: no package has the algorithm.
        """
        own = isinstance(self.algorithm, Algorithm)
        return None if own else algorithm_plugins.find(self.algorithm_name, ALGORITHM_NAMES)

    def to_json(self) -> str:
        """Return the settings as one line of JSON with sorted keys.

        Names and versions of the packages that algorithm and tasks come from stand with them, so that a run
        goes on with no others.
        """
        table, found = record_to_table(self), self.algorithm_plugin()
        packages = {f"algorithm {found.name}": found.package} if found is not None else {}
        for training in (self.training, self.initial_training):
            packages |= getattr(training, "packages", {})
        if packages:
            table[_PACKAGES] = packages
        return json.dumps(table, sort_keys=True)


LARGEST_SEED = 2**63 - 1
"""The largest integer of a store."""

_MOST_GENOMES = 1_000_000

_DOMAINS = {
    "seed": (0, LARGEST_SEED),
    "particles": (1, 10_000),
    "initial_factor": (1, 10_000),
    "time_steps": (0, 10_000),
    "mutations": (1, 10_000),
    "failures": (0, 10_000),
    "redraws": (1, 1_000_000),
    "repeats": (1, 1000),
    "candidates_per_program": (1, 1000),
    "evaluations": (0, 10_000_000),
    "population": (1, 100_000),
    "sample": (1, 100_000),
    "batch": (1, 10_000),
    "same_failures": (0, 1_000_000),
}
"""Smallest and largest values. The largest are far above those of any search, and keep a slip of the keyboard
from taking all memory or running for ever."""

_SECTIONS = ("genome", "integrity", "training", "initial_training")


def trainer_of(settings: SearchSettings) -> Trainer[Any]:
    """Return the trainer that the settings name.

    Raises:
        SettingsError: the trainer needs a package that is not installed.
    """
    return load_trainer(settings.trainer)


def settings_from_json(text: str) -> SearchSettings:
    """Read what :meth:`SearchSettings.to_json` wrote, of whatever version."""
    table = as_written(json.loads(text))
    table.pop(_PACKAGES, None)
    return settings_from_table(table)


def as_written(table: dict[str, Any]) -> dict[str, Any]:
    """Return the table of a run, with what its settings meant that stores did not always have."""
    return {"barriers": True, "counted": Counted.SLOTS.value, **table}


def settings_from_table(table: Mapping[str, Any], text: Text = NOWHERE) -> SearchSettings:
    """Return the settings of a table; a missing key keeps its default.

    A key that ``[initial_training]`` lacks has its value in ``[training]``.

    Raises:
        SettingsError: a key is unknown or a value is wrong; the message has its line.
    """
    # What the settings of a training are depends on the trainer.
    names = {
        "TaskSettings": settings_class(table.get("trainer", "torch"), text),
        "AlgorithmSettings": algorithm_plugins.class_of(table.get("algorithm"), ALGORITHM_NAMES, text),
    }
    sections = {name: table.get(name, {}) for name in _SECTIONS}
    training, initial = sections["training"], sections["initial_training"]
    if isinstance(training, Mapping) and isinstance(initial, Mapping):
        # Settings of another task are no defaults for one.
        other = names_other_task(training, initial)
        sections["initial_training"] = initial if other else {**training, **initial}
    return read_record(SearchSettings, {**table, **sections}, text, names=names)


def read_settings(text: str, where: str, base: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the table of a TOML text above another table, for example that of a preset.

    Raises:
        SettingsError: the text is not TOML, a key is unknown or a value is wrong; the message has its line.
    """
    table = merge(base or {}, read_toml(text, where))
    settings_from_table(table, Text(where, text))
    return table


def preset(name: str, **changes: Any) -> SearchSettings:
    """Return the settings of a preset with changes, for example ``preset("demo", seed=3)``.

    With another trainer that has settings of its own, what the preset says of trainings is left out.
    """
    table = read_preset(name)
    if "trainer" in changes:
        table = for_trainer(table, changes["trainer"])
    return settings_from_table(merge(table, changes))
