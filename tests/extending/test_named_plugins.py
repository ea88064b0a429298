"""Tasks and algorithms of packages: found by name, imported when named, and blamed for what they do wrong."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.harness import backends
from support.plugins import add_odd, install, python
from support.trained_files import write_rendered

from nos_sym import plugins
from nos_sym.cli.main import cli
from nos_sym.search import algorithm_plugins
from nos_sym.search.algorithms.of_plugins import PluginAlgorithm
from nos_sym.search.algorithms.proposing import Proposer
from nos_sym.search.candidates import Candidate, Result
from nos_sym.search.listener import Listener
from nos_sym.search.records import SettingsError
from nos_sym.search.results import DuplicateOf, Evaluated
from nos_sym.search.settings import SearchSettings, preset, settings_from_json, settings_from_table
from nos_sym.surrogate.tasks.kinds import settings_of

pytestmark = pytest.mark.skipif("torch" not in backends(), reason="torch is not installed")

Install = Callable[..., Path]


def small(**changes: Any) -> SearchSettings:
    return preset("demo", algorithm="climb", evaluations=7, algorithm_settings={"children": 3}, **changes)


def played(settings: SearchSettings, *, backwards: bool) -> list[str]:
    """Return the rules that an algorithm asks for, in the order of slots, for results told in an order."""
    found = settings.algorithm_plugin()
    assert found is not None
    algorithm = PluginAlgorithm(found, settings, Proposer(settings), Listener())
    seen: list[Candidate] = []
    while candidates := algorithm.ask():
        assert algorithm.ask() == []
        seen += candidates
        for candidate in candidates[::-1] if backwards else candidates:
            fitness = len(str(candidate.rule)) / 1000
            algorithm.tell(Result(candidate, Evaluated(fitness), evaluation=0))
    return [str(candidate.rule) for candidate in seen]


def test_an_algorithm_of_a_package_searches(site: Path) -> None:
    install(site, "climb")
    rules = played(small(), backwards=False)
    assert len(rules) == 7
    assert rules == played(small(), backwards=True)
    assert rules != played(small(seed=4), backwards=False)


def test_what_is_answered_is_no_training_of_its_budget(site: Path) -> None:
    install(site, "climb")
    found = small().algorithm_plugin()
    assert found is not None
    algorithm = PluginAlgorithm(found, small(), Proposer(small()), Listener())
    trained = answered = 0
    while candidates := algorithm.ask():
        for candidate in candidates:
            known = candidate.slot.child == 1
            trained, answered = trained + (not known), answered + known
            outcome = Evaluated(0.5)
            told = DuplicateOf(candidate.key, 1, outcome) if known else outcome
            algorithm.tell(Result(candidate, told, evaluation=0))
    assert trained == 7 and answered >= 3


def test_its_settings_stand_in_the_run_with_its_package(site: Path) -> None:
    install(site, "climb")
    settings = small()
    table = json.loads(settings.to_json())
    assert table["algorithm"] == "climb"
    assert table["algorithm_settings"] == {"children": 3}
    assert table["packages"] == {"algorithm climb": "nos-sym-climb 1.0"}
    assert settings_from_json(settings.to_json()) == settings
    assert json.loads(preset("demo", algorithm="climb").to_json())["algorithm_settings"] == {"children": 4}
    with pytest.raises(SettingsError, match=r"unknown setting 'algorithm_settings.child'; did you mean"):
        preset("demo", algorithm="climb", algorithm_settings={"child": 3})
    with pytest.raises(SettingsError, match="the algorithm has no settings of its own"):
        settings_from_table({"algorithm": "random", "algorithm_settings": {}})


def test_a_task_of_a_package_is_trained(site: Path, tmp_path: Path) -> None:
    from nos_sym.surrogate.trainer import TorchTrainer

    install(site, "spiral")
    short = {"task": "spiral", "steps": 80, "warmup": 10, "first_steps": 0, "learning_rates": [0.05]}
    settings = preset("demo", training={**short, "turns": 0.5})
    assert settings.training.task_key().startswith("spiral (nos-sym-spiral 1.0)-steps80-")
    assert json.loads(settings.to_json())["packages"] == {"task spiral": "nos-sym-spiral 1.0"}
    assert settings_from_json(settings.to_json()) == settings
    source, name = write_rendered(tmp_path, "Adam")
    result = TorchTrainer().train(source, name, settings.training, 1)
    assert isinstance(result, Evaluated)
    assert 0.5 < result.fitness <= 1
    together = preset("demo", training={"tasks": [short, {"task": "tabular"}], "hidden": ["tabular"]})
    assert json.loads(together.to_json())["packages"] == {"task spiral": "nos-sym-spiral 1.0"}


def test_they_are_listed_and_offered(site: Path) -> None:
    install(site, "spiral", "climb")
    tasks, algorithms = (
        json.loads(CliRunner().invoke(cli, ["list", what, "--json"]).stdout)
        for what in ("--tasks", "--algorithms")
    )
    assert tasks[-1] == {
        "group": "other packages",
        "name": "spiral",
        "title": "a small network tells the points of two spirals apart",
        "source": "nos-sym-spiral 1.0",
    }
    assert [record["name"] for record in algorithms] == ["particles", "random", "regularized", "climb"]
    from nos_sym.cli.completing import offered

    assert [item.value for item in offered(cli, ["evolve", "--algorithm"], "c")] == ["climb"]
    assert [item.value for item in offered(cli, ["evolve", "--task"], "s")] == ["spiral"]
    # Who completes a word imports nothing of a package.
    assert "nos_sym_spiral" in sys.modules
    wrong = CliRunner().invoke(cli, ["evolve", "--preset", "demo", "--task", "spira", "--store", "x.db"])
    assert wrong.exit_code == 2
    assert "'spiral'" in wrong.stderr
    assert len(wrong.stderr.splitlines()) == 1


def test_what_is_not_named_is_not_imported(site: Path) -> None:
    add_odd(site, "tasks", "raise RuntimeError('imported')")
    assert plugins.named(plugins.TASKS, ("images",))["odd"].package == "nos-sym-odd 1.0"
    assert preset("demo").training.task_key()
    with pytest.raises(
        plugins.PluginError, match=r"task 'odd' of package 'nos-sym-odd 1\.0' fails: RuntimeError"
    ):
        settings_of("odd")


def test_a_newer_package_does_not_go_on_with_a_run(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nos_sym.search.resuming import difference

    install(site, "climb")
    first = small().to_json()
    point = plugins.named(plugins.ALGORITHMS, ("particles", "random", "regularized"))["climb"]
    newer = {"climb": dataclasses.replace(point, package="nos-sym-climb 2.0")}
    monkeypatch.setattr(algorithm_plugins, "of_plugins", lambda own: newer)
    told = difference(first, small().to_json())
    assert told == '\'packages.algorithm climb\' ("nos-sym-climb 1.0" and not "nos-sym-climb 2.0")'


@pytest.mark.heavy
@pytest.mark.timeout(240)
def test_a_search_with_both_is_killed_and_goes_on(tmp_path: Path) -> None:
    """In processes of their own, as installed packages are; a store is read without them."""
    site = tmp_path / "site"
    site.mkdir()
    install(site, "spiral", "climb")
    store = str(tmp_path / "run.db")
    file = tmp_path / "own.toml"
    file.write_text(
        'algorithm = "climb"\nevaluations = 3\n[algorithm_settings]\nchildren = 2\n[training]\n'
        'task = "spiral"\n'
        "steps = 20\nwarmup = 4\nfirst_steps = 0\nlearning_rates = [0.1]\nsecond_score = 0.0\n",
        encoding="utf-8",
    )
    command = ["-m", "nos_sym.cli.main", "evolve", "--store", store, "--limit", "0"]
    # The first process ends where the second round begins to train.
    ended = (
        "import sys, os, nos_sym_climb\n"
        "ask = nos_sym_climb.Climb.ask\n"
        "nos_sym_climb.Climb.ask = lambda self: os._exit(9) if self.round and not self.open else ask(self)\n"
        "from nos_sym.cli.main import main\nsys.argv = ['nos-sym', *sys.argv[1:]]\nmain()\n"
    )
    killed = python(["-c", ended, *command[2:], "--settings", str(file)], site)
    assert killed.returncode == 9, killed.stderr
    missing = python([*command, "--resume"])
    assert missing.returncode == 2
    assert "'algorithm' is 'climb'; expected one of particles, random, regularized" in missing.stderr
    done = python([*command, "--resume", "--json"], site)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["run"] == 1
    whole = python(
        [*command[:3], "--store", f"{store}2", "--limit", "0", "--settings", str(file), "--json"], site
    )
    assert whole.returncode == 0, whole.stderr
    top = [
        [
            {key: row[key] for key in ("fitness", "rule", "slot")}
            for row in json.loads(CliRunner().invoke(cli, ["top", path, "--json"]).stdout)
        ]
        for path in (store, f"{store}2")
    ]
    assert top[0] == top[1] != []
