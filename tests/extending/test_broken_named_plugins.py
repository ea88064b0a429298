"""What is wrong with a task or an algorithm of a package is one line that names the package."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from support.harness import backends
from support.plugins import add_metadata, add_odd
from support.trained_files import write_rendered

import nos_sym
from nos_sym import errors, plugins
from nos_sym.search import algorithm_plugins
from nos_sym.search.algorithms.of_plugins import PluginAlgorithm
from nos_sym.search.algorithms.proposing import Proposer
from nos_sym.search.candidates import Result
from nos_sym.search.listener import Listener
from nos_sym.search.results import Evaluated
from nos_sym.search.settings import SearchSettings, preset
from nos_sym.surrogate.tasks.kinds import load_task, settings_of

pytestmark = pytest.mark.skipif("torch" not in backends(), reason="torch is not installed")


def play(settings: SearchSettings) -> None:
    """Ask and tell an algorithm of a plug-in until it is done."""
    found = settings.algorithm_plugin()
    assert found is not None
    algorithm = PluginAlgorithm(found, settings, Proposer(settings), Listener())
    while candidates := algorithm.ask():
        for candidate in candidates:
            algorithm.tell(Result(candidate, Evaluated(0.5), evaluation=0))


SETTINGS = """
from dataclasses import dataclass
from nos_sym.surrogate.tasks.budget import Budget
from nos_sym.surrogate.tasks.definition import *
import numpy as np, torch
@dataclass(frozen=True)
class S(Budget):
    task: str = "odd"
    first_steps: int = 0
    learning_rates: tuple = (0.1,)
def data(n=4): return Examples(np.zeros((n, 2), np.float32), np.zeros((n, 1), np.float32))
class Whole:
    title, settings = "odd", S
    def load(self, settings): return Splits(data(), data(), data())
    def model(self, settings, data, seed): return torch.nn.Linear(2, 1)
    def loss(self, outputs, targets): return (outputs - targets).square().mean()
    def metric(self, settings, data): return Metric("error", 1.0, 0.0, self.loss)
"""

TASKS = {
    "module": ("", "has no attribute 'Odd'"),
    "no class": ("Odd = 3", "is 3 (int); expected a class"),
    "no settings": ("class Odd: pass", "has no 'settings'; expected a frozen dataclass derived from"),
    "other settings": ("class Odd:\n  settings = dict", "has no 'settings'; expected a frozen dataclass"),
    "other name": (
        SETTINGS
        + "@dataclass(frozen=True)\nclass T(S):\n  task: str = 'even'\nclass Odd(Whole):\n  settings = T",
        "has settings of the task 'even'; expected the default task = 'odd'",
    ),
    "no method": (SETTINGS + "class Odd:\n  settings = S", "has no method 'load'; expected load, model"),
    "made": (SETTINGS + "class Odd(Whole):\n  def __init__(self): 1 / 0", "fails: ZeroDivisionError"),
    "load": (SETTINGS + "class Odd(Whole):\n  def load(self, s): 1 / 0", "fails: ZeroDivisionError"),
    "no splits": (SETTINGS + "class Odd(Whole):\n  def load(self, s): return 3", "'load' returned 3 (int)"),
    "no rows": (
        SETTINGS + "class Odd(Whole):\n  def load(self, s): return Splits(data(0), data(), data())",
        "examples have inputs of shape (0, 2)",
    ),
    "no metric": (SETTINGS + "class Odd(Whole):\n  def metric(self, s, d): return 3", "'metric' returned 3"),
    "no model": (SETTINGS + "class Odd(Whole):\n  def model(self, s, d, n): return 3", "'model' returned 3"),
    "no weights": (
        SETTINGS + "class Odd(Whole):\n  def model(self, s, d, n): return torch.nn.Flatten()",
        "the model has no weights to train",
    ),
}


@pytest.mark.parametrize("kind", TASKS)
def test_what_is_wrong_with_a_task_is_one_line_that_names_the_package(
    kind: str, site: Path, tmp_path: Path
) -> None:
    from nos_sym.surrogate.trainer import TorchTrainer

    source, message = TASKS[kind]
    add_odd(site, "tasks", source)
    file, name = write_rendered(tmp_path, "SGD")
    with pytest.raises(errors.NosSymError) as caught:
        TorchTrainer().train(file, name, settings_of("odd")(), 1)
    assert str(caught.value).startswith("task 'odd' of package 'nos-sym-odd 1.0'")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


IN_TRAINING = {
    "loss": (
        "def loss(self, o, t): return 3.0",
        "TypeError: 'loss' returned 3.0 (float); expected one number",
    ),
    "rows": ("def loss(self, o, t): return (o - t).square()", "'loss' returned a tensor of shape (4, 1)"),
    "no gradient": ("def loss(self, o, t): return torch.ones(())", "a tensor of shape () without a gradient"),
    "raises": ("def loss(self, o, t): 1 / 0", "ZeroDivisionError: division by zero (task 'odd' of package"),
    "metric": (
        "def metric(self, s, d): return Metric('e', 1.0, 0.0, lambda o, t: 0.5)",
        "'mean' of the metric",
    ),
    "value": (
        "def metric(self, s, d): return Metric('e', 1.0, 0.0, self.loss, lambda mean: 1 / 0)",
        "ZeroDivisionError: division by zero (task 'odd' of package 'nos-sym-odd 1.0', nos_odd.py, line ",
    ),
}


@pytest.mark.parametrize("kind", IN_TRAINING)
def test_what_raises_in_a_training_fails_that_and_names_package_and_line(kind: str, site: Path) -> None:
    source, message = IN_TRAINING[kind]
    add_odd(site, "tasks", f"{SETTINGS}class Odd(Whole):\n  {source}")
    budget = {"task": "odd", "steps": 20, "warmup": 4, "epoch_steps": 10, "batch": 4}
    found = nos_sym.evaluate(["SGD", "Adam"], preset("demo", training=budget))
    assert [row.failed for row in found.rows] == [1, 1]
    assert found.failures.startswith("2 of 2 trainings, 2 with: ") and message in found.failures
    assert "task 'odd' of package 'nos-sym-odd 1.0'" in found.failures and "\n" not in found.failures
    assert str(found).splitlines()[-1] == f"failed {found.failures}"


def test_a_model_that_forgets_its_seed_is_the_same_every_time(site: Path, tmp_path: Path) -> None:
    from nos_sym.surrogate.trainer import TorchTrainer

    add_odd(site, "tasks", f"{SETTINGS}class Odd(Whole): pass")
    file, name = write_rendered(tmp_path, "SGD")
    settings = settings_of("odd")(steps=20, warmup=4, epoch_steps=10)
    first, again, other = (TorchTrainer().train(file, name, settings, seed) for seed in (1, 1, 2))
    assert isinstance(first, Evaluated) and isinstance(again, Evaluated) and isinstance(other, Evaluated)
    assert first.details == again.details != other.details


ALGORITHM = """
from dataclasses import dataclass
from nos_sym.search.algorithms.random_search import RandomSearch
"""

ALGORITHMS = {
    "no class": ("Odd = 3", "is 3 (int); expected a class"),
    "no tell": ("class Odd:\n  def ask(self): pass", "has no method 'tell'"),
    "settings": ("class Odd:\n  ask = tell = print\n  settings = 3", "has 'settings' that are 3 (int)"),
    "made": ("class Odd:\n  ask = tell = print", "fails: "),
    "ask": (ALGORITHM + "class Odd(RandomSearch):\n  def ask(self): 1 / 0", "fails: ZeroDivisionError"),
    "no list": (ALGORITHM + "class Odd(RandomSearch):\n  def ask(self): return 3", "'ask' returned 3 (int)"),
    "others": (ALGORITHM + "class Odd(RandomSearch):\n  def ask(self): return [3]", "expected a Candidate"),
    "twice": (
        ALGORITHM + "class Odd(RandomSearch):\n  def ask(self): return 2 * super().ask()",
        "'ask' returned 'random 0.0.0.0' twice",
    ),
    "tell": (ALGORITHM + "class Odd(RandomSearch):\n  def tell(self, result): 1 / 0", "fails: ZeroDivision"),
    "ends": (ALGORITHM + "class Odd(RandomSearch):\n  def ask(self): raise SystemExit", "fails: SystemExit"),
}


@pytest.mark.parametrize("kind", ALGORITHMS)
def test_what_is_wrong_with_an_algorithm_is_one_line_that_names_the_package(kind: str, site: Path) -> None:
    source, message = ALGORITHMS[kind]
    add_odd(site, "algorithms", source)
    with pytest.raises(errors.NosSymError) as caught:
        play(preset("demo", algorithm="odd", evaluations=2, population=2, sample=1))
    assert str(caught.value).startswith("algorithm 'odd' of package 'nos-sym-odd 1.0'")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("tabular", "nos_odd:Odd", "has the name of one of nos-sym; rename it there"),
        ("odd", "nos_odd", "is to be 'nos_odd'; expected 'module:Class'"),
        ("odd one", "nos_odd:Odd", "has a name with other signs than letters"),
    ],
)
def test_entry_points_that_cannot_be_are_refused(name: str, value: str, message: str, site: Path) -> None:
    add_metadata(site, "nos-sym-odd", {"nos_sym.tasks": {name: value}})
    importlib.invalidate_caches()
    with pytest.raises(plugins.PluginError) as caught:
        load_task("whatever")
    assert message in str(caught.value)
    assert "package 'nos-sym-odd 1.0'" in str(caught.value)


def test_two_packages_with_one_name_are_refused(site: Path) -> None:
    for name in ("one", "other"):
        add_metadata(site, f"nos-sym-{name}", {"nos_sym.algorithms": {"odd": "nos_odd:Odd"}})
    importlib.invalidate_caches()
    with pytest.raises(plugins.PluginError, match="'nos-sym-one' and 'nos-sym-other' give; uninstall one"):
        algorithm_plugins.find("odd", ())
