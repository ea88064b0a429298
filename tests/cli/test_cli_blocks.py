"""The commands equal, show and dedup take blocks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nos_sym.cli.main import cli

AVERAGE = "{ state q; q <- 0.9*q + g; w <- w - 0.1*lr*q }"
PEAKS = """Peaks = {
    state a, b
    a <- max(0.9*a, g^2)      # a state of its own
    b <- max(0.9*b, 3*g^2)
    w <- w - lr*(a + b)
}
"""
FAMILIES = """A(beta1=0.9, eps=1e-8) = none ~ ema_hat(g, beta1)/(abs(w) + eps)
B(b=0.8 in [0, 1), eps=1e-7) = { state m; m <- b*m + (1 - b)*g; w <- w - lr/(1 - b^(t + 1))*m/(abs(w) + eps) }
C(b=0.9 in [0, 1), eps=1e-8) = { state m; m <- b*m + g; w <- w - lr/(1 - b^(t + 1))*m/(abs(w) + eps) }
"""


def run(*arguments: str, code: int) -> Result:
    """Run a command that leaves with a code."""
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == code, result.output + result.stderr
    return result


def test_equal_of_a_block_and_a_rule_of_one_line() -> None:
    shown = run("equal", AVERAGE, "none ~ ema(g, 0.9)", code=0).stdout
    assert shown.startswith("equal\n")
    assert "none ~ ema(g, 0.9)" in shown
    assert "linear-states" in shown
    assert "--proof" not in shown


def test_equal_of_states_that_have_no_word() -> None:
    other = "{ state s; s <- max(0.9*s, 2*g^2); w <- w - 2*lr*s }"
    shown = run("equal", PEAKS, other, code=0).stdout
    assert "1 state, the same up to names, order and scale" in shown
    assert {"equal-states", "scaled-state"} <= {line.split(":")[0].split()[-1] for line in shown.splitlines()}


def test_a_counterexample_shows_the_rates() -> None:
    pair = "momentum ~ g", "{ state v; v <- 0.9*v + g; w <- w - lr*v }"
    lines = run("equal", *pair, code=1).stdout.splitlines()
    assert lines[0] == "different"
    assert [line.split()[0] for line in lines[2:5]] == ["g", "w", "lr"]
    found = json.loads(run("equal", *pair, "--json", code=1).stdout)["counterexample"]
    assert len(found["rates"]) == len(found["gradients"]) == found["step"] + 1
    assert found["first"] != found["second"]


def test_neither_is_unknown() -> None:
    # The root of a state is no multiple of it.
    root = "{ state s; s <- sqrt(0.9*s^2 + g^2); w <- w - lr*g/(s + 1) }"
    square = "{ state v; v <- 0.9*v + g^2; w <- w - lr*g/(sqrt(v) + 1) }"
    assert run("equal", root, square, code=3).stdout.startswith("unknown\n")


def test_a_proof_of_blocks_is_written_and_replayed(tmp_path: Path) -> None:
    file = tmp_path / "a.proof"
    shown = run("equal", AVERAGE, "none ~ ema(g, 0.9)", "--proof", str(file), code=0).stdout
    assert "by       induction: A." in shown
    last = "proof    checked, induction over the steps with 1 invariant, written to "
    assert shown.splitlines()[-1].startswith(last)
    assert "states   A." in run("check-proof", str(file), code=0).stdout
    record = json.loads(run("check-proof", str(file), "--json", code=0).stdout)
    assert len(record["invariants"]) == 1
    file.write_text(file.read_text(encoding="utf-8").replace(":= ", ":= 2 * "), encoding="utf-8")
    assert "at the first step" in run("check-proof", str(file), code=1).stdout


@pytest.mark.parametrize("extra", [(), ("--json",)])
def test_for_all_settings(tmp_path: Path, extra: tuple[str, ...]) -> None:
    file = tmp_path / "families.nos"
    file.write_text(FAMILIES, encoding="utf-8")
    pair = "--for-all", "--with", "A.beta1=B.b", *extra
    shown = run("equal", f"{file}:A", f"{file}:B", *pair, code=0).stdout
    assert (
        "A.beta1 = B.b" in shown
        if not extra
        else json.loads(shown)["pairs"] == [["beta1", "b"], ["eps", "eps"]]
    )
    shown = run("equal", f"{file}:A", f"{file}:C", *pair, code=1).stdout
    assert "beta1 = " in shown if not extra else set(json.loads(shown)["values"]) == {"beta1", "eps"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--for-all", "--with", "beta1=b"), "expected a pair such as"),
        (("--for-all", "--with", "A.x=B.b"), "A has no setting 'x'"),
        (("--for-all", "--with", "A.beta1=B.b", "--with", "A.beta1=B.eps"), "paired already"),
        (("--with", "A.beta1=B.b"), "goes with --for-all"),
        (("--for-all", "--level", "scale"), "exact equality"),
    ],
)
def test_pairs_are_refused_in_one_line(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    file = tmp_path / "families.nos"
    file.write_text(FAMILIES, encoding="utf-8")
    error = run("equal", f"{file}:A", f"{file}:B", *arguments, code=2).stderr
    assert words in error
    assert error.count("\n") == 1


def test_show_and_dedup_take_blocks(tmp_path: Path) -> None:
    file = tmp_path / "rules.nos"
    file.write_text(f"{PEAKS}One = none ~ ema(g, 0.9)\nTwo = {AVERAGE}\n", encoding="utf-8")
    shown = {
        name: json.loads(run("show", f"{file}:{name}", "--json", code=0).stdout)
        for name in ("One", "Two", "Peaks")
    }
    assert shown["One"]["key"] == shown["Two"]["key"] != shown["Peaks"]["key"]
    assert shown["Peaks"]["rule"].startswith("{ state a;")
    # A line that cannot be read takes none of the blocks with it.
    file.write_text(file.read_text(encoding="utf-8") + "Bad = none ~ oops(\n", encoding="utf-8")
    record = json.loads(run("dedup", str(file), "--json", code=0).stdout)
    assert record["class_of"] == [0, 1, 1, None]
