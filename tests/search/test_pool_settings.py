"""The settings of pooled eliminations: presets, networks of stages, and a rehearsal on ConvNets."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from support.store_fakes import SizedTask

from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.protocols.elimination_settings import (
    PRESETS,
    EliminationSettings,
    EliminationStage,
    inherited,
    training_of,
)
from nos_sym.search.protocols.pool import Source, eliminate_pooled
from nos_sym.search.protocols.pool_settings import (
    FinalSettings,
    PooledSettings,
    pooled_preset,
    read_pooled,
)
from nos_sym.search.protocols.pooled import PooledElimination
from nos_sym.search.protocols.second import second_settings
from nos_sym.search.records import SettingsError
from nos_sym.search.settings import preset, settings_from_table
from nos_sym.search.store.store import Store
from nos_sym.transfer.stage import StageTraining


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_the_protocol_on_convnets(tmp_path: Path) -> None:
    """Three searches, their eliminations, the pool trained on a network of its own, and all that follows."""
    training = {
        "data": "synthetic", "base": 2, "steps": 24, "batch": 32, "warmup": 6, "epoch_steps": 8,
        "augment": False, "learning_rates": [0.1, 0.01], "first_steps": 8, "first_accuracy": 0.0,
        "second_after": 24,
    }  # fmt: skip
    small = {"particles": 2, "initial_factor": 2, "time_steps": 1, "mutations": 2, "confirm": [0, 0]}
    stage = {"steps": 24, "repeats": 2}
    with Store.open(tmp_path / "run.db") as store:
        runs = [
            evolve(
                settings_from_table({**small, "seed": seed, "training": training}),
                store,
                executor=InProcess(),
            )[0]
            for seed in range(3)
        ]
        table = {
            "candidates": 4, "stages": [{**stage, "base": 3, "keep": 3}, {**stage, "base": 4, "keep": 2}],
            "pool": {"stages": [{**stage, "base": 6, "keep": 6}], "pick": 2},
            "second": {"time_steps": 1, "mutations": 2, "repeats": 3, "keep": 3},
            "final": {"stages": [{**stage, "base": 6, "keep": 3}], "report": 4},
        }  # fmt: skip
        settings = read_pooled(inherited(runs[0]) | table)
        sources = [Source(run.id) for run in runs]

        def go_on(**options: Any) -> PooledElimination:
            return eliminate_pooled(settings, store, sources, executor=InProcess(), **options)[1]

        assert len(go_on().pool) >= 4
        done = go_on(resume=True, pick=("proposed",))
        assert len(done.picked) == 2 and len(done.second) == 2 and len(done.best) == 4
        # Eighteen and 24 of the paper, here six at most and three, had the same last training.
        (task,) = {e.task for run in (4, done.final) for e in store.evaluations(run) if e.run == done.final}
        assert {e.task for e in store.evaluations(4)} == {task} and "base6" in task
        assert all(each.run in (4, done.final) for each in done.best)
        assert go_on(resume=True) == done


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_the_protocol(name: str, tmp_path: Path) -> None:
    with Store.open(tmp_path / "run.db") as store:
        imported = store.run(store.begin_run("import", "a.log", "{}").id)
    found = pooled_preset(name, imported)
    assert read_pooled(json.loads(found.to_json())) == found
    if name == "paper":
        assert (found.pool.pick, found.second.repeats, found.second.keep, found.final.report) == (
            6,
            3,
            24,
            10,
        )
        # Eighteen and 24 have the same training, so that the best of all are those of both.
        (pooled,), (last,) = found.pool.stages, found.final.stages
        assert (pooled.keep, last.keep) == (18, 24)
        assert replace(pooled, keep=24) == last
        assert (last.network, last.steps, last.base) == ("efficientnetv2-s", 64_000, 24)
        training = training_of(found.elimination.training, last)
        assert isinstance(training, StageTraining)
        assert (training.image.steps, training.image.warmup, training.image.hold) == (64_000, 4267, 8533)
        assert training.image.augmentation == "progressive-randaugment"
        assert training.image.held_out == 0.1 and training.image.scored == "held-out"


def test_a_stage_names_its_network(tmp_path: Path) -> None:
    stage = EliminationStage(24, 64_000, 3, 10, network="efficientnetv2-small")
    with pytest.raises(
        SettingsError,
        match="'efficientnetv2-small', which the trainer has not; expected convnet or efficientn",
    ):
        PooledSettings(EliminationSettings((EliminationStage(8, 10),), SizedTask()), FinalSettings((stage,)))

    @dataclass(frozen=True)
    class WithNetworks(SizedTask):
        network: str = "small"

    training = WithNetworks()
    assert training_of(training, stage) == WithNetworks(24, 64_000, 0, "efficientnetv2-small")
    assert training_of(training, replace(stage, network="convnet")) == WithNetworks(24, 64_000, 0, "small")


def test_a_second_search_has_nothing_of_another_algorithm_and_trains_nothing_beside(tmp_path: Path) -> None:
    table = {**json.loads(preset("demo").to_json()), "algorithm": "hill:Climber", "tune": [3, 40]}
    with Store.open(tmp_path / "run.db") as store:
        text = json.dumps({**table, "algorithm_settings": {"steps": 3}})
        run = store.begin_run("search", "hill:Climber", text, 1)
    again = second_settings(pooled_preset("demo", run), run, "none ~ tanh(g)", 0)
    assert again.algorithm_settings is None and again.algorithm_name == "particles"
    assert (again.tune, again.confirm, again.initial) == ((0, 0), (0, 0), ("none ~ tanh(g)",))
    assert (again.failures, again.genome) == (preset("demo").failures, preset("demo").genome)
