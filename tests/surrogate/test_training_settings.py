"""The settings of a training: what is refused, and what names task and budget."""

from __future__ import annotations

from pathlib import Path

import pytest

from nos_sym.search.records import SettingsError, read_record, record_to_table
from nos_sym.surrogate.settings import TrainingSettings


def test_defaults_are_the_papers() -> None:
    s = TrainingSettings()
    assert (s.base, s.steps, s.batch, s.warmup, s.hold, s.epoch_steps) == (48, 8000, 128, 800, 0, 200)
    assert s.learning_rates == (10, 1, 0.1, 0.01, 0.001, 0.0001, 0.00001)
    assert (s.first_steps, s.first_accuracy, s.second_after, s.second_accuracy) == (800, 0.25, 1000, 0.4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"base": 0}, "'base' is 0; expected 1 to 4096"),
        ({"dropout": 1.0}, "'dropout' is 1.0; expected a number in [0, 1)"),
        ({"second_accuracy": 40.0}, "'second_accuracy' is 40.0; expected a number in [0, 1]"),
        ({"steps": 800}, "'steps' is 800; expected more than 'warmup' and 'hold' together"),
        ({"first_steps": 9000}, "'first_steps' is 9000; expected 0 to the number of 'steps'"),
        ({"learning_rates": ()}, "'learning_rates' is (); expected one to 100 positive numbers"),
        ({"learning_rates": (0.1, -1.0)}, "expected one to 100 positive numbers"),
        ({"learning_rates": (0.1, 0.1)}, "expected different numbers"),
        ({"first_steps": 0}, "expected one alone where 'first_steps' is 0"),
        ({"probes": (3.0,)}, "'probes' is (3.0,); expected numbers of 'learning_rates'"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        TrainingSettings().replace(**changes)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_task_is_named_by_what_changes_fitness_alone() -> None:
    s = TrainingSettings()
    where = s.replace(folder=Path("elsewhere"), device="cpu", mode="single", threads=4, channels_last=False)
    assert where.task_key() == s.task_key()
    changes: list[dict[str, object]] = [
        {"base": 32}, {"steps": 9000}, {"data": "cifar10"}, {"augment": False}, {"precision": "bfloat16"},
        {"probes": (10.0,)}, {"norm_momentum": 0.9}, {"hold": 1}, {"second_after": 2000},
    ]  # fmt: skip
    keys = {s.replace(**change).task_key() for change in changes}
    assert len(keys) == len(changes)
    assert s.task_key() not in keys


def test_settings_are_read_back_from_their_table() -> None:
    s = TrainingSettings(folder=Path("x"), probes=(10.0, 0.01), precision="bfloat16")
    assert read_record(TrainingSettings, record_to_table(s)) == s
