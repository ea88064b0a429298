"""``nos-sym latex`` with ``--table`` and ``--top``: what goes together, and what is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.store_fakes import filled

from nos_sym.cli.main import cli


def call(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, ["latex", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_a_table_is_printed_or_written(tmp_path: Path) -> None:
    code, text, _ = call("--table", "9")
    assert (code, text.splitlines()[2]) == (0, "\\begin{table}")
    assert call("--table", "9", "-o", str(tmp_path / "nine.tex"))[:2] == (0, "")
    assert (tmp_path / "nine.tex").read_text(encoding="utf-8") == text
    assert "\\documentclass" in call("--table", "9", "--alone")[1]
    assert "\\theta" in call("--table", "1", "--notation", "weights=\\theta")[1]


def test_the_best_of_a_store(tmp_path: Path) -> None:
    with filled(tmp_path / "run_%.db"):
        pass
    code, text, _ = call(str(tmp_path / "run_%.db"), "--top", "2")
    assert code == 0 and "Opt1 & " in text and "Opt3 & " not in text


def test_own_results(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    task = {"name": "%", "metric": "accuracy", "unit": "", "better": "higher", "model": "_", "steps": None}
    result = {"optimizer": "\\input{x}", "task": "%", "mean": 1, "deviation": None}
    data = {"format": "nos-sym results 1", "source": "me", "seeds": None, "versions": {}, "tasks": [task]}
    file.write_text(json.dumps(data | {"results": [result]}), encoding="utf-8")
    code, text, _ = call("--table", "11", "--results", str(file))
    assert code == 0 and "\\textbackslash{}input\\{x\\} & $\\mathbf{1.00}$" in text


def test_messages_of_results_ask_for_results(tmp_path: Path) -> None:
    (tmp_path / "empty.json").write_bytes(b"")
    (tmp_path / "latin.json").write_bytes(b"\xe9")
    (tmp_path / "zero.json").write_bytes(b"{\0}")
    for name in ("empty.json", "latin.json", "zero.json", "nowhere.json", "."):
        code, _, said = call("--table", "11", "--results", str(tmp_path / name))
        assert code == 2 and said.count("\n") == 1
        assert "a file of results" in said and "rules" not in said and "tanh" not in said


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["Opt4", "--table", "8"],
        ["--table", "14"],
        ["--table", "8", "--top", "3"],
        ["--table", "8", "--json"],
        ["--table", "8", "--run", "1"],
        ["--table", "8", "--results", "mine.json"],
        ["--table", "11", "--results", "nothing.json"],
        ["--table", "8", "--notation", "weights=\\input{x}"],
        ["--top", "3"],
        ["nothing.db", "--top", "3"],
        ["Opt4", "--alone"],
        ["Opt4", "--notation", "weights=w"],
    ],
)
def test_what_does_not_go_together_is_refused(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, text, said = call(*arguments)
    assert (code, text) == (2, "") and said.startswith("error: ") and said.count("\n") == 1
