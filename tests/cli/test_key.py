"""``nos-sym key``: what it takes, and what it says of the rest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from nos_sym.cli.main import cli


def test_a_file_of_several_rules_is_told_how_one_is_given(tmp_path: Path) -> None:
    file = tmp_path / "rules.nos"
    file.write_text("A = none ~ g\nB = none ~ w\n", encoding="utf-8")
    for target, text in ((str(file), None), ("-", file.read_text(encoding="utf-8"))):
        done = CliRunner().invoke(cli, ["key", target], input=text)
        assert done.exit_code == 2 and "--rule" not in done.stderr
        assert "holds 2 rules (A, B); give one as text" in done.stderr
    assert f"or '{file}:NAME'" in CliRunner().invoke(cli, ["key", str(file)]).stderr
    assert CliRunner().invoke(cli, ["key", f"{file}:B"]).stdout.endswith(" B = none ~ w\n")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "opt4.py"
    os.mkfifo(file)
    done = CliRunner().invoke(cli, ["key", str(file)])
    assert done.exit_code == 2 and "is a pipe; expected a file that nos-sym has rendered" in done.stderr
