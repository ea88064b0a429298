"""Tables as stages, a function for each command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nos_sym.errors import described, quoted
from nos_sym.language.registry import suggestion
from nos_sym.pipeline.collecting import SchedulesStage
from nos_sym.pipeline.eliminating import EliminationStageOf, SecondStage
from nos_sym.pipeline.searching import SearchStage
from nos_sym.pipeline.stage import Stage
from nos_sym.pipeline.transferring import TransferStage
from nos_sym.pipeline.writing import PaperStage
from nos_sym.search.protocols.elimination_settings import (
    inherited_settings,
    read_elimination,
    read_elimination_preset,
)
from nos_sym.search.protocols.pool_settings import PooledSettings, read_pooled, read_pooled_preset
from nos_sym.search.records import SettingsError
from nos_sym.search.settings import for_trainer, merge, read_preset, settings_from_table
from nos_sym.transfer.experiment import read_protocol, read_task

Earlier = Mapping[str, Stage]
"""The stages before one, by their names."""

_MOST = 10_000


def read_stage(name: str, table: Mapping[str, Any], earlier: Earlier) -> Stage:
    """Return the stage of a table.

    Raises:
        NosSymError: the command is unknown, a key is unknown or missing, or a value is wrong.
    """
    rest = dict(table)
    command = rest.pop("command", None)
    if not isinstance(command, str) or command not in READERS:
        known = ", ".join(READERS)
        hint = suggestion(command, READERS) if isinstance(command, str) else ""
        said = "is missing" if command is None else f"is {described(command)}"
        raise SettingsError(f"'command' {said}{hint or f'; expected one of {known}'}")
    return READERS[command](name, rest, earlier)


def _evolve(name: str, table: dict[str, Any], earlier: Earlier) -> Stage:
    del earlier
    preset = table.pop("preset", None)
    below = {} if preset is None else read_preset(preset)
    if "trainer" in table:
        below = for_trainer(below, table["trainer"])
    return SearchStage(name, settings_from_table(merge(below, table)))


def _eliminate(name: str, table: dict[str, Any], earlier: Earlier) -> Stage:
    given = _of(table, earlier)
    if "pick" in table:
        return _pick(name, table, given)
    searches = tuple(stage for stage in given if isinstance(stage, SearchStage))
    if len(searches) < len(given):
        wrong = next(stage for stage in given if not isinstance(stage, SearchStage))
        raise SettingsError(f"'of' has {quoted(wrong.name)}, which is no search; expected stages of 'evolve'")
    pooled = len(searches) > 1
    preset = table.pop("preset", None)
    of_preset: dict[str, Any] = {}
    if preset is not None:
        of_preset = (read_pooled_preset if pooled else read_elimination_preset)(_text("preset", preset))
    below = inherited_settings(searches[0].settings.to_json(), preset or "paper")
    whole = merge(merge(below, of_preset), table)
    return EliminationStageOf(name, searches, read_pooled(whole) if pooled else read_elimination(whole))


def _pick(name: str, table: dict[str, Any], given: tuple[Stage, ...]) -> Stage:
    names = _names("pick", table.pop("pick"))
    _expect_no_more(table, ("of", "pick"))
    (stage,) = given if len(given) == 1 else (None,)
    if not isinstance(stage, EliminationStageOf) or not isinstance(stage.settings, PooledSettings):
        raise SettingsError("'pick' goes on from one elimination of several searches; expected it as 'of'")
    return SecondStage(name, stage, names)


def _schedules(name: str, table: dict[str, Any], earlier: Earlier) -> Stage:
    given = _of(table, earlier)
    searches = tuple(stage for stage in given if isinstance(stage, SearchStage))
    if len(searches) < len(given):
        raise SettingsError("'of' has a stage that is no search; expected stages of 'evolve'")
    number = _count("number", table.pop("number", 10))
    _expect_no_more(table, ("of", "number"))
    return SchedulesStage(name, searches, number)


def _transfer(name: str, table: dict[str, Any], earlier: Earlier) -> Stage:
    task = table.pop("task", None)
    optimizers = _names("optimizers", table.pop("optimizers", []))
    backend = _text("backend", table.pop("backend", "torch"))
    if backend not in ("torch", "tensorflow"):
        raise SettingsError(f"'backend' is {quoted(backend)}; expected torch or tensorflow")
    best = table.pop("best", {})
    if not isinstance(best, Mapping):
        raise SettingsError("'best' is no table; expected stages with a number each, as in {search = 3}")
    best_of = []
    for key, count in best.items():
        stage = _stage(key, earlier, "best")
        if isinstance(stage, TransferStage | PaperStage):
            raise SettingsError(f"'best' has {quoted(key)}, which finds no optimizers")
        # 0 takes a stage out that a preset has in the table.
        if number := _count(f"best.{key}", count, least=0):
            best_of.append((stage, number))
    if not optimizers and not best_of:
        raise SettingsError("'optimizers' and 'best' are missing; expected who competes")
    below = {} if task is None else read_task(_text("task", task))
    protocol = read_protocol(merge(below, table))
    return TransferStage(name, protocol, optimizers, tuple(best_of), backend)  # type: ignore[arg-type]


def _paper(name: str, table: dict[str, Any], earlier: Earlier) -> Stage:
    top = _count("top", table.pop("top", 10), 100)
    _expect_no_more(table, ("top",))
    return PaperStage(name, tuple(earlier.values()), top)


READERS: dict[str, Callable[[str, dict[str, Any], Earlier], Stage]] = {
    "evolve": _evolve,
    "eliminate": _eliminate,
    "schedules": _schedules,
    "transfer": _transfer,
    "paper": _paper,
}
"""What reads the table of a command."""


def _of(table: dict[str, Any], earlier: Earlier) -> tuple[Stage, ...]:
    names = _names("of", table.pop("of", []))
    if not names:
        raise SettingsError("'of' is missing; expected a list with names of stages before it")
    return tuple(_stage(name, earlier, "of") for name in names)


def _stage(name: str, earlier: Earlier, key: str) -> Stage:
    if name not in earlier:
        hint = suggestion(name, earlier) or f"; expected one of {', '.join(earlier) or 'none'}"
        raise SettingsError(f"'{key}' has {quoted(name)}, which is no stage before it{hint}")
    return earlier[name]


def _names(key: str, value: Any) -> tuple[str, ...]:
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list | tuple) or not all(isinstance(each, str) for each in given):
        raise SettingsError(f"'{key}' is {described(value)}; expected a list of names")
    if len(set(given)) < len(given):
        raise SettingsError(f"'{key}' has a name twice; expected different ones")
    return tuple(given)


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise SettingsError(f"'{key}' is {described(value)}; expected a name")
    return value


def _count(key: str, value: Any, most: int = _MOST, *, least: int = 1) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise SettingsError(f"'{key}' is {described(value)}; expected {least} to {most}")
    return value


def _expect_no_more(table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        hint = suggestion(key, known) or f"; expected one of {', '.join(known)}"
        raise SettingsError(f"unknown setting {quoted(str(key))}{hint}")
