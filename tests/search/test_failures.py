"""Failures: told from early stops, counted by reason; a search whose trainings all fail alike ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest
from support.fake_trainer import FakeTask, FakeTrainer
from support.search_fakes import Shuffled, fake_settings, register

from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule
from nos_sym.search.candidates import Candidate, Result
from nos_sym.search.errors import SearchError
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.failures import (
    Ending,
    EveryTrainingFailedError,
    RepeatedFailures,
    ending_of,
    most_frequent,
    reason_of,
)
from nos_sym.search.fingerprints import Fingerprints
from nos_sym.search.reports.hall_of_fame import hall_of_fame
from nos_sym.search.reports.summary import summarize
from nos_sym.search.results import Diverged, DuplicateOf, Evaluated, Rejected, Trained
from nos_sym.search.settings import Dedup
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.store import Store

register()
TINY = {"particles": 2, "initial_factor": 3, "time_steps": 1, "mutations": 2}
STOPPED = Rejected("first early stop: the best training accuracy was 9.0%")
RAISED = Rejected("the training failed: ValueError: no Opt0123456789AB", details={"raised": "own.py, line 3"})


class Slip(FakeTrainer):
    """Raises in the trainings that are listed, counted from 0 in the order in which they run."""

    count: ClassVar[list[int]] = [0]
    failing: ClassVar[Any] = range(10**6)

    def train(self, source: Path, class_name: str, settings: Any, seed: int) -> Trained:
        self.count[0] += 1
        if self.count[0] - 1 in self.failing:
            raise TypeError(f"{class_name}() has no argument 'lr'")
        return super().train(source, class_name, settings, seed)


@pytest.fixture
def slip() -> Slip:
    Slip.count[0], Slip.failing = 0, range(10**6)
    return Slip()


def test_failures_are_told_from_early_stops() -> None:
    endings = {
        Evaluated(0.5): Ending.FITNESS,
        STOPPED: Ending.STOPPED,
        Diverged("the loss is not finite"): Ending.DIVERGED,
        RAISED: Ending.FAILED,
        Rejected("cannot be rendered: no such operation"): Ending.FAILED,
        Rejected("its worker died 3 times: SIGKILL"): Ending.FAILED,
        Rejected("the training was stopped at the limit of 5 seconds"): Ending.FAILED,
    }
    for result, ending in endings.items():
        assert ending_of(result) is ending
        assert ending_of(DuplicateOf("key", 3, result)) is ending
    assert reason_of(RAISED) == "ValueError: no Opt (own.py, line 3)" and reason_of(Evaluated(0.5)) is None


def test_the_most_frequent_reason_is_that_of_a_failure_if_there_is_one() -> None:
    assert most_frequent([]) is None and most_frequent([Evaluated(0.1)]) is None
    assert most_frequent([STOPPED, STOPPED, Evaluated(0.1)]) == (STOPPED.reason, 2)
    other = Rejected("the training failed: ValueError: no Opt0123456789CD", details=RAISED.details)
    assert most_frequent([STOPPED, STOPPED, RAISED, other]) == ("ValueError: no Opt (own.py, line 3)", 2)


def test_a_search_ends_where_its_first_trainings_all_fail_alike(tmp_path: Path, slip: Slip) -> None:
    path = tmp_path / "run.db"
    message = (
        "the first 5 trainings all ended with the same exception.*has no argument 'lr' .test_failures.py"
    )
    with pytest.raises(EveryTrainingFailedError, match=message), Store.open(path) as store:
        evolve(fake_settings(**TINY), store, executor=InProcess(), trainer=slip)
    # Nothing is left, so that the same command begins again when the trainer is mended.
    assert slip.count == [5] and list(tmp_path.iterdir()) == []


def test_what_was_there_stays_there(tmp_path: Path, slip: Slip) -> None:
    with Store.open(tmp_path / "run.db") as store:
        evolve(fake_settings(**TINY), store, executor=InProcess())
        before, files = list(store.evaluations()), sorted(store.folder.iterdir())
        with pytest.raises(EveryTrainingFailedError):
            evolve(fake_settings(9, **TINY), store, executor=InProcess(), trainer=slip)
        assert [run.id for run in store.runs()] == [1]
        assert list(store.evaluations()) == before and sorted(store.folder.iterdir()) == files
        slip.count[0], Slip.failing = 0, ()
        run, _ = evolve(fake_settings(9, **TINY), store, executor=InProcess(), trainer=slip)
        assert run.finished is not None


def test_which_training_ends_first_does_not_end_a_search(tmp_path: Path, slip: Slip) -> None:
    settings = fake_settings(1, algorithm="random", evaluations=14, population=12, sample=3)
    for seed in range(3):
        slip.count[0], Slip.failing = 0, range(5)
        # Of six workers, those that fail are done before one that was asked for first.
        with Store.open(tmp_path / f"{seed}.db") as store:
            try:
                evolve(settings, store, executor=Shuffled(6, seed), trainer=slip)
            except EveryTrainingFailedError:
                pytest.fail("trainings that were not the first ended it")


@pytest.mark.parametrize(("failing", "number"), [(range(1, 10**6), 5), (range(4), 5), (range(10**6), 0)])
def test_other_outcomes_and_zero_let_a_search_go_on(
    tmp_path: Path, slip: Slip, failing: range, number: int
) -> None:
    Slip.failing = failing
    with Store.open(tmp_path / "run.db") as store:
        try:
            evolve(fake_settings(same_failures=number, **TINY), store, executor=InProcess(), trainer=slip)
        except EveryTrainingFailedError:
            pytest.fail("it has ended")
        except SearchError as error:
            assert "reached a fitness" in str(error) and "has no argument 'lr'" in str(error)
    assert slip.count[0] >= 6


def test_stores_say_what_failed_most_often(tmp_path: Path, slip: Slip) -> None:
    Slip.failing = range(1, 4)
    with Store.open(tmp_path / "run.db") as store:
        _, report = evolve(fake_settings(1, **TINY), store, executor=InProcess(), trainer=slip)
        (summary,) = summarize(store)
        best = hall_of_fame(store, task="initial")
        task = next(e.task for e in store.evaluations())
        initial = hall_of_fame(store, task=task)
    assert best.failed == initial.failed == summary.failed == report.endings["failed"] == 3
    assert summary.reason is not None and summary.reason == initial.reason
    assert summary.reason[0].startswith("TypeError: Opt() has no argument 'lr' (") and summary.reason[1] == 3
    assert sum(report.endings.values()) == sum(report.trained.values())
    assert summary.to_json()["reason"] == {"text": summary.reason[0], "count": 3}


def test_a_slot_that_fails_over_and_over_is_noted_once() -> None:
    rule = parse("none ~ tanh(g)")
    assert isinstance(rule, Rule)
    repeated = RepeatedFailures()

    def noted(attempt: int, outcome: Any, child: int = 2) -> str | None:
        slot = Slot(Stage.CHILD, 0, 1, child, attempt)
        fingerprint = Fingerprints(Dedup.EXACT).of(rule)
        return repeated.note(Result(Candidate(slot, rule, None, fingerprint, FakeTask("small")), outcome, 1))

    assert [noted(attempt, STOPPED) for attempt in range(24)] == [None] * 24
    line = noted(24, RAISED)
    assert line is not None and "\n" not in line
    assert line.startswith(
        "25 candidates failed for child 3 of particle 1 in time-step 2, the last time by: "
    )
    assert "ValueError" in line and "--set failures=4" in line
    assert noted(24, STOPPED, child=1) is None and noted(248, STOPPED) is None
    assert noted(249, Evaluated(0.5)) is None
    assert str(noted(249, STOPPED)).startswith("250 ") and str(noted(9999, STOPPED)).startswith("2500 ")
    assert noted(9999, STOPPED) is None
