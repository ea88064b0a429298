"""Settings of tasks: which class a table is, what is refused, and that those of images are what they were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nos_sym.search.records import SettingsError
from nos_sym.search.resuming import what_decides
from nos_sym.search.settings import merge, preset, read_preset, settings_from_json, settings_from_table
from nos_sym.surrogate.settings import TrainingSettings
from nos_sym.surrogate.tasks.settings import QuadraticSettings, TabularSettings
from nos_sym.surrogate.tasks.several import SeveralSettings

# Written down before there was a second task: stores of then are compared with, and resumed.
KEYS_OF_IMAGES = {
    "demo": (
        "digits-with-test-base4-steps240-d0db8946ad23",
        "digits-with-test-base4-steps160-80d44cf6b200",
    ),
    "paper": ("cifar10-base48-steps8000-8bfc2da1cd01", "cifar10-base32-steps8000-9879420b54b8"),
    "authors-script": ("cifar10-base48-steps16000-d0129a600b3c", "cifar10-base32-steps8000-026fa869a52a"),
    "paper-adam-variants": ("cifar10-base48-steps8000-8bfc2da1cd01", "cifar10-base48-steps8000-8bfc2da1cd01"),
    "paper-lr-schedules": ("cifar10-base48-steps8000-8bfc2da1cd01", "cifar10-base48-steps8000-8bfc2da1cd01"),
}
DATA = Path(__file__).parents[1] / "data"
STORED = json.loads((DATA / "before_the_scripts_choices.json").read_text(encoding="utf-8"))["presets"]


def training(table: Any) -> Any:
    return settings_from_table({"training": table}).training


@pytest.mark.parametrize("name", KEYS_OF_IMAGES)
def test_task_keys_of_images_are_those_of_stores_of_before(name: str) -> None:
    """Some presets are other tasks today; a store of before has the settings that they had."""
    settings = settings_from_json(STORED[name]["settings"])
    assert (settings.training.task_key(), settings.initial_training.task_key()) == KEYS_OF_IMAGES[name]
    table = json.loads(preset(name).to_json())
    assert not {"task", "packages", "algorithm_settings"} & table.keys()
    assert "task" not in table["training"]


def test_a_table_is_of_the_task_that_it_names() -> None:
    assert type(training({})) is TrainingSettings
    assert training({"task": "images", "base": 8}) == TrainingSettings(base=8)
    assert training({"task": "tabular", "hidden": 8}) == TabularSettings(hidden=8)
    several = training({"tasks": [{"task": "quadratic"}, {"data": "synthetic"}]})
    assert several == SeveralSettings((QuadraticSettings(), TrainingSettings(data="synthetic")))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"task": "tabula"}, "unknown task 'tabula' in 'training.task'; expected one of images, charlm"),
        ({"task": 3}, "unknown task 3 (int) in 'training.task'"),
        ({"task": "a\nb"}, r"unknown task 'a\nb'"),
        ({"task": "tabular", "base": 4}, "unknown setting 'training.base'"),
        ({"task": "tabular", "steps": 20}, "'training.steps' is 20; expected more than 'warmup' and 'hold'"),
        ({"task": "tabular", "first_score": 2}, "'training.first_score' is 2.0; expected a number in [0, 1]"),
        ({"task": "quadratic", "noise": float("nan")}, "'training.noise' is nan; expected 0.0 to 1000000.0"),
        ({"tasks": []}, "'training.tasks' has 0 tables; expected 1 to 32"),
        ({"tasks": [{"task": "tabular", "hidden": 0}]}, "'training.tasks.1.hidden' is 0"),
        ({"tasks": [{"task": "tabular"}], "steps": 3}, "unknown setting 'training.steps'"),
        ({"tasks": [{"task": "tabular"}] * 2}, "the same task twice"),
        ({"tasks": [{"tasks": [{}]}]}, "expected one list of all"),
        ({"tasks": [{"task": "tabular"}], "hidden": ["tabular"]}, "expected one that is trained"),
        ({"tasks": [{"task": "tabular"}], "hidden": ["x"]}, "unknown task 'x' in 'training.hidden'"),
        ({"tasks": [{"task": "tabular"}], "hidden": ["images"]}, "expected its settings among 'tasks'"),
        ({"tasks": [{"task": "tabular"}], "high": [1.0, 1.0]}, "'training.high' has 2 numbers; expected 1"),
        ({"tasks": [{"task": "tabular"}], "high": [0.0]}, "is 0; expected a number above its 'low', 0"),
        ({"tasks": [{"task": "tabular"}], "combine": "mean"}, "expected one of 'scores', 'ranks'"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(table: Any, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        training(table)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_settings_come_back_from_a_store() -> None:
    table = {
        "training": {
            "tasks": [{"task": "tabular", "hidden": 8}, {"data": "digits", "base": 4}],
            "hidden": ["charlm"],
            "combine": "ranks",
        },
        "initial_training": {"task": "quadratic"},
    }
    settings = settings_from_table(table)
    assert settings.initial_training == QuadraticSettings()
    assert settings_from_json(settings.to_json()) == settings


def test_another_task_leaves_out_the_settings_of_the_one_before() -> None:
    demo = read_preset("demo")
    table = merge(demo, {"training": {"task": "tabular", "steps": 100}})
    settings = settings_from_table(table)
    assert settings.training == settings.initial_training == TabularSettings(steps=100)
    assert settings.particles == demo["particles"]
    again = settings_from_table(merge(table, {"training": {"task": "tabular", "hidden": 8}}))
    assert again.training == TabularSettings(steps=100, hidden=8)
    assert merge(demo, {"training": {"task": "images"}})["training"]["base"] == 4
    own = {"trainer": "mine:Own", "training": {"task": "a", "steps": 3}}
    assert merge(own, {"training": {"task": "b"}})["training"] == {"task": "b", "steps": 3}


def test_a_folder_decides_nothing_in_one_of_several_tasks_either() -> None:
    one, other = (
        settings_from_table({"training": {"tasks": [{"folder": folder}, {"task": "tabular"}]}})
        for folder in ("a", "b")
    )
    assert what_decides(one.to_json()) == what_decides(other.to_json())
    assert one.training.task_key() == other.training.task_key()
