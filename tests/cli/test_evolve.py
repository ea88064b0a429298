"""``nos-sym evolve``: flags, files and presets become settings, and what is refused is one line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.fake_trainer import FakeTask
from support.search_fakes import register

from nos_sym.algebra.canonical import key_of
from nos_sym.catalog import entry
from nos_sym.cli.main import cli
from nos_sym.language.rule import Rule
from nos_sym.search.settings import Dedup, settings_from_json
from nos_sym.search.store.store import Store
from nos_sym.search.trainer_kinds import TRAINERS, TrainerKind

register()
FAKE = """
trainer = "fake"
particles = 2
initial_factor = 3
time_steps = 1
mutations = 2
[training]
name = "evolution"
"""


@pytest.fixture
def fake(tmp_path: Path) -> list[str]:
    """Return arguments of a search of a second on the fake task."""
    file = tmp_path / "fake.toml"
    file.write_text(FAKE, encoding="utf-8")
    # Without a limit it trains in this very process.
    return ["evolve", "--settings", str(file), "--store", str(tmp_path / "run.db"), "--limit", "0"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def refuse(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 2, (result.stdout, result.stderr)
    assert result.stdout == ""
    lines = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1 and "Traceback" not in result.stderr
    return lines[0]


def test_a_search_is_reported_in_words_and_as_json(fake: list[str], tmp_path: Path) -> None:
    result = run(*fake, "--seed", "3")
    assert result.exit_code == 0, result.stderr
    assert "time-step 1/1: 4 slots" in result.stderr
    for part in ("run          1 of", "seed 3, dedup exact", "trained ", "saved ", "best         0."):
        assert part in result.stdout
    again = run(*fake, "--seed", "3", "--resume", "--json")
    assert again.exit_code == 0, again.stderr
    report = json.loads(again.stdout)
    assert report["run"] == 1 and report["saved"]["count"] == report["redrawn"]["count"] + sum(
        report[name]["count"] for name in ("answered", "answered_earlier")
    )
    assert (
        json.loads(run("evolve", "--store", str(tmp_path / "run.db"), "--resume", "--json").stdout) == report
    )


def test_flags_stand_above_files_and_files_above_presets(fake: list[str], tmp_path: Path) -> None:
    # The demo's training has settings that the fake task does not.
    assert "unknown setting 'training.data'" in refuse(*fake, "--preset", "demo")
    changes = ["--set", "training.noise=0", "--set", "training.name=other", "--set", "failures=1"]
    result = run(*fake, *changes, "--mutations", "3")
    assert result.exit_code == 0, result.stderr
    with Store.read(tmp_path / "run.db") as kept:
        settings = settings_from_json(kept.runs()[0].settings)
    assert (settings.particles, settings.mutations, settings.failures) == (2, 3, 1)
    assert settings.training == settings.initial_training == FakeTask("other", 0.0)


def test_settings_of_a_run_are_kept_with_it(tmp_path: Path) -> None:
    rules = tmp_path / "own.nos"
    rules.write_text("One = none ~ g\nTwo = none ~ tanh(v_hat)\n", encoding="utf-8")
    store = tmp_path / "run.db"
    arguments = [
        *("evolve", "--preset", "demo", "--store", str(store), "--seed", "4", "--algorithm", "particles"),
        *("--dedup", "scale", "--initial", str(rules), "--initial", "Adam", "--only-decays"),
        *("--time-steps", "0", "--set", "evaluate_particles=false", "--set", "training.data=synthetic"),
    ]
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    assert "trained      0 evaluations (none)" in result.stdout and "best         none" in result.stdout
    with Store.read(store) as kept:
        settings = settings_from_json(kept.runs()[0].settings)
        assert [row[2] for row in kept.moves(1)][:2] == ["none ~ id(id(g))", "none ~ tanh(id(v_hat))"]
    assert settings.initial == ("One = none ~ g", "Two = none ~ tanh(v_hat)", "Adam")
    assert (settings.seed, settings.particles, settings.time_steps) == (4, 3, 0)
    assert settings.dedup is Dedup.SCALE and settings.genome.only_decays
    assert settings.training.data == "synthetic"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "cuont=3"], "unknown setting 'cuont'"),
        (["--set", "mutations=many"], "'mutations' is 'many'; expected an integer"),
        (["--set", "mutations"], "sets nothing; expected KEY=VALUE"),
        (["--settings", "missing.toml"], "cannot read 'missing.toml'"),
        (["--initial", "Adamm"], "did you mean 'Adam'"),
        (["--executor", "in-process", "--workers", "2"], "has one worker"),
        (["--address", "host:1"], "has no address"),
        (["--preset", "papr"], "papr"),
        (["--particles", "0"], "particles"),
        (["--set", "initial.eps=0"], "'--set initial.eps=0' is about initial optimizers; name one"),
        (
            ["--initial", "Adam", "--set", "initial.eps=0"],
            "'--set': 'Adam' has no setting 'eps'; 'AdamTorch', the same at the defaults, has it",
        ),
        (
            ["--initial", "AdamW", "--initial", "Adam", "--set", "initial.eps=0"],
            "'--set': none of the rules has a setting 'eps'; expected one of beta1, beta2, weight_decay",
        ),
        (["--initial", "AdamW", "--set", "initial.beta1=1"], "'beta1' is '1'; expected a number"),
        (["--initial", "{ w <- w - 0.1 * g }"], "its step is not 'lr' times an update"),
        (["--initial", "SM3Optax"], "its state 'mu_col' is of kind 'col', and those of one line are tensors"),
        (["--initial", "AdagradTorch"], "a recursion that is no average and no difference"),
        (["--initial", "torch.optim.Adadelta"], "its state 'acc_delta' is no average, maximum or momentum"),
        (["--initial", "RAdamTorch"], "'RAdamTorch' cannot be an initial particle: the decay function"),
        (["--initial", "StepDecay"], "holds the schedule 'StepDecay'; expected optimizers"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, arguments: list[str], message: str) -> None:
    assert message in refuse("evolve", "--preset", "demo", "--store", str(tmp_path / "run.db"), *arguments)


def test_a_settings_file_is_refused_with_its_line(fake: list[str], tmp_path: Path) -> None:
    file = tmp_path / "fake.toml"
    file.write_text(FAKE + "nose = 3\n", encoding="utf-8")
    assert f"'{file}', line 9: unknown setting 'training.nose'; did you mean 'noise'?" in refuse(*fake)
    assert not (tmp_path / "run.db").exists()
    file.write_bytes(b"\xff\xfe")
    assert "cannot read" in refuse(*fake)


def test_stores_that_cannot_be_used_are_one_line(fake: list[str], tmp_path: Path) -> None:
    store = tmp_path / "run.db"
    assert "no search to resume" in refuse("evolve", "--store", str(store), "--resume")
    assert list(tmp_path.glob("run.db*")) == []
    store.write_text("something else entirely, and long enough", encoding="utf-8")
    assert "is no store" in refuse(*fake)
    store.unlink()
    with Store.open(store):
        assert f"in use by another process ({os.getpid()}" in refuse(*fake)


def test_how_many_particles_start_from_given_optimizers_is_what_was_said_last(
    fake: list[str], tmp_path: Path
) -> None:
    still = ["--set", "time_steps=0", "--set", "evaluate_particles=false"]
    demo = ["evolve", "--preset", "demo", "--store", str(tmp_path / "run.db"), *still]
    variants = ["evolve", "--preset", "paper-adam-variants", "--store", str(tmp_path / "run.db"), *still]
    for arguments, particles in (
        ([*demo, "--initial", "Adam"], 1),
        ([*demo, "--initial", "Adam", "--initial", "Opt4", "--set", "particles=4"], 4),
        ([*demo, "--initial", "Adam", "--set", "particles=4", "--particles", "3"], 3),
        ([*variants, "--initial", "RMSProp"], 1),
        ([*fake, *still, "--initial", "Adam"], 2),
    ):
        result = run(*arguments, "--json")
        assert result.exit_code == 0, result.stderr
        number = json.loads(result.stdout)["run"]
        with Store.read(tmp_path / "run.db") as kept:
            assert settings_from_json(kept.run(number).settings).particles == particles
            assert len(kept.moves(number)) == particles


def test_initial_optimizers_have_the_values_that_were_given(fake: list[str], tmp_path: Path) -> None:
    file = tmp_path / "fake.toml"
    file.write_text(f'initial = ["Adam", "AdamW"]\n{FAKE}', encoding="utf-8")
    still = ["--set", "time_steps=0", "--set", "evaluate_particles=false"]
    result = run(
        *fake, *still, "--set", "initial.weight_decay=0.5", "--set", " initial.beta1 = 0.5 ", "--json"
    )
    assert result.exit_code == 0, result.stderr
    with Store.read(tmp_path / "run.db") as kept:
        settings = settings_from_json(kept.runs()[0].settings)
        assert [row[3] for row in kept.moves(1)] == [key_of(entry("Adam")), key_of(changed("AdamW"))]
    assert settings.initial == ("Adam", str(changed("AdamW")))


def changed(name: str) -> Rule:
    rule = entry(name)
    assert isinstance(rule, Rule)
    return rule.with_settings(weight_decay="0.5", beta1="0.5")


def test_a_search_that_cannot_begin_leaves_nothing(
    tmp_path: Path, fake: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "run.db"
    demo = ["evolve", "--preset", "demo", "--store", str(store), "--limit", "0"]
    cifar = [*demo, "--set", "training.data=cifar10"]
    impossible = [
        [*cifar, "--data", str(tmp_path)],
        [*demo, "--set", 'initial=["none ~ "]'],
        [*demo, "--set", "training.device=cuda:77"],
        [*demo, "--set", "training.batch=0"],
        [*demo, "--executor", "ray", "--address", "127.0.0.1:1"],
        [*demo, "--workers", "2"],
    ]
    for command in impossible:
        refuse(*command)
        assert [p.name for p in tmp_path.iterdir()] == ["fake.toml"], command
    monkeypatch.setitem(TRAINERS, "fake", TrainerKind("no_such_package.x:Y", TRAINERS["fake"].settings))
    assert "needs the package 'no_such_package'" in refuse(*fake)
    assert [p.name for p in tmp_path.iterdir()] == ["fake.toml"]
    monkeypatch.undo()
    # What was there before stays as it was; only the run that could not begin is gone.
    assert run(*fake, "--set", "time_steps=0").exit_code == 0
    files = sorted(tmp_path.rglob("*"))
    for command in impossible:
        # The same command tells the same again, and not that something is interrupted.
        assert "--resume" not in refuse(*command)
        with Store.read(store) as kept:
            assert len(kept.runs()) == 1
        assert sorted(tmp_path.rglob("*")) == files


def test_a_wrong_value_is_told_with_its_table(tmp_path: Path) -> None:
    message = refuse(
        *("evolve", "--preset", "demo", "--store", str(tmp_path / "run.db")),
        *("--set", "initial_training.steps=10"),
    )
    assert "'initial_training.steps' is 10; expected more than" in message


def test_the_report_has_the_best_also_where_earlier_runs_answered_it(fake: list[str], tmp_path: Path) -> None:
    first = run(*fake, "--seed", "3").stdout
    again = run(*fake, "--seed", "3").stdout
    assert "run          2 of" in again and "trained      0 evaluations" in again
    best = [[line for line in text.splitlines() if line.startswith("best ")] for text in (first, again)]
    assert best[0] == best[1] and "best         0." in best[0][0]


def test_workers_have_the_threads_of_a_training(
    tmp_path: Path, fake: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from nos_sym.search.executors import choose
    from nos_sym.search.executors.in_process import InProcess
    from nos_sym.surrogate.settings import TrainingSettings

    opened: list[int] = []

    class Watched(InProcess):
        def __init__(self, threads: int = 1, limit: float | None = None) -> None:
            opened.append(threads)
            super().__init__(threads, limit)

    monkeypatch.setattr(choose, "InProcess", Watched)
    still = ["--set", "time_steps=0", "--set", "evaluate_particles=false", "--initial", "Adam"]
    demo = ["evolve", "--preset", "demo", "--store", str(tmp_path / "run.db")]
    for arguments in (fake, [*demo, "--set", "training.threads=3"]):
        assert run(*arguments, *still).exit_code == 0
    assert opened == [1, 3] and TrainingSettings().threads == 1


def test_a_search_goes_on_where_its_data_lies_elsewhere(tmp_path: Path) -> None:
    store = tmp_path / "run.db"
    arguments = ["evolve", "--preset", "demo", "--store", str(store), "--initial", "Adam"]
    arguments += ["--set", "time_steps=0", "--set", "evaluate_particles=false"]
    assert json.loads(run(*arguments, "--data", "there", "--json").stdout)["run"] == 1
    moved = run(*arguments, "--data", "elsewhere", "--resume", "--json")
    assert json.loads(moved.stdout)["run"] == 1
    # Whatever else differs is another run.
    other = run(*arguments, "--data", "elsewhere", "--resume", "--json", "--set", "training.batch=8")
    assert json.loads(other.stdout)["run"] == 2
