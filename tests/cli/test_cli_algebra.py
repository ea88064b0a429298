"""``equal``, ``factor`` and ``dedup``: what they print, exit codes, JSON, and what they refuse."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import nos_sym
from nos_sym.cli import answers as answers_module
from nos_sym.cli import dedup as dedup_module
from nos_sym.cli.main import cli
from nos_sym.language.authors.log import read_authors_log

LOG = """INFO:root: MODEL 0/500 -> Val Acc: 0.70, Val Loss: 1.4, Time: 3600.0, Fun: None ~ tanh(g)
INFO:root: MODEL 1/500 -> Val Acc: 0.71, Val Loss: 1.4, Time: 1800.0, Fun: Mom ~ (g)+(v hat)
INFO:root: INIT PARTICLE 1/50 : None ~ tanh(g) : val: 0.80 - Time: 7200.0
INFO:root: Depth: 1/5
INFO:root: Mom ~ (v hat)+(g) val: 0.78 - Time: 3600.0
INFO:root: Mom ~ (v hat)+(g) val: 0.76 - Time: 900.0
INFO:root: None ~ nonsense(g) val: 0.80 - Time: 100.0
INFO:root: Mom ~ (g)+(v hat) : FAILED
INFO:root: None ~ tanh(g) val: 0.8
"""


def run(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(cli, list(arguments), input=text)


def succeed(*arguments: str, text: str | None = None, code: int = 0) -> str:
    result = run(*arguments, text=text)
    assert result.exit_code == code, result.stderr
    assert result.stderr == ""
    return result.stdout


def refuse(*arguments: str, text: str | None = None) -> list[str]:
    """Return the lines on standard error of bad input; there is nothing on standard output."""
    result = run(*arguments, text=text)
    assert result.exit_code == 2, (result.stdout, result.stderr)
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert lines[0].startswith("error: ")
    return lines


def pointed_at(lines: list[str]) -> str:
    """Return the text from the place of the caret."""
    assert re.fullmatch(r" *\^", lines[2])
    return lines[1][len(lines[2]) - 1 :]


def test_equal_prints_form_identities_and_assumptions() -> None:
    lines = succeed("equal", "none ~ clip_norm(clip_norm(g))", "none ~ clip_norm(g)").splitlines()
    assert lines[0] == "equal"
    assert lines[1:3] == ["level    exact", "form     none ~ clip_norm(g)"]
    assert any(re.search(r"^(A by| {4}) +[\w-]+: .+ = .+", line) for line in lines)
    assert any(line.startswith("assumes ") for line in lines)


def test_equal_as_json() -> None:
    record = json.loads(succeed("equal", "none ~ clip_norm(clip_norm(g))", "None ~ norm(g)", "--json"))
    assert record["verdict"] == "equal"
    assert record["level"] == "exact"
    assert record["form"] == "none ~ clip_norm(g)"
    assert {"name", "left", "right", "condition"} == set(record["first"][0])
    assert isinstance(record["assumptions"], list)


def test_equal_takes_names_files_standard_input_and_schedules(tmp_path: Path) -> None:
    file = tmp_path / "two.nos"
    file.write_text("First = none ~ g\nSecond = none ~ w\n", encoding="utf-8")
    assert succeed("equal", "SGD", f"{file}:First").startswith("equal\n")
    assert succeed("equal", "SGD", "-", text="none ~ -(-g)").startswith("equal\n")
    assert succeed("equal", "LR1", "schedule ~ erfc(erfc(a4)) / dtanh(a8)").startswith("equal\n")
    assert succeed("equal", "LR1", "LR2", code=1).startswith("different\n")
    assert succeed("equal", "Opt5", "Opt42", "--level", "schedule").startswith("equal\n")


def test_different_prints_the_counterexample_and_leaves_with_1() -> None:
    lines = succeed("equal", "none ~ g", "none ~ 2 * g", code=1).splitlines()
    assert lines[0] == "different"
    assert re.fullmatch(r"at t = \d+ of T = \d+", lines[1])
    assert lines[2].startswith("  g = (")
    assert lines[3].startswith("  w = (")
    assert lines[4].startswith("  the updates are (")
    record = json.loads(succeed("equal", "none ~ g", "none ~ 2 * g", "--json", code=1))
    found = record["counterexample"]
    assert record["verdict"] == "different"
    assert found["second"] == [2 * x for x in found["first"]]
    assert found["gradients"][found["step"]] == found["first"]
    assert "lines" not in found
    two = json.loads(
        succeed(
            "equal", "none ~ clip_norm(2 * g)", "none ~ clip_norm(g)", "--level", "schedule", "--json", code=1
        )
    )
    assert "lines" not in two["counterexample"]["reference"]


def test_values_that_are_not_finite_are_text_in_json() -> None:
    output = succeed("equal", "none ~ [1 / a2] g", "none ~ 3 * g", "--json", code=1)
    json.loads(output, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert answers_module._finite((1.0, float("inf"), float("nan"))) == [1.0, "inf", "nan"]


def test_unknown_leaves_with_3() -> None:
    assert succeed("equal", "none ~ 0 * g", "momentum ~ 0 * g", code=3).startswith("unknown\n")
    record = json.loads(succeed("equal", "none ~ 0 * g", "momentum ~ 0 * g", "--json", code=3))
    assert record == {"verdict": "unknown", "level": "exact"}


def test_float32_is_marked_as_no_proof() -> None:
    arguments = ("equal", "none ~ g / sqrt(1 + (1e-6 * w)^2)", "none ~ g", "--level", "float32")
    assert succeed(*arguments).startswith(
        "not told apart by 1,800 samples in float32 (a measurement, not a proof)\n"
    )
    record = json.loads(succeed(*arguments, "--json"))
    assert record["verdict"] == "indistinguishable"
    assert 0 <= record["distance"] < 1e-5
    lines = succeed("equal", "none ~ g", "none ~ 1.001 * g", "--level", "float32", code=1).splitlines()
    assert "of 100" in lines[1]


def test_equal_says_its_exit_codes() -> None:
    shown = re.sub(r"\s+", " ", succeed("equal", "--help"))
    assert "0 equal or indistinguishable, 1 different, 2 bad input" in shown
    assert "3 unknown" in shown


@pytest.mark.parametrize("pair", [("none ~ tahn(g)", "none ~ g"), ("none ~ g", "none ~ tahn(g)")])
def test_equal_refuses_bad_text_with_a_caret(pair: tuple[str, str]) -> None:
    lines = refuse("equal", *pair)
    assert "did you mean 'tanh'" in lines[0]
    assert pointed_at(lines) == "tahn(g)"


def test_equal_refuses_pairs_of_two_kinds_and_unknown_levels() -> None:
    assert "expected two of a kind" in refuse("equal", "LR1", "SGD")[0]
    assert "cannot both be standard input" in refuse("equal", "-", "-", text="none ~ g")[0]
    assert "float32" in refuse("equal", "SGD", "SGD", "--level", "extact")[0]
    assert "no file" in refuse("equal", "SGD", "missing.nos")[0]


def test_factor_prints_schedule_catalog_constant_core_and_what_stays() -> None:
    lines = succeed("factor", "Opt5").splitlines()
    assert lines[0] == "schedule erfc(erfc(a4)) / dtanh(a8)"
    assert lines[1].startswith("catalog  LR1 = schedule ~ ")
    assert lines[2] == "constant 1"
    assert lines[3].startswith("core     none ~ ")
    assert lines[4] == "stays    none"
    assert "\nstays    " in succeed("factor", "Opt7")
    assert "does not distribute" in succeed("factor", "Opt7")


@pytest.mark.parametrize(
    ("target", "name"), [("Opt4", "LR1"), ("Opt5", "LR1"), ("Opt6", "LR2"), ("Opt9", None), ("Opt7", None)]
)
def test_factor_as_json_finds_the_schedule_of_the_catalog(target: str, name: str | None) -> None:
    record = json.loads(succeed("factor", target, "--json"))
    assert set(record) == {"name", "rule", "schedule", "catalog", "constant", "core", "kept"}
    assert record["name"] == target
    found = record["catalog"]
    assert (found["name"] if found else None) == name
    nos_sym.parse_file(f"schedule ~ {record['schedule']}")
    nos_sym.parse(record["core"])


LRS = [f"LR{i}" for i in range(1, 10)]


@pytest.mark.parametrize("name", LRS)
def test_factor_recognizes_every_schedule_of_the_catalog_however_it_is_scaled(name: str) -> None:
    text = str(nos_sym.catalog.entry(name)).split("~ ")[1].split(" from ")[0]
    record = json.loads(succeed("factor", f"none ~ [3 * ({text})] g", "--json"))
    assert record["catalog"]["name"] == name
    assert record["core"] == "none ~ g"
    # constant * schedule * core is three times the entry, which is factor * schedule.
    whole = f"none ~ ({record['constant']}) * g"
    assert succeed("equal", whole, f"none ~ 3 * ({record['catalog']['factor']}) * g").startswith("equal")


def test_factor_refuses_a_schedule_and_bad_text() -> None:
    assert "is a schedule; expected an optimizer" in refuse("factor", "LR1")[0]
    assert pointed_at(refuse("factor", "none ~ tahn(g)")) == "tahn(g)"


def test_show_has_the_key() -> None:
    record = json.loads(succeed("show", "Opt4", "--json"))
    assert record["key"] == nos_sym.key_of(nos_sym.catalog.entry("Opt4"))  # type: ignore[arg-type]
    assert f"\nkey       {record['key']}\n" in succeed("show", "Opt4")
    assert json.loads(succeed("show", "LR1", "--json"))["key"] is None
    assert "\nkey" not in succeed("show", "LR1")


def test_dedup_of_a_log(tmp_path: Path) -> None:
    file = tmp_path / "run.log"
    file.write_text(LOG, encoding="utf-8")
    record = json.loads(succeed("dedup", str(file), "--from", "authors", "--level", "exact", "--json"))
    assert record["level"] == "exact"
    assert record["class_of"] == [0, 1, 0, 1, 1, None, 1]
    assert record["rules"][2] == "None ~ tanh(g)"
    assert record["rules"][5] == "None ~ nonsense(g)"
    assert record["repeats"] == 4
    assert record["repeated_hours"] == 3.25
    assert record["on_purpose"] == {"count": 1, "hours": 2.0}
    assert record["same_text"] == {"count": 2, "hours": 0.25}
    assert record["same_meaning"] == {"count": 1, "hours": 1.0}
    assert record["skipped_lines"] == [9]
    assert record["evaluations"] == 6
    assert record["unreadable"] == 1
    (_, second) = record["classes"]
    assert second["members"] == [1, 3, 4, 6]
    assert second["accuracies"] == {"initial population": [0.71], "search": [0.78, 0.76]}
    assert record["spread"] == pytest.approx(0.02 / 2**0.5)
    shown = succeed("dedup", str(file))
    assert "repeats     4, 3.25 h" in shown
    assert "  particles evaluated again on purpose      1, 2.00 h" in shown
    assert "another text              1, 1.00 h" in shown
    assert "  line      4" not in shown
    assert "  line      5  Mom ~ (v hat)+(g)" in shown


def test_dedup_of_a_list_keeps_the_order_and_gives_null_where_a_line_does_not_parse(tmp_path: Path) -> None:
    file = tmp_path / "rules.nos"
    text = (
        "# a comment\nnone ~ tanh(-g)\n\nA = none ~ g +\n  w from 'x'\n???\n-tanh(g)\n"
        "B = none ~ g\n  + w\nnone ~ -tanh(g)\nschedule ~ a1\nnone ~ w\n+ g\n"
    )
    file.write_text(text.replace("'x'", '"x"'), encoding="utf-8")
    record = json.loads(succeed("dedup", str(file), "--from", "nos", "--level", "exact", "--json"))
    assert record["class_of"] == [0, 1, None, None, 1, 0, None, 1]
    assert record["rules"][0] == "none ~ tanh(-g)"
    assert record["rules"][2] == "???"
    assert record["rules"][4] == "B = none ~ g\n  + w"
    assert record["lines"] == [2, 4, 6, 7, 8, 10, 11, 12]
    assert record["repeats"] == 3
    assert record["repeated_hours"] == 0
    assert json.loads(succeed("dedup", "-", "--json", text=file.read_text(encoding="utf-8"))) == record


def test_dedup_of_a_list_in_the_syntax_of_the_log() -> None:
    text = "None ~ tanh(g)\nNone ~ wrong(g)\nNone ~ -(-(tanh(g)))\n"
    record = json.loads(succeed("dedup", "-", "--from", "authors", "--json", text=text))
    assert record["class_of"] == [0, None, 0]
    assert record["rules"] == text.splitlines()
    assert json.loads(succeed("dedup", "-", "--json", text=text)) == record


def test_dedup_at_each_level() -> None:
    text = "none ~ g\nnone ~ -g\nnone ~ 2 * g\nnone ~ [a1] g\nnone ~ g / sqrt(1 + (1e-6 * w)^2)\n"
    expected = {
        "exact": [0, 1, 2, 3, 4],
        "sign": [0, 0, 1, 2, 3],
        "scale": [0, 0, 0, 1, 2],
        "schedule": [0, 0, 0, 0, 1],
        "float32": [0, 1, 2, 3, 0],
    }
    for level, classes in expected.items():
        record = json.loads(succeed("dedup", "-", "--level", level, "--json", text=text))
        assert record["class_of"] == classes
        assert record["proved"] is (level != "float32")
    assert "float32 (a measurement, not a proof)" in succeed("dedup", "-", "--level", "float32", text=text)


def test_dedup_names_the_identities_that_join_a_class() -> None:
    text = "none ~ clip_norm(clip_norm(g))\nnone ~ clip_norm(g)\n"
    (found,) = json.loads(succeed("dedup", "-", "--json", text=text))["classes"]
    assert "norm-norm" in [i["name"] for i in found["identities"]]
    assert "norm-norm: " in succeed("dedup", "-", text=text)


def test_dedup_shows_progress_on_standard_error_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dedup_module, "PLAIN_SECONDS", 0.0)
    text = "none ~ g\nnone ~ w\n"
    result = run("dedup", "-", text=text)
    assert "comparing: 2 of 2 rules\n" in result.stderr
    assert "comparing" not in result.stdout
    assert run("dedup", "-", "--json", text=text).stderr == ""


def test_dedup_refuses_what_holds_no_rule(tmp_path: Path) -> None:
    lines = refuse("dedup", "-", "--from", "nos", text="none ~ tahn(g)\nnone ~ (\n")
    assert "no line is a rule" in lines[0]
    assert pointed_at(lines) == "tahn(g)"
    assert pointed_at(refuse("dedup", "-", "--from", "authors", text="None ~ tahn(g)\n")) == "tahn(g)"
    assert "no file" in refuse("dedup", str(tmp_path / "missing.log"))[0]
    assert "directory" in refuse("dedup", str(tmp_path))[0]
    assert "empty" in refuse("dedup", "-", text=" \n")[0]
    assert "holds no rule" in refuse("dedup", "-", text="# only a comment\n")[0]
    assert "--level" in refuse("dedup", "-", "--level", "close", text="none ~ g")[0]


def test_dedup_of_the_authors_log(shared_data: Path) -> None:
    path = shared_data / "authors_run_first_half.log"
    record = json.loads(succeed("dedup", str(path), "--from", "authors", "--level", "exact", "--json"))
    log = read_authors_log(path)
    assert len(record["class_of"]) == len(record["rules"]) == len(log.evaluations) == 1475
    assert record["rules"] == [e.text for e in log.evaluations]
    assert record["repeats"] >= 131
    assert record["repeated_hours"] >= 6.4
    assert record["hours"] == pytest.approx(58.6, abs=0.05)
    assert record["on_purpose"]["count"] == 27
    assert record["same_text"]["count"] == 9
