"""Trainers of one's own: named in settings and stores, found in the working directory, refused in a line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.fake_trainer import FakeTrainer
from support.search_fakes import fake_settings, register

from nos_sym.cli.main import cli
from nos_sym.search.errors import SearchError
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.records import SettingsError
from nos_sym.search.settings import preset, settings_from_json, trainer_of
from nos_sym.search.store.store import Store
from nos_sym.search.trainer_kinds import name_of

register()
TINY = {"particles": 2, "initial_factor": 2, "time_steps": 0, "evaluate_particles": False}
MODULE = """
from dataclasses import dataclass
from support.fake_trainer import FakeTask, FakeTrainer

class Mine(FakeTrainer):
    settings = FakeTask

    def __init__(self):
        super().__init__("mine", "torch")

@dataclass(frozen=True)
class NoTask:
    steps: int = 3

class NoSettings: name, backend = "x", "torch"
class WrongSettings: settings = NoTask
class NoTrain: name, backend, settings = "x", "torch", FakeTask
class WrongBackend(FakeTrainer):
    settings = FakeTask
    def __init__(self): super().__init__("x", "fortran")
class Arguments(FakeTrainer):
    settings = FakeTask
    def __init__(self, device): super().__init__()
class NoName(FakeTrainer):
    settings = FakeTask
    def __init__(self): super().__init__("")
number = 3
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a module in the working directory, where Python does not look by itself."""
    path = tmp_path / "mine_of_tests.py"
    path.write_text(MODULE, encoding="utf-8")
    (tmp_path / "broken_of_tests.py").write_text("1 / 0\n", encoding="utf-8")
    (tmp_path / "ending_of_tests.py").write_text("raise SystemExit(7)\n", encoding="utf-8")
    (tmp_path / "needy_of_tests.py").write_text("import no_such_package\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p not in ("", str(tmp_path))])
    for name in ("mine_of_tests", "broken_of_tests", "ending_of_tests", "needy_of_tests"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return path


def test_an_own_trainer_stands_in_the_store(tmp_path: Path, module: Path) -> None:
    settings = preset("demo", trainer="mine_of_tests:Mine", **TINY)
    # What the preset says of trainings is of the trainer before.
    assert settings.training.task_key() == "fake-0.01" and settings_from_json(settings.to_json()) == settings
    with Store.open(tmp_path / "run.db") as store:
        run, _ = evolve(settings, store, executor=InProcess())
        assert json.loads(run.settings)["trainer"] == "mine_of_tests:Mine"
        task = "mine (mine_of_tests:Mine) fake-0.01"
        assert {e.task for e in store.evaluations(run.id)} == {task}
        # New trainings are apart, because a trainer without a test part has no other name for them.
        assert {e.task for e in store.evaluations(not_run=run.id)} == {f"{task} confirmation"}


def test_trainers_of_one_name_share_no_fitness(tmp_path: Path) -> None:
    with Store.open(tmp_path / "run.db") as store:
        for trainer in (Twin("twin"), OtherTwin("twin")):
            run, _ = evolve(fake_settings(3, **TINY), store, executor=InProcess(), trainer=trainer)
            assert store.evaluations(run.id) and not list(store.duplicates(run.id))
        assert {e.task.split(") ")[0] for e in store.evaluations()} == {
            f"twin ({__name__}:Twin",
            f"twin ({__name__}:OtherTwin",
        }


def test_a_run_of_before_goes_on_with_the_names_that_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = fake_settings(3, **TINY)
    with Store.open(tmp_path / "run.db") as store:
        with monkeypatch.context() as before:
            before.setattr("nos_sym.search.trainings.task_prefix", lambda trainer: trainer.name)
            run, report = evolve(settings, store, executor=InProcess(), trainer=Twin("twin"))
        again, resumed = evolve(settings, store, executor=InProcess(), trainer=Twin("twin"), resume=True)
        assert again.id == run.id and resumed == report
        assert {e.task for e in store.evaluations()} == {"twin initial-0.01"}


class Twin(FakeTrainer):
    pass


class OtherTwin(FakeTrainer):
    pass


@pytest.mark.parametrize("name", ["a\nb", "\x1b[31m", "", " ", 3])
def test_the_name_of_a_trainer_is_a_line(tmp_path: Path, name: str) -> None:
    with (
        Store.open(tmp_path / "run.db") as store,
        pytest.raises(SettingsError, match="expected printable text of one line") as caught,
    ):
        evolve(fake_settings(3, **TINY), store, executor=InProcess(), trainer=Twin(name))
    assert str(caught.value).isprintable()


def test_a_trainer_that_is_given_as_an_object_is_named_by_its_class(tmp_path: Path) -> None:
    class Other(FakeTrainer):
        pass

    path = f"{__name__}:test_a_trainer_that_is_given_as_an_object_is_named_by_its_class.<locals>.Other"
    assert name_of(Other("other"), "fake") == path
    assert name_of(Other("fake"), "fake") == "fake" and name_of(FakeTrainer("x"), "torch") == "fake"
    with Store.open(tmp_path / "run.db") as store:
        with pytest.raises(KeyboardInterrupt):
            evolve(fake_settings(**TINY), store, executor=InProcess(), trainer=Stopped("stopped"))
        assert json.loads(store.runs()[0].settings)["trainer"] == f"{__name__}:Stopped"
        # Whoever goes on with another one is told both.
        with pytest.raises(SearchError, match=rf"'trainer' \(\"{__name__}:Stopped\" and not \"fake\"\)"):
            evolve(fake_settings(5, **TINY), store, executor=InProcess(), resume=True)


class Stopped(FakeTrainer):
    def train(self, *arguments: object) -> None:  # type: ignore[override]
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere_of_tests:Mine", "there is no module 'nowhere_of_tests', neither installed nor in '/"),
        ("mine_of_tests:Yours", "module 'mine_of_tests' has no 'Yours'"),
        ("mine_of_tests:number", "is no class; expected one with 'name', 'backend', 'settings', 'train'"),
        ("mine_of_tests:NoSettings", "has no 'settings'; expected a frozen dataclass with the method"),
        ("mine_of_tests:WrongSettings", "has no 'settings'; expected a frozen dataclass with the method"),
        ("mine_of_tests:NoTrain", "'mine_of_tests:NoTrain' is no trainer: it has no 'train'"),
        ("mine_of_tests:WrongBackend", "cannot be used: unknown backend 'fortran'"),
        ("mine_of_tests:Arguments", "cannot be made without arguments: TypeError: "),
        ("broken_of_tests:Mine", "cannot be imported: ZeroDivisionError"),
        ("ending_of_tests:Mine", "cannot be imported: SystemExit: 7"),
        ("mine_of_tests:NoName", "has the name ''; expected printable text of one line"),
        ("needy_of_tests:Mine", "needs the package 'no_such_package', which is not installed"),
        ("mine_of_tests:", "is not written as module:Class"),
        (":Mine", "is not written as module:Class"),
        ("a b:Mine", "is not written as module:Class"),
        ("a:b:c", "is not written as module:Class"),
        ("touch", "unknown trainer 'touch'; expected one of torch, tensorflow, "),
    ],
)
def test_what_is_no_trainer_is_refused_in_one_line(module: Path, name: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        trainer_of(preset("demo", trainer=name))
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_the_command_goes_on_with_the_trainer_that_began(tmp_path: Path, module: Path) -> None:
    store = str(tmp_path / "run.db")
    sizes = [part for name, value in TINY.items() for part in ("--set", f"{name}={str(value).lower()}")]
    own = ["--trainer", "mine_of_tests:Mine"]

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["evolve", "--store", store, "--limit", "0", *arguments])
        return result.exit_code, result.stderr

    assert run("--preset", "demo", *sizes, *own)[0] == 0
    assert run("--resume")[0] == 0 and run("--resume", *own)[0] == 0
    code, said = run("--resume", "--trainer", "torch")
    assert code == 2 and "was trained by 'mine_of_tests:Mine', and not by 'torch'" in said
    with Store.read(store) as found:
        assert [each.kind for each in found.runs()] == ["search", "confirmation", "references"]


@pytest.mark.parametrize("limit", ["0", "60"])
def test_json_is_all_that_is_on_standard_output(tmp_path: Path, limit: str) -> None:
    """Trainers print in this process or in a child of it, and their modules when they are imported."""
    (tmp_path / "loud_of_tests.py").write_text(LOUD, encoding="utf-8")
    sizes = [part for name, value in TINY.items() for part in ("--set", f"{name}={str(value).lower()}")]
    command = [sys.executable, "-c", MAIN, "evolve", "--store", "run.db", "--json", "--limit", limit]
    done = subprocess.run(
        [*command, "--preset", "demo", *sizes, "--trainer", "loud_of_tests:Loud"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["run"] == 1
    assert "imported" in done.stderr and "trained\n" in done.stderr


MAIN = "from nos_sym.cli.main import main; main()"
LOUD = """
from support.fake_trainer import FakeTask, FakeTrainer
from nos_sym.search.results import Evaluated
print("imported")

class Loud(FakeTrainer):
    settings = FakeTask
    def __init__(self): super().__init__("loud")
    def train(self, *arguments):
        print("trained")
        return Evaluated(0.5)
"""
