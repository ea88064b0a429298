"""Sequences as data: tables of TOML, a stage each, from presets, files and changes.

A table names a command and has what that takes::

    [search]
    command = "evolve"
    preset = "demo"          # settings to begin with, of any command that has presets
    seed = 1                 # and other settings of the command, which go before

    [elimination]
    command = "eliminate"
    of = ["search"]          # stages before it
    preset = "demo"

    [second-search]
    command = "eliminate"
    of = ["elimination"]
    pick = ["proposed"]      # goes on from the pool of an elimination of several searches

    [schedules]
    command = "schedules"
    of = ["search"]
    number = 5

    [transfer-ptb]
    command = "transfer"
    task = "ptb"
    optimizers = ["all"]
    best = {second-search = 3, schedules = 2}

    [paper]
    command = "paper"
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from nos_sym.errors import NosSymError, described, quoted
from nos_sym.language.registry import suggestion
from nos_sym.pipeline.reading import read_stage
from nos_sym.pipeline.scaling import check_scale
from nos_sym.pipeline.stage import Adaptation, PipelineError, Stage
from nos_sym.pipeline.writing import PaperStage
from nos_sym.search.records import SettingsError, read_toml
from nos_sym.search.resuming import what_decides
from nos_sym.search.settings import LARGEST_SEED, merge

PRESETS = ("paper", "rehearsal")
"""Files of the folder ``presets``, without ``.toml``."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_MOST = 100


def read_preset_table(name: str) -> dict[str, Any]:
    """Return the table of a preset, one of :data:`PRESETS`.

    Raises:
        SettingsError: there is no preset of this name.
    """
    if name not in PRESETS:
        hint = suggestion(name, PRESETS) or f"; expected one of {', '.join(PRESETS)}"
        raise SettingsError(f"unknown preset {quoted(name)}{hint}")
    text = files("nos_sym.pipeline").joinpath("presets", f"{name}.toml").read_text(encoding="utf-8")
    return read_toml(text, f"preset {name}")


def changed(below: Mapping[str, Any], above: Mapping[str, Any], *, new: bool = True) -> dict[str, Any]:
    """Return the table of a sequence with changes of its stages, and with stages that it has not.

    Args:
        below: the sequence.
        above: tables of stages.
        new: whether there may be stages that the sequence has not.

    Raises:
        SettingsError: a name is none of its stages, or what changes one is no table.
    """
    found = dict(below)
    for name, table in above.items():
        if name not in found and not new:
            hint = suggestion(name, found) or f"; expected one of {', '.join(found)}"
            raise SettingsError(f"there is no stage {quoted(name)}{hint}")
        if not isinstance(table, Mapping):
            raise SettingsError(
                f"{quoted(name)} is {described(table)}; expected a setting of it, as in '{name}.seed = 1'"
            )
        old = found.get(name, {})
        found[name] = merge(old, table) if isinstance(old, Mapping) else dict(table)
    return found


def read_sequence(table: Mapping[str, Any], where: str = "") -> tuple[Stage, ...]:
    """Return the stages of a table, in its order; the one that writes the document is the last.

    Args:
        table: a table for each stage, by its name.
        where: what the table was read from, which messages begin with.

    Raises:
        SettingsError: a stage cannot be read; the message has its name.
    """
    prefix = f"{where}: " if where else ""
    if not 0 < len(table) <= _MOST:
        raise SettingsError(f"{prefix}there are {len(table)} stages; expected 1 to {_MOST} tables")
    found: dict[str, Stage] = {}
    for name, each in sorted(table.items(), key=lambda item: _is_paper(item[1])):
        if not _NAME.fullmatch(name):
            raise SettingsError(
                f"{prefix}a stage is called {quoted(name)}; expected at most 40 small letters, digits and "
                "'-', a letter first"
            )
        if not isinstance(each, Mapping):
            raise SettingsError(f"{prefix}stage '{name}' is {described(each)}; expected a table [{name}]")
        try:
            stage = read_stage(name, each, found)
        except NosSymError as error:
            raise SettingsError(f"{prefix}stage '{name}': {error}") from None
        if isinstance(stage, PaperStage) and any(isinstance(s, PaperStage) for s in found.values()):
            raise SettingsError(f"{prefix}stage '{name}': another stage writes the document; expected one")
        found[name] = stage
    _expect_different(tuple(found.values()), prefix)
    return tuple(found.values())


def _is_paper(table: Any) -> bool:
    return isinstance(table, Mapping) and table.get("command") == PaperStage.command


def _expect_different(stages: Sequence[Stage], prefix: str) -> None:
    """Refuse two stages that do the same: the second would find what the first has done."""
    seen: dict[str, str] = {}
    for stage in stages:
        text = json.dumps(decisive(stage.table()), sort_keys=True)
        if text in seen:
            raise SettingsError(
                f"{prefix}stages '{seen[text]}' and '{stage.name}' do the same; give one another seed, or "
                "leave it out"
            )
        seen[text] = stage.name


def decisive(table: Mapping[str, Any]) -> Any:
    """Return the table of a stage without what decides no result of it, such as folders."""
    found = what_decides(json.dumps(table))
    if isinstance(found.get("training"), dict):
        # The archives of a transfer experiment are known by their digests.
        for name in ("data", "folder") if table.get("command") == "transfer" else ("folder",):
            found["training"].pop(name, None)
    return found


def without(table: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return the table of a sequence without some stages, and without what others take of their best.

    Raises:
        SettingsError: a name is none of its stages.
    """
    for name in names:
        if name not in table:
            hint = suggestion(name, table) or f"; expected one of {', '.join(table)}"
            raise SettingsError(f"there is no stage {quoted(name)}{hint}")
    return {name: _without_best(each, names) for name, each in table.items() if name not in names}


def _without_best(table: Any, names: Sequence[str]) -> Any:
    best = table.get("best") if isinstance(table, Mapping) else None
    if not isinstance(best, Mapping):
        return table
    return {**table, "best": {name: count for name, count in best.items() if name not in names}}


def adapted(stages: Sequence[Stage], changes: Adaptation) -> tuple[Stage, ...]:
    """Return stages with what an option changes in all of them.

    Raises:
        SettingsError: scale or seed cannot be.
    """
    check_scale(changes.scale)
    if not 0 <= changes.seed <= LARGEST_SEED:
        raise SettingsError(f"the seed is {changes.seed}; expected 0 to {LARGEST_SEED}")
    found: dict[str, Stage] = {}
    for stage in stages:
        try:
            found[stage.name] = stage.adapted(changes, found)
        except NosSymError as error:
            raise SettingsError(f"stage '{stage.name}': {error}") from None
    return tuple(found.values())


def table_of(stages: Sequence[Stage]) -> dict[str, Any]:
    """Return stages as a table with every setting, which :func:`read_sequence` reads as the same."""
    return {stage.name: stage.table() for stage in stages}


def expect_stage(stages: Sequence[Stage], name: str | None) -> None:
    """Check that there is a stage of a name, where one is given.

    Raises:
        PipelineError: there is none.
    """
    names = [stage.name for stage in stages]
    if name is not None and name not in names:
        hint = suggestion(name, names) or f"; expected one of {', '.join(names)}"
        raise PipelineError(f"there is no stage {quoted(name)}{hint}")
