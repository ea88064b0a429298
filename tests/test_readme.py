"""What the README shows is what the commands print, and its training trains."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
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
    (snippet,) = re.findall(r"^```python\n(from opt4 .*?)^```", README, re.DOTALL | re.MULTILINE)
    (command,) = [typed for typed in TYPED if typed.endswith("> opt4.py")] or [""]
    assert command
    run = CliRunner().invoke(cli, shlex.split(command.partition(">")[0]))
    (tmp_path / "opt4.py").write_text(run.stdout, encoding="utf-8")
    around = (
        "import torch\n"
        "torch.manual_seed(0)\n"
        "model, loss = torch.nn.Linear(3, 1), torch.nn.functional.mse_loss\n"
        "inputs = torch.randn(64, 3)\n"
        "outputs = inputs.sum(1, keepdim=True)\n"
        "batches = [(inputs, outputs)] * 60\n"
        "before = loss(model(inputs), outputs).item()\n"
    )
    after = "assert loss(model(inputs), outputs).item() < before / 2\n"
    (tmp_path / "train.py").write_text(f"{around}{snippet}{after}", encoding="utf-8")
    subprocess.run([sys.executable, "-W", "error", "train.py"], check=True, cwd=tmp_path)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", README))
def test_links_lead_somewhere(link: str, repository: Path) -> None:
    assert (repository / link).exists()


def test_it_fits_a_screen_or_two() -> None:
    assert len(README.splitlines()) <= 140
