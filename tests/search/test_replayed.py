"""What a resumed search reads of what it had: genomes and details when they are asked for."""

from __future__ import annotations

import gc
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.fake_trainer import FakeTrainer
from support.search_fakes import fake_settings, register, snapshot

from nos_sym.genome.decode import decode
from nos_sym.genome.genome import Genome
from nos_sym.genome.sample import sample
from nos_sym.genome.settings import GenomeSettings
from nos_sym.language.rule import Momentum, Rule
from nos_sym.search import proposals
from nos_sym.search.algorithms.proposing import mutation_draw, sample_draw
from nos_sym.search.candidates import Replayed, Request
from nos_sym.search.collector import PausedCollector, collector_paused
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.fingerprints import Fingerprint, KeyIndex
from nos_sym.search.results import Evaluated, LaterDetails, Trained, result_from_json, result_to_json
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.connection import StoreError
from nos_sym.search.store.store import Store

register()


class Counted(FakeTrainer):
    """Trains a number of times and then ends the search; says whether the collector works meanwhile."""

    left: list[int] = [0]  # noqa: RUF012 - shared on purpose
    collecting: list[bool] = []  # noqa: RUF012

    def train(self, *arguments: Any) -> Trained:
        if not self.left[0]:
            raise KeyboardInterrupt
        self.left[0] -= 1
        self.collecting.append(gc.isenabled())
        return super().train(*arguments)


@dataclass
class Source:
    """Makes genomes, and has some of them stored."""

    kept: dict[Slot, Genome]
    made_for: list[Slot]

    def made(self, candidate: Replayed, request: Request) -> Genome:
        self.made_for.append(candidate.slot)
        return request.draw(candidate.slot.generator(1, 0))

    def stored(self, candidate: Replayed) -> Genome | None:
        return self.kept.get(candidate.slot)

    def rule_of(self, genome: Genome) -> Rule:
        return decode(genome)


def chain(source: Source, length: int) -> list[Replayed]:
    """Return candidates, each a mutation of the one before it."""
    settings, found = fake_settings(), list[Replayed]()
    for step in range(length):
        slot = Slot(Stage.CHILD, 0, step)
        draw = mutation_draw(found[-1], settings) if found else sample_draw(settings)
        request = Request(slot, draw, KeyIndex(), settings.training)
        print_ = Fingerprint(str(step), str(step), Momentum.NONE)
        found.append(Replayed(slot, "none ~ g", print_, settings.training, 0, source, request))
    return found


def test_a_genome_after_more_moves_than_calls_can_be_nested_is_made_once() -> None:
    source = Source({}, [])
    candidates = chain(source, 3000)
    assert candidates[-1].has_genome and source.made_for == []
    again = candidates[-1].at(Slot(Stage.PARTICLE, 1), fake_settings().training)
    assert again.genome is candidates[-1].genome
    assert source.made_for == [candidate.slot for candidate in candidates]
    assert decode(again.genome) == again.rule


def test_a_genome_that_the_store_has_is_read_and_what_led_to_it_is_not_made() -> None:
    expected = chain(Source({}, []), 6)[-1].genome
    candidates = chain(source := Source({}, []), 6)
    source.kept[candidates[3].slot] = chain(Source({}, []), 4)[-1].genome
    assert candidates[-1].genome == expected
    assert source.made_for == [candidate.slot for candidate in candidates[4:]]


def test_the_genome_of_another_optimizer_is_refused(tmp_path: Path) -> None:
    settings = fake_settings(3, particles=2, time_steps=2)
    with Store.open(tmp_path / "run.db") as store:
        Counted.left[0] = 15
        with pytest.raises(KeyboardInterrupt):
            evolve(settings, store, executor=InProcess(), trainer=Counted())
        other = sample(np.random.default_rng(5), GenomeSettings()).to_json()
        store._write("UPDATE evaluations SET genome = ?", (json.dumps(other),))
        with pytest.raises(StoreError, match="another optimizer at"):
            evolve(settings, store, executor=InProcess(), trainer=FakeTrainer(), resume=True)


@pytest.mark.parametrize("algorithm", ["particles", "regularized"])
def test_few_genomes_are_made_again(tmp_path: Path, algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    budget = {"evaluations": 20, "population": 5, "sample": 3} if algorithm == "regularized" else {}
    settings = fake_settings(
        3, algorithm=algorithm, particles=2, time_steps=2, genome={"hidden_nodes": 1}, **budget
    )
    with Store.open(tmp_path / "run.db") as store:
        run, _ = evolve(settings, store, executor=InProcess(), trainer=FakeTrainer())
        whole = snapshot(store, run.id)
        made = list[Slot]()
        whole_made = proposals.Proposals.made
        monkeypatch.setattr(
            proposals.Proposals, "made", lambda *a: (made.append(a[1].slot), whole_made(*a))[1]
        )
        again, _ = evolve(settings, store, executor=InProcess(), trainer=FakeTrainer(), resume=True)
        # Only what was answered has no genome in the store.
        answered = store.answers(run.id)
        assert all(str(slot) in answered for slot in made)
        assert snapshot(store, again.id) == whole


def test_details_are_read_when_they_are_asked_for() -> None:
    calls = []

    def read(text: str, where: int) -> dict[str, Any]:
        calls.append((text, where))
        return dict(json.loads(text))

    later = Evaluated(0.5, 0.1, 2.0, LaterDetails(read, '{"steps": 3}', 7))
    assert later.fitness == 0.5 and calls == []
    assert later == Evaluated(0.5, 0.1, 2.0, {"steps": 3}) and later.details["steps"] == 3
    assert result_from_json(json.loads(json.dumps(result_to_json(later)))) == later
    assert calls == [('{"steps": 3}', 7)] and repr(later.details) == "{'steps': 3}"


@pytest.mark.parametrize("change", ["result = '{'", "result = '[]'", "fitness = 'high'", "result = x'00'"])
def test_a_damaged_training_is_one_line(tmp_path: Path, change: str) -> None:
    path = tmp_path / "run.db"
    with Store.open(path) as store:
        Counted.left[0] = 6
        with pytest.raises(KeyboardInterrupt):
            evolve(fake_settings(3, particles=2), store, executor=InProcess(), trainer=Counted())
    with sqlite3.connect(path) as db:
        db.execute(f"UPDATE evaluations SET {change}")
    db.close()
    with Store.open(path) as store, pytest.raises(StoreError, match="malformed"):
        [row.details for row in map(read_details, store.recorded(1).values())]


def read_details(row: tuple[Any, ...]) -> Evaluated:
    from nos_sym.search.store.tables import Recorded

    result = Recorded(*row).read_result()
    assert isinstance(result, Evaluated)
    dict(result.details)
    return result


def test_the_collector_works_while_something_is_trained(tmp_path: Path) -> None:
    settings = fake_settings(3, particles=2, time_steps=1)
    with Store.open(tmp_path / "run.db") as store:
        for left in (5, 4):
            Counted.left[0] = left
            with pytest.raises(KeyboardInterrupt):
                evolve(settings, store, executor=InProcess(), trainer=Counted(), resume=True)
            assert gc.isenabled()
        assert Counted.collecting[-9:] == [True] * 9


def test_the_collector_is_left_as_it_was() -> None:
    with pytest.raises(ValueError, match="x"), collector_paused():
        assert not gc.isenabled()
        with collector_paused():
            pass
        assert not gc.isenabled()
        raise ValueError("x")
    assert gc.isenabled()
    gc.disable()
    try:
        PausedCollector().go_on()
        assert not gc.isenabled()
    finally:
        gc.enable()
