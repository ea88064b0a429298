"""The settings of eliminations of several runs that are pooled: the protocol of Section 3.6 as data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from nos_sym.search.protocols.elimination_settings import (
    EliminationSettings,
    EliminationStage,
    inherited,
    read_elimination_preset,
    training_of,
)
from nos_sym.search.records import (
    NOWHERE,
    SettingsError,
    Text,
    check_domains,
    read_record,
    read_toml,
    record_to_table,
)
from nos_sym.search.settings import merge
from nos_sym.search.store.rows import Run
from nos_sym.search.trainer_kinds import settings_class

SECTIONS = ("pool", "second", "final")
"""Tables that a pooled elimination has beside those of an elimination of one run."""

_MOST = 100_000


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """What happens to the optimizers that the runs leave together.

    Attributes:
        stages: trainings of all of them before the pick, those of the last stage decide; none where the last
            stage of the eliminations does.
        pick: number of them that a search begins with.
        apart: distance from which two are unlike, where a pick is proposed
            (:mod:`nos_sym.search.protocols.uniqueness`).
    """

    stages: tuple[EliminationStage, ...] = ()
    pick: int = 6
    apart: float = 0.05

    def __post_init__(self) -> None:
        check_domains(self, {"pick": (1, _MOST), "apart": (0, 1)})


@dataclass(frozen=True, slots=True)
class SecondSettings:
    """The second searches, one from each that is picked, as settings that differ from those of its run.

    Attributes:
        time_steps, mutations: of the one particle that each has.
        repeats: number of trainings of each child, whose mean is its fitness.
        keep: number of optimizers of all of them together that go on.
    """

    time_steps: int = 5
    mutations: int = 60
    repeats: int = 3
    keep: int = 24

    def __post_init__(self) -> None:
        domains = {"time_steps": (1, 1000), "mutations": (1, _MOST), "repeats": (1, 1000), "keep": (1, _MOST)}
        check_domains(self, domains)


@dataclass(frozen=True, slots=True)
class FinalSettings:
    """The last trainings.

    Attributes:
        stages: stages of the optimizers that the second searches leave.
        report: number of optimizers that are reported: the best of all that were trained, in whichever part,
            as in the last stage.
    """

    stages: tuple[EliminationStage, ...]
    report: int = 10

    def __post_init__(self) -> None:
        check_domains(self, {"report": (1, _MOST)})
        if not self.stages:
            raise SettingsError("'stages' is empty; expected one table [[final.stages]] or more")


@dataclass(frozen=True)
class PooledSettings:
    """Everything that decides the result of a pooled elimination, beside who is picked by hand.

    Attributes:
        elimination: that of each run.
        pool: of what they leave together.
        second: the searches that begin with those that are picked.
        final: the last trainings.
    """

    elimination: EliminationSettings
    final: FinalSettings
    pool: PoolSettings = field(default_factory=PoolSettings)
    second: SecondSettings = field(default_factory=SecondSettings)

    def __post_init__(self) -> None:
        for stage in (*self.pool.stages, *self.final.stages):
            training_of(self.elimination.training, stage)

    def to_json(self) -> str:
        """Return the settings as one line of JSON with sorted keys."""
        sections = {name: record_to_table(getattr(self, name)) for name in SECTIONS}
        return json.dumps({**record_to_table(self.elimination), **sections}, sort_keys=True)


def read_pooled(table: Mapping[str, Any], text: Text = NOWHERE) -> PooledSettings:
    """Return the settings of a table: those of an elimination, and the tables ``SECTIONS``.

    Raises:
        SettingsError: a key is unknown or a value is wrong; the message has its line.
    """
    names = {"TaskSettings": settings_class(table.get("trainer", "torch"), text)}
    of_runs = {name: value for name, value in table.items() if name not in SECTIONS}
    read = read_record(EliminationSettings, of_runs, text, names=names)
    kinds = {"pool": PoolSettings, "second": SecondSettings, "final": FinalSettings}
    parts: dict[str, Any] = {
        name: read_record(kinds[name], table[name], text, (name,)) for name in SECTIONS if name in table
    }
    if "final" not in parts:
        raise SettingsError(f"{text.place(())}the table [final] is missing; expected [[final.stages]] in it")
    return PooledSettings(read, **parts)


def read_pooled_preset(name: str) -> dict[str, Any]:
    """Return the table of a preset: the elimination of that name, and what is done with several.

    Raises:
        SettingsError: there is no preset of this name.
    """
    table = read_elimination_preset(name)
    text = files("nos_sym.search").joinpath("pools", f"{name}.toml").read_text(encoding="utf-8")
    return merge(table, read_toml(text, f"preset {name}"))


def pooled_preset(name: str, run: Run, **changes: Any) -> PooledSettings:
    """Return the settings of a preset, trainings as in a run, with changes."""
    return read_pooled(merge(merge(inherited(run, name), read_pooled_preset(name)), changes))
