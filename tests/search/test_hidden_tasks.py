"""Tasks that a search never trains on: its best and the references are trained there, and nothing else is."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from support.fake_trainer import FakeTask, FakeTrainer
from support.search_fakes import Shuffled, fake_settings, register, snapshot

from nos_sym.search.evidence.texts import evidence_lines
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.reports.hall_of_fame import hall_of_fame
from nos_sym.search.reports.report import Report
from nos_sym.search.store.store import Store

register()


class Shown(FakeTask):
    """The task of a search that hides another."""

    def hidden_settings(self) -> tuple[FakeTask, ...]:
        return (FakeTask("hidden"),)


def search(path: Path, executor: Any = None, *, task: Any = None, **changes: Any) -> Report:
    settings = fake_settings(**{"confirm": [3, 6], "references": "tuned"} | changes)
    settings = dataclasses.replace(settings, training=task or Shown("evolution"))
    with Store.open(path) as store:
        resume = bool(store.runs())
        return evolve(settings, store, executor=executor or InProcess(), resume=resume)[1]


def test_the_best_and_the_references_are_trained_on_a_hidden_task(tmp_path: Path) -> None:
    shown = search(tmp_path / "a.db")
    plain = search(tmp_path / "plain.db", task=FakeTask("evolution"))
    assert shown.evidence is not None and plain.evidence is not None
    # Of the search's own task nothing is another.
    assert dataclasses.replace(shown.evidence, hidden=()) == plain.evidence
    with Store.read(tmp_path / "a.db") as store, Store.read(tmp_path / "plain.db") as other:
        assert snapshot(store, 1) == snapshot(other, 1)
        kinds = [run.kind for run in store.runs()]
        assert kinds == ["search", "confirmation", "references", "confirmation", "references"]
        confirmed, references = (list(store.evaluations(number)) for number in (4, 5))
        best = hall_of_fame(store, limit=3)
        assert best.task == hall_of_fame(other).task
        # What was confirmed on the hidden task is no confirmation of the fitness that is shown.
        assert [e.confirmed.scores for e in best.entries if e.confirmed] == [
            c.trained.scores for c in shown.evidence.confirmed
        ]
    [hidden] = shown.evidence.hidden
    assert {e.task for e in (*confirmed, *references)} == {hidden.task} == {"fake hidden-0.01 confirmation"}
    by_text: dict[str, list[float | None]] = {}
    for e in confirmed:
        by_text.setdefault(e.text, []).append(e.fitness)
    assert [list(c.trained.scores) for c in hidden.confirmed] == [
        by_text[c.trained.text] for c in shown.evidence.confirmed
    ]
    assert [c.trained.scores for c in hidden.confirmed] != [
        c.trained.scores for c in plain.evidence.confirmed
    ]
    # Tuned references have the settings that were best on the task of the search.
    assert [(r.label, r.trained.text) for r in hidden.references] == [
        (r.label, r.trained.text) for r in plain.evidence.references
    ]
    assert json.loads(json.dumps(shown.to_json()))["evidence"]["hidden"] == [hidden.to_json()]
    lines = evidence_lines(shown.evidence)
    own = next(number for number, line in enumerate(lines) if line.startswith("hidden "))
    assert lines[own].startswith("hidden       fake hidden-0.01 confirmation: 6 trainings of each")
    assert lines[:own] == evidence_lines(plain.evidence)
    assert sum(line.startswith("reference ") for line in lines[own:]) == 8


@pytest.mark.parametrize("more", [1, 25])
def test_killed_there_and_resumed_it_comes_to_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    whole = search(tmp_path / "whole.db")
    train, left = FakeTrainer.train, [more]

    def stopped(trainer: Any, source: Any, class_name: str, task: FakeTask, seed: int) -> Any:
        left[0] -= task.name == "hidden"
        if left[0] < 0:
            raise KeyboardInterrupt
        return train(trainer, source, class_name, task, seed)

    monkeypatch.setattr(FakeTrainer, "train", stopped)
    with pytest.raises(KeyboardInterrupt):
        search(tmp_path / "cut.db")
    left[0] = 10_000
    resumed = search(tmp_path / "cut.db", Shuffled(5, 3))
    assert resumed.evidence == whole.evidence
    with Store.read(tmp_path / "cut.db") as one, Store.read(tmp_path / "whole.db") as other:
        assert len(list(one.evaluations())) == len(list(other.evaluations()))


def test_a_later_search_finds_the_references_there(tmp_path: Path) -> None:
    search(tmp_path / "a.db", references="default")
    with Store.read(tmp_path / "a.db") as store:
        before = len(list(store.evaluations(5)))
    settings = fake_settings(5, confirm=[1, 6], references="default")
    with Store.open(tmp_path / "a.db") as store:
        evolve(dataclasses.replace(settings, training=Shown("evolution")), store, executor=InProcess())
        assert len(list(store.evaluations(5))) == before == 24
        assert [run.kind for run in store.runs()].count("references") == 2


def test_without_a_confirmation_nothing_is_trained_there(tmp_path: Path) -> None:
    assert search(tmp_path / "a.db", confirm=[0, 0], references="none").evidence is None
    with Store.read(tmp_path / "a.db") as store:
        assert not [e for e in store.evaluations() if "hidden" in e.task]
