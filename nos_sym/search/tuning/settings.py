"""The settings of a tuning: a record, kept as JSON with its run, from which it goes on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from nos_sym.language.parser import parse_rule
from nos_sym.language.rule import Rule
from nos_sym.search.records import SettingsError, check_domains, record_to_table
from nos_sym.search.settings import Dedup, SearchSettings, as_written, settings_from_table
from nos_sym.search.tuning.constants import Kind

KIND = "tuning"
"""Kind of the runs that tune."""

_SECTION = "tuning"
"""Where these settings stand beside those of a search."""

_MOST_RULES = 1000

_DOMAINS = {"trainings": (1, 1_000_000), "population": (0, 10_000), "spread": (0.001, 2.0)}


@dataclass(frozen=True)
class Origin:
    """An optimizer whose constants are tuned, and where it comes from.

    Attributes:
        rule: the optimizer, with numbers and without settings.
        run: run that found it; ``None`` for one that was given.
        slot: its slot there.
        fitness: its fitness there.
    """

    rule: Rule
    run: int | None = None
    slot: str = ""
    fitness: float | None = None


@dataclass(frozen=True)
class TuningSettings:
    """Everything that decides what a tuning comes to.

    Attributes:
        search: task, trainer, seed, repeats, deduplication, template and confirmation, as of a search.
        origins: the optimizers.
        trainings: number of trainings for each of them, its own if it has to be trained included; answers of
            the store cost none.
        also: kinds of constants that count beside plain ones; see
            :func:`~nos_sym.search.tuning.constants.constants_of`.
        spread: standard deviation of the first population in decades, 0.3 for a factor of two.
        population: size of a population; 0 for ``4 + 3 log(constants)``.
    """

    search: SearchSettings
    origins: tuple[Origin, ...]
    trainings: int = 40
    also: tuple[Kind, ...] = ()
    spread: float = 0.3
    population: int = 0

    def __post_init__(self) -> None:
        if not 1 <= len(self.origins) <= _MOST_RULES:
            raise SettingsError(f"there are {len(self.origins)} optimizers; expected 1 to {_MOST_RULES}")
        if Kind.PLAIN in self.also or len(set(self.also)) != len(self.also):
            raise SettingsError("'also' has kinds beside plain constants, each once: exponents and integers")
        if self.population == 1:
            raise SettingsError("'population' is 1; expected 2 or more, or 0 for a size by the constants")
        check_domains(self, _DOMAINS)

    @property
    def dedup(self) -> Dedup:
        """What counts as known: as in the search, and at least what is proved to be the same optimizer."""
        level = self.search.dedup.level
        return self.search.dedup if level is not None and level.is_proof else Dedup.EXACT

    def to_json(self) -> str:
        """Return the settings as one line of JSON with sorted keys."""
        own = {
            "origins": [
                {"rule": str(o.rule), "run": o.run, "slot": o.slot, "fitness": o.fitness}
                for o in self.origins
            ],
            "trainings": self.trainings,
            "also": [kind.value for kind in self.also],
            "spread": self.spread,
            "population": self.population,
        }
        return json.dumps(record_to_table(self.search) | {_SECTION: own}, sort_keys=True)


def tuning_from_json(text: str) -> TuningSettings:
    """Read what :meth:`TuningSettings.to_json` wrote.

    Raises:
        NosSymError: it is malformed.
    """
    table = json.loads(text)
    own = table.pop(_SECTION, None)
    if not isinstance(own, dict):
        raise SettingsError("the settings of a tuning are malformed; expected what it tunes")
    try:
        origins = tuple(
            Origin(parse_rule(o["rule"]), o["run"], o["slot"], o["fitness"]) for o in own["origins"]
        )
        also = tuple(Kind(name) for name in own["also"])
        rest = {name: own[name] for name in _DOMAINS}
    except (KeyError, TypeError, ValueError) as error:
        raise SettingsError(f"the settings of a tuning are malformed: {error!r}") from None
    return TuningSettings(settings_from_table(as_written(table)), origins, also=also, **rest)


def given_origins(rules: Iterable[Rule]) -> tuple[Origin, ...]:
    """Return optimizers that are given as what is tuned, their settings at their defaults."""
    return tuple(Origin(rule.at_defaults().named("", "")) for rule in rules)
