"""``equal --proof`` and ``check-proof``: what they print and write, exit codes, and what they refuse."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nos_sym.cli.main import cli

PAIR = ("none ~ exp(ln(exp(g)))", "none ~ exp(g)")


def run(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(cli, list(arguments), input=text)


def test_a_proof_is_written_and_replayed(tmp_path: Path) -> None:
    file = tmp_path / "exp.proof"
    result = run("equal", *PAIR, "--proof", str(file))
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == f"proof    {file} (1 link, replayed)"
    assert file.read_text().startswith("nos-sym proof 1\nlevel: exact\nA: none ~ exp(ln(exp(g)))\n")
    assert [p.name for p in tmp_path.iterdir()] == ["exp.proof"]
    for argument, text in ((str(file), None), ("-", file.read_text())):
        checked = run("check-proof", argument, text=text)
        assert checked.exit_code == 0
        assert checked.stdout.splitlines() == [
            "accepted", "level    exact", "A        none ~ exp(ln(exp(g)))", "B        none ~ exp(g)",
            "links    1", "cites    ln-exp",
        ]  # fmt: skip


def test_json_of_both(tmp_path: Path) -> None:
    file = tmp_path / "x.proof"
    record = json.loads(run("equal", *PAIR, "--proof", str(file), "--json").stdout)
    assert record["verdict"] == "equal"
    assert record["proof"] == {"file": str(file), "links": 1}
    record = json.loads(run("check-proof", str(file), "--json").stdout)
    assert (record["verdict"], record["cited"], record["links"]) == ("accepted", ["ln-exp"], 1)
    file.write_text(file.read_text().replace("by ln-exp; x := g", "by ln-exp; x := w"))
    refused = run("check-proof", str(file), "--json")
    assert refused.exit_code == 1
    record = json.loads(refused.stdout)
    assert (record["verdict"], record["line"]) == ("refused", 8)
    assert record["reason"].startswith("the values differ")


def test_what_has_no_proof_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "old.proof"
    file.write_text("what was there")
    result = run("equal", "none ~ 0 * g", "momentum ~ 0 * g", "--proof", str(file))
    assert result.exit_code == 3
    assert result.stdout.splitlines()[-1] == "proof    none found"
    result = run("equal", "none ~ g", "none ~ 2 * g", "--proof", str(file))
    assert result.exit_code == 1
    assert file.read_text() == "what was there"


def test_a_claim_without_a_proof_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nos_sym.proof.search import producer

    monkeypatch.setattr(producer, "prove", lambda a, b, level: None)
    result = run("equal", *PAIR, "--proof", str(tmp_path / "x.proof"))
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "proof    claim without a checked proof"
    assert not list(tmp_path.iterdir())


def test_a_proof_shows_what_keys_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nos_sym.algebra import equivalence

    # Whatever the algebra comes to know: here it knows nothing.
    monkeypatch.setattr(equivalence, "compare", lambda a, b, level, almost: equivalence.Unknown(level))
    arguments = ("equal", "none ~ min(arctan(g), max(g, 0))", "none ~ min(arctan(g), abs(g))")
    assert run(*arguments).exit_code == 3
    result = run(*arguments, "--proof", str(tmp_path / "x.proof"))
    assert result.exit_code == 0
    assert result.stdout.startswith("equal\nlevel    exact\nproof ")


def test_schedules_and_levels(tmp_path: Path) -> None:
    file = str(tmp_path / "x.proof")
    assert run("equal", "LR1", "schedule ~ erfc(erfc(a4)) / dtanh(a8)", "--proof", file).exit_code == 0
    assert run("check-proof", file).exit_code == 0
    assert run("equal", "Opt5", "Opt42", "--level", "schedule", "--proof", file).exit_code == 0
    lines = run("check-proof", file).stdout.splitlines()
    assert lines[:2] == ["accepted", "level    schedule"]
    assert lines[3].endswith(", times erfc(erfc(a4)) / dtanh(a8)")


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("nonsense", 2, "error: the text is no proof"),
        (
            "nos-sym proof 1\nlevel: exact\nA: none ~ g\nB: none ~ g\n\n  none ~ g\n= none ~ gg\n",
            2,
            "error: ",
        ),
        ("nos-sym proof 1\nlevel: exact\nA: none ~ g\nB: none ~ g\n\n  none ~ g\n= none ~ g\n", 0, ""),
        ("nos-sym proof 1\nlevel: exact\nA: none ~ g\nB: none ~ w\n\n  none ~ g\n= none ~ w\n", 1, ""),
    ],
)
def test_exit_codes(text: str, code: int, message: str) -> None:
    result = run("check-proof", "-", text=text)
    assert result.exit_code == code
    assert result.stderr.startswith(message)
    if code == 2:
        lines = result.stderr.splitlines()
        assert len(lines) == 3
        assert re.fullmatch(r" *\^", lines[2])


def test_bad_input_is_refused(tmp_path: Path) -> None:
    assert "there is no file" in run("check-proof", str(tmp_path / "missing")).stderr
    result = run("equal", *PAIR, "--level", "float32", "--proof", str(tmp_path / "x"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "float32 measures" in result.stderr
    result = run("equal", *PAIR, "--proof", str(tmp_path / "no" / "folder"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "cannot write" in result.stderr


def test_help_says_the_exit_codes() -> None:
    shown = re.sub(r"\s+", " ", run("check-proof", "--help").stdout)
    assert "0 accepted, 1 refused, 2 the text is no proof" in shown
    assert "claim without a checked proof" in re.sub(r"\s+", " ", run("equal", "--help").stdout)
