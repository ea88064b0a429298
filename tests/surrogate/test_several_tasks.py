"""Several tasks make one fitness: scores, hidden tasks, tasks without a fitness, and order."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.harness import backends
from support.trained_files import write_rendered

from nos_sym.search.ranking import hidden_tasks
from nos_sym.search.records import SettingsError
from nos_sym.search.results import Diverged, Evaluated, Rejected, Trained
from nos_sym.search.settings import settings_from_table
from nos_sym.surrogate.settings import TrainingSettings
from nos_sym.surrogate.tasks.combining import train_several
from nos_sym.surrogate.tasks.settings import CharLMSettings, QuadraticSettings, TabularSettings
from nos_sym.surrogate.tasks.several import SeveralSettings, task_name

THREE: tuple[Any, ...] = (TabularSettings(), QuadraticSettings(), TrainingSettings(data="digits-with-test"))


def several(*tasks: Any, **more: Any) -> SeveralSettings:
    return SeveralSettings(tasks or THREE, **more)


def combined(settings: SeveralSettings, results: Mapping[str, Trained]) -> Trained:
    return train_several(settings, lambda own: results[task_name(own)])


RESULTS: dict[str, Trained] = {
    "tabular": Evaluated(0.9, 0.1, 2.0),
    "quadratic": Evaluated(0.3, 0.01, 1.0),
    "images": Evaluated(0.55, 1.0, 4.0),
}
BROKEN: Trained = Diverged("the loss stopped being finite", 7, 1.0)


def test_the_fitness_is_the_mean_of_scores_and_images_begin_at_chance() -> None:
    result = combined(several(), RESULTS)
    assert isinstance(result, Evaluated)
    assert result.details["scores"] == pytest.approx({"tabular": 0.9, "quadratic": 0.3, "images": 0.5})
    assert result.fitness == pytest.approx(1.7 / 3)
    assert result.seconds == 7.0
    assert result.details["tasks"]["images"] == {
        "outcome": "evaluated", "fitness": 0.55, "learning_rate": 1.0, "details": {},
    }  # fmt: skip


def test_the_order_of_tasks_changes_nothing() -> None:
    backwards = several(*THREE[::-1])
    assert backwards.task_key() == several().task_key()
    assert combined(backwards, RESULTS) == combined(several(), RESULTS)
    scaled = several(low=(0.1, 0.2, 0.3), high=(0.9, 1.0, 1.0))
    assert scaled.task_key() == several(*THREE[::-1], low=(0.3, 0.2, 0.1), high=(1.0, 1.0, 0.9)).task_key()
    assert scaled.task_key() != several().task_key()


def test_scores_are_on_the_scale_that_is_given() -> None:
    result = combined(several(low=(0.5, 0.4, 0.0), high=(0.7, 1.0, 1.0)), RESULTS)
    assert isinstance(result, Evaluated)
    # Above its 'high' a score is above 1, below its 'low' it is 0.
    assert result.details["scores"] == pytest.approx({"tabular": 2.0, "quadratic": 0.0, "images": 0.55})


def test_what_fails_on_one_task_fails_as_a_whole_and_costs_no_further_training() -> None:
    asked: list[str] = []

    def train(own: Any) -> Trained:
        asked.append(task_name(own))
        return BROKEN if task_name(own) == "quadratic" else RESULTS[task_name(own)]

    result = train_several(several(), train)
    assert isinstance(result, Diverged)
    assert result.reason == "task 'quadratic': the loss stopped being finite"
    assert result.step == 7
    assert asked == ["images", "quadratic"]
    assert set(result.details["tasks"]) == {"images", "quadratic"}


def test_or_it_counts_as_worst_there() -> None:
    settings = several(failing="worst")
    result = combined(settings, RESULTS | {"quadratic": BROKEN})
    assert isinstance(result, Evaluated)
    assert result.details["scores"] == pytest.approx({"tabular": 0.9, "quadratic": 0.0, "images": 0.5})
    assert result.details["tasks"]["quadratic"]["reason"] == "the loss stopped being finite"
    none = combined(settings, dict.fromkeys(RESULTS, BROKEN))
    assert isinstance(none, Rejected)
    assert none.reason == "no fitness on any task; task 'images': the loss stopped being finite"
    assert settings.task_key() != several().task_key()


def test_what_is_hidden_is_never_trained_on_and_is_there_for_the_confirmation() -> None:
    charlm = CharLMSettings(width=16)
    settings = several(*THREE, charlm, hidden=("charlm",))
    assert list(settings.trained) == ["images", "quadratic", "tabular"]
    assert hidden_tasks(settings) == (charlm,)
    assert settings.task_key() == several().task_key()
    assert hidden_tasks(several(hidden=("charlm",))) == (CharLMSettings(),)
    assert hidden_tasks(several()) == hidden_tasks(TabularSettings()) == hidden_tasks(THREE[2]) == ()
    (on_test,) = hidden_tasks(settings.replace(split="test"))
    assert on_test == charlm.replace(split="test")


def test_a_split_is_that_of_every_task_that_has_one() -> None:
    on_test = several(split="test")
    splits = {label: getattr(task, "split", None) for label, task in on_test.trained.items()}
    assert splits == {"images": "test", "quadratic": "test", "tabular": "test"}
    assert on_test.task_key() != several().task_key()
    assert on_test.chance == 0.0 and several(low=(0.0,) * 3).chance == pytest.approx(0.1 / 3)
    with pytest.raises(SettingsError, match="'digits-with-test' has"):
        several(*THREE[:2], TrainingSettings(data="digits"), split="test")
    # A search does not choose by a test part, and not by that of one of its tasks either.
    tasks = [{"task": "quadratic"}, {"task": "tabular", "split": "test"}]
    with pytest.raises(SettingsError, match="'training' has the split 'test'"):
        settings_from_table({"training": {"tasks": tasks}})


def test_one_task_with_other_settings_is_another_task() -> None:
    hard = QuadraticSettings(condition=1e4)
    settings = several(QuadraticSettings(), hard)
    assert set(settings.trained) == {QuadraticSettings().task_key(), hard.task_key()}
    assert settings.task_key().startswith("quadratic+quadratic-")


def test_how_scores_are_compared_and_what_is_hidden_leave_fitness_as_it_is() -> None:
    assert several(combine="ranks").task_key() == several().task_key()


def test_a_training_is_that_of_each_task_alone(tmp_path: Path) -> None:
    if "torch" not in backends():
        pytest.skip("torch is not installed")
    from nos_sym.search.trainers import TrainingRequest
    from nos_sym.surrogate.trainer import TorchTrainer

    short: dict[str, Any] = {
        "steps": 20,
        "warmup": 4,
        "epoch_steps": 10,
        "first_steps": 0,
        "learning_rates": (0.1,),
    }
    tabular, quadratic = TabularSettings(**short), QuadraticSettings(**short)
    source, name = write_rendered(tmp_path, "Adam")
    trainer = TorchTrainer()
    result, again = trainer.train_all(
        [TrainingRequest(source, name, seed) for seed in (1, 1)], several(tabular, quadratic)
    )
    alone = [trainer.train(source, name, task, 1) for task in (tabular, quadratic)]
    assert isinstance(result, Evaluated) and isinstance(again, Evaluated)
    assert result.fitness == again.fitness
    assert [result.details["scores"][task] for task in ("tabular", "quadratic")] == [
        each.fitness for each in alone if isinstance(each, Evaluated)
    ]
