"""Rankings of results: means with their intervals, the best above."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nos_sym.cli.main import cli
from nos_sym.report.figures.drawing import draw
from nos_sym.report.figures.model import Ranking
from nos_sym.report.figures.ranking import ranking
from nos_sym.report.tables.results import read_results

_TASK = {
    "name": "Small", "metric": "accuracy", "unit": "%", "better": "higher", "model": "a network", "steps": 10,
}  # fmt: skip


def _results(**changes: Any) -> dict[str, Any]:
    return {
        "format": "nos-sym results 1", "source": "made up", "seeds": [0, 1, 2], "versions": {},
        "tasks": [_TASK],
        "results": [
            {"optimizer": "Adam", "task": "Small", "mean": 96.0, "deviation": 1.0, "values": [95, 96, 97]},
            {"optimizer": "Mine", "task": "Small", "mean": 97.0, "values": [97, 97, 97]},
            {"optimizer": "Guess", "task": "Small", "mean": 10.0},
        ],
    } | changes  # fmt: skip


def test_the_best_stands_above_with_student_s_interval() -> None:
    figure = ranking(
        {"up": ("accuracy", True), "down": ("perplexity", False)},
        {"up": {"Adam": [95.0, 96.0, 97.0], "Mine": [97.0]}, "down": {"a": [3.0, 3.0], "b": [2.0, 2.0]}},
    )
    up, down = figure.parts
    assert isinstance(up, Ranking) and isinstance(down, Ranking)
    assert [entry.name for entry in up.entries] == ["Mine", "Adam"]
    assert [entry.name for entry in down.entries] == ["b", "a"]
    mine, adam = up.entries
    # t(2) = 4.302653 at 97.5 %, times 1 / sqrt(3).
    assert (adam.low, adam.high) == pytest.approx((96 - 2.484138, 96 + 2.484138), abs=1e-5)
    assert mine.low is None and mine.values == () and mine.color is None and adam.color is not None
    assert "1 to 3 trainings" in figure.caption


def test_values_of_seeds_are_kept() -> None:
    scores = read_results(json.dumps(_results()), "it").scores
    assert scores["Adam", "Small"].values == (95, 96, 97) and scores["Guess", "Small"].values is None


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_it_is_drawn_the_same_each_time_and_within_huge_numbers(kind: str) -> None:
    figure = ranking({"t": ("y", True)}, {"t": {"a" * 200: [1e200, -1e200], "$x_1$": [0.0, 0.0]}})
    assert draw(figure, kind) == draw(figure, kind)


def test_the_command_draws_a_file_of_results(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps(_results()))
    run = CliRunner().invoke(
        cli, ["plot", "results", str(tmp_path / "r.json"), "-o", str(tmp_path / "r.svg")]
    )
    assert run.exit_code == 0 and "1 to 3 trainings on Small" in run.stderr, run.output
    assert (tmp_path / "r.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["r.json", "--task", "Large"], "has no task 'Large'; it has Small"),
        (["r.json", "r.json"], "expected one TARGET, and not 2"),
        (["none.json"], "none.json"),
        (["empty.json"], '"format"'),
        (["r.json", "--run", "1"], "'--run' is of"),
    ],
)
def test_wrong_input_is_one_line(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r.json").write_text(json.dumps(_results()))
    Path("empty.json").write_text("{}")
    run = CliRunner().invoke(cli, ["plot", "results", *arguments, "-o", "r.svg"])
    assert run.exit_code == 2 and said in run.stderr and run.stderr.count("\n") == 1, run.stderr
    assert not Path("r.svg").exists()
