"""What options of the commands may be set to is what the package takes; the list of commands is theirs."""

from __future__ import annotations

import ast
import inspect
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import click
import pytest
from click.shell_completion import get_completion_class
from click.testing import CliRunner

import nos_sym
from nos_sym.backends.functions import CASTS
from nos_sym.cli import choices
from nos_sym.cli.commands import COMMANDS, load
from nos_sym.cli.main import cli
from nos_sym.codegen.backend import BACKENDS
from nos_sym.codegen.generate import SUFFIX
from nos_sym.codegen.render import render_one_cycle
from nos_sym.errors import RenderError
from nos_sym.report.figures.drawing import FORMATS
from nos_sym.report.figures.runs import RUN_FIGURES
from nos_sym.report.figures.trajectories import FUNCTIONS
from nos_sym.search.evidence.settings import References
from nos_sym.search.executors.choose import EXECUTORS
from nos_sym.search.protocols.elimination_settings import PRESETS as ELIMINATION_PRESETS
from nos_sym.search.settings import PRESETS, Algorithm, Dedup
from nos_sym.surrogate.protocol import Split
from nos_sym.surrogate.tasks.kinds import IMAGES, TASKS
from nos_sym.transfer.experiment import TASKS as TRANSFER_TASKS
from nos_sym.transfer.experiment import Experiment


def test_choices_are_those_of_their_owners() -> None:
    assert choices.BACKENDS == BACKENDS
    assert _names_of_checks() == choices.CONFORM_CHECKS
    assert tuple(level.value for level in nos_sym.Level) == choices.LEVELS
    assert tuple(level.value for level in nos_sym.Level if level.is_proof) == choices.PROVED_LEVELS
    assert tuple(d.value for d in Dedup) == choices.DEDUP
    assert tuple(a.value for a in Algorithm) == choices.ALGORITHMS
    assert (IMAGES, *TASKS) == choices.TASKS
    assert choices.EXECUTORS == EXECUTORS
    assert get_args(Split) == choices.SPLITS
    assert tuple(r.value for r in References) == choices.REFERENCES
    assert choices.CASTS == CASTS
    assert choices.PICTURES == FORMATS
    assert tuple(RUN_FIGURES) == choices.RUN_PLOTS
    assert tuple(FUNCTIONS) == choices.TEST_FUNCTIONS
    assert choices.SEARCH_PRESETS == PRESETS
    assert choices.ELIMINATION_PRESETS == ELIMINATION_PRESETS
    assert choices.TRANSFER_TASKS == TRANSFER_TASKS
    assert get_args(get_type_hints(Experiment)["backend"]) == choices.TRANSFER_BACKENDS
    assert all(get_completion_class(shell) is not None for shell in choices.SHELLS)


def test_every_backend_has_a_suffix_and_those_of_code_a_one_cycle_schedule() -> None:
    assert SUFFIX.keys() == set(choices.BACKENDS)
    for backend in choices.CODE_BACKENDS:
        assert render_one_cycle(backend)
    for backend in set(choices.BACKENDS) - set(choices.CODE_BACKENDS):
        with pytest.raises(RenderError):
            render_one_cycle(backend)


def test_every_syntax_is_read_and_every_notation_printed() -> None:
    texts = {
        "authors": "None ~ tanh(v hat)",
        "csv": "rule\nnone ~ tanh(v_hat)",
        "json": '[{"rule": "none ~ tanh(v_hat)"}]',
        "nos": "none ~ tanh(v_hat)",
        "sympy": "tanh(ema_hat(g, 9/10))",
    }
    assert texts.keys() == set(choices.SYNTAXES)
    printed = set()
    for syntax, text in texts.items():
        for notation in choices.NOTATIONS:
            result = CliRunner().invoke(cli, ["parse", text, "--from", syntax, "--to", notation])
            assert result.exit_code == 0
            printed.add(result.stdout)
    assert len(printed) == len(choices.NOTATIONS)


def test_no_choice_is_spelled_in_a_command(repository: Path) -> None:
    """An option takes its choices from the one list: each ``Choice`` of a command has a name of it."""
    for file in (repository / "nos_sym" / "cli").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            function = node.func if isinstance(node, ast.Call) else None
            if isinstance(function, ast.Attribute) and function.attr == "Choice":
                (given,) = node.args
                assert isinstance(given, ast.Name) and hasattr(choices, given.id), f"{file}:{node.lineno}"


def test_the_list_of_choices_imports_nothing() -> None:
    tree = ast.parse(inspect.getsource(choices))
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [getattr(node, "module", None) for node in imported] == ["__future__"]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_the_command_says(name: str) -> None:
    command = load(name)
    assert command.name == name
    assert inspect.cleandoc(command.help or "").split("\n\n")[0].replace("\n", " ") == COMMANDS[name].help


def test_every_command_is_in_the_list(repository: Path) -> None:
    for file in (repository / "nos_sym" / "cli").glob("*.py"):
        module = f"nos_sym.cli.{file.stem}"
        if file.stem in ("__init__", "main"):
            continue
        __import__(module)
        found = {
            f"{file.stem}:{name}"
            for name, value in vars(sys.modules[module]).items()
            if isinstance(value, click.Command)
        }
        assert found <= {entry.place for entry in COMMANDS.values()}


def test_a_command_is_completed_without_the_others() -> None:
    from click.shell_completion import ShellComplete

    complete = ShellComplete(cli, {}, "nos-sym", "_NOS_SYM_COMPLETE")
    assert [c.value for c in complete.get_completions([], "re")] == ["render", "report", "review"]
    assert "--backend" in [c.value for c in complete.get_completions(["render"], "--b")]
    offered = [c.value for c in complete.get_completions(["render", "--backend"], "")]
    assert offered == list(choices.BACKENDS)


def _names_of_checks() -> tuple[str, ...]:
    """Return the names of all checks of optimizers of PyTorch, without importing PyTorch."""
    folder = Path(nos_sym.__file__).parent / "conform"
    order = [
        n.value.id
        for n in ast.walk(ast.parse((folder / "checks.py").read_text(encoding="utf-8")))
        if isinstance(n, ast.Attribute) and n.attr == "CHECKS" and isinstance(n.value, ast.Name)
    ]
    found = []
    for module in order:
        tree = ast.parse((folder / f"{module}.py").read_text(encoding="utf-8"))
        calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
        found += [ast.literal_eval(n.args[0]) for n in calls if n.func.id == "Check"]
    return tuple(found)
