"""Real shells on a terminal complete a word; what each script reads is also held by its lines."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import CompletionItem

from nos_sym.cli.shells import SCRIPTS, lines_for
from nos_sym.cli.typed import typed
from tests.support.terminals import shell

LINES = [
    ("ren", ["render"]),
    ("show opt101", ["show", "Opt101"]),
    ("list --language wh", ["list", "--language", "whole tensor"]),
    ("list --language 'wh", ["list", "--language", "whole tensor"]),
    ("render --backend=ten", ["render", "--backend=tensorflow"]),
    ("show AdamW --set weight_decay=", ["show", "AdamW", "--set", "weight_decay=0.01"]),
    (r"show my\ rules.nos:Fa", ["show", "my rules.nos:Fast"]),
    ("show 'my rules.nos:Fa", ["show", "my rules.nos:Fast"]),
    ("show my", ["show", "my rules.nos"]),
    ("evolve --settings fol", ["evolve", "--settings", "folder with blanks/"]),
]
"""What is typed before the tab key, and the words that it becomes; no blank follows a folder."""

PARTS = [("evolve --set time", "time_steps="), ("evolve --set training.norm", "training.norm_momentum=")]
"""Behind these no blank is added."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file of rules and a command of the name ``nos-sym``."""
    (tmp_path / "my rules.nos").write_text("Fast = none ~ g\n", encoding="utf-8")
    (tmp_path / "folder with blanks").mkdir()
    command = tmp_path / ".bin" / "nos-sym"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\nfrom nos_sym.cli.main import main\nmain()\n", encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def words_of(command: list[str], folder: Path, setup: str, line: str, end: str = "") -> list[str]:
    """Return the words of a line after the tab key; a function of the name keeps them in place of a run."""
    kept = folder / ".bin" / "words"
    with shell(command, folder, PS1="> ") as terminal:
        terminal.send(
            f"{setup}; nos-sym() {{ printf '%s\\0' \"$@\" >{kept}; echo @e''nd; }}; echo @re''ady\n"
        )
        # The texts that are waited for are split where they are typed, so that no echo of them counts.
        terminal.until("@ready")
        terminal.send(f"{line}\t{end}\n")
        terminal.until("@end")
    return kept.read_text(encoding="utf-8").split("\0")[:-1]


def bash(folder: Path, line: str, end: str = "") -> list[str]:
    # A function of the name would be called in place of the command, so that one of another name asks.
    setup = (
        'eval "$(command nos-sym completion bash)"; bind "set enable-bracketed-paste off"; '
        'complete -o nosort -F _ask nos-sym; _ask() { _nos_sym_completion "$(type -P nos-sym)"; }'
    )
    return words_of(["bash", "--norc", "--noprofile", "-i"], folder, setup, f"nos-sym {line}", end)


@pytest.mark.parametrize(("line", "words"), LINES, ids=[line for line, _ in LINES])
def test_bash_completes(folder: Path, line: str, words: list[str]) -> None:
    end = "'" if words[-1].endswith("/") and "'" in line else ""
    assert bash(folder, line, end) == words


@pytest.mark.parametrize(("line", "begun"), PARTS)
def test_bash_adds_no_blank_behind_what_goes_on(folder: Path, line: str, begun: str) -> None:
    assert bash(folder, line, "3")[-1] == f"{begun}3"


@pytest.mark.parametrize(("line", "words"), LINES[:8], ids=[line for line, _ in LINES[:8]])
def test_fish_completes(folder: Path, line: str, words: list[str]) -> None:
    program = shutil.which("fish")
    if program is None:
        pytest.skip("fish is not installed")
    asked = "nos-sym completion fish | source; complete -C $argv[1]"
    found = subprocess.run(
        [program, "--no-config", "-c", asked, f"nos-sym {line}"],
        cwd=folder, env=os.environ | {"HOME": str(folder)}, capture_output=True, text=True, timeout=50,
        check=False,
    )  # fmt: skip
    assert found.stderr == ""
    assert words[-1] in [row.split("\t")[0] for row in found.stdout.splitlines()]


@pytest.mark.parametrize(("line", "words"), LINES, ids=[line for line, _ in LINES])
def test_zsh_completes(folder: Path, line: str, words: list[str]) -> None:
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed")
    setup = (
        "unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; "
        'eval "$(command nos-sym completion zsh)"; '
        "compdef _ask nos-sym; _ask() { words[1]=$(whence -p nos-sym); _nos_sym_completion }"
    )
    # zsh takes the slash behind a folder away where the line ends.
    assert words_of(["zsh", "-f", "-i"], folder, setup, f"nos-sym {line}") == [w.rstrip("/") for w in words]


def test_lines_of_each_shell() -> None:
    items = [
        CompletionItem("whole tensor", help="group"),
        CompletionItem("eps=", "part"),
        CompletionItem("a\nb"),
        CompletionItem("\x1b[2J"),
    ]
    at = typed("nos-sym list ")
    assert lines_for("bash", items, at) == [r"plain,whole\ tensor", "part,eps="]
    assert lines_for("zsh", items, at) == ["plain\nwhole tensor\ngroup", "part\neps=\n"]
    assert lines_for("fish", items, at) == ["plain,whole tensor\tgroup", "part,eps="]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_read_by_its_shell(name: str, tmp_path: Path) -> None:
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is not installed")
    file = tmp_path / "script"
    file.write_text(SCRIPTS[name], encoding="utf-8")
    checked = subprocess.run([program, "-n", file], capture_output=True, text=True, timeout=30, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
