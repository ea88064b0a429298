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
    assert result.stdout.splitlines()[-1] == f"proof    checked, 1 citation, written to {file}"
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
    assert record["proof"] == {
        "checked": True, "links": 1, "citations": ["ln-exp; x := g"], "inductions": [], "assumptions": [],
        "file": str(file),
    }  # fmt: skip
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
    root = "{ state s; s <- sqrt(0.9*s^2 + g^2); w <- w - lr*g/(s + 1) }"
    square = "{ state v; v <- 0.9*v + g^2; w <- w - lr*g/(sqrt(v) + 1) }"
    result = run("equal", root, square, "--proof", str(file))
    assert result.exit_code == 3
    assert result.stdout.splitlines()[-1] == "proof    none found"
    result = run("equal", "none ~ g", "none ~ 2 * g", "--proof", str(file))
    assert result.exit_code == 1
    assert file.read_text() == "what was there"


def test_a_claim_without_a_proof_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nos_sym.proof.search import producer

    monkeypatch.setattr(producer, "prove", lambda *a, **k: None)
    result = run("equal", *PAIR, "--proof", str(tmp_path / "x.proof"))
    assert result.exit_code == 0
    said = "proof    no checked proof found: the claim rests on the canonical form alone"
    assert result.stdout.splitlines()[-1] == said
    assert "A by     ln-exp: ln(exp(x)) = x" in result.stdout
    assert not list(tmp_path.iterdir())
    record = json.loads(run("equal", *PAIR, "--json").stdout)
    assert record["proof"] == {"checked": False, "reason": "none found in 2 seconds"}


def test_without_the_checker_the_claim_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from nos_sym.cli import proofs

    monkeypatch.setattr(proofs, "find_spec", lambda name: None)
    result = run("equal", *PAIR)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == (
        "proof    not checked; pip install 'nos-sym[proof]' brings the checker: "
        "the claim rests on the canonical form alone"
    )


def test_only_what_is_used_is_said() -> None:
    lines = run("equal", "none ~ tanh(-g) * tanh(w)", "none ~ -tanh(g) * tanh(w)").stdout.splitlines()
    assert "by       arithmetic alone" in lines
    assert lines[-1] == "proof    checked, 0 citations"
    assert not any("sign-square" in line for line in lines)
    lines = run("equal", "none ~ exp(ln(1 + g^2)) + w", "none ~ w + g^2 + 1").stdout.splitlines()
    assert any("exp-ln; x := " in line for line in lines)
    assert "assumes  nothing" in lines


def test_a_long_instance_is_cut() -> None:
    inner = " + ".join(f"g * sigmoid(w) * sigmoid({k} * g)" for k in range(1, 7))
    lines = run("equal", f"none ~ ln(exp({inner}))", f"none ~ {inner}").stdout.splitlines()
    (shown,) = [line for line in lines if "ln-exp; x := " in line]
    assert " ... " in shown
    assert len(shown) < 200


def test_almost_everywhere(tmp_path: Path) -> None:
    file = tmp_path / "x.proof"
    pair = ("none ~ ema_hat(sign(g)^2, 0.9) * w", "none ~ w")
    result = run("equal", *pair, "--almost", "--proof", str(file))
    assert result.exit_code == 0
    assert "assumes  g is not zero" in result.stdout.splitlines()
    assert "by       ema-constant; c := 1; k := 0.9" in result.stdout.splitlines()
    assert "almost: g" in file.read_text().splitlines()
    checked = run("check-proof", str(file)).stdout.splitlines()
    assert (checked[0], checked[4]) == ("accepted", "assumes  g is not zero")
    assert json.loads(run("check-proof", str(file), "--json").stdout)["assumptions"] == ["g"]
    # On every history they differ, and no proof is searched.
    other = tmp_path / "y.proof"
    assert run("equal", *pair, "--proof", str(other)).exit_code == 1
    assert not other.exists()


def test_a_proof_shows_what_keys_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nos_sym.algebra import equivalence

    # Whatever the algebra comes to know: here it knows nothing.
    monkeypatch.setattr(equivalence, "compare", lambda a, b, level, almost: equivalence.Unknown(level))
    arguments = ("equal", "none ~ min(arctan(g), max(g, 0))", "none ~ min(arctan(g), abs(g))")
    assert run(*arguments).exit_code == 3
    result = run(*arguments, "--proof", str(tmp_path / "x.proof"))
    assert result.exit_code == 0
    assert result.stdout.startswith("equal\nlevel    exact\nby ")


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
    assert "whether a checked proof stands behind the claim" in re.sub(
        r"\s+", " ", run("equal", "--help").stdout
    )
