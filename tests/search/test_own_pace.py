"""Particles at their own pace: whatever ends first, a search is the same, and none waits for another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
from support.fake_trainer import FakeTrainer
from support.search_fakes import Shuffled, fake_settings, register, snapshot

from nos_sym.search.algorithms.particles import ParticleSearch
from nos_sym.search.candidates import Candidate, Result
from nos_sym.search.errors import SearchError
from nos_sym.search.evolve import evolve, interrupted_settings
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.executors.protocol import Executor, Job, JobQueue
from nos_sym.search.listener import Listener
from nos_sym.search.reports.display import Display
from nos_sym.search.reports.hall_of_fame import describe, hall_of_fame
from nos_sym.search.results import Evaluated, Rejected, Trained
from nos_sym.search.settings import SearchSettings, settings_from_json
from nos_sym.search.slots import Slot, Stage, slot_from_text, training_seed_of
from nos_sym.search.store.store import Store

register()
ALIKE: dict[str, Any] = {
    "initial": ["none ~ g"],
    "particles": 4,
    "time_steps": 2,
    "genome": {"hidden_nodes": 1},
}
"""Particles that start from the same small optimizer make many children of the same text."""


def search(path: Path, settings: SearchSettings, executor: Executor, **options: Any) -> dict[str, Any]:
    with Store.open(path) as store:
        run, report = evolve(settings, store, executor=executor, **options)
        best = [{**record, "seconds": None} for record in describe(hall_of_fame(store).entries)]
        return {**snapshot(store, run.id), "best": best, "drawn": report.drawn}


def answered_by_text(found: dict[str, Any]) -> list[tuple[Slot, Slot]]:
    """Return the children that a child of another particle answered, and its slot."""
    rows = [row for row in found["duplicates"] if row[2] == "answered" and row[5][0]]
    pairs = [(slot_from_text(row[0]), slot_from_text(row[5][1])) for row in rows]
    return [(one, other) for one, other in pairs if other.stage is Stage.CHILD]


def test_whatever_ends_first_the_store_is_the_same(tmp_path: Path) -> None:
    settings = fake_settings(2, **ALIKE)
    expected = search(tmp_path / "one.db", settings, InProcess())
    pairs = answered_by_text(expected)
    assert len(pairs) > 3 and all(one.particle != other.particle for one, other in pairs)
    # The training belongs to the first slot in the order of slots.
    assert all(other.order < one.order for one, other in pairs)
    for workers, seed in ((2, 0), (64, 2)):
        assert search(tmp_path / f"{workers}.db", settings, Shuffled(workers, seed)) == expected


@pytest.mark.heavy
@pytest.mark.timeout(600)
@pytest.mark.parametrize("dedup", ["exact", "sign", "scale", "schedule", "float32", "off"])
@pytest.mark.parametrize("changes", [{}, {"almost": True}, {"repeats": 2}, {"candidates_per_program": 3}])
def test_whatever_ends_first_with_all_levels(tmp_path: Path, dedup: str, changes: dict[str, Any]) -> None:
    for name, base in (("alike", ALIKE), ("drawn", {"time_steps": 2})):
        settings = fake_settings(3, dedup=dedup, failures=3, **base | changes)
        expected = search(tmp_path / f"{name}.db", settings, InProcess())
        for workers, seed in ((2, 5), (7, 6), (64, 7), (64, 8)):
            path = tmp_path / f"{name}-{workers}-{seed}.db"
            assert search(path, settings, Shuffled(workers, seed)) == expected


class Stopping(FakeTrainer):
    """Ends the search after a number of trainings."""

    left: ClassVar[list[int]] = [0]

    def train(self, *arguments: Any) -> Trained:
        if not self.left[0]:
            raise KeyboardInterrupt
        self.left[0] -= 1
        return super().train(*arguments)


def test_a_search_that_is_interrupted_often_is_the_same(tmp_path: Path) -> None:
    settings = fake_settings(2, **ALIKE)
    expected = search(tmp_path / "whole.db", settings, InProcess())
    path = tmp_path / "run.db"
    for seed, after in enumerate((1, 4, 9)):
        Stopping.left = [after]
        with pytest.raises(KeyboardInterrupt):
            search(path, settings, Shuffled(5, seed), trainer=Stopping(), resume=True)
    assert search(path, settings, Shuffled(3, 9), resume=True) == expected
    # A finished one is replayed in another order and stays what it is.
    assert search(path, settings, Shuffled(7, 10), resume=True) == expected


def test_seeds_of_children_are_functions_of_their_texts(tmp_path: Path) -> None:
    found = search(tmp_path / "run.db", fake_settings(2, **ALIKE), InProcess())
    children = [row for row in found["evaluations"] if row[0].startswith("child")]
    assert children and all(row[2] == training_seed_of(row[3], 2, 0) for row in children)
    assert len({row[3] for row in children}) == len(children)
    assert training_seed_of("none ~ g", 2, 0) != training_seed_of("none ~ g", 2, 1)
    few = ALIKE | {"time_steps": 1, "particles": 2}
    found = search(tmp_path / "off.db", fake_settings(2, dedup="off", **few), InProcess())
    slots = [(slot_from_text(row[0]), row[2]) for row in found["evaluations"]]
    assert all(seed == slot.training_seed(2, 0) for slot, seed in slots)


# Ask and tell


def told(candidate: Candidate, fitness: float | None) -> Result:
    return Result(candidate, Rejected("failed") if fitness is None else Evaluated(fitness), 0)


def started(listener: Listener | None = None, **changes: Any) -> tuple[ParticleSearch, list[Candidate]]:
    small = {"initial": ["Adam"], "particles": 2, "mutations": 3, "failures": 3} | changes
    algorithm = ParticleSearch(fake_settings(4, **small), listener=listener)
    return algorithm, algorithm.ask()


def test_a_failed_child_is_replaced_at_once() -> None:
    algorithm, asked = started()
    children = [c for c in asked if c.slot.stage is Stage.CHILD]
    assert len(asked) == 8 and len(children) == 6
    algorithm.tell(told(children[2], None))
    (again,) = algorithm.ask()
    assert again.slot == children[2].slot.next()
    assert again.key not in {c.key for c in children if c.slot.particle == 0}
    # It is what it is if its siblings fail first.
    other, asked = started()
    for child in [c for c in asked if c.slot.stage is Stage.CHILD][:3]:
        other.tell(told(child, None))
    same = next(c for c in other.ask() if c.slot == again.slot)
    assert (same.key, str(same.rule), same.draw) == (again.key, str(again.rule), again.draw)


def test_a_particle_moves_when_its_own_children_are_in() -> None:
    algorithm, asked = started()
    own = [c for c in asked if c.slot.stage is Stage.CHILD and c.slot.particle == 1]
    for number, child in enumerate(own):
        algorithm.tell(told(child, 0.5 + number))
    following = algorithm.ask()
    assert [(c.slot.particle, c.slot.time_step) for c in following] == [(1, 1)] * 3


def test_children_of_one_program_are_replaced_together() -> None:
    algorithm, asked = started(candidates_per_program=3)
    own = [c for c in asked if c.slot.stage is Stage.CHILD and c.slot.particle == 0]
    algorithm.tell(told(own[0], None))
    algorithm.tell(told(own[1], None))
    assert algorithm.ask() == []
    algorithm.tell(told(own[2], 0.5))
    assert [c.slot for c in algorithm.ask()] == [own[0].slot.next(), own[1].slot.next()]


def test_what_no_child_needed_may_be_proposed_later() -> None:
    """A row of attempts is for all children; what is left of it is no optimizer that the particle had."""
    algorithm, asked = started(particles=1)
    children = [c for c in asked if c.slot.stage is Stage.CHILD]
    algorithm.tell(told(children[0], None))
    (again,) = algorithm.ask()
    walk = algorithm._current._walks[0]  # type: ignore[union-attr]
    kept = [c for c in walk.step.rows[1] if c is not None and c is not again]
    for child in (*children[1:], again):
        algorithm.tell(told(child, 0.5))
    assert kept and all(walk.particle.taken.find(c.fingerprint) is None for c in kept)
    assert all(walk.particle.taken.find(c.fingerprint) is not None for c in (*children, again))


def test_the_stage_names_the_slowest_and_the_fastest_particle() -> None:
    class Names(Listener):
        said: ClassVar[list[str]] = []

        def stage(self, name: str, slots: int) -> None:
            self.said.append(f"{name}: {slots}")

    algorithm, open_ = started(Names(), time_steps=2)
    for particle in (1, 0):
        own = [c for c in open_ if c.slot.stage is Stage.CHILD and c.slot.particle == particle]
        for child in [c for c in own if not c.slot.time_step]:
            algorithm.tell(told(child, 0.5))
        open_ += algorithm.ask()
    assert Names.said == ["time-step 1/2: 6", "time-steps 1 to 2 of 2: 12", "time-step 2/2: 6"]


def test_all_slots_are_counted_as_done(tmp_path: Path) -> None:
    settings = fake_settings(2, **ALIKE | {"time_steps": 1})
    shown: list[int] = []

    class Watched(Display):
        def closed(self, slots: int) -> None:
            super().closed(slots)
            shown.append(self.tally.done)

    watched = Watched(settings)
    search(tmp_path / "run.db", settings, Shuffled(7, 0), listener=watched)
    assert shown == [4 + 4 * 4] == [watched.tally.slots]


def test_urgent_jobs_are_taken_first() -> None:
    queue = JobQueue()
    for number, slot in enumerate(
        [
            Slot(Stage.PARTICLE, 3),
            Slot(Stage.CHILD, 0, 1),
            Slot(Stage.CHILD, 1, 0, 0),
            Slot(Stage.CHILD, 2, 0, 1, 1),
            Slot(Stage.CHILD, 3, 0, 2),
        ]
    ):
        queue.add(Job(number, print, urgency=slot.urgency))
    assert len(queue) == 5 and [job.number for job in queue] == [3, 2, 4, 0, 1]


# Stores of before


def test_a_store_from_before_goes_on_with_barriers(tmp_path: Path) -> None:
    old = fake_settings(2, barriers=True, **ALIKE | {"time_steps": 1})
    expected = search(tmp_path / "whole.db", old, InProcess())
    with Store.open(tmp_path / "run.db") as store:
        Stopping.left = [6]
        with pytest.raises(KeyboardInterrupt):
            evolve(old, store, executor=InProcess(), trainer=Stopping())
        table = json.loads(store.runs()[0].settings)
        assert table.pop("barriers") is True
        store._connection.execute("UPDATE runs SET settings = ?", (json.dumps(table),))
        assert settings_from_json(json.dumps(table)) == interrupted_settings(store) == old
        with pytest.raises(SearchError, match=r"differs in 'barriers' \(true and not false\)"):
            evolve(fake_settings(2, **ALIKE | {"time_steps": 1}), store, executor=InProcess(), resume=True)
    assert search(tmp_path / "run.db", old, InProcess(), resume=True) == expected
