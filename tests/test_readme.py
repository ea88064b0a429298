"""What the README shows is what the commands print."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import nos_sym
from nos_sym.cli.main import cli

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
_CONSOLE = "\n".join(re.findall(r"^```console\n(.*?)^```", README, re.DOTALL | re.MULTILINE))
FILES = re.findall(r"^\$ cat (\S+)\n((?:(?!\$ ).*\n?)*)", _CONSOLE, re.MULTILINE)
EXAMPLES = re.findall(r"^\$ nos-sym (.*)\n((?:(?!\$ ).*\n?)*)", _CONSOLE, re.MULTILINE)
EXIT_CODES = {"error:": 2, "different": 1, "unknown": 3}
"""By the first word of the output."""


def test_the_readme_shows_commands() -> None:
    assert len(EXAMPLES) >= 7


@pytest.mark.parametrize(("arguments", "shown"), EXAMPLES, ids=[a for a, _ in EXAMPLES])
def test_output_is_as_shown(
    arguments: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in FILES:
        Path(name).write_text(content, encoding="utf-8")
    result = CliRunner().invoke(cli, shlex.split(arguments))
    assert result.exit_code == EXIT_CODES.get(shown.split()[0] if shown.split() else "", 0)
    if "..." not in shown.splitlines():
        assert result.output.strip() == shown.strip()
    for part in re.split(r"^\.\.\.$", shown, flags=re.MULTILINE):
        assert part.strip() in result.output


def test_the_optimizer_that_is_shown_is_the_one_that_is_rendered() -> None:
    (text,) = re.findall(r"^(Opt5 = .*?) +#", README, re.MULTILINE)
    (core,) = re.findall(r"^```python\n(def update.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert core in nos_sym.render(nos_sym.parse(text), "torch")


def test_the_python_that_is_shown_runs(tmp_path: Path) -> None:
    (snippet,) = re.findall(r"^```python\n(import nos_sym\n.*?)^```", README, re.DOTALL | re.MULTILINE)
    program = tmp_path / "snippet.py"
    # A line that shows its value in a comment is checked against it.
    program.write_text(
        re.sub(r"^(\S.*\S) +# (True|'.*')$", r"assert (\1) == \2", snippet, flags=re.MULTILINE)
    )
    assert program.read_text().count("assert") >= 2
    subprocess.run([sys.executable, "-W", "error", program], check=True)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", README))
def test_links_lead_somewhere(link: str, repository: Path) -> None:
    assert (repository / link).exists()
