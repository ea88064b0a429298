"""``--task``, ``--algorithm`` and the settings of tasks on the command line, and several tasks in a store."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.harness import backends

from nos_sym.cli.main import cli
from nos_sym.cli.search_settings import table_of
from nos_sym.search.settings import settings_from_table
from nos_sym.surrogate.settings import TrainingSettings
from nos_sym.surrogate.tasks.settings import QuadraticSettings, TabularSettings
from nos_sym.surrogate.tasks.several import SeveralSettings

SHORT = "steps = 20\nwarmup = 4\nfirst_steps = 0\nsecond_after = 20\nlearning_rates = [0.01]\n"


def training(*changes: str, tasks: tuple[str, ...] = (), file: Path | None = None) -> Any:
    table = table_of("demo", file, changes, {"task": tasks, "seed": 0})
    assert table is not None
    return settings_from_table(table).training


def test_a_task_is_named_by_a_flag_or_a_setting() -> None:
    assert training(tasks=("tabular",)) == training("training.task=tabular") == TabularSettings()
    assert training("training.steps=300", "training.task=tabular") == TabularSettings(steps=300)
    assert training("training.steps=300", tasks=("tabular",)) == TabularSettings(steps=300)
    several = training('training.hidden=["charlm"]', tasks=("tabular", "quadratic"))
    tasks: Any = (TabularSettings(), QuadraticSettings())
    assert several == SeveralSettings(tasks, hidden=("charlm",))
    assert isinstance(training(tasks=("images",)), TrainingSettings)
    assert training(tasks=("images",)).base == 4


def test_a_flag_overrides_a_file_and_keeps_what_it_says_of_the_task(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(f'[training]\ntask = "tabular"\n{SHORT}', encoding="utf-8")
    assert training(tasks=("tabular",), file=file).steps == 20
    assert training(tasks=("quadratic",), file=file) == QuadraticSettings()
    assert training(file=file).learning_rates == (0.01,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--task", "tabula"], "'tabula' is not one of 'images', 'charlm', 'quadratic', 'tabular'"),
        (["--algorithm", "clim"], "'clim' is not one of 'particles', 'random', 'regularized'"),
        (["--set", "algorithm=clim"], "'algorithm' is 'clim'; expected one of particles, random"),
        (["--task", "tabular", "--data", "x"], "unknown setting 'training.folder'"),
        (["--task", "tabular", "--task", "tabular"], "the same task twice"),
        (["--set", "algorithm_settings.x=1"], "the algorithm has no settings of its own"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(arguments: list[str], message: str, tmp_path: Path) -> None:
    store = tmp_path / "run.db"
    done = CliRunner().invoke(cli, ["evolve", "--preset", "demo", "--store", str(store), *arguments])
    assert done.exit_code == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not store.exists()


def test_tasks_and_algorithms_are_listed() -> None:
    done = CliRunner().invoke(cli, ["list", "--algorithms"])
    assert done.exit_code == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[1:4]] == [
        "particles",
        "random",
        "regularized",
    ]
    both = CliRunner().invoke(cli, ["list", "--tasks", "--language"])
    assert both.exit_code == 2
    assert "exclude each other" in both.stderr


@pytest.mark.skipif("torch" not in backends(), reason="torch is not installed")
def test_several_tasks_are_searched_resumed_and_shown(tmp_path: Path) -> None:
    file, store = tmp_path / "own.toml", str(tmp_path / "run.db")
    file.write_text(
        'algorithm = "random"\nevaluations = 3\npopulation = 1\nsample = 1\nconfirm = [1, 2]\n'
        f'[training]\nhidden = ["charlm"]\ncombine = "ranks"\nfailing = "worst"\n'
        f'[[training.tasks]]\ntask = "tabular"\n{SHORT}[[training.tasks]]\ntask = "quadratic"\n{SHORT}'
        f'[[training.tasks]]\ntask = "charlm"\n{SHORT}',
        encoding="utf-8",
    )
    command = ["evolve", "--store", store, "--limit", "0", "--json"]
    done = CliRunner().invoke(cli, [*command, "--settings", str(file)])
    assert done.exit_code == 0, done.stderr
    again = CliRunner().invoke(cli, [*command, "--resume"])
    assert again.exit_code == 0, again.stderr
    assert json.loads(again.stdout)["run"] == 1
    [hidden] = json.loads(again.stdout)["evidence"]["hidden"]
    assert hidden["task"].startswith("torch charlm-steps20-") and hidden["split"] == "test"
    assert len(hidden["confirmed"][0]["scores"]) == 2
    assert json.loads(again.stdout)["evidence"] == json.loads(done.stdout)["evidence"]
    best, *_ = json.loads(CliRunner().invoke(cli, ["top", store, "--json"]).stdout)
    assert set(best["scores"]) == {"tabular", "quadratic"}
    assert best["fitness"] == pytest.approx(sum(best["scores"].values()) / 2)
    assert best["task"].startswith("torch quadratic+tabular-")
    (row, *_) = csv.DictReader(io.StringIO(CliRunner().invoke(cli, ["top", store, "--csv"]).stdout))
    assert json.loads(row["scores"]) == best["scores"]
    assert "scores    quadratic 0." in CliRunner().invoke(cli, ["top", store]).stdout
