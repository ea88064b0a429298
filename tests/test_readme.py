"""What the README shows is what the commands print, and its training trains."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from nos_sym.cli.commands import load
from nos_sym.cli.main import cli

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
_CONSOLE = "\n".join(re.findall(r"^```console\n(.*?)^```", README, re.DOTALL | re.MULTILINE))
EXAMPLES = re.findall(r"^\$ nos-sym (.*)\n((?:(?!\$ ).*\n?)*)", _CONSOLE, re.MULTILINE)
TYPED = re.findall(
    r"^nos-sym ([^|#\n]*)",
    "\n".join(re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)),
    re.MULTILINE,
)
EXIT_CODES = {"error:": 2, "different": 1, "unknown": 3}
"""By the first word of the output."""


def test_the_readme_shows_commands() -> None:
    assert len(EXAMPLES) >= 2 and len(TYPED) >= 4


@pytest.mark.parametrize(("arguments", "shown"), EXAMPLES, ids=[a for a, _ in EXAMPLES])
def test_output_is_as_shown(
    arguments: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, shlex.split(arguments))
    said = "different" if "verdict   different" in shown else shown.split()[0]
    assert result.exit_code == EXIT_CODES.get(said, 0)
    # What stands between two lines of dots is printed in this order.
    place = 0
    for part in re.split(r"^\.\.\.$", shown, flags=re.MULTILINE):
        place = result.output.index(part.strip(), place) + len(part.strip())


@pytest.mark.parametrize("arguments", TYPED)
def test_what_is_typed_is_a_command_with_such_options(arguments: str) -> None:
    name, *rest = shlex.split(arguments.partition(">")[0])
    command = load(name)
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in rest if word.startswith("-") and word != "-"} <= known


def test_the_training_that_is_shown_trains(tmp_path: Path) -> None:
    """The program runs as it stands, and prints what its comment says, from any start."""
    (program,) = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    (command,) = [typed for typed in TYPED if typed.endswith("> opt4.py")] or [""]
    assert command
    run = CliRunner().invoke(cli, shlex.split(command.partition(">")[0]))
    (tmp_path / "opt4.py").write_text(run.stdout, encoding="utf-8")
    (tmp_path / "train.py").write_text(program, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "train.py"], check=True, cwd=tmp_path, capture_output=True, text=True
    )
    assert float(done.stdout) < float(re.findall(r"# below (\S+)", program)[0])


def test_what_is_installed_brings_what_the_commands_need() -> None:
    """The search trains with PyTorch on scikit-learn's digits, and proofs are checked."""
    (extras,) = re.findall(r"^pip install '\.\[(.*?)\]'", README, re.MULTILINE)
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
    known = project["project"]["optional-dependencies"]
    wanted = " ".join(" ".join(known[extra]) for extra in extras.split(","))
    assert all(package in wanted for package in ("[torch]", "scikit-learn", "python-flint"))


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", README))
def test_links_lead_somewhere(link: str, repository: Path) -> None:
    assert (repository / link).exists()


def test_it_fits_a_screen_or_two() -> None:
    assert len(README.splitlines()) <= 140
