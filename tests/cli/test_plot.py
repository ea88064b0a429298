"""``nos-sym plot``, typed well and badly."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from nos_sym.cli.main import cli


@pytest.mark.parametrize(
    "arguments",
    [
        "schedules LR7 Opt4", "decays Opt4", "updates SGD Adam --steps 5", "surface Opt42",
        "surface Opt42 --input qhm(0.7) --input v_hat", "paths SGD --function sphere --steps 5",
        "sensitivity SGD --function quadratic --steps 5", "figure 8", "figure 1", "figure 2",
        "updates SGD --at 0 --at 0 --reach 1e-300",
    ],
)  # fmt: skip
def test_each_is_drawn(arguments: str, tmp_path: Path) -> None:
    file = tmp_path / "drawn.svg"
    result = CliRunner().invoke(cli, ["plot", *arguments.split(), "-o", str(file)])
    assert result.exit_code == 0, result.output
    assert file.read_text().startswith("<?xml") and str(file) in result.output


def test_standard_output_has_the_picture_alone() -> None:
    result = CliRunner().invoke(cli, ["plot", "figure", "8", "-o", "-", "--format", "png"])
    assert result.exit_code == 0 and result.stdout_bytes.startswith(b"\x89PNG") and not result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("figure 0 -o a.svg", "the paper has no figure '0'; expected one number from 1 to 15"),
        ("figure 3 4 -o a.svg", "expected one number from 1 to 15"),
        ("figure 3 --steps 9 -o a.svg", "'--steps' is of paths, sensitivity, updates, not of figure"),
        ("schedules LR1 --at 9 -o a.svg", "'--at' is of updates, not of schedules; leave it out"),
        ("paths SGD --reach 3.0 -o a.svg", "'--reach' is of updates, surface, not of paths"),
        ("sensitivity SGD --input g -o a.svg", "'--input' is of surface, not of sensitivity"),
        ("surface Opt42 --function beale -o a.svg", "'--function' is of paths, sensitivity, not of surface"),
        ("updates SGD --run 1 -o a.svg", "'--run' is of fitness, pareto, duplicates, not of updates"),
        ("surface Opt42 --input v_hat --input v_hat -o a.svg", "v_hat is given as both inputs"),
        ("schedules -o a.svg", "nothing to plot"),
        ("schedules SGD -o a.svg", "no schedule leaves SGD"),
        ("schedules LR1 -o a.jpg", "expected a name that ends so"),
        ("schedules LR1 -o a", "expected a name that ends so"),
        ("schedules LR1 -o a.pdf --format png", "are of two types; expected a name that ends so"),
        ("schedules LR1 -o -", "or - with --format"),
        ("updates SGD --steps 5 --at 5 -o a.svg", "--at 5 is not before --steps 5; steps count from 0"),
        ("updates A5 -o a.svg", "reads whole tensors"),
        *((f"updates SGD --reach {x} -o a.svg", "is too far") for x in ("nan", "inf", "1e308")),
        ("surface SGD -o a.svg", "1 inputs; expected two"),
        ("surface SGD Adam -o a.svg", "expected one such TARGET"),
        ("surface Opt42 --input w --input g -o a.svg", "w does not stand in"),
        ("surface Opt42 --input ( --input g -o a.svg", "error: "),
        ("paths LR1 -o a.svg", "is a schedule; expected optimizers"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    arguments: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["plot", *arguments.split()])
    assert result.exit_code == 2 and message in result.output, result.output
    assert result.output.startswith("error: ") and not list(tmp_path.iterdir())
    if "(" not in arguments:
        assert result.output.count("\n") == 1, result.output
