"""The stages that eliminate, ``eliminate``: up to the pool, and the second searches from who is picked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule
from nos_sym.pipeline.needs import for_search, for_stages
from nos_sym.pipeline.scaling import scaled_stages, scaled_training, with_folder
from nos_sym.pipeline.searching import SearchStage
from nos_sym.pipeline.stage import Adaptation, Found, Missing, Outcome, Playing, Stage
from nos_sym.search.protocols.elimination import Elimination, eliminate
from nos_sym.search.protocols.elimination_settings import EliminationSettings, EliminationStage
from nos_sym.search.protocols.pool import Source, eliminate_pooled
from nos_sym.search.protocols.pool_settings import PooledSettings
from nos_sym.search.protocols.pooled import PooledElimination
from nos_sym.search.records import record_to_table
from nos_sym.search.reports.tally import planned_slots
from nos_sym.search.settings import LARGEST_SEED

Settings = EliminationSettings | PooledSettings


@dataclass(frozen=True)
class EliminationStageOf(Stage):
    """The best of searches on larger and larger networks; of several searches, up to their pool.

    Attributes:
        of: the searches.
        settings: stages and training; of several searches those of the pool, too.
    """

    command: ClassVar[str] = "eliminate"
    of: tuple[SearchStage, ...]
    settings: Settings

    @property
    def sources(self) -> tuple[Stage, ...]:
        """The searches."""
        return self.of

    @property
    def own(self) -> EliminationSettings:
        """The elimination of each search."""
        return self.settings.elimination if isinstance(self.settings, PooledSettings) else self.settings

    @property
    def left(self) -> int:
        """Number of optimizers that are left, at most."""
        if not isinstance(self.settings, PooledSettings):
            return self.own.stages[-1].keep
        pool = self.settings.pool.stages
        left = self.own.stages[-1].keep * len(self.of)
        return min(left, pool[-1].keep) if pool else left

    @property
    def trainings(self) -> int:
        """Number of trainings of the eliminations, and of the pool where it has stages."""
        total = 0
        for search in self.of:
            competing = min(self.own.candidates, planned_slots(search.settings))
            total += trainings_of(self.own.stages, competing)
        if isinstance(self.settings, PooledSettings):
            total += trainings_of(self.settings.pool.stages, self.own.stages[-1].keep * len(self.of))
        return total

    def missing(self) -> Iterable[Missing]:
        """Return packages and archives of the stages that are missing."""
        stages = self.own.stages
        if isinstance(self.settings, PooledSettings):
            stages = (*stages, *self.settings.pool.stages, *self.settings.final.stages)
        return [*for_search(self.own.training), *for_stages(stages)]

    def table(self) -> dict[str, Any]:
        """Return it as a table of a sequence."""
        table: dict[str, Any] = {"command": self.command, "of": [s.name for s in self.of]}
        if isinstance(self.settings, PooledSettings):
            parts = {name: record_to_table(getattr(self.settings, name)) for name in _PARTS}
            return {**table, **record_to_table(self.own), **parts}
        return {**table, **record_to_table(self.own)}

    def adapted(self, changes: Adaptation, sources: Mapping[str, Any]) -> EliminationStageOf:
        """Return it with other settings of all trainings, and other searches of the same names."""
        own = self.own
        training = with_folder(scaled_training(own.training, changes.scale), changes.data)
        settings: Settings = replace(
            own,
            stages=scaled_stages(own.stages, changes.scale),
            training=training,
            seed=(own.seed + changes.seed) % (LARGEST_SEED + 1),
        )
        if isinstance(self.settings, PooledSettings):
            assert isinstance(settings, EliminationSettings)
            pool, final = self.settings.pool, self.settings.final
            settings = replace(
                self.settings,
                elimination=settings,
                pool=replace(pool, stages=scaled_stages(pool.stages, changes.scale)),
                final=replace(final, stages=scaled_stages(final.stages, changes.scale)),
            )
        of = tuple(sources[s.name] for s in self.of)
        return replace(self, of=of, settings=settings)

    def play(self, playing: Playing) -> Outcome:
        """Eliminate, or go on with the eliminations of these settings that the store has."""
        numbers = [playing.outcomes[search.name].runs[0] for search in self.of]
        with playing.executor(int(getattr(self.own.training, "threads", 1))) as executor:
            if isinstance(self.settings, PooledSettings):
                run, pooled = eliminate_pooled(
                    self.settings, playing.store, [Source(n) for n in numbers], executor=executor,
                    resume=True, only_pool=True, told=playing.watch.told,
                )  # fmt: skip
                runs = (run.id, *pooled.eliminations)
                return Outcome(runs, {"pool": pooled.to_json()["pool"]}, pooled)
            run, result = eliminate(
                self.settings, playing.store, numbers[0], executor=executor, resume=True, whole=True,
                progress=_told(playing, f"elimination of run {numbers[0]}"),
            )  # fmt: skip
        return Outcome((run.id,), {"contestants": result.to_json()["contestants"]}, result)

    def best(self, playing: Playing, count: int) -> tuple[Found, ...]:
        """Return those that are left, the best mean first."""
        result = playing.outcomes[self.name].result
        if isinstance(result, PooledElimination):
            rows = [(each.text, each.mean) for each in result.pool]
        else:
            assert isinstance(result, Elimination)
            last = len(self.own.stages) - 1
            rows = [(each.text, each.mean(last) or 0.0) for each in result.kept(self.own)]
        return found_of(self.name, rows[:count])


_PARTS = ("pool", "second", "final")


@dataclass(frozen=True)
class SecondStage(Stage):
    """The second searches, one from each optimizer that is picked of a pool, and the best of all.

    Attributes:
        of: the elimination that has the pool.
        pick: names of the pool, or ``proposed`` alone.
    """

    command: ClassVar[str] = "eliminate"
    of: EliminationStageOf
    pick: tuple[str, ...]

    @property
    def sources(self) -> tuple[Stage, ...]:
        """The elimination."""
        return (self.of,)

    @property
    def settings(self) -> PooledSettings:
        """Settings of the elimination, which have those of what follows it."""
        assert isinstance(self.of.settings, PooledSettings)
        return self.of.settings

    @property
    def trainings(self) -> int:
        """Number of trainings of the searches, each child as often as the settings say, and the last ones."""
        s = self.settings
        searches = min(s.pool.pick, self.of.left)
        slots = 1 + s.second.time_steps * s.second.mutations
        entering = min(s.second.keep, searches * slots)
        return searches * slots * s.second.repeats + trainings_of(s.final.stages, entering)

    def missing(self) -> Iterable[Missing]:
        """Return packages and archives of the elimination and the searches that are missing."""
        return self.of.missing()

    def table(self) -> dict[str, Any]:
        """Return it as a table of a sequence."""
        return {"command": self.command, "of": [self.of.name], "pick": list(self.pick)}

    def adapted(self, changes: Adaptation, sources: Mapping[str, Any]) -> SecondStage:
        """Return it with another elimination of the same name."""
        del changes
        return replace(self, of=sources[self.of.name])

    def play(self, playing: Playing) -> Outcome:
        """Search from who is picked, or go on with these searches."""
        numbers = [playing.outcomes[search.name].runs[0] for search in self.of.of]
        with playing.executor(int(getattr(self.of.own.training, "threads", 1))) as executor:
            run, found = eliminate_pooled(
                self.settings, playing.store, [Source(n) for n in numbers], executor=executor, resume=True,
                pick=self.pick, told=playing.watch.told,
            )  # fmt: skip
        assert found.final is not None
        said = found.to_json()
        return Outcome(
            (*found.second, found.final, run.id),
            {name: said[name] for name in ("picked", "by", "best")},
            found,
        )

    def best(self, playing: Playing, count: int) -> tuple[Found, ...]:
        """Return the best of all that had the last training, the best mean first."""
        result = playing.outcomes[self.name].result
        assert isinstance(result, PooledElimination)
        return found_of(self.name, [(each.text, each.mean) for each in result.best[:count]])


def trainings_of(stages: Sequence[EliminationStage], competing: int) -> int:
    """Return the number of trainings of stages that so many optimizers begin with."""
    total = 0
    for stage in stages:
        total += competing * stage.repeats
        competing = min(competing, stage.keep)
    return total


def found_of(name: str, rows: Sequence[tuple[str, float]]) -> tuple[Found, ...]:
    """Return what a stage has found, from texts of rules and means, the best first."""
    found = []
    for number, (text, mean) in enumerate(rows, 1):
        rule = parse(text)
        assert isinstance(rule, Rule)
        found.append(Found(f"{name}-{number}", rule, mean))
    return tuple(found)


def _told(playing: Playing, what: str) -> Any:
    return lambda stage, done, total: playing.watch.told(f"{what}, stage {stage + 1}", done, total)
