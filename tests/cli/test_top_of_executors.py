"""What ``top`` prints does not depend on where the optimizers were trained, but for the seconds."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.search_fakes import register

from nos_sym.cli.main import cli

register()
FAKE = """
trainer = "fake"
particles = 2
initial_factor = 3
time_steps = 1
mutations = 3
seed = 3
[training]
name = "evolution"
"""


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, list(arguments))
    assert result.exit_code == 0, (result.stderr, result.exception)
    return result.stdout


def without_seconds(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


@pytest.mark.timeout(180)
def test_workers_and_one_process_print_the_same(tmp_path: Path) -> None:
    file = tmp_path / "fake.toml"
    file.write_text(FAKE, encoding="utf-8")
    found = []
    for executor in (["in-process"], ["processes", "--workers", "2"]):
        store = str(tmp_path / f"{executor[0]}.db")
        run("evolve", "--settings", str(file), "--store", store, "--limit", "0", "--executor", *executor)
        rows = json.loads(run("top", store, "-n", "50", "--json"))
        table = list(csv.DictReader(io.StringIO(run("top", store, "-n", "50", "--csv"))))
        (summary,) = json.loads(run("runs", store, "--json"))
        same = ("outcomes", "failed", "reason", "duplicates", "task", "best", "rule", "settings")
        found.append(
            (
                without_seconds(rows),
                without_seconds(table),
                run("top", store, "-n", "50"),
                {name: summary[name] for name in same},
            )
        )
    one, several = found
    assert one == several and len(one[0]) >= 3
    assert all(row["evaluations"] >= 1 and row["slot"] and row["run"] == 1 for row in one[0])
