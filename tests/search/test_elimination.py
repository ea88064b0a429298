"""The elimination protocol: who goes on, what is averaged, resuming, executors, settings as data."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support.search_fakes import Shuffled
from support.store_fakes import RULES, SizedTask, SizedTrainer, filled

from nos_sym.algebra.canonical import key_of
from nos_sym.language.parser import parse
from nos_sym.search.errors import SearchError
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.executors.protocol import Executor
from nos_sym.search.protocols.elimination import Elimination, eliminate
from nos_sym.search.protocols.elimination_settings import (
    PRESETS,
    EliminationSettings,
    EliminationStage,
    inherited,
    preset,
    read_elimination,
    read_elimination_preset,
)
from nos_sym.search.records import SettingsError, Text, record_to_table
from nos_sym.search.reports.hall_of_fame import hall_of_fame
from nos_sym.search.results import Evaluated, Rejected
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.connection import StoreError
from nos_sym.search.store.rows import evaluation_at
from nos_sym.search.store.store import Store
from nos_sym.search.trainer_kinds import load

STAGES = (EliminationStage(2, 10, 3, 6), EliminationStage(4, 10, 2, 3), EliminationStage(8, 20, 1, 1))
SETTINGS = EliminationSettings(STAGES, SizedTask(), candidates=9, trainer="sized")


@pytest.fixture
def store(tmp_path: Path):
    SizedTrainer.calls.clear()
    SizedTrainer.stop_after.clear()
    with filled(tmp_path / "run.db") as found:
        yield found


def play(
    store: Store, settings: EliminationSettings = SETTINGS, executor: Executor | None = None, **options: Any
) -> Elimination:
    return eliminate(settings, store, 1, executor=executor or InProcess(), **options)[1]


def test_the_best_of_the_run_compete_and_the_best_of_each_stage_go_on(store: Store) -> None:
    shown: list[tuple[int, int, int]] = []
    result = play(store, progress=lambda *values: shown.append(values))
    assert {c.text for c in result.contestants} == set(RULES[:9])
    assert [c.rank for c in result.contestants] == list(range(1, 10))
    # Everyone is in the first stage; the best six of those that did not fail are in the second, and so on.
    left = list(result.contestants)
    for number, stage in enumerate(STAGES):
        here = [c for c in result.contestants if len(c.scores) > number]
        assert set(map(id, here)) == set(map(id, left))
        assert all(len(c.scores[number]) == stage.repeats for c in here)
        fit = sorted((c for c in here if None not in c.scores[number]), key=lambda c: -sum(c.scores[number]))
        left = fit[: stage.keep]
    assert result.contestants[0] is left[0]
    assert any(None in c.scores[0] for c in result.contestants), (
        "nobody failed: the test shows less than it says"
    )
    entered = [sum(len(c.scores) > number for c in result.contestants) for number in range(3)]
    assert Counter(base for base, _, _ in SizedTrainer.calls) == {2: 9 * 3, 4: entered[1] * 2, 8: entered[2]}
    assert (4, 10) in {call[:2] for call in SizedTrainer.calls} and (8, 20) in {
        call[:2] for call in SizedTrainer.calls
    }
    assert len({seed for _, _, seed in SizedTrainer.calls}) == len(SizedTrainer.calls)
    assert shown[0] == (0, 0, 27) and shown[27] == (0, 27, 27) and shown[-1] == (2, entered[2], entered[2])


def test_the_run_and_its_trainings_are_in_the_store(store: Store) -> None:
    result = play(store)
    run = store.runs()[-1]
    assert (run.kind, run.name, run.report) == (
        "elimination",
        "of run 1",
        json.loads(json.dumps(result.to_json())),
    )
    rows = list(store.evaluations(run.id))
    assert len(rows) == len(SizedTrainer.calls)
    for row in rows:
        contestant = next(c for c in result.contestants if c.key == row.key)
        assert contestant.scores[row.time_step][row.child] == row.fitness
    # The winner alone was in the last stage, which is the latest task.
    best = hall_of_fame(store).entries[0]
    assert (best.key, best.fitness) == (result.contestants[0].key, result.contestants[0].mean(2))


@pytest.mark.parametrize("after", [0, 5, 27, 31, 40])
def test_an_interrupted_elimination_goes_on(store: Store, tmp_path: Path, after: int) -> None:
    with filled(tmp_path / "whole.db") as whole:
        expected = play(whole)
    total = len(SizedTrainer.calls)
    SizedTrainer.calls.clear()
    SizedTrainer.stop_after.append(after)
    with pytest.raises(KeyboardInterrupt):
        play(store)
    assert len(list(store.evaluations(2))) == after
    SizedTrainer.stop_after.clear()
    with pytest.raises(SearchError, match=r"run 2 of .* is interrupted; continue with '--resume'"):
        play(store)
    # What the run gets meanwhile does not count.
    rule = parse("none ~ g")
    late = evaluation_at(
        Slot(Stage.CHILD, 99),
        task="sized small",
        seed=0,
        text=str(rule),
        rule=rule.to_json(),
        key=key_of(rule),
        result=Evaluated(0.99),
    )
    store.add(1, late)
    assert play(store, resume=True) == expected
    assert len(SizedTrainer.calls) == total and len(store.runs()) == 2
    # Once more, nothing is trained.
    assert play(store, resume=True) == expected
    assert len(SizedTrainer.calls) == total


def test_one_from_before_stages_named_a_network_goes_on(store: Store) -> None:
    table = json.loads(SETTINGS.to_json())
    for stage in table["stages"]:
        del stage["network"]
    before = store.begin_run("elimination", "of run 1", json.dumps(table), 0).id
    with pytest.raises(SearchError, match=f"run {before} of .* is such an elimination"):
        play(store)
    assert eliminate(SETTINGS, store, 1, executor=InProcess(), resume=True)[0].id == before


def test_the_order_in_which_trainings_end_changes_nothing(store: Store, tmp_path: Path) -> None:
    expected = play(store)
    for seed in range(3):
        with filled(tmp_path / f"{seed}.db") as other:
            assert play(other, executor=Shuffled(5, seed)) == expected


def test_when_all_fail_the_elimination_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SizedTrainer, "train", lambda *arguments: Rejected("too low"))
    result = play(store)
    assert [c.scores for c in result.contestants] == [[(None, None, None)]] * 9
    assert [c.mean(0) for c in result.contestants] == [None] * 9


def test_runs_without_optimizers_are_refused(store: Store) -> None:
    empty = store.begin_run("search", "random", "{}").id
    with pytest.raises(SearchError, match="has no optimizer with a fitness"):
        eliminate(SETTINGS, store, empty, executor=InProcess())
    # Nothing of it is left to be resumed.
    assert [r.id for r in store.runs()][-1] == empty
    with pytest.raises(StoreError, match="has no run 77"):
        eliminate(SETTINGS, store, 77, executor=InProcess())


def test_training_and_trainer_are_those_of_the_run(store: Store) -> None:
    stages = {"stages": [{"base": 3, "steps": 9}]}
    settings = read_elimination(inherited(store.run(1)) | stages)
    assert settings.trainer == "sized" and settings.training == SizedTask(warmup=7)
    assert settings.stage_training(0) == SizedTask(3, 9, 7)
    assert read_elimination(json.loads(settings.to_json())) == settings
    assert record_to_table(settings)["stages"] == [
        {"base": 3, "steps": 9, "repeats": 1, "keep": 1, "network": "convnet"}
    ]


def test_the_paper_protocol_is_section_3_6(store: Store) -> None:
    imported = store.run(store.begin_run("import", "a.log", "{}").id)
    paper = preset("paper", imported)
    assert paper.candidates == 50
    assert [(s.base, s.steps, s.repeats, s.keep) for s in paper.stages] == [
        (64, 16000, 3, 24),
        (96, 16000, 3, 12),
        (128, 16000, 3, 6),
    ]
    assert paper.training.data == "cifar10" and paper.trainer == "torch"
    folder = Path(load("nos_sym.search:__file__")).parent / "eliminations"
    assert {path.stem for path in folder.glob("*.toml")} == set(PRESETS)
    for name in PRESETS:
        assert preset(name, imported, seed=4).seed == 4
    with pytest.raises(SettingsError, match="unknown preset 'papers'; did you mean 'paper'"):
        read_elimination_preset("papers")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("candidates = 3\nstages = []", "'stages' is empty"),
        ("[[stages]]\nbase = 2\nsteps = 1\nkeep = 60", "number 1 keeps 60 of 50"),
        (
            "[[stages]]\nbase = 2\nsteps = 1\nkeep = 2\n[[stages]]\nbase = 2\nsteps = 1\nkeep = 3",
            "number 2 keeps 3 of 2",
        ),
        ("[[stages]]\nbase = 0\nsteps = 1", "'stages.1.base' is 0; expected 1 to 4096"),
        (
            "[[stages]]\nbase = 2\nsteps = 1\nkeeps = 3",
            "unknown setting 'stages.1.keeps'; did you mean 'keep'",
        ),
        ("[[stages]]\nbase = 2", "setting 'stages.1.steps' is missing"),
        (
            "[[stages]]\nbase = 2\nsteps = 1\n[[stages]]\nsteps = 1\nbase = 'a'",
            "line 6: 'stages.2.base' is 'a'; expected an integer",
        ),
        ("level = 'float32'\n[[stages]]\nbase = 2\nsteps = 1", "expected a level of proofs"),
        ("candidates = 0\n[[stages]]\nbase = 2\nsteps = 1", "'candidates' is 0; expected 1 to 100000"),
    ],
)
def test_wrong_settings_are_refused(text: str, message: str) -> None:
    import tomllib

    table = {"trainer": "sized", "training": {}} | tomllib.loads(text)
    with pytest.raises(SettingsError) as caught:
        read_elimination(table, Text("'run.toml'", text))
    assert message in str(caught.value) and str(caught.value).startswith("'run.toml'")
