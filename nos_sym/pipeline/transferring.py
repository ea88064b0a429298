"""The stage that trains on other data and larger networks, ``transfer``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, Literal

from nos_sym.pipeline.needs import for_transfer
from nos_sym.pipeline.stage import Adaptation, Found, Missing, Outcome, Playing, Stage, Watch
from nos_sym.search.candidates import Result
from nos_sym.search.listener import Listener
from nos_sym.search.records import record_to_table
from nos_sym.search.settings import LARGEST_SEED
from nos_sym.transfer.entrants import entrants_of
from nos_sym.transfer.experiment import Entrant, Experiment, Protocol, read_protocol, scaled
from nos_sym.transfer.outcome import merged, results_json
from nos_sym.transfer.running import run_experiment, seeds_of


@dataclass(frozen=True)
class TransferStage(Stage):
    """A transfer experiment.

    Attributes:
        protocol: data, model, budget, and how the learning rate is found.
        optimizers: names of the catalog, or ``all``.
        best_of: stages, and how many of the best of each compete, too.
        backend: what trains.
    """

    command: ClassVar[str] = "transfer"
    protocol: Protocol
    optimizers: tuple[str, ...] = ()
    best_of: tuple[tuple[Stage, int], ...] = ()
    backend: Literal["torch", "tensorflow"] = "torch"

    def __post_init__(self) -> None:
        # Names and backend are checked by what uses them.
        if self.optimizers:
            Experiment(self.protocol, _catalog(self.optimizers), self.backend)

    @property
    def sources(self) -> tuple[Stage, ...]:
        """The stages whose best compete."""
        return tuple(stage for stage, _ in self.best_of)

    @property
    def trainings(self) -> int:
        """Number of trainings of the learning-rate test, the refinement and the repeats."""
        p = self.protocol
        entrants = len(_catalog(self.optimizers)) + sum(count for _, count in self.best_of)
        return entrants * (len(p.rates) + len(p.refine) + p.repeats)

    def missing(self) -> Iterable[Missing]:
        """Return packages and archives of the task that are missing."""
        return for_transfer(self.protocol.training, self.backend)

    def table(self) -> dict[str, Any]:
        """Return it as a table of a sequence."""
        return {
            "command": self.command,
            "optimizers": list(self.optimizers),
            "best": {stage.name: count for stage, count in self.best_of},
            "backend": self.backend,
            **record_to_table(self.protocol),
        }

    def adapted(self, changes: Adaptation, sources: Mapping[str, Any]) -> TransferStage:
        """Return it with other settings of all trainings, and other stages of the same names."""
        protocol = self.protocol
        if changes.scale != 1:
            protocol = read_protocol(scaled(record_to_table(protocol), changes.scale))
        if changes.data is not None:
            protocol = replace(protocol, training=replace(protocol.training, data=changes.data))
        protocol = replace(protocol, seed=(protocol.seed + changes.seed) % (LARGEST_SEED + 1))
        best_of = tuple((sources[stage.name], count) for stage, count in self.best_of)
        return replace(self, protocol=protocol, best_of=best_of)

    def play(self, playing: Playing) -> Outcome:
        """Train who competes, or go on with the experiment that the store has, and write the results."""
        entrants = {entrant.name: entrant for entrant in _catalog(self.optimizers)}
        for stage, count in self.best_of:
            for found in stage.best(playing, count):
                entrants.setdefault(found.name, _entrant(found))
        experiment = Experiment(self.protocol, tuple(entrants.values()), self.backend)
        with playing.executor(self.protocol.training.threads) as executor:
            listener = _Telling(playing.watch, self.name)
            run, rows = run_experiment(
                experiment, playing.store, executor=executor, resume=True, listener=listener
            )
        results = results_json(rows, self.protocol, seeds_of(self.protocol), run.versions)
        if results["results"]:
            playing.results.append(results)
            playing.output.results(merged(playing.results))
        else:
            playing.watch.note(f"stage '{self.name}': no optimizer has a result on every seed")
        said = [
            {"name": row.name, "same_as": row.same_as, "learning_rate": row.rate, "mean": row.mean}
            for row in rows
        ]
        return Outcome((run.id,), {"rows": said}, rows)


@lru_cache(maxsize=16)
class _Telling(Listener):
    """Tells a watch how much of each part of an experiment is done."""

    def __init__(self, watch: Watch, name: str) -> None:
        self._watch, self._name = watch, name
        self._part, self._done, self._total = "", 0, 0

    def stage(self, name: str, slots: int) -> None:
        self._part, self._done, self._total = name, 0, slots
        self._tell()

    def result(self, result: Result) -> None:
        self._done += 1
        self._tell()

    def _tell(self) -> None:
        self._watch.told(f"{self._name}, {self._part}", self._done, self._total)


def _catalog(names: tuple[str, ...]) -> tuple[Entrant, ...]:
    """Return optimizers of the catalog, which the stages of a sequence mostly share."""
    return entrants_of(names)


def _entrant(found: Found) -> Entrant:
    return Entrant(found.name, found.rule, found.scheduled)
