"""The commands equal, show and dedup take blocks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nos_sym.cli.main import cli
from nos_sym.language.parser import parse

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
    assert "by       induction: A.q = 10 * B.average" in shown
    assert "--proof" not in shown


def test_equal_of_states_that_have_no_word() -> None:
    other = "{ state s; s <- max(0.9*s, 2*g^2); w <- w - 2*lr*s }"
    shown = run("equal", PEAKS, other, code=0).stdout
    assert "induction: A.a = 0.5 * B.s" in shown
    assert "induction: A.b = 1.5 * B.s" in shown


def test_a_counterexample_shows_the_rates() -> None:
    pair = "momentum ~ g", "{ state v; v <- 0.9*v + g; w <- w - lr*v }"
    lines = run("equal", *pair, code=1).stdout.splitlines()
    assert lines[0] == "different"
    assert [line.split()[0] for line in lines[2:5]] == ["g", "w", "lr"]
    found = json.loads(run("equal", *pair, "--json", code=1).stdout)["counterexample"]
    assert len(found["rates"]) == len(found["gradients"]) == found["step"] + 1
    assert found["first"] != found["second"]


def test_a_verdict_is_for_settings_that_no_scheduler_cycles() -> None:
    head = "(beta1=0.9, beta2=0.999)"
    block = f"A{head} = {{ state m, v; m <- beta1*m + g; v <- beta2*v + g^2; w <- w - lr*m/(1 + v) }}"
    line = f"B{head} = none ~ 10*ema(g, beta1)/(1 + 1000*ema(g^2, beta2))"
    said = "for      constant settings: A.beta1, B.beta1, which schedulers may cycle"
    shown = run("equal", block, line, code=0).stdout
    assert said in shown.splitlines()
    other = run("equal", block, line, "--set", "A.beta1=0.8", code=1).stdout
    assert said in other.splitlines()
    record = json.loads(run("equal", block, line, "--json", code=0).stdout)
    assert record["constant"] == ["A.beta1", "B.beta1"]
    assert "constant" not in run("equal", AVERAGE, "none ~ ema(g, 0.9)", code=0).stdout


def test_neither_is_unknown() -> None:
    # The root of a state is no multiple of it.
    root = "{ state s; s <- sqrt(0.9*s^2 + g^2); w <- w - lr*g/(s + 1) }"
    square = "{ state v; v <- 0.9*v + g^2; w <- w - lr*g/(sqrt(v) + 1) }"
    assert run("equal", root, square, code=3).stdout.startswith("unknown\n")


def test_a_proof_of_blocks_is_written_and_replayed(tmp_path: Path) -> None:
    file = tmp_path / "a.proof"
    shown = run("equal", AVERAGE, "none ~ ema(g, 0.9)", "--proof", str(file), code=0).stdout
    assert "by       induction: A." in shown
    assert shown.splitlines()[-1].startswith(
        "proof    checked, induction over the steps with 1 invariant, written"
    )
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


def test_parse_prints_blocks_in_latex(tmp_path: Path) -> None:
    file = tmp_path / "rules.nos"
    file.write_text(f"{PEAKS}One = none ~ g\nS = schedule ~ a1\n", encoding="utf-8")
    printed = run("parse", str(file), "--to", "latex", code=0).stdout
    alone = [run("latex", f"{file}:{name}", code=0).stdout.strip() for name in ("Peaks", "One", "S")]
    assert [text.strip() for text in printed.split("\n\n\n")] == alone
    assert r"a_{t} &= \max(0.9\,a_{t-1}, g_t^{2})" in alone[0]


@pytest.mark.parametrize("notation", ["sympy", "authors"])
def test_what_has_no_blocks_says_so(notation: str) -> None:
    error = run("parse", f"Mine = {AVERAGE}", "--to", notation, code=2).stderr
    assert error.count("\n") == 1
    assert (
        f"'Mine' is a block, and '--to {notation}' has none; expected '--to nos', 'latex' or 'json'" in error
    )


def test_dedup_prints_what_reads_back(tmp_path: Path) -> None:
    file = tmp_path / "rules.nos"
    texts = [
        f"{PEAKS}",
        "Tabs = none ~\n\tw  # a comment; <- }\n\t+ g\n",
        'One = none ~ g + w from "two  blanks"\n',
        "Other = {\n    state b    # a comment; }\n    b <- max(0.9*b, g^2)\n"
        "    if rank >= 2 {\n        w <- w - 4*lr*b\n    } else {\n        w <- w - 4*lr*b\n    }\n}\n",
    ]
    file.write_text("".join(texts), encoding="utf-8")
    printed = run("dedup", str(file), code=0).stdout
    lines = [line.split(maxsplit=2)[2] for line in printed.splitlines() if line.startswith("  line ")]
    assert [parse(line) for line in lines] == [parse(texts[i]) for i in (0, 3, 1, 2)]
    assert lines[3] == texts[2].strip()


def test_blocks_in_json_are_read_by_parse_and_dedup(tmp_path: Path) -> None:
    file = tmp_path / "rules.nos"
    file.write_text(f"{FAMILIES}One = {AVERAGE}\nS = none ~ ema(g, 0.9)\n", encoding="utf-8")
    printed = run("parse", str(file), code=0).stdout
    lines = tmp_path / "rules.json"
    lines.write_text(run("parse", str(file), "--to", "json", code=0).stdout, encoding="utf-8")
    assert run("parse", str(lines), code=0).stdout == printed
    rows = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    table = tmp_path / "table.json"
    table.write_text(json.dumps([{"name": row.pop("name"), "rule": row} for row in rows]), encoding="utf-8")
    assert run("parse", str(table), code=0).stdout == printed
    for path in (lines, table):
        assert json.loads(run("dedup", str(path), "--json", code=0).stdout)["class_of"][3:] == [3, 3]
    old = {**rows[1], "version": 1}
    table.write_text(json.dumps([old]), encoding="utf-8")
    error = run("parse", str(table), code=2).stderr.splitlines()[0]
    assert "row 1, column 'rule': the JSON is of version 1 and is a block, which version 2 has" in error
