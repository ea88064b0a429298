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
    store, results = tmp_path / "t.db", tmp_path / "r.json"
    call = [
        "transfer",
        "ptb",
        "--optimizers",
        "Adam,SGD",
        "--data",
        str(folder),
        "--store",
        str(store),
        *TINY,
    ]
    done = run([*call, "--results", str(results)])
    assert done.exit_code == 0, done.stderr
    rows = done.stdout.splitlines()
    assert rows[0].split() == ["optimizer", "rate", "perplexity", "paper"]
    assert rows[1].startswith("Adam") and rows[1].endswith("68.56 ± 0.13")
    assert "Adam" in run(["latex", "--table", "13", "--results", str(results)]).stdout
    # What the store has is not trained again, and what the file has of the task is replaced.
    again = run([*call, "--results", str(results), "--json"])
    assert again.exit_code == 0, again.stderr
    data = json.loads(again.stdout)
    assert [row["name"] for row in data["rows"]] == ["Adam", "SGD"]
    assert data["results"] == json.loads(results.read_text())
    assert run(["runs", str(store)]).stdout.count("transfer") == 2


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
