"""What ``render`` remembers is what it writes: warm and cold are the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from nos_sym import catalog, faces
from nos_sym.cache import dependence, remembered
from nos_sym.cli.main import cli
from nos_sym.codegen.backend import BACKENDS

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="nothing is kept without owners of files")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Switch the cache on, in a folder of the test; the package may have changed a moment ago."""
    monkeypatch.delenv(remembered.OFF, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(dependence, "SETTLED", -3600.0)
    return tmp_path / "cache"


def kept(home: Path) -> list[Path]:
    return [path for path in (home / "nos-sym").rglob("*") if path.is_file()]


def rendered(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["render", *arguments])
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    return result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("Opt4",), ("Opt4", "--minimal"), ("Opt6", "--factor"), ("torch.optim.AdamW",),
        ("LR1", "-b", "optax"), ("Opt4", "-b", "latex"),
        ("LR1", "--times", "WarmupCosine", "--set", "warmup_steps=500"),
    ],
)  # fmt: skip
def test_warm_and_cold_are_the_same_bytes(
    arguments: tuple[str, ...], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, warm = rendered(*arguments), rendered(*arguments)
    assert len(kept(home)) == 1
    monkeypatch.setenv(remembered.OFF, "1")
    assert first == warm == rendered(*arguments)


@pytest.mark.heavy
@pytest.mark.parametrize("backend", BACKENDS)
def test_warm_and_cold_are_the_same_bytes_for_every_entry(
    backend: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [*catalog.names(), *(str(face) for face in faces.faces())]
    outcomes = []
    for _ in range(2):
        outcomes.append([CliRunner().invoke(cli, ["render", name, "-b", backend]) for name in names])
    monkeypatch.setenv(remembered.OFF, "1")
    outcomes.append([CliRunner().invoke(cli, ["render", name, "-b", backend]) for name in names])
    first, warm, cold = ([(r.exit_code, r.stdout, r.stderr) for r in outcome] for outcome in outcomes)
    assert first == warm == cold
    assert len(kept(home)) == sum(code == 0 for code, _, _ in cold)


def test_a_warm_answer_imports_no_sympy(home: Path) -> None:
    code = (
        "import sys\nfrom nos_sym.cache import dependence\ndependence.SETTLED = -3600.0\n"
        "from nos_sym.cli.main import cli\n"
        "try:\n    cli.main(['render', 'Opt4'], 'nos-sym')\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "print(*{'sympy', 'lark', 'jinja2', 'rich'} & sys.modules.keys(), file=sys.stderr)\n"
    )
    cold, warm = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
        for _ in range(2)
    )
    assert cold.stdout == warm.stdout and "class Opt4" in cold.stdout
    assert "sympy" in cold.stderr and warm.stderr == "\n"
