"""``nos-sym curves``: levels of a search, as settings of the next one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.test_store_commands import refuse, succeed
from support.store_fakes import filled

from nos_sym.search.results import Diverged, Evaluated, Rejected
from nos_sym.search.settings import preset, read_settings, settings_from_table
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.rows import evaluation_at
from nos_sym.search.store.store import Store
from nos_sym.surrogate.settings import TrainingSettings

DEMO = preset("demo")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store with a search whose whole runs reach 0.1, 0.2, ... in their third epoch."""
    path = tmp_path / "run.db"
    with Store.open(path) as opened:
        run = opened.begin_run("search", "particles", DEMO.to_json(), 1).id
        for number in range(1, 9):
            curve = [0.0, 0.05, number / 10, 0.9]
            result = Evaluated(0.9, 0.1, 1.0, {"training": curve, "validation": curve})
            add(opened, run, number, result, DEMO.training.task_key())
        add(
            opened,
            run,
            9,
            Diverged("no", 50, 1.0, {"training": [0.0], "validation": []}),
            DEMO.training.task_key(),
        )
        add(opened, run, 10, Rejected("no", 1.0, {"first_stop": {"0.1": 0.2}}), DEMO.training.task_key())
        other = Evaluated(0.9, 0.1, 1.0, {"training": [1.0] * 4})
        add(opened, run, 11, other, DEMO.initial_training.task_key())
    return path


def add(store: Store, run: int, number: int, result: object, task: str) -> None:
    slot = Slot(Stage.CHILD, number, 0, 0)
    store.add(run, evaluation_at(slot, task=task, seed=0, result=result, text="none ~ g"))


def test_levels_are_settings_of_the_next_search(store: Path) -> None:
    found = json.loads(
        succeed("curves", store, "--at", 120, "--at", 80, "--at", 120, "--quantile", 0.5, "--json")
    )
    assert found == {
        "run": 1,
        "task": DEMO.training.task_key(),
        "trainings": 9,
        "quantile": 0.5,
        "curve_steps": [80, 120],
        "curve_accuracies": [0.05, 0.5],
    }
    text = succeed("curves", store, 1, "--at", 120)
    settings = settings_from_table(read_settings(text, "ends.toml", json.loads(DEMO.to_json())))
    assert isinstance(settings.training, TrainingSettings)
    assert (settings.training.curve_steps, settings.training.curve_accuracies) == ((120,), (0.3,))
    assert settings.initial_training == DEMO.initial_training
    assert settings.training.task_key() != DEMO.training.task_key()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--at", 90], "90 is no end of an epoch; expected a multiple of 40"),
        (["--at", 200], "no whole run has 200 steps; expected looks at which there are some"),
        (["--at", 0], "0"),
        (["--at", 40, "--quantile", "nan"], "nan"),
        (["--at", 40, "--quantile", 2], "2"),
        ([7, "--at", 40], "7"),
        ([], "--at"),
    ],
)
def test_what_cannot_be_learned_is_one_line(store: Path, arguments: list[object], message: str) -> None:
    assert message in refuse("curves", store, *arguments)


def test_stores_without_curves_are_one_line(tmp_path: Path) -> None:
    Store.open(tmp_path / "empty.db").close()
    assert "has no search" in refuse("curves", tmp_path / "empty.db", "--at", 40)
    filled(tmp_path / "sized.db").close()
    assert "has no epochs" in refuse("curves", tmp_path / "sized.db", "--at", 40)
    assert "there is no" in refuse("curves", tmp_path / "none.db", "--at", 40)
