"""The search: Algorithm 1, the baselines, and that the result depends on the settings alone."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import pytest
from support.fake_trainer import FakeTask, FakeTrainer
from support.search_fakes import Shuffled, fake_settings, register, snapshot

import nos_sym
from nos_sym.search.algorithms.regularized_evolution import RegularizedEvolution
from nos_sym.search.errors import SearchError
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.choose import open_executor
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.executors.protocol import Done, Executor, Lost
from nos_sym.search.reports.hall_of_fame import describe, hall_of_fame
from nos_sym.search.reports.report import Report
from nos_sym.search.results import Evaluated, Rejected, Trained
from nos_sym.search.settings import SearchSettings
from nos_sym.search.slots import Stage, slot_from_text
from nos_sym.search.store.rows import Evaluation
from nos_sym.search.store.store import Store

register()


def search(
    path: Path, settings: SearchSettings, executor: Executor | None = None, **options: Any
) -> tuple[dict[str, Any], Report, list[Evaluation]]:
    with Store.open(path) as store:
        run, report = evolve(settings, store, executor=executor or InProcess(), **options)
        return snapshot(store, run.id), report, list(store.evaluations(run.id))


@pytest.mark.parametrize(
    ("dedup", "algorithm"),
    [
        pytest.param(dedup, name, marks=[pytest.mark.heavy] if dedup == "float32" else [])
        for dedup in ("exact", "float32", "off")
        for name in ("particles", "random", "regularized")
    ],
)
def test_the_result_does_not_depend_on_what_ends_first(tmp_path: Path, algorithm: str, dedup: str) -> None:
    changes = {"evaluations": 24, "population": 10, "sample": 4, "batch": 3, "time_steps": 2}
    settings = fake_settings(7, algorithm=algorithm, dedup=dedup, **changes)
    expected, report, _ = search(tmp_path / "one.db", settings)
    for workers, seed in ((3, 0), (40, 1)):
        found, other, _ = search(tmp_path / f"{workers}.db", settings, Shuffled(workers, seed))
        assert found == expected
        assert (other.trained, other.drawn, other.degenerate) == (
            report.trained,
            report.drawn,
            report.degenerate,
        )


@pytest.mark.parametrize(
    "algorithm",
    ["particles", *(pytest.param(name, marks=pytest.mark.heavy) for name in ("random", "regularized"))],
)
def test_reports_do_not_depend_on_what_ends_first(tmp_path: Path, algorithm: str) -> None:
    """Numbers of evaluations do, so reports name an evaluation by its run and slot."""

    def told(data: Any) -> Any:
        """Return a report without durations; its order is none of them."""
        if isinstance(data, dict):
            return {name: told(value) for name, value in data.items() if name != "seconds"}
        if isinstance(data, list | tuple):
            return [told(item) for item in data]
        return data

    changes = {"evaluations": 12, "population": 6, "sample": 4, "batch": 3, "time_steps": 2}
    settings = fake_settings(3, algorithm=algorithm, **changes)
    found = []
    for name, executor in (("one", InProcess()), ("many", Shuffled(9, 1))):
        with Store.open(tmp_path / f"{name}.db") as store:
            run, report = evolve(settings, store, executor=executor)
            _, second = evolve(replace(settings, seed=4), store, executor=executor)
            numbers = [(e.slot, e.id) for e in store.evaluations(run.id)]
            top = describe(hall_of_fame(store).entries)
            found.append((told([report.to_json(), second.to_json(), top]), numbers))
    assert found[0][0] == found[1][0]
    assert sorted(found[0][1]) != sorted(found[1][1])


@pytest.mark.timeout(180)
def test_local_processes_give_the_same_result(tmp_path: Path) -> None:
    settings = fake_settings(7, time_steps=1)
    expected, *_ = search(tmp_path / "one.db", settings)
    with open_executor("processes", 2) as executor:
        found, *_ = search(tmp_path / "two.db", settings, executor)
    assert found == expected


def test_seeds_give_different_searches(tmp_path: Path) -> None:
    first, *_ = search(tmp_path / "a.db", fake_settings(1))
    second, *_ = search(tmp_path / "b.db", fake_settings(2))
    assert {row[3] for row in first["evaluations"]} != {row[3] for row in second["evaluations"]}


def test_particles_start_from_the_best_and_move_to_the_best_child(tmp_path: Path) -> None:
    settings = fake_settings(5)
    with Store.open(tmp_path / "run.db") as store:
        run, _ = evolve(settings, store, executor=InProcess())
        evaluations = list(store.evaluations(run.id))
        moves = store.moves(run.id)
        answered = {row[0]: row for row in store.duplicates(run.id) if row[2] == "answered"}
        by_number = {e.id: e for e in store.evaluations()}
    initial = [e for e in evaluations if e.stage == "initial"]
    assert len(initial) + sum(p.startswith("initial") for p in answered) == 16
    best = sorted((e for e in initial if e.fitness is not None), key=lambda e: -(e.fitness or 0))
    starts = {particle: text for particle, step, text, *_ in moves if step == 0}
    assert [starts[i] for i in range(4)] == [e.text for e in best[:4]]

    fitness: dict[tuple[int, int], list[float]] = {}
    children = [(slot_from_text(e.slot), e.fitness) for e in evaluations]
    children += [(slot_from_text(slot), by_number[row[5]].fitness) for slot, row in answered.items()]
    for slot, value in children:
        if slot.stage is Stage.CHILD and value is not None:
            fitness.setdefault((slot.particle, slot.time_step + 1), []).append(value)
    steps = {(particle, step): value for particle, step, _, _, value, _ in moves if step > 0}
    assert steps == {key: max(values) for key, values in fitness.items()}
    # Aging: a particle moves on, also to a worse optimizer.
    assert any(steps[p, s] < steps[p, s - 1] for p, s in steps if (p, s - 1) in steps)


def test_a_slot_is_tried_again_until_its_failures_are_used_up(tmp_path: Path) -> None:
    _, _, evaluations = search(tmp_path / "run.db", fake_settings(5, failures=3))
    attempts: dict[str, dict[int, Evaluation]] = {}
    for e in evaluations:
        slot = slot_from_text(e.slot)
        if slot.stage is Stage.CHILD:
            attempts.setdefault(e.slot.rsplit(".", 1)[0], {})[slot.attempt] = e
        else:
            assert slot.attempt == 0
    assert {max(tried) for tried in attempts.values()} == {0, 1, 2}
    for tried in attempts.values():
        last = max(tried)
        assert all(e.fitness is None for attempt, e in tried.items() if attempt < last)
        assert tried[last].fitness is not None or last == 2


def test_a_particle_trains_no_optimizer_twice(tmp_path: Path) -> None:
    for dedup in ("exact", "off"):
        _, report, evaluations = search(tmp_path / f"{dedup}.db", fake_settings(2, dedup=dedup, time_steps=4))
        assert report.redrawn.count > 0
        trained: dict[tuple[int | None, str], int] = {}
        for e in evaluations:
            if e.stage in ("particle", "child"):
                name = str(e.key) if dedup == "exact" else e.text
                trained[e.particle, name] = trained.get((e.particle, name), 0) + 1
        assert set(trained.values()) == {1}


def test_initial_optimizers_are_where_particles_start_and_are_named(tmp_path: Path) -> None:
    settings = fake_settings(1, initial=["Adam", "none ~ g"], particles=4, time_steps=1)
    with Store.open(tmp_path / "run.db") as store:
        run, report = evolve(settings, store, executor=InProcess())
        starts = [row for row in store.moves(run.id) if row[1] == 0]
        assert len(starts) == 4
        adam, sgd = (nos_sym.key_of(nos_sym.catalog.entry(name)) for name in ("Adam", "SGD"))  # type: ignore
        assert starts[0][3] == starts[2][3] == adam
        assert starts[1][3] == starts[3][3] == sgd
        slots = [e.slot for e in store.evaluations(run.id) if e.stage == "particle"]
        assert slots == ["particle 0.0.0.0", "particle 1.0.0.0"]
        assert not [e for e in store.evaluations(run.id) if e.stage == "initial"]
    # The other two starts are answered.
    assert report.answered.count >= 2
    assert {"Adam", "SGD"} <= {found.name for found in report.rediscovered}


def test_what_cannot_be_an_initial_particle_is_said(tmp_path: Path) -> None:
    for initial, message in (
        (["LR2"], "holds the schedule 'LR2'; expected optimizers"),
        (["none ~ drop(g, 0.3, draw=1) * drop(w, 0.3, draw=1)"], "cannot be an initial particle"),
        (["Adamm"], "did you mean 'Adam'"),
        (["none ~ tahn(g)"], "did you mean 'tanh'"),
    ):
        settings = fake_settings(initial=initial, genome={"hidden_nodes": 1})
        with pytest.raises(nos_sym.NosSymError, match=message):
            search(tmp_path / f"{initial[0][:4]}.db", settings)


def test_an_initial_particle_has_as_many_nodes_as_it_needs(tmp_path: Path) -> None:
    settings = fake_settings(
        1, initial=["Opt4", "AdaBelief"], particles=2, time_steps=1, genome={"hidden_nodes": 1}
    )
    _, _, evaluations = search(tmp_path / "run.db", settings)
    starts = [e.key for e in evaluations if e.stage == "particle"]
    assert starts == [nos_sym.key_of(nos_sym.catalog.entry(n)) for n in ("Opt4", "AdaBelief")]  # type: ignore


def test_with_decays_alone_the_optimizer_stays(tmp_path: Path) -> None:
    settings = fake_settings(
        1, initial=["Adam"], particles=2, time_steps=2, genome={"only_decays": True}, dedup="schedule"
    )
    _, _, evaluations = search(tmp_path / "run.db", settings)
    children = [e for e in evaluations if e.stage == "child"]
    assert children and all("[" in e.text and e.text.startswith("none") for e in children)


def test_known_optimizers_are_answered_from_earlier_runs_and_from_this_one(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    initial = {"initial": ["Adam"], "particles": 3, "time_steps": 2}
    _, first, old = search(path, fake_settings(1, **initial))
    assert first.answered_earlier.count == 0
    _, second, new = search(path, fake_settings(2, **initial))
    assert second.answered_earlier.count > 0 and second.answered_earlier.seconds > 0
    assert not {e.key for e in old} & {e.key for e in new}
    # Another task knows nothing of it, and 'off' asks for nothing.
    for changes in ({"training": {"name": "other"}}, {"dedup": "off"}, {"repeats": 2}):
        _, report, _ = search(path, fake_settings(1, **initial | changes))
        assert report.answered_earlier.count == 0
        assert report.answered.count == 0 or "dedup" not in changes


@pytest.mark.parametrize("dedup", ["exact", "sign", "scale", "schedule", "float32", "off"])
def test_a_report_counts_what_the_store_has(tmp_path: Path, dedup: str) -> None:
    settings = fake_settings(3, dedup=dedup, initial=["Adam"], particles=3)
    found, report, evaluations = search(tmp_path / "run.db", settings)
    assert sum(report.trained.values()) == len(evaluations)
    assert report.distinct == len({e.key for e in evaluations})
    assert report.saved.count == len(found["duplicates"])
    assert report.saved.count == sum(c.redrawn + c.answered for c in report.classes) > 0
    assert report.saved.seconds == pytest.approx(sum(c.seconds for c in report.classes))
    assert report.seconds == pytest.approx(sum(e.result.seconds for e in evaluations))
    assert (report.answered.count == 0) == (dedup == "off")
    if dedup == "off":
        assert report.same_text.count == report.saved.count
    for c in report.classes:
        assert c.text not in c.texts


def test_regularized_evolution_keeps_a_population_and_a_budget(tmp_path: Path) -> None:
    changes = {"evaluations": 40, "population": 12, "sample": 6, "batch": 4, "failures": 1}
    settings = fake_settings(1, algorithm="regularized", dedup="off", **changes)
    _, _, evaluations = search(tmp_path / "run.db", settings)
    assert len(evaluations) == 40
    stages = [slot_from_text(e.slot) for e in evaluations]
    assert sum(p.stage is Stage.POPULATION for p in stages) == 12
    assert sorted((p.time_step, p.child) for p in stages if p.stage is Stage.CYCLE) == [
        (cycle, child) for cycle in range(7) for child in range(4)
    ]
    # Tournaments drive the population up: later children are better than the first samples.
    fitness = [e.fitness for e in evaluations if e.fitness is not None]
    assert len(fitness) > 20


def test_regularized_evolution_forgets_its_oldest_members(tmp_path: Path, monkeypatch: Any) -> None:
    seen: list[list[str]] = []
    parent = RegularizedEvolution._parent

    def watched(self: Any, members: Any, slot: Any) -> Any:
        seen.append([m.slot.order for m in members])
        return parent(self, members, slot)

    monkeypatch.setattr(RegularizedEvolution, "_parent", watched)
    changes = {"evaluations": 60, "population": 8, "sample": 4, "batch": 1}
    search(tmp_path / "run.db", fake_settings(1, algorithm="regularized", **changes))
    assert all(len(members) == len(seen[0]) <= 8 for members in seen)
    for before, after in pairwise(seen):
        assert after == before or after[:-1] == before[1:]
    assert not set(map(tuple, seen[0])) & set(map(tuple, seen[-1]))


def test_random_search_fills_each_slot_once(tmp_path: Path) -> None:
    settings = fake_settings(1, algorithm="random", evaluations=30, population=7, sample=3, dedup="off")
    _, _, evaluations = search(tmp_path / "run.db", settings)
    assert sorted(slot_from_text(e.slot).particle for e in evaluations) == list(range(30))


def test_a_search_without_any_fitness_says_so(tmp_path: Path) -> None:
    class Nothing(FakeTrainer):
        def train(self, *arguments: Any) -> Trained:
            return Rejected("never")

    for algorithm in ("particles", "regularized"):
        settings = fake_settings(algorithm=algorithm, evaluations=30)
        with pytest.raises(SearchError, match="reached a fitness"):
            search(tmp_path / f"{algorithm}.db", settings, trainer=Nothing())


def test_repeats_are_trainings_with_seeds_of_their_own(tmp_path: Path) -> None:
    _, _, evaluations = search(tmp_path / "run.db", fake_settings(1, repeats=3, time_steps=1))
    several = [e.result for e in evaluations if isinstance(e.result, Evaluated)]
    for result in several:
        parts = result.details["repeats"]
        assert len({part["seed"] for part in parts}) == 3
        assert result.fitness == pytest.approx(sum(part["fitness"] for part in parts) / 3)
    assert several and all("x3" in e.task for e in evaluations)


class Losing(Shuffled):
    """Loses every worker that gets the third job."""

    def run(self, jobs: Any) -> Any:
        for number, outcome in super().run(jobs):
            yield number, Lost("killed by signal 9", 3) if number == 3 else outcome


def test_a_candidate_that_kills_its_workers_is_rejected(tmp_path: Path) -> None:
    _, _, evaluations = search(tmp_path / "run.db", fake_settings(1, time_steps=1), Losing(1, 0))
    (lost,) = [e for e in evaluations if isinstance(e.result, Rejected) and "worker" in e.result.reason]
    assert lost.result == Rejected("its worker died 3 times: killed by signal 9")


class Ending(Shuffled):
    """Ends its run whenever it has no job left, as one that does not ask again."""

    def run(self, jobs: Any) -> Any:
        for job in list(jobs):
            yield job.number, Done(job.function(*job.arguments))


def test_an_executor_that_ends_its_run_is_asked_again(tmp_path: Path) -> None:
    settings = fake_settings(4)
    expected, *_ = search(tmp_path / "a.db", settings)
    found, *_ = search(tmp_path / "b.db", settings, Ending(1, 0))
    assert found == expected


class Failing(FakeTrainer):
    """Raises an error within the training of optimizers that hold a square root."""

    error: Exception = ValueError("no such thing")

    def train(self, source: Path, class_name: str, settings: FakeTask, seed: int) -> Trained:
        if "sqrt" in source.read_text(encoding="utf-8"):
            raise self.error
        return super().train(source, class_name, settings, seed)


def test_an_error_within_a_training_rejects_the_optimizer(tmp_path: Path) -> None:
    settings = fake_settings(1, initial=["Adam"], particles=1, same_failures=0)
    _, _, evaluations = search(tmp_path / "run.db", settings, trainer=Failing())
    failed = [e for e in evaluations if isinstance(e.result, Rejected) and "ValueError" in e.result.reason]
    failed = [e for e in failed if e.slot == "particle 0.0.0.0"]
    assert failed
    assert failed[0].result.reason == "the training failed: ValueError: no such thing"  # type: ignore[union-attr]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), MemoryError()])
def test_an_error_of_the_machine_ends_the_search_and_keeps_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(Failing, "error", error)
    settings = fake_settings(1, initial=["none ~ g", "Adam"], particles=2)
    with pytest.raises(nos_sym.NosSymError, match="failed on this machine"):
        search(tmp_path / "run.db", settings, trainer=Failing())
    _, _, evaluations = search(tmp_path / "run.db", settings, resume=True)
    assert {"particle 0.0.0.0", "particle 1.0.0.0"} <= {e.slot for e in evaluations}


def test_the_rendered_files_are_beside_the_store_and_are_what_was_trained(tmp_path: Path) -> None:
    _, _, evaluations = search(tmp_path / "run.db", fake_settings(1, time_steps=1))
    files = list((tmp_path / "run.db.optimizers").glob("*.py"))
    assert len(files) == len({e.text for e in evaluations})
    assert not list((tmp_path / "run.db.optimizers").glob("*.part"))


class Batched(FakeTrainer):
    """Trains several at once, and notes which."""

    programs: ClassVar[list[tuple[str, ...]]] = []

    def train_all(self, requests: Any, settings: FakeTask) -> list[Trained]:
        self.programs.append(tuple(r.class_name for r in requests))
        return [self.train(r.source, r.class_name, settings, r.seed) for r in requests]


@pytest.mark.parametrize("repeats", [1, 2])
@pytest.mark.parametrize("barriers", [True, False])
def test_candidates_are_batched_in_their_order(tmp_path: Path, repeats: int, barriers: bool) -> None:
    """With barriers programs change nothing; at their own pace, seeds without programs are those of texts."""
    settings = fake_settings(7, repeats=repeats, barriers=barriers)
    expected = search(tmp_path / "alone.db", settings)[0] if barriers else None
    programs = []
    for workers, name in ((1, "one"), (9, "nine")):
        Batched.programs = []
        bundled = replace(settings, candidates_per_program=3)
        executor = Shuffled(workers, workers)
        found, *_ = search(tmp_path / f"{name}.db", bundled, executor, trainer=Batched())
        expected = expected or found
        assert found == expected
        programs.append(sorted(Batched.programs))
    assert programs[0] == programs[1]
    assert max(map(len, programs[0])) == 3 * repeats


def test_what_is_resumed_is_batched_as_before(tmp_path: Path) -> None:
    settings = fake_settings(7, candidates_per_program=4, time_steps=2)
    Batched.programs = []
    expected, *_ = search(tmp_path / "whole.db", settings, trainer=Batched())
    whole = list(Batched.programs)

    class Stopping(Batched):
        def train_all(self, requests: Any, settings: FakeTask) -> list[Trained]:
            if len(self.programs) == 6:
                raise KeyboardInterrupt
            return super().train_all(requests, settings)

    Batched.programs = []
    with pytest.raises(KeyboardInterrupt):
        search(tmp_path / "run.db", settings, trainer=Stopping())
    found, *_ = search(tmp_path / "run.db", settings, trainer=Batched(), resume=True)
    assert found == expected and sorted(Batched.programs) == sorted(whole)


def test_one_that_breaks_a_program_is_found_alone(tmp_path: Path) -> None:
    class Breaking(Batched, Failing):
        pass

    settings = fake_settings(
        1, initial=["none ~ g", "Adam", "none ~ tanh(g)"], particles=3, candidates_per_program=3
    )
    _, _, evaluations = search(tmp_path / "run.db", settings, trainer=Breaking())
    outcomes = {e.slot: e.result for e in evaluations if e.stage == "particle"}
    failed = outcomes["particle 1.0.0.0"]
    assert isinstance(failed, Rejected) and "ValueError" in failed.reason
    assert not any("ValueError" in str(r) for slot, r in outcomes.items() if slot != "particle 1.0.0.0")


def test_of_lost_candidates_each_is_tried_alone(tmp_path: Path) -> None:
    class LosingPrograms(Shuffled):
        """Loses every job that holds a square root."""

        def run(self, jobs: Any) -> Any:
            for job in jobs:
                _, trainings = job.arguments
                lost = any("sqrt" in t.source for t in trainings)
                value = None if lost else job.function(*job.arguments)
                yield job.number, Lost("killed", 3) if lost else Done(value)

    settings = fake_settings(
        1, initial=["none ~ g", "Adam"], particles=2, candidates_per_program=2, time_steps=0
    )
    _, _, (first, second) = search(tmp_path / "run.db", settings, LosingPrograms(1, 0))
    assert "worker died" not in str(first.result)
    assert second.result == Rejected("its worker died 3 times: killed")
