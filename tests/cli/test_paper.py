"""``nos-sym paper``: what is refused before anything is made, and a whole one with LaTeX."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.store_fakes import filled

from nos_sym.cli.main import cli


@pytest.mark.parametrize("arguments", [["--run", "1"], ["--task", "x"], ["--top", "3"]])
def test_options_of_a_store_need_one(arguments: list[str], tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["paper", "-o", str(tmp_path / "new"), *arguments])
    assert result.exit_code == 2 and "is of '--store'" in result.output
    assert not (tmp_path / "new").exists()


def test_a_file_of_somebody_else_stays(tmp_path: Path) -> None:
    (tmp_path / "paper.tex").write_text("mine")
    result = CliRunner().invoke(cli, ["paper", "-o", str(tmp_path)])
    assert result.exit_code == 2 and "was not made by nos-sym" in result.output
    assert [p.name for p in tmp_path.iterdir()] == ["paper.tex"]
    assert (tmp_path / "paper.tex").read_text() == "mine"


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_everything_is_made_and_made_again(tmp_path: Path) -> None:
    with filled(tmp_path / "run_%.db"):
        pass
    arguments = ["paper", "-o", str(tmp_path / "out"), "--store", str(tmp_path / "run_%.db"), "--json"]
    first, second = (json.loads(CliRunner().invoke(cli, arguments).stdout) for _ in range(2))
    assert all(file["changed"] for file in first["files"]) and len(first["files"]) == 32
    assert not any(file["changed"] for file in second["files"])
    assert (first["pdf"] is not None) == (shutil.which("pdflatex") is not None)
