"""Sequences as data: presets, changes, what is refused, and the record of a folder."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from support.pipeline_fakes import STAGES

from nos_sym.pipeline.eliminating import EliminationStageOf
from nos_sym.pipeline.needs import MissingError, expect_all
from nos_sym.pipeline.record import Record, read_record
from nos_sym.pipeline.searching import SearchStage
from nos_sym.pipeline.sequence import (
    PRESETS,
    adapted,
    changed,
    decisive,
    read_preset_table,
    read_sequence,
    table_of,
    without,
)
from nos_sym.pipeline.stage import Adaptation, PipelineError, Stage
from nos_sym.pipeline.transferring import TransferStage
from nos_sym.search.protocols.pool_settings import PooledSettings
from nos_sym.search.records import SettingsError
from nos_sym.search.settings import preset
from nos_sym.transfer.experiment import read_protocol, read_task


def of_preset(name: str) -> dict[str, Stage]:
    return {stage.name: stage for stage in read_sequence(read_preset_table(name))}


def table() -> dict[str, Any]:
    return tomllib.loads(STAGES)


def test_the_paper_has_the_settings_of_its_commands() -> None:
    stages = of_preset("paper")
    for name, kind, seed in (
        ("search", "paper", 0),
        ("search-wide", "paper-wide", 1),
        ("search-long", "paper-long", 2),
    ):
        assert stages[name].settings == preset(kind, seed=seed)  # type: ignore[attr-defined]
    elimination = stages["elimination"]
    assert isinstance(elimination, EliminationStageOf) and isinstance(elimination.settings, PooledSettings)
    assert [s.base for s in elimination.own.stages] == [64, 96, 128] and elimination.left == 18
    # Three times fifty, 24 and twelve, three trainings each, and those of all eighteen.
    assert elimination.trainings == 3 * 3 * (50 + 24 + 12) + 3 * 18
    assert stages["second-search"].trainings == 6 * (1 + 5 * 60) * 3 + 3 * 24
    transfers = [stage for stage in stages.values() if isinstance(stage, TransferStage)]
    for stage, task in zip(
        transfers,
        ("cifar10", "cifar100", "tinyimagenet", "flowers102", "cars196", "caltech101", "ptb"),
        strict=True,
    ):
        assert stage.protocol == read_protocol(read_task(task))
        assert sum(count for _, count in stage.best_of) == 10 + 5 + 9


@pytest.mark.parametrize("name", PRESETS)
def test_a_sequence_reads_back_with_every_setting(name: str) -> None:
    stages = read_sequence(read_preset_table(name))
    record = Record(stages, ["search"], [])
    again = read_record(json.dumps(record.to_json()), "pipeline.json")
    assert table_of(again.stages) == table_of(stages) and again.begun == ["search"]
    again.expect_same(stages)


def test_what_changes_all_stages() -> None:
    stages = read_sequence(read_preset_table("paper"))
    found = {s.name: s for s in adapted(stages, Adaptation(0.01, 5, Path("archives")))}
    search, elimination, transfer = (found[n] for n in ("search-long", "elimination", "transfer-ptb"))
    assert isinstance(search, SearchStage) and isinstance(elimination, EliminationStageOf)
    training = search.settings.training
    assert (training.steps, training.warmup, training.first_steps) == (80, 8, 8)  # type: ignore[attr-defined]
    assert training.first_accuracy == training.second_accuracy == 0  # type: ignore[attr-defined]
    assert (search.settings.seed, elimination.own.seed) == (7, 5)
    assert [s.steps for s in elimination.own.stages] == [160, 160, 160]
    # What a stage begins with is what the sequence has, not what it was read with.
    assert elimination.of[2] is search and transfer.sources[0] is found["second-search"]
    assert isinstance(transfer, TransferStage)
    assert transfer.protocol.training.steps == 996 and transfer.protocol.training.data == Path("archives")
    # Where archives are decides nothing.
    moved = adapted(stages, Adaptation(data=Path("elsewhere")))
    assert [decisive(s.table()) for s in moved] == [decisive(s.table()) for s in stages]


def _broken(name: str, **values: Any) -> dict[str, Any]:
    return changed(table(), {name: values})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "there are 0 stages; expected 1 to 100 tables"),
        ({"Search 1": {}}, "a stage is called 'Search 1'; expected at most 40 small letters"),
        ({"x\n\x1b": {}}, "a stage is called 'x\\n\\x1b'"),
        ({"search": 3}, "stage 'search' is 3 (int); expected a table [search]"),
        ({"search": {}}, "stage 'search': 'command' is missing; expected one of evolve"),
        ({"search": {"command": "evlove"}}, "stage 'search': 'command' is 'evlove'; did you mean 'evolve'?"),
        (
            _broken("search", particels=3),
            "stage 'search': unknown setting 'particels'; did you mean 'particles'?",
        ),
        (_broken("search", preset="dmo"), "stage 'search': unknown preset 'dmo'; did you mean 'demo'?"),
        (_broken("search", preset=3), "stage 'search': a preset is one of"),
        (_broken("elimination", of=["serch"]), "'of' has 'serch', which is no stage before it; did you mean"),
        (_broken("elimination", of=["paper"]), "'of' has 'paper', which is no stage before it"),
        (_broken("elimination", of=[]), "stage 'elimination': 'of' is missing"),
        (_broken("elimination", of=["search", "search"]), "'of' has a name twice"),
        (_broken("again", of=["search"]), "'pick' goes on from one elimination of several searches"),
        (_broken("again", pick=3), "'pick' is 3 (int); expected a list of names"),
        (_broken("again", seed=3), "stage 'again': unknown setting 'seed'"),
        (_broken("schedules", of=["elimination"]), "'of' has a stage that is no search"),
        (_broken("schedules", number=0), "'number' is 0 (int); expected 1 to 10000"),
        (_broken("digits", best={"paper": 1}), "'best' has 'paper', which is no stage before it"),
        (_broken("digits", best={"again": True}), "'best.again' is True (bool); expected 0 to"),
        (_broken("digits", optimizers=["Adm"]), "the catalog has no 'Adm'; did you mean 'Adam'?"),
        (_broken("digits", backend="jax"), "'backend' is 'jax'; expected torch or tensorflow"),
        (_broken("digits", task="digts"), "unknown task 'digts'; did you mean 'digits'?"),
        (_broken("paper", top=1000), "'top' is 1000 (int); expected 1 to 100"),
        ({**table(), "more": {"command": "paper"}}, "another stage writes the document"),
        (
            _broken("other", particles=2, seed=0),
            "stages 'search' and 'other' do the same; give one another seed",
        ),
    ],
)
def test_what_is_no_sequence_is_said_in_one_line(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_sequence(given)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_changes_and_stages_that_are_left_out() -> None:
    with pytest.raises(SettingsError, match="there is no stage 'serch'; did you mean 'search'"):
        changed(table(), {"serch": {"seed": 3}}, new=False)
    with pytest.raises(SettingsError, match=r"'search' is 3 .int.; expected a setting of it"):
        changed(table(), {"search": 3}, new=False)
    with pytest.raises(SettingsError, match="there is no stage 'serch'"):
        without(table(), ["serch"])
    with pytest.raises(
        SettingsError, match="stage 'again': 'of' has 'elimination', which is no stage before it"
    ):
        read_sequence(without(table(), ["elimination"]))
    # The document comes last, wherever it stands.
    more = {**table(), "late": {**table()["search"], "seed": 9}}
    names = [stage.name for stage in read_sequence(without(more, ["digits"]))]
    assert names[-2:] == ["late", "paper"] and "digits" not in names


def test_what_has_begun_keeps_its_settings() -> None:
    record = Record(read_sequence(table()), ["search", "paper"])
    record.expect_same(read_sequence(_broken("other", seed=7)))
    record.expect_same(read_sequence(_broken("paper", top=7)))
    record.expect_same(read_sequence(without(table(), ["digits"])))
    # What follows a search decides nothing of it.
    record.expect_same(read_sequence(_broken("search", same_failures=9)))
    with pytest.raises(
        PipelineError, match=r"stage 'search' has begun and differs in 'seed' \(0 and not 7\)"
    ):
        record.expect_same(read_sequence(_broken("search", seed=7)))


@pytest.mark.parametrize(
    "text",
    [
        "", "[", "[" * 100_000, "{}", '{"format": "nos-sym pipeline 1"}', "9" * 5000,
        '{"format": "nos-sym pipeline 1", "stages": {"a": {}}, "begun": [], "ended": []}',
        '{"format": "nos-sym pipeline 1", "stages": {"a": {}}, "begun": ["b"], "ended": []}',
    ],
)  # fmt: skip
def test_a_record_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(PipelineError, match=r"'pipeline\.json'"):
        read_record(text, "pipeline.json")


def test_what_is_missing_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whether a trainer can be loaded is tested with it; it imports a framework.
    monkeypatch.setattr("nos_sym.pipeline.searching.trainer_of", lambda settings: None)
    stages = adapted(read_sequence(read_preset_table("paper")), Adaptation(data=tmp_path))
    with pytest.raises(MissingError) as caught:
        expect_all(stages)
    said = str(caught.value)
    assert said.startswith("there is no 'cifar-10-binary.tar.gz' in the folder") and "MD5" in said
    assert "(12 more that are missing or damaged: 'cifar-100-binary.tar.gz', " in said
    assert said.endswith("'efficientnetv2-s_notop.h5' and 6)") and "..." not in said
    expect_all(read_sequence(table()))
