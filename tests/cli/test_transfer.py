"""``nos-sym transfer`` on tiny archives, and with wrong input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support import archives

from nos_sym.cli.main import cli

TINY = [
    "--scale", "0.0001", "--set", "training.hidden=8", "--set", "training.embedding=4",
    "--set", "training.sequence=8", "--set", "training.batch=4", "--set", "training.check_archives=false",
    "--set", "rates=[1.0,0.01]", "--repeats", "2",
]  # fmt: skip


def run(arguments: list[str]) -> Result:
    return CliRunner().invoke(cli, arguments)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    pytest.importorskip("torch")
    found = tmp_path_factory.mktemp("archives")
    archives.ptb(found)
    return found


def test_results_of_a_task_become_a_table_of_the_paper(folder, tmp_path):
    store, results, tex = tmp_path / "t.db", tmp_path / "r.json", tmp_path / "t.tex"
    call = [
        "transfer", "ptb", "--optimizers", "Adam", "--optimizers", "Mine = none ~ g", "--data", str(folder),
        "--store", str(store), *TINY,
    ]  # fmt: skip
    done = run([*call, "--results", str(results), "--latex", str(tex)])
    assert done.exit_code == 0, done.stderr
    rows = done.stdout.splitlines()
    assert rows[0].split() == ["optimizer", "rate", "perplexity", "paper"]
    assert rows[1].startswith("Adam") and rows[1].endswith("68.56 ± 0.13")
    # Two optimizers at two rates, and two repeats of each.
    parts = [line for line in done.stderr.splitlines() if "time left" not in line]
    assert parts == ["learning-rate test: 4 trainings", "repeats: 4 trainings"]
    made = tex.read_text()
    head = next(line for line in made.splitlines() if "Optimizer" in line)
    assert head.split(" & ")[1:] == ["PTB", r"paper \\"]
    assert r"$68.56 \pm 0.13$ \\" in made and r"& -- \\" in made
    # What the paper trained is beside it, since it was another training.
    assert "10 steps" in made and "AWD{-}LSTM, from scratch, 99{,}600 steps" in made
    # By the other way to it; without the paper's numbers there are none.
    table = ["latex", "--table", "13", "--results", str(results)]
    assert run([*table, "--beside-paper"]).stdout == made
    assert "paper" not in run(table).stdout
    # What the store has is not trained again, and what the file has of the task is replaced.
    again = run([*call, "--results", str(results), "--json"])
    assert again.exit_code == 0, again.stderr
    data = json.loads(again.stdout)
    assert [row["name"] for row in data["rows"]] == ["Adam", "Mine"]
    assert data["results"] == json.loads(results.read_text()) and data["failures"] is None
    printed = run([*call, "--latex", "-"])
    assert (printed.exit_code, printed.stdout) == (0, made)
    assert run(["runs", str(store)]).stdout.count("transfer") == 3


def test_files_that_cannot_be_made_are_told_before_anything_is_trained(tmp_path):
    call = ["transfer", "ptb", "--optimizers", "Adam", "--store", str(tmp_path / "new.db")]
    for path in (tmp_path, tmp_path / "no" / "t.tex"):
        for option in ("--latex", "--results"):
            done = run([*call, option, str(path)])
            assert (done.exit_code, done.stderr.count("\n"), done.stdout) == (1, 1, "")
            assert f"cannot write '{path}'" in done.stderr
    assert not (tmp_path / "new.db").exists()
    both = run([*call, "--latex", "-", "--json"])
    assert (both.exit_code, both.stdout) == (2, "")
    assert "'--json' and '--latex -' both print" in both.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ptb"], "give the optimizers"),
        (["ptb", "--optimizers", "Adm"], "the catalog has no 'Adm'; did you mean 'Adam'?"),
        (["ptb", "--optimizers", "LR1,LR99"], "the catalog has no 'LR99'"),
        (["ptb", "--optimizers", "none ~ tahn(g)"], "unknown function 'tahn'"),
        (["ptb", "--optimizers", "schedule ~ a1"], "is a schedule; expected optimizers"),
        (["ptb", "--optimizers", "Adam", "--scale", "0"], "the scale is 0; expected a positive number"),
        (["ptb", "--optimizers", "Adam", "--scale", "nan"], "the scale is nan"),
        (["ptb", "--optimizers", "Adam", "--set", "training.side=3"], "unknown setting 'training.side'"),
        (["ptb", "--optimizers", "Adam", "--resume"], "name it with '--store FILE'"),
        (["ptb", "--optimizers", "Adam", "--backend", "tensorflow"], "'awd-lstm' is one of PyTorch"),
        (["ptb", "--optimizers", "Adam", "--data", "/nowhere"], "there is no folder '/nowhere'; download"),
        (["mnist", "--optimizers", "Adam"], "'mnist' is not one of"),
    ],
)
def test_wrong_input_is_one_line(arguments, message):
    done = run(["transfer", *arguments])
    assert done.exit_code == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_file_that_holds_no_results_is_not_overwritten(tmp_path):
    path = tmp_path / "r.json"
    path.write_text("mine")
    done = run(["transfer", "ptb", "--optimizers", "Adam", "--results", str(path)])
    assert done.exit_code == 2
    assert "is no JSON" in done.stderr
    assert path.read_text() == "mine"
