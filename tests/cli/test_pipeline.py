"""``nos-sym pipeline``: its plan, what is refused before anything is trained, and how a folder goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result
from support.pipeline_fakes import FakeTransfer, trainings
from support.store_fakes import RULES, SizedTrainer

from nos_sym.cli import paper_folder
from nos_sym.cli.main import cli
from nos_sym.search.store.store import Store

STAGES = f"""
[search]
command = "evolve"
trainer = "sized"
initial = ["{RULES[0]}", "{RULES[1]}"]
particles = 2
time_steps = 1
mutations = 1

[elimination]
command = "eliminate"
of = ["search"]
candidates = 2
stages = [{{ base = 4, steps = 10, repeats = 2, keep = 1 }}]
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("stages.toml").write_text(STAGES, encoding="utf-8")
    Path("ptb.toml").write_text(
        '[ptb]\ncommand = "transfer"\ntask = "ptb"\noptimizers = ["SGD"]', encoding="utf-8"
    )
    SizedTrainer.calls.clear()
    SizedTrainer.stop_after.clear()
    FakeTransfer.calls.clear()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["pipeline", "-o", "out", *arguments])


def own(*arguments: str) -> Result:
    return run("--settings", "stages.toml", "--limit", "0", *arguments)


def error_of(result: Result, code: int = 2) -> str:
    assert result.exit_code == code and result.stdout == "", result.output
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    return line


def test_the_plan_is_shown_and_nothing_is_done() -> None:
    shown = run("--preset", "rehearsal", "--dry-run", "--skip", "adam-variants")
    assert shown.exit_code == 0, shown.output
    rows = [line.split() for line in shown.stdout.splitlines()]
    assert rows[0] == ["stage", "command", "trainings", "state", "of"]
    assert rows[3] == ["elimination", "eliminate", "12", "new", "search,", "search-2"]
    assert shown.stdout.count(" new") == 8 and "113 trainings by the settings" in shown.stdout
    data = json.loads(run("--preset", "paper", "--dry-run", "--json", "--until", "elimination").stdout)
    assert [row["stage"] for row in data["stages"]] == ["search", "search-wide", "search-long", "elimination"]
    assert data["stages"][3]["trainings"] == 828
    assert not Path("out").exists()


def test_stages_and_their_settings_are_completed() -> None:
    complete = ShellComplete(cli, {}, "nos-sym", "_NOS_SYM_COMPLETE")

    def found(*words: str) -> list[str]:
        said = complete.get_completions(["pipeline", "--preset", "rehearsal", *words[:-1]], words[-1])
        return [item.value for item in said]

    assert found("--until", "se") == ["search", "search-2", "second-search"]
    assert found("--set", "second-search.") == ["second-search.pick="]
    assert "search.particles=" in found("--set", "search.p")
    assert "transfer-digits.training.steps=" in found("--set", "transfer-digits.training.st")
    assert found("--set", "paper.") == ["paper.top="]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "a pipeline begins with stages: '--preset rehearsal' takes minutes"),
        ("--resume", "'out' has no pipeline to resume; leave '--resume' out"),
        ("--preset papr", "'papr' is not one of"),
        ("--preset rehearsal --until serch", "there is no stage 'serch'; did you mean 'search'?"),
        ("--preset rehearsal --skip elimination", "'of' has 'elimination', which is no stage before it"),
        ("--preset rehearsal --set particles=3", "there is no stage 'particles'"),
        (
            "--preset rehearsal --set search=3",
            "'search' is 3 (int); expected a setting of it, as in 'search.",
        ),
        ("--preset rehearsal --set search.particels=3", "stage 'search': unknown setting 'particels'"),
        ("--preset rehearsal --set second-search.pick=3", "'pick' is 3 (int); expected a list of names"),
        ("--preset rehearsal --scale 0", "the scale is 0; expected a positive number up to 1000"),
        ("--preset rehearsal --scale nan", "the scale is nan"),
        ("--preset rehearsal --seed 99999999999999999999", "the seed is 99999999999999999999; expected 0 to"),
        ("--settings none.toml", "cannot read 'none.toml'"),
        (
            "--settings ptb.toml --data nowhere",
            "there is no folder 'nowhere'; download 'simple-examples.tgz'",
        ),
    ],
)
def test_wrong_input_is_one_line_and_leaves_nothing(arguments: str, message: str) -> None:
    assert message in error_of(run(*arguments.split()))
    assert not Path("out").exists()


def test_files_of_others_stay(tmp_path: Path) -> None:
    Path("out").mkdir()
    with Store.open("out/pipeline.db"):
        pass
    assert "pipeline.db' is there and was not made by" in error_of(own())
    Path("out/pipeline.db").unlink()
    Path("out/paper.pdf").write_text("mine")
    assert "paper.pdf' is there and was not made by nos-sym" in error_of(own())
    Path("out/paper.pdf").unlink()
    Path("out/pipeline.json").write_text("mine")
    assert "'out/pipeline.json' is not of a pipeline" in error_of(own())
    assert "'out/pipeline.json' is not of a pipeline" in error_of(run("--resume"))
    assert Path("out/pipeline.json").read_text() == "mine" and not SizedTrainer.calls
    Path("file").write_text("mine")
    found = CliRunner().invoke(cli, ["pipeline", "-o", "file", "--settings", "stages.toml"])
    assert "'file' is no folder" in error_of(found)


def test_a_folder_goes_on_with_what_it_has() -> None:
    SizedTrainer.stop_after.append(3)
    stopped = own()
    assert stopped.exit_code == 130 and trainings() == 3
    assert "stopped; 'out/pipeline.db' has what was trained; this goes on: nos-sym pipeline" in stopped.stderr
    SizedTrainer.stop_after.clear()
    states = [row["state"] for row in json.loads(own("--dry-run", "--json").stdout)["stages"]]
    assert states == ["begun", "new"]
    assert "'out' has a pipeline; '--resume' goes on with it" in error_of(run())
    assert "'--scale' changes the stages of '--preset'" in error_of(run("--resume", "--scale", "0.5"))
    assert "has begun and differs in 'particles' (2 and not 3)" in error_of(
        own("--set", "search.particles=3")
    )
    assert "differs in 'seed' (0 and not 4)" in error_of(own("--seed", "4"))
    with paper_folder.held(Path("out")):
        assert "another 'nos-sym paper' or 'nos-sym pipeline' writes to 'out'" in error_of(own(), 1)
    # A setting of what has not begun may change; the folder has it from then on.
    done = run("--resume", "--limit", "0", "--set", "elimination.candidates=1")
    assert done.exit_code == 0, done.output
    assert "stage 1 of 2: search, evolve, 4 trainings by its settings" in done.stderr
    assert done.stdout.splitlines()[0].split() == ["stage", "runs", "result"]
    assert "1 optimizer, best" in done.stdout and done.stdout.rstrip().endswith("out/pipeline.db")
    made = trainings()
    again = run("--resume", "--json")
    assert again.exit_code == 0 and trainings() == made and "stage 1" not in again.stderr
    assert [row["runs"] for row in json.loads(again.stdout)["stages"]] == [[1], [2]]
    # Without the store nothing is done, whatever else the folder has.
    for file in Path("out").glob("pipeline.db*"):
        if file.is_file():
            file.unlink()
    states = [row["state"] for row in json.loads(run("--resume", "--dry-run", "--json").stdout)["stages"]]
    assert states == ["new", "new"]
