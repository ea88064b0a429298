"""What trainers return: numbers of libraries are plain ones, and what is no result is a failure in a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.fake_trainer import FakeTask, FakeTrainer

from nos_sym.search.executors.worker import Training, evaluate, evaluate_all
from nos_sym.search.failures import Ending, ending_of, reason_of
from nos_sym.search.results import (
    Diverged,
    Evaluated,
    Rejected,
    ResultError,
    checked,
    result_from_json,
    result_to_json,
)

EXPECTED = "expected Evaluated(...), Rejected(...) or Diverged(...)"


class Returning(FakeTrainer):
    """Returns what a function makes."""

    make: Any = None

    def train(self, *arguments: object) -> Any:
        return type(self).make()


class Batched(Returning):
    def train_all(self, requests: Any, settings: Any) -> Any:
        return [0.5 for _ in requests]


def trained(tmp_path: Path, make: Any) -> Any:
    class Once(Returning):
        pass

    Once.make = staticmethod(make)
    return evaluate(Once(), Training(tmp_path / "opt.py", "", "Opt", FakeTask(), (1,)))


@pytest.mark.parametrize("number", [np.float32(0.25), np.float64(0.25), np.array(0.25), np.float16(0.25)])
def test_numbers_of_libraries_are_plain(tmp_path: Path, number: Any) -> None:
    details = {"accuracies": np.array([0.5, 1.0]), "steps": np.int64(7)}
    result = trained(tmp_path, lambda: Evaluated(number, number, details=details))
    assert type(result.fitness) is type(result.learning_rate) is float and result.fitness == 0.25
    assert result.details == {"accuracies": [0.5, 1.0], "steps": 7}
    assert result_from_json(json.loads(json.dumps(result_to_json(result)))) == result
    assert type(Diverged("x", step=np.int64(3)).step) is int and Evaluated(1).fitness == 1.0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: None, f"'train' returned None (NoneType); {EXPECTED}"),
        (lambda: 0.5, f"'train' returned 0.5 (float); {EXPECTED}"),
        (lambda: Evaluated, EXPECTED),
        (lambda: Evaluated("x"), "the fitness is 'x'; expected a number"),
        (lambda: Evaluated(True), "the fitness is True (bool); expected a number"),
        (lambda: Evaluated(float("nan")), "the fitness is nan; expected a finite number"),
        (lambda: Diverged(None), "the reason is None (NoneType); expected a text"),
        (lambda: Diverged("x", 0.5), "the step is 0.5 (float); expected an integer"),
        (lambda: Rejected("x", details={"why": object()}), "the details are no data of JSON"),
    ],
)
def test_what_is_no_result_is_a_failure_of_the_training(tmp_path: Path, make: Any, message: str) -> None:
    result = trained(tmp_path, make)
    assert ending_of(result) is Ending.FAILED
    reason = reason_of(result)
    assert reason is not None and message in reason and reason.isprintable()


def test_what_a_program_returns_is_checked_one_by_one(tmp_path: Path) -> None:
    class Both(Batched):
        make = staticmethod(lambda: Evaluated(0.5))

    training = Training(tmp_path / "opt.py", "", "Opt", FakeTask(), (1,))
    assert [r.fitness for r in evaluate_all(Both(), (training, training))] == [0.5, 0.5]  # type: ignore[union-attr]
    with pytest.raises(ResultError):
        checked(0.5)
