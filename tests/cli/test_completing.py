"""A shell that completes a word is answered in its lines, or with nothing: never with a message."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nos_sym.cli import offers
from nos_sym.cli.completing import answer
from nos_sym.cli.main import cli

ASK = [sys.executable, "-c", "from nos_sym.cli.main import main; main()"]


def asked(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ASK, cwd=folder, env=os.environ | variables, capture_output=True, text=True, timeout=50, check=False
    )


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("bash_complete", "nos-sym top damaged.db --run "),
        ("zsh_complete", "nos-sym nothing --wrong 'open"),
        ("fish_complete", "nos-sym show \x1b\udcff"),
        ("bash_complete", "nos-sym evolve --particles x --seed "),
        ("tcsh_complete", "nos-sym ren"),
        ("bash_", "nos-sym show folder:X --set "),
        ("nonsense", ""),
    ],
)
def test_nothing_is_written_on_standard_error(kind: str, line: str, tmp_path: Path) -> None:
    (tmp_path / "damaged.db").write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    found = asked(tmp_path, _NOS_SYM_COMPLETE=kind, COMP_WORDS=line)
    assert (found.returncode, found.stderr) == (0, "")


def test_without_a_line_commands_are_offered(tmp_path: Path) -> None:
    found = asked(tmp_path, _NOS_SYM_COMPLETE="bash_complete")
    assert (found.returncode, found.stderr) == (0, "")
    assert "plain,render" in found.stdout.splitlines()


@pytest.mark.parametrize("failure", [RuntimeError("x"), KeyboardInterrupt(), SystemExit(3)])
def test_a_failure_offers_nothing(
    failure: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> list[str]:
        print("noise", file=sys.stderr)
        raise failure

    monkeypatch.setattr(offers, "library_names", fail)
    monkeypatch.setenv("_NOS_SYM_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "nos-sym show torch.o")
    with pytest.raises(SystemExit) as end:
        answer(cli)
    assert (end.value.code, tuple(capsys.readouterr())) == (0, ("", ""))


def test_the_script_that_click_would_print_is_the_same(tmp_path: Path) -> None:
    found = asked(tmp_path, _NOS_SYM_COMPLETE="bash_source")
    assert "complete -o nosort -F _nos_sym_completion nos-sym" in found.stdout
