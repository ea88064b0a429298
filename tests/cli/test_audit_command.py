"""``nos-sym audit``: what it prints, its exit codes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nos_sym.cli.main import cli

DOUBLE = "{ w <- w - 2 * lr * g }"


def run(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["audit", *arguments], input=text)


def printed(*arguments: str, code: int, text: str | None = None) -> str:
    result = run(*arguments, text=text)
    assert result.exit_code == code, (result.stdout, result.stderr)
    assert result.stderr == ""
    return result.stdout


def test_exit_codes_are_those_of_equal() -> None:
    assert "equal, on every history" in printed("SGD", "--against", "{ w <- w - lr * g }", code=0)
    assert "part" in printed("SGD", "--against", DOUBLE, code=1)
    later = "{ w <- w - lr * where(t == 1000, 2 * g, g) }"
    assert "unknown" in printed("SGD", "--against", later, code=3)
    # Of several the gravest counts.
    assert printed("SGD", "--against", "SGD", "--against", later, "--against", DOUBLE, code=1)
    assert printed("SGD", "--against", later, "--against", "SGD", code=3)


def test_the_lines_of_a_difference() -> None:
    lines = printed("none ~ g", "--against", "X(a=2) = { w <- w - a * lr * g }", code=1).splitlines()
    assert lines[:3] == ["none ~ g against X", "A         none ~ g", "B         X"]
    assert "settings  B alone has a = 2.0" in lines
    assert "verdict   different at equal settings" in lines
    assert "equal     where B.a = 1.0" in lines
    assert "          the weights become (0.95, -0.475, 0.1) and (0.9, -0.45, -0.05)" in lines


def test_json_of_one_and_of_several() -> None:
    one = json.loads(printed("SGD", "--against", DOUBLE, "--json", code=1))
    assert one["verdict"] == "different"
    assert one["parting"]["first"] != one["parting"]["second"]
    assert one["up_to"] == "scale"
    several = json.loads(printed("SGD", "--against", DOUBLE, "--against", "SGD", "--json", code=1))
    assert [record["verdict"] for record in several] == ["different", "equal"]
    assert several[1]["proof"]["checked"] is True
    assert several[1]["proof"]["text"].startswith("nos-sym proof")


def test_markdown_has_both_rules_numbers_and_code_to_run_again() -> None:
    text = printed("torch.optim.SGD", "--against", "keras.optimizers.SGD", "--markdown",
                   "--set", "momentum=0.5", "--set", "weight_decay=0.25", code=1)  # fmt: skip
    assert text.startswith("### `torch.optim.SGD` and `keras.optimizers.SGD`: different updates\n")
    assert "optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.5, weight_decay=0.25)" in text
    assert "optimizer = keras.optimizers.SGD(learning_rate=0.1, momentum=0.5, weight_decay=0.25)" in text
    assert "SGD(momentum=0.5, dampening=0, weight_decay=0.25) = {\n" in text
    assert "keras.optimizers.SGD` refers to Polyak 1964." in text


def test_markdown_cannot_be_broken_by_what_it_quotes(tmp_path: Path) -> None:
    odd = tmp_path / "a```b.nos"
    odd.write_text("none ~ 2 * g")
    text = printed(str(odd), "--against", "SGD", "--markdown", code=1)
    assert text.splitlines()[0].startswith("### ````")


def test_values_of_settings() -> None:
    a, b = "X(a=1) = { w <- w - lr * a * g }", "Y(a=1, b=0) = { w <- w - lr * (a * g + b * w) }"
    assert printed(a, "--against", b, code=0)
    assert printed(a, "--against", b, "--set", "a=3", code=0)
    assert printed(a, "--against", b, "--set", "B.b=0.5", code=1)
    # Another default of a setting that both have is no other rule.
    assert "defaults differ, 1.0 and 3.0" in printed(a, "--against", b, "--set", "B.a=3", code=0)
    assert printed(a, "--against", "Z(c=5) = { w <- w - lr * c * g }", "--with", "A.a=B.c", code=0)
    assert printed(a, "--against", b, "--for-all", code=1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["SGD"], "--against"),
        (["LR1", "--against", "SGD"], "schedule of learning rates"),
        (["SGD", "--against", "LR1"], "schedule of learning rates"),
        (["-", "--against", "-"], "one side alone"),
        (["SGD", "--against", "tahn"], "not in the catalog"),
        (["SGDTorch", "--against", "SGD", "--set", "momentum=2"], "expected a number in [0, 1)"),
        (["SGDTorch", "--against", "SGD", "--set", "B.momentum=0.5"], "B has no setting 'momentum'"),
        (["SGDTorch", "--against", "SGD", "--set", "foo=1"], "neither A nor B has a setting 'foo'"),
        (["SGDTorch", "--against", "SGD", "--set", "A.momentum=0", "--set", "momentum=0"], "twice"),
        (["SGDTorch", "--against", "SGD", "--with", "x"], "expected a pair"),
        (["SGD", "--against", "catalog", "--for-all"], "--against catalog"),
        (["SGD", "--against", "SGD", "--json", "--markdown"], "choose one"),
        (["nothing.py:Mine", "--against", "SGD"], "nothing.py"),
        (["SGD", "--against", "catalog", "--nearest", "0"], "nearest"),
    ],
)
def test_bad_input_is_one_line_on_standard_error(arguments: list[str], said: str) -> None:
    result = run(*arguments, text="none ~ g")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert said in result.stderr.splitlines()[0]


def test_standard_input_is_read_once() -> None:
    assert printed("-", "--against", "SGD", "--against", "none ~ g", code=0, text="none ~ g")


def test_a_file_with_two_rules(tmp_path: Path) -> None:
    file = tmp_path / "two.nos"
    file.write_text("A = none ~ g\nB = none ~ 2 * g\n")
    assert printed(f"{file}:A", "--against", "SGD", code=0)
    result = run(str(file), "--against", "SGD")
    assert result.exit_code == 2
    assert "holds 2 rules" in result.stderr
    assert "--rule" not in result.stderr
