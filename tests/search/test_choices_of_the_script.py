"""What the presets of the paper and of the authors' script choose; stores of before go on as they were.

``tests/data/store_before_the_scripts_choices.sql`` is the dump of a search that was interrupted in the
version before these choices; ``before_the_scripts_choices.json`` has how it ends there, and the settings of
its presets.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.fake_trainer import FakeTrainer
from support.search_fakes import fake_settings, register, snapshot

from nos_sym.genome.mutate_decay import mutate_decay
from nos_sym.genome.sample_decay import sample_decay
from nos_sym.genome.search_space import BINARY, DECAY_BINARY
from nos_sym.genome.settings import GenomeSettings
from nos_sym.genome.space import PAPER, OperationSettings, SearchSpace
from nos_sym.search.added_settings import SEARCH, SECTIONS
from nos_sym.search.algorithms.particles import ParticleSearch
from nos_sym.search.candidates import Candidate, Move, Result
from nos_sym.search.errors import SearchError
from nos_sym.search.evolve import evolve, interrupted_settings
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.listener import Listener
from nos_sym.search.results import Evaluated, Outcome, Rejected, Trained
from nos_sym.search.resuming import difference, what_decides
from nos_sym.search.settings import SearchSettings, preset, settings_from_json
from nos_sym.search.slots import Stage
from nos_sym.search.store.schema import APPLICATION_ID
from nos_sym.search.store.store import Store
from nos_sym.surrogate.settings import TrainingSettings

register()
DATA = Path(__file__).parents[1] / "data"
TWO: dict[str, Any] = {"initial": ["none ~ tanh(v_hat)"], "particles": 2}
BEFORE = json.loads((DATA / "before_the_scripts_choices.json").read_text(encoding="utf-8"))

GRAPHS = ("ordered_output", "dormant_operations", "decays_of_pairs", "output_keeps_hidden", "uniform_sources",
          "either_side")  # fmt: skip
CHOICES = {
    "paper": {"hidden_nodes": 4, "check_mutated_decays": True, "inverted_output_decay": False,
              "all_binary_in_decays": False, "failures": 10_000, "move_to_failed": False,
              "first_epoch_steps": 0, "first_cut_after": 0, "first_judged": "final", "first_accuracy": 0.25,
              "epoch_steps": 200, "shuffle": True, "scaled_by": "training"},
    "authors-script": {"hidden_nodes": 5, "check_mutated_decays": False, "inverted_output_decay": True,
                       "all_binary_in_decays": False, "failures": 4, "move_to_failed": True,
                       "first_epoch_steps": 200, "first_cut_after": 600, "first_cut_accuracy": 0.25,
                       "first_judged": "best", "first_accuracy": 0.4, "epoch_steps": 400,
                       "shuffle": False, "scaled_by": "all"},
}  # fmt: skip


@pytest.mark.parametrize("name", CHOICES)
def test_presets_choose_what_the_documentation_says(name: str) -> None:
    table = json.loads(preset(name).to_json())
    flat = {**table["genome"], **table["training"], **table}
    assert {key: flat[key] for key in CHOICES[name]} == CHOICES[name]
    assert all(flat[key] is True for key in GRAPHS)


@pytest.mark.parametrize("name", ["paper-adam-variants", "paper-lr-schedules"])
def test_the_supplementary_searches_choose_as_the_paper(name: str) -> None:
    found, paper = preset(name), preset("paper")
    assert all(getattr(found.genome, key) == getattr(paper.genome, key) for key in GRAPHS)
    assert found.failures == paper.failures
    assert found.training.task_key() == paper.training.task_key()


# Stores of before


def store_of_before(path: Path) -> Path:
    db = sqlite3.connect(path)
    db.executescript((DATA / "store_before_the_scripts_choices.sql").read_text(encoding="utf-8"))
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute("PRAGMA user_version = 2")
    db.commit()
    db.close()
    return path


def test_a_search_of_before_goes_on_and_ends_as_it_did(tmp_path: Path) -> None:
    with Store.open(store_of_before(tmp_path / "run.db")) as store:
        settings = interrupted_settings(store)
        assert not settings.genome.decays_of_pairs and not settings.move_to_failed
        run, _ = evolve(settings, store, executor=InProcess(), resume=True)
        assert run.id == 1
        found = snapshot(store, run.id)
    assert [[e[0], e[3], e[6]] for e in found["evaluations"]] == BEFORE["evaluations"]
    assert [list(m[:3]) for m in found["moves"]] == BEFORE["moves"]


def test_a_search_of_before_does_not_go_on_with_another_choice(tmp_path: Path) -> None:
    with Store.open(store_of_before(tmp_path / "run.db")) as store:
        old = json.loads(interrupted_settings(store).to_json())
        for change, named in (
            ({"move_to_failed": True}, r"'move_to_failed' \(false and not true\)"),
            (
                {"genome": old["genome"] | {"either_side": True}},
                r"'genome.either_side' \(false and not true\)",
            ),
        ):
            other = settings_from_json(json.dumps(old | change))
            with pytest.raises(SearchError, match=f"differs in {named}"):
                evolve(other, store, executor=InProcess(), resume=True)


@pytest.mark.parametrize("name", BEFORE["presets"])
def test_settings_of_before_mean_what_they_did(name: str) -> None:
    old = BEFORE["presets"][name]
    settings = settings_from_json(old["settings"])
    assert settings.training.task_key() == old["task"]
    assert settings.initial_training.task_key() == old["initial_task"]
    assert what_decides(settings.to_json()) == what_decides(old["settings"])
    assert difference(settings.to_json(), old["settings"]) == "nothing"
    changed = name.startswith(("paper", "authors"))
    assert (what_decides(preset(name).to_json()) != what_decides(old["settings"])) == changed


def test_defaults_are_what_searches_did_before() -> None:
    records: dict[str, Any] = {
        "genome": GenomeSettings(), "training": TrainingSettings(), "initial_training": TrainingSettings(),
    }  # fmt: skip
    assert records.keys() == SECTIONS.keys()
    for section, before in SECTIONS.items():
        assert {name: getattr(records[section], name) for name in before} == before
    defaults = {field.name: field.default for field in fields(SearchSettings)}
    assert {name: defaults[name] for name in SEARCH} == SEARCH


# Children that fail


class Moves(Listener):
    def __init__(self) -> None:
        self.moves: list[Move] = []

    def moved(self, move: Move) -> None:
        self.moves.append(move)


def moves_of(settings: SearchSettings, outcome: Any) -> list[Move]:
    """Return the moves of a search in which trainings end as a function of the candidate says."""
    moves = Moves()
    algorithm = ParticleSearch(settings, listener=moves)
    while candidates := algorithm.ask():
        for candidate in candidates:
            algorithm.tell(Result(candidate, outcome(candidate), evaluation=0))
    return moves.moves


def failing(candidate: Candidate) -> Outcome:
    return Rejected("no") if candidate.slot.stage is Stage.CHILD else Evaluated(0.5)


@pytest.mark.parametrize("barriers", [False, True])
@pytest.mark.parametrize("evaluations", [0, 30])
def test_a_particle_whose_children_all_fail_moves_to_the_first_or_stays(
    barriers: bool, evaluations: int
) -> None:
    small: dict[str, Any] = {**TWO, "time_steps": 2, "mutations": 3, "failures": 2}
    small |= {"barriers": barriers, "evaluations": evaluations}
    stays = moves_of(fake_settings(4, **small), failing)
    assert [(m.particle, m.time_step) for m in stays] == [(0, 0), (1, 0)]
    moved = moves_of(fake_settings(4, **small, move_to_failed=True), failing)
    later = [m for m in moved if m.time_step]
    assert {m.particle for m in later} == {0, 1} and len(later) >= 4
    for move in later:
        assert move.result is not None and move.result.fitness is None
        slot = move.candidate.slot
        assert (slot.particle, slot.time_step, slot.child) == (move.particle, move.time_step - 1, 0)
        assert slot.attempt == 1 or evaluations


def test_children_are_redrawn_until_one_passes_in_the_paper() -> None:
    def late(candidate: Candidate) -> Outcome:
        early = candidate.slot.stage is Stage.CHILD and candidate.slot.attempt < 9
        return Rejected("no") if early else Evaluated(0.5)

    small: dict[str, Any] = TWO | {"particles": 1, "time_steps": 1, "mutations": 2}
    for failures, attempt in ((preset("paper").failures, 9), (preset("authors-script").failures, None)):
        moves = moves_of(fake_settings(4, **small, failures=failures), late)
        found = [m.candidate.slot.attempt for m in moves if m.time_step == 1]
        assert found == ([] if attempt is None else [attempt])


class Harsh(FakeTrainer):
    """Rejects most children, and ends the search after a number of trainings."""

    left = 10**9

    def train(self, *arguments: Any) -> Trained:
        type(self).left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        result = super().train(*arguments)
        return result if isinstance(result, Evaluated) and result.fitness > 0.7 else Rejected("no")


def test_a_search_that_moves_to_failed_children_is_resumed_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    small = {"time_steps": 4, "mutations": 2, "failures": 1, "move_to_failed": True}
    settings = fake_settings(6, **TWO, **small)
    Harsh.left = 10**9
    with Store.open(tmp_path / "whole.db") as store:
        run, _ = evolve(settings, store, executor=InProcess(), trainer=Harsh())
        whole = snapshot(store, run.id)
    assert any(move[4] is None and move[1] > 0 for move in whole["moves"])
    with Store.open(tmp_path / "run.db") as store:
        for left in (3, 6, 10**9):
            Harsh.left = left
            try:
                evolve(settings, store, executor=InProcess(), trainer=Harsh(), resume=True)
            except KeyboardInterrupt:
                continue
        assert snapshot(store, 1) == whole


# Operations of decay functions


def drawn(settings: GenomeSettings, space: SearchSpace) -> set[str]:
    """Return the binary operations of decay functions that are sampled and mutated."""
    rng = np.random.default_rng(0)
    found = set()
    for _ in range(150):
        decay = sample_decay(rng, settings, space)
        for graph in (decay, mutate_decay(decay, rng, settings, space)):
            found |= {node.form.operation for node in graph.nodes if node.form.arity == 2}
    return found


def test_decay_functions_have_seven_binary_operations_or_all_ten() -> None:
    often = GenomeSettings(decay_unary=0.2)
    ten = replace(often, all_binary_in_decays=True)
    assert drawn(often, PAPER) == {form.operation for form in DECAY_BINARY}
    assert drawn(ten, PAPER) == {form.operation for form in BINARY}
    # What a search does without, or has of its own, is not among the ten.
    other = OperationSettings(add=("mod",), remove=("clip",)).space()
    assert drawn(ten, other) == {form.operation for form in BINARY} - {"clip"}
