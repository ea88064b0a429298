"""Tables of candidates, plain SymPy, files and standard input, as commands read them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nos_sym.cli.main import cli

CSV = 'name,rule,loss\nA,none ~ g,0.5\n,"none ~ 2 * g / 2",0.4\nC,None ~ tanh(v hat),1\n'
JSON = json.dumps([{"name": "A", "rule": "none ~ g", "loss": 1}, {"rule": "none ~ 2 * g / 2"},
                   {"name": "C", "rule": "None ~ tanh(v hat)"}])  # fmt: skip
PRINTED = "A = none ~ g\nnone ~ 2 * g / 2\nC = none ~ tanh(v_hat)\n"


def run(*arguments: object, text: str | None = None) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments], input=text)


@pytest.mark.parametrize(("text", "syntax"), [(CSV, "csv"), (JSON, "json"), (CSV.replace("\n", "\r"), "csv")])
def test_a_table_is_recognized_or_named(text: str, syntax: str, tmp_path: Path) -> None:
    path = tmp_path / "candidates"
    path.write_text(text, encoding="utf-8", newline="")
    for arguments in (["parse", path], ["parse", path, "--from", syntax], ["parse", "-"]):
        assert run(*arguments, text=text).stdout == PRINTED
    assert run("show", f"{path}:C").stdout.startswith("name      C")
    record = json.loads(run("dedup", path, "--json").stdout)
    assert record["class_of"][0] == record["class_of"][1] != record["class_of"][2]
    assert record["errors"] == []


def test_a_row_that_cannot_be_read_is_named_by_row_and_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(CSV + "D,none ~ tahn(g),2\nclass,none ~ g,3\n", encoding="utf-8")
    result = run("parse", path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "row 5, column 'rule': unknown function 'tahn'; did you mean 'tanh'?" in result.stderr
    record = json.loads(run("dedup", path, "--json").stdout)
    assert [(e["line"], e["error"].split(":")[0]) for e in record["errors"]] == [
        (5, "row 5, column 'rule'"), (6, "row 6, column 'name'")
    ]  # fmt: skip


def test_two_rows_of_one_name_are_refused_by_both(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(CSV + "A,none ~ w,2\n", encoding="utf-8")
    for command in ("parse", "dedup"):
        assert "row 5, column 'name': the name 'A' is given twice" in run(command, path).stderr


def test_a_comment_and_a_rule_are_no_table() -> None:
    assert run("parse", "-", text="# name, rule\nA = none ~ g\n").stdout == "A = none ~ g\n"
    assert run("parse", "rule = none ~ g").stdout == "rule = none ~ g\n"


def test_what_is_printed_is_read_back() -> None:
    for name in ("Adam", "Opt4", "LR1", "AdamW"):
        for syntax in ("sympy", "json"):
            text = run("parse", name, "--to", syntax).stdout
            result = run("parse", "-", "--from", syntax, text=text)
            assert result.exit_code == 0, result.stderr
    assert run("parse", "tanh(g)", "--from", "sympy").stdout == "none ~ tanh(g)\n"
    assert run("parse", "g", "--from", "sympy").stdout == "none ~ g\n"
    record = json.loads(run("dedup", "-", "--from", "sympy", "--json", text="g\nsin(g)\n2*g/2\n").stdout)
    assert record["class_of"] == [0, None, 0] and record["errors"][0]["line"] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["parse", "-"], ["show", "-"], ["factor", "-"], ["latex", "-"], ["check", "-"], ["dedup", "-"],
        ["render", "-"], ["equal", "-", "A = none ~ g"], ["equal", "A = none ~ g", "-"],
    ],
)  # fmt: skip
def test_standard_input_stands_for_a_rule(arguments: list[str]) -> None:
    result = run(*arguments, text="A = none ~ g\n")
    assert result.exit_code == 0, result.stderr


def test_a_log_comes_from_standard_input_too(tmp_path: Path) -> None:
    text = "INFO:root:None ~ tanh(g) val: 0.5 - Time: 3.0\n"
    store = tmp_path / "a.db"
    assert "imported   1 evaluations" in run("import", "-", "--store", store, text=text).stdout
    assert "standard input" in run("runs", store).stdout
    again = run("import", "-", "--store", store, text=text)
    assert again.exit_code == 2 and "nothing was imported" in again.stderr


@pytest.mark.parametrize(
    "rule", ["none ~ g / sqrt(v_hat)", "none ~ v_hat^-0.5 * g", "none ~ recip(sqrt(v_hat))"]
)
def test_a_root_of_an_average_of_g_as_a_divisor_gets_a_note(rule: str) -> None:
    result = run("parse", rule)
    assert result.exit_code == 0
    assert result.stderr.startswith("note: in 'sqrt(v_hat)' the root is of an average of g; that of g^2")
