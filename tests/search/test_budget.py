"""Budgets: every algorithm trains exactly as many candidates as it may, and always the same ones."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from support.fake_trainer import FakeTrainer
from support.search_fakes import Shuffled, fake_settings, register, snapshot

from nos_sym.search import budget as budgets
from nos_sym.search.algorithms import random_search
from nos_sym.search.budget import Budget, trainings_of
from nos_sym.search.errors import SearchError
from nos_sym.search.evolve import evolve, interrupted_settings
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.executors.protocol import Executor
from nos_sym.search.listener import Listener
from nos_sym.search.reports.display import Display
from nos_sym.search.results import Trained
from nos_sym.search.settings import Algorithm, Counted, SearchSettings, preset
from nos_sym.search.slots import slot_from_text
from nos_sym.search.store.store import Store

register()
ALGORITHMS = [algorithm.value for algorithm in Algorithm]
SMALL_SPACE = {"hidden_nodes": 1, "hidden_unary": 1.0, "output_unary": 1.0, "identity": 0.8, "decay": 0.0}
"""Genomes among which there are many duplicates."""


def settings_of(algorithm: str, evaluations: int = 26, **changes: Any) -> SearchSettings:
    sizes = {"population": 8, "sample": 4, "batch": 3, "failures": 3}
    return fake_settings(7, algorithm=algorithm, evaluations=evaluations, **sizes | changes)


def searched(
    path: Path, settings: SearchSettings, executor: Executor | None = None, **more: Any
) -> dict[str, Any]:
    with Store.open(path) as store:
        run, _ = evolve(settings, store, executor=executor or InProcess(), **more)
        return snapshot(store, run.id)


class Notes(Listener):
    """Keeps messages."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.mark.parametrize("dedup", ["exact", "off"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_budget_is_spent_exactly_and_on_the_same_candidates(
    tmp_path: Path, algorithm: str, dedup: str
) -> None:
    settings = settings_of(algorithm, dedup=dedup, genome=SMALL_SPACE)
    whole = searched(tmp_path / "one.db", settings)
    assert len(whole["evaluations"]) == 26
    kinds = [row[5] for row in whole["evaluations"]]
    # Trainings that fail are paid for, answers are not.
    assert {"Evaluated", "Rejected"} <= set(kinds)
    answered = [row for row in whole["duplicates"] if row[2] == "answered"]
    assert bool(answered) is (dedup == "exact"), whole["duplicates"][:3]
    assert searched(tmp_path / "shuffled.db", settings, Shuffled(5, 1)) == whole


class Interrupted(FakeTrainer):
    """Trains a number of times and then ends the search."""

    left: ClassVar[list[int]] = [0]

    def train(self, *arguments: Any) -> Trained:
        if not self.left[0]:
            raise KeyboardInterrupt
        self.left[0] -= 1
        return super().train(*arguments)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_search_that_is_interrupted_spends_no_more(tmp_path: Path, algorithm: str) -> None:
    settings = settings_of(algorithm, 19, genome=SMALL_SPACE)
    whole = searched(tmp_path / "whole.db", settings)
    for after in (3, 9):
        Interrupted.left = [after]
        with pytest.raises(KeyboardInterrupt):
            searched(tmp_path / "run.db", settings, Shuffled(3, after), trainer=Interrupted(), resume=True)
    assert searched(tmp_path / "run.db", settings, resume=True) == whole
    assert len(whole["evaluations"]) == 19


@pytest.mark.parametrize("evaluations", [7, 19])
def test_particles_may_have_less_than_they_begin_with(tmp_path: Path, evaluations: int) -> None:
    # Nothing fails, so that there is a particle whatever the budget: 16 genomes, then 4 starts.
    settings = settings_of("particles", evaluations)

    class Sound(FakeTrainer):
        def train(self, *arguments: Any) -> Trained:
            from nos_sym.search.results import Evaluated

            return Evaluated(0.5)

    found = searched(tmp_path / "run.db", settings, trainer=Sound())
    assert len(found["evaluations"]) == evaluations
    stages = [row[0].split()[0] for row in found["evaluations"]]
    assert stages.count("initial") == min(evaluations, 16)
    assert stages.count("particle") == max(0, evaluations - 16)
    assert all(move[1] == 0 for move in found["moves"])


def test_particles_share_what_is_left_and_move_till_it_is_spent(tmp_path: Path) -> None:
    found = searched(tmp_path / "run.db", settings_of("particles", 41, initial=["Adam"], time_steps=1))
    children = [slot_from_text(row[0]) for row in found["evaluations"] if row[0].startswith("child")]
    counts = [sum(slot.particle == n for slot in children) for n in range(4)]
    # Adam is trained once and answers the other starts.
    assert sorted(counts) == [10, 10, 10, 10] and len(found["evaluations"]) == 41
    assert max(slot.time_step for slot in children) > 1


def test_repeats_are_one_evaluation(tmp_path: Path) -> None:
    found = searched(tmp_path / "run.db", settings_of("random", 5, repeats=3))
    assert len(found["evaluations"]) == 5


def test_programs_of_random_search_do_not_depend_on_which_training_ends_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nos_sym.search import trainings

    programs: list[list[str]] = []
    begun = trainings.Trainings._begin

    def begin(self: Any, submitted: Any) -> None:
        programs[-1].append(" ".join(str(s.candidate.slot) for s in submitted))
        begun(self, submitted)

    monkeypatch.setattr(trainings.Trainings, "_begin", begin)
    settings = settings_of("random", 21, genome=SMALL_SPACE, candidates_per_program=3)
    for name, executor in (("one", InProcess()), ("other", Shuffled(5, 2))):
        programs.append([])
        searched(tmp_path / f"{name}.db", settings, executor)
    assert sorted(programs[0]) == sorted(programs[1])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_where_all_is_known_a_search_ends_and_says_so(
    tmp_path: Path, algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "PATIENCE", 1)
    monkeypatch.setattr(random_search, "SLOTS_PER_TRAINING", 1)
    settings = settings_of(algorithm, 20, initial=["Adam"] if algorithm == "particles" else [])
    searched(tmp_path / "run.db", settings)
    notes = Notes()
    # Once more in the same store: all that this search draws is answered.
    found = searched(tmp_path / "run.db", settings, listener=notes)
    left = 20 - len(found["evaluations"])
    assert 0 < left <= 20
    assert f"{left} of 20 evaluations are not spent: no optimizer that is new could be drawn" in notes.notes


@pytest.mark.parametrize("algorithm", ["random", "regularized"])
def test_a_run_of_before_goes_on_counting_slots(tmp_path: Path, algorithm: str) -> None:
    settings = settings_of(algorithm, 25, genome=SMALL_SPACE, counted="slots")
    whole = searched(tmp_path / "whole.db", settings)
    answered = {row[0] for row in whole["duplicates"] if row[2] == "answered"}
    slots = {row[0].rpartition(".")[0] for row in whole["evaluations"]}
    slots |= {slot.rpartition(".")[0] for slot in answered}
    assert len(slots) == 25 != len(whole["evaluations"])
    Interrupted.left = [6]
    with Store.open(tmp_path / "run.db") as store:
        with pytest.raises(KeyboardInterrupt):
            evolve(settings, store, executor=InProcess(), trainer=Interrupted())
        db = store._connection
        table = json.loads(db.execute("SELECT settings FROM runs").fetchone()[0])
        assert table.pop("counted") == "slots"
        db.execute("UPDATE runs SET settings = ?", (json.dumps(table),))
        assert interrupted_settings(store) == settings
        new = settings_of(algorithm, 25, genome=SMALL_SPACE)
        with pytest.raises(SearchError, match=r"differs in 'counted' \(\"slots\" and not \"trainings\"\)"):
            evolve(new, store, executor=InProcess(), resume=True)
        run, _ = evolve(interrupted_settings(store), store, executor=InProcess(), resume=True)
        assert snapshot(store, run.id) == whole


def test_particles_of_before_are_resumed_with_settings_of_now(tmp_path: Path) -> None:
    settings = settings_of("particles", 0, particles=2, initial_factor=3, time_steps=1, mutations=2)
    whole = searched(tmp_path / "whole.db", settings)
    Interrupted.left = [5]
    with Store.open(tmp_path / "run.db") as store:
        with pytest.raises(KeyboardInterrupt):
            evolve(settings, store, executor=InProcess(), trainer=Interrupted())
        db = store._connection
        table = json.loads(db.execute("SELECT settings FROM runs").fetchone()[0])
        del table["counted"]
        # The number that particles had and did not look at.
        db.execute("UPDATE runs SET settings = ?", (json.dumps({**table, "evaluations": 1800}),))
        assert trainings_of(interrupted_settings(store)) is None
        with pytest.raises(SearchError, match=r"differs in 'evaluations' \(0 and not 1800\)"):
            evolve(replace(settings, evaluations=1800), store, executor=InProcess(), resume=True)
        run, _ = evolve(settings, store, executor=InProcess(), resume=True)
        assert run.id == 1 and snapshot(store, 1) == whole


def test_without_a_number_the_others_train_as_many_as_particles_have_slots() -> None:
    assert trainings_of(preset("paper")) is None
    assert trainings_of(preset("paper", algorithm="random")) == 500 + 50 + 5 * 50 * 7
    assert trainings_of(preset("demo", algorithm="regularized")) == 16 + 4 + 2 * 4 * 4
    assert trainings_of(preset("demo", evaluations=30)) == 30
    assert preset("demo").counted is Counted.TRAININGS


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_display_counts_trainings(tmp_path: Path, algorithm: str) -> None:
    settings, stream = settings_of(algorithm, 18), io.StringIO()
    with Display(settings, stream) as display:
        searched(tmp_path / "run.db", settings, listener=display)
    assert display.tally.done == display.tally.slots == display.tally.trained == 18
    assert "18 of 18 trainings" in display.tally.line()


def test_shares_and_parts_are_even_and_lose_nothing() -> None:
    assert Budget(7).shares(3, 4) == [3, 2, 2] and Budget(2).shares(3, 4) == [1, 1]
    assert Budget(100).shares(3, 4) == [4, 4, 4] and Budget(0).shares(3, 4) == []
    # A slot has one candidate, even where none may fail.
    assert Budget(9).shares(3, 0) == [1, 1, 1] and Budget(None).shares(2, 0) == [1, 1]
    assert [part.left for part in Budget(10).split(4)] == [3, 3, 2, 2]
    assert Budget(10).split(0) == [] and [part.left for part in Budget(None).split(2)] == [None, None]
    spent = Budget(3)
    spent.spend(3)
    assert not spent.is_open and spent.left == 0 and Budget(None).is_open
