"""The archive: what it answers, at once or when a training ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.fake_trainer import FakeTask

from nos_sym.algebra.canonical import key_of
from nos_sym.language.parser import parse
from nos_sym.search.archive import Archive
from nos_sym.search.candidates import Candidate, Result
from nos_sym.search.fingerprints import Fingerprints
from nos_sym.search.results import DuplicateOf, Evaluated
from nos_sym.search.settings import Dedup
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.rows import evaluation_at
from nos_sym.search.store.store import Store

TASK = FakeTask()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "run.db") as store:
        yield store


def made(store: Store, dedup: Dedup = Dedup.EXACT) -> Archive:
    run = store.begin_run("search", "particles", "{}")
    return Archive(Fingerprints(dedup), store, run.id, run.horizon, FakeTask.task_key)  # type: ignore[arg-type]


def candidate(
    text: str, child: int = 0, time_step: int = 0, attempt: int = 0, task: FakeTask = TASK
) -> Candidate:
    rule = parse(text)
    slot = Slot(Stage.CHILD, 0, time_step, child, attempt)
    return Candidate(slot, rule, None, Fingerprints(Dedup.EXACT).of(rule), task)


def trained(of: Candidate, fitness: float, number: int) -> Result:
    return Result(of, Evaluated(fitness), number)


def test_an_equal_candidate_waits_for_the_training_of_the_first(store: Store) -> None:
    archive = made(store)
    first, equal = candidate("none ~ g"), candidate("none ~ id(g)", child=1)
    assert not archive.answers(first) and archive.answers(equal)
    assert archive.next_result() is None
    archive.add(trained(first, 0.5, 7))
    assert archive.next_result() == trained(first, 0.5, 7)
    answer = archive.next_result()
    assert answer == Result(equal, DuplicateOf(first.key, 7, Evaluated(0.5)), 7)
    assert answer is not None and answer.fitness == 0.5 and archive.next_result() is None
    # A later one of the same generation is answered at once.
    assert archive.answers(candidate("none ~ g", child=2)) and archive.next_result() is not None


def test_within_a_generation_no_candidate_is_answered_by_a_second_attempt(store: Store) -> None:
    """Which second attempts there are by then depends on which trainings end first."""
    archive = made(store)
    assert not archive.answers(candidate("none ~ tanh(g)", child=0))
    again = candidate("none ~ g", child=0, attempt=1)
    assert not archive.answers(again)
    archive.add(trained(again, 0.5, 2))
    assert not archive.answers(candidate("none ~ g", child=1, attempt=1))
    # The next generation knows it.
    assert archive.answers(candidate("none ~ g", time_step=1))


def test_tasks_are_apart(store: Store) -> None:
    archive = made(store)
    first = candidate("none ~ g")
    assert not archive.answers(first)
    archive.add(trained(first, 0.5, 1))
    assert not archive.answers(candidate("none ~ g", time_step=1, task=FakeTask("other")))
    assert archive.answers(candidate("none ~ g", time_step=2))


def test_other_runs_are_known_up_to_the_horizon(store: Store) -> None:
    other = store.begin_run("search", "particles", "{}").id

    def add(text: str, child: int) -> int:
        rule = parse(text)
        values = {"text": text, "rule": rule.to_json(), "key": key_of(rule)}
        slot = Slot(Stage.CHILD, child=child)
        return store.add(other, evaluation_at(slot, task=TASK.task_key(), result=Evaluated(0.25), **values))

    number = add("none ~ g", 0)
    archive = made(store)
    add("none ~ tanh(g)", 1)
    assert archive.answers(candidate("none ~ id(g)"))
    answer = archive.next_result()
    assert answer is not None and (answer.evaluation, answer.fitness) == (number, 0.25)
    assert not archive.answers(candidate("none ~ tanh(g)", child=1))


def test_without_deduplication_nothing_is_answered(store: Store) -> None:
    archive = made(store, Dedup.OFF)
    first = candidate("none ~ g")
    assert not archive.answers(first)
    archive.add(trained(first, 0.5, 1))
    assert archive.next_result() == trained(first, 0.5, 1)
    assert not archive.answers(candidate("none ~ g", time_step=1))
