"""The form of short files: their length, layout, imports, and what is refused."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from nos_sym import catalog
from nos_sym.codegen.backend import BACKENDS
from nos_sym.codegen.generate import file_name
from nos_sym.codegen.with_runtime import RUNTIME, render_with_runtime
from nos_sym.errors import NosSymError, RenderError
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule

LINES = 80
"""Below which every rule of one line in the catalog is, the cosine decays of the paper included."""


def rules() -> list[Rule]:
    return [entry for entry in catalog.entries() if isinstance(entry, Rule)]


@pytest.mark.timeout(240)
def test_rules_of_one_line_are_short_files_that_ruff_leaves_alone(tmp_path: Path) -> None:
    runtimes = set()
    for rule in rules():
        files = render_with_runtime(rule)
        first, second, runtime = files
        assert (first, second, runtime) == (
            f"{file_name(rule.name)}.py", f"_{file_name(rule.name)}.py", f"{RUNTIME}.py",
        )  # fmt: skip
        assert files[first].count("\n") < LINES, f"{rule.name}: {files[first].count(chr(10))} lines"
        runtimes.add(files[runtime])
        for name, text in files.items():
            (tmp_path / name).write_text(text)
    assert len(runtimes) == 1
    for command in (["format", "--check", "--diff"], ["check"]):
        run = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "."],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("name", ["Opt4", "AdaFactorPO", "ProdigyPO"])
def test_imports(name: str) -> None:
    files = render_with_runtime(catalog.entry(name))
    own = {path.removesuffix(".py") for path in files}
    for path, text in files.items():
        roots = {
            (node.module or "" if isinstance(node, ast.ImportFrom) else alias.name).split(".")[0]
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        allowed = set() if path == f"{RUNTIME}.py" else own
        assert roots <= {"torch", *sys.stdlib_module_names} | allowed, path


def test_the_equation_comes_first() -> None:
    text = next(iter(render_with_runtime(catalog.entry("Opt4")).values()))
    head = ast.get_docstring(ast.parse(text)) or ""
    assert head.startswith("Opt4, an optimizer for PyTorch; one step computes\n\n    w <- w - lr * U\n")
    assert f"Rule: {catalog.entry('Opt4').named('Opt4', '')}\n" in head
    assert "#include" not in text
    assert "def advance" not in text


@pytest.mark.parametrize("seed", ["1", "2"])
def test_files_are_the_same_each_time(seed: str) -> None:
    code = (
        "import nos_sym, json; print(json.dumps(nos_sym.render_with_runtime(nos_sym.catalog.entry('Opt9'))))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    import json

    assert json.loads(run.stdout) == render_with_runtime(catalog.entry("Opt9"))


def test_a_cast_function_stays_in_the_file() -> None:
    rule = catalog.entry("MuonPO")
    wide, cast = (next(iter(render_with_runtime(rule, cast=x).values())) for x in (None, "bfloat16"))
    assert "def orth(" not in wide
    assert "def orth(" in cast
    assert "def newton_schulz(" in cast
    assert "torch.bfloat16" in cast


@pytest.mark.parametrize("backend", [x for x in BACKENDS if x != "torch"])
def test_other_backends_have_no_runtime(backend: str) -> None:
    with pytest.raises(
        RenderError, match="only optimizers for torch are rendered with a runtime; leave it out"
    ):
        render_with_runtime(parse("none ~ g"), backend, name="Mine")


def test_low_precision_has_no_runtime() -> None:
    with pytest.raises(RenderError, match="low precision need a single file; leave them or the runtime out"):
        render_with_runtime(catalog.entry("Adam"), low_precision=True)


def test_schedules_have_no_runtime() -> None:
    with pytest.raises(RenderError, match="only optimizers"):
        render_with_runtime(catalog.entry("LR1"))


@pytest.mark.parametrize("module", ["my-opt", "1st", "class", "torch", RUNTIME, "", "é", "a.b"])
def test_names_that_no_module_of_its_own_can_have(module: str) -> None:
    with pytest.raises(RenderError, match="is no name of a module"):
        render_with_runtime(parse("none ~ g"), name="Mine", module=module)


@pytest.mark.parametrize("name", ["Rule", "RuleOptimizer", "PARTS", "torch", "1"])
def test_names_of_the_class_that_the_files_use(name: str) -> None:
    with pytest.raises(NosSymError):
        render_with_runtime(parse("none ~ g"), name=name)


def test_a_setting_of_the_name_of_the_further_options() -> None:
    with pytest.raises(RenderError, match="uses the name of setting 'modes' itself; choose another"):
        render_with_runtime(parse("Mine(modes=0.5) = none ~ modes * g"))
