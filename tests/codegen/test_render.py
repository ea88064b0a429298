"""Rendered files: the committed ones, their form, names, and what is refused."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from support.harness import backends, load, problem, run_backend
from support.random_rules import ONE_LINE, random_rule

from nos_sym import catalog
from nos_sym.codegen.backend import BACKENDS
from nos_sym.codegen.generate import file_name, renderings
from nos_sym.codegen.render import render
from nos_sym.errors import NosSymError, RenderError, RuleError
from nos_sym.language.block import Block
from nos_sym.language.node import MAX_DEPTH
from nos_sym.language.operation import Role
from nos_sym.language.parser import parse
from nos_sym.language.registry import REGISTRY, apply
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.program.interpreter import schedule_values

FRAMEWORK = {
    "torch": {"torch"},
    "tensorflow": {"tensorflow", "keras"},
    "keras": {"keras"},
    "optax": {"jax", "optax"},
}


def test_generated_files_are_what_is_rendered(repository: Path) -> None:
    folder = repository / "generated"
    expected = {str(path): text for path, text in renderings()}
    found = {
        p.relative_to(folder).as_posix(): p.read_text()
        for p in folder.rglob("*")
        if p.suffix in (".py", ".tex")
    }
    assert set(found) == set(expected), "run `make generated`"
    for path, text in expected.items():
        assert found[path] == text, f"generated/{path} is out of date: run `make generated`"


def rendered_random(backend: str, folder: Path) -> None:
    import random

    rng = random.Random(11)
    for i in range(60):
        rule = random_rule(rng, depth=rng.choice([2, 4, 6]), authors=i % 2 == 0).named(f"Rule{i}")
        (folder / f"rule{i}.py").write_text(render(rule, backend))


@pytest.mark.parametrize("backend", sorted(FRAMEWORK))
def test_ruff_has_nothing_to_say(backend: str, repository: Path, tmp_path: Path) -> None:
    rendered_random(backend, tmp_path)
    for command in (["format", "--check", "--diff"], ["check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated"]
        files = [tmp_path, repository / "generated" / backend]
        run = subprocess.run([*ruff, *files], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("blocks", [False, pytest.param(True, marks=pytest.mark.heavy)])
@pytest.mark.parametrize("backend", sorted(FRAMEWORK))
@pytest.mark.timeout(600)
def test_imports_and_header(backend: str, blocks: bool) -> None:
    for entry in catalog.entries():
        if isinstance(entry, Block) != blocks:
            continue
        text = render(entry, backend)
        tree = ast.parse(text)
        assert _imported(tree.body) <= FRAMEWORK[backend] | set(sys.stdlib_module_names)
        # Keras runs on one of these, of which a function imports the one that it runs on.
        inner = {"jax", "torch", "tensorflow"} if backend == "keras" else set()
        assert _imported(ast.walk(tree)) <= FRAMEWORK[backend] | inner | set(sys.stdlib_module_names)
        head = ast.get_docstring(tree) or ""
        written = str(entry.named(entry.name, ""))
        assert f"Rule: {written}\n" in head
        assert f"Source: {entry.source}" in head
        canonical = head.split("Canonical: ")[1].split("\nKey: ")[0].strip()
        if not isinstance(entry, Schedule):
            assert parse(canonical) == entry.at_defaults()
        # JAX has functions where the others have classes.
        kind = ast.FunctionDef if backend == "optax" else ast.ClassDef
        names = [n.name for n in tree.body if isinstance(n, kind)]
        # How tensors are gathered and C is called stands behind the rule.
        behind = ("Gathered", "Kernel", "Plan", "Once")
        assert [name for name in names if name not in behind][-1] == entry.name


def _imported(nodes: Iterable[ast.AST]) -> set[str]:
    names = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    return {name.split(".")[0] for name in names}


DETERMINISTIC = ("Opt4", "Opt9", "Adam", "LR6")
RENDERED = f"""
import json
from nos_sym import catalog, render
print(json.dumps([render(catalog.entry(n), b) for n in {DETERMINISTIC} for b in {tuple(BACKENDS)}]))
"""


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_rendering_is_deterministic(seed: str) -> None:
    environment = {"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": ":".join(sys.path)}
    texts = subprocess.run(
        [sys.executable, "-c", RENDERED], capture_output=True, text=True, check=True, env=environment
    ).stdout
    here = [render(catalog.entry(name), backend) for name in DETERMINISTIC for backend in BACKENDS]
    assert json.loads(texts) == here


@pytest.mark.parametrize(
    "name", ["1Opt", "a b", "class", "match", "Opt-4", "x" * 100, "_x", "a\nb", "é", "import os", "Opt4("]
)
def test_names_that_are_no_identifiers(name: str) -> None:
    with pytest.raises(NosSymError):
        render(parse("none ~ g"), "torch", name=name)


@pytest.mark.parametrize("name", ["torch", "math", "update", "scalars", "Optimizer", "STATE", "factor"])
def test_names_that_the_file_uses(name: str) -> None:
    with pytest.raises(RenderError, match="used by the rendered file"):
        render(parse("none ~ g"), "torch", name=name)


@pytest.mark.parametrize("name", ["ValueError", "map", "print", "max"])
@pytest.mark.parametrize("backend", sorted(FRAMEWORK))
def test_names_of_python(name: str, backend: str) -> None:
    with pytest.raises(RenderError, match="one of Python's own"):
        render(parse("none ~ g"), backend, name=name)


@pytest.mark.parametrize(
    "name", ["v", "s", "peak", "delta", "average", "u", "t", "p", "decay", "slots", "mu"]
)
@pytest.mark.parametrize("backend", sorted(FRAMEWORK))
def test_a_class_may_have_the_name_of_a_variable(name: str, backend: str, tmp_path: Path) -> None:
    rule = parse("nesterov ~ [a1] v_hat / running_max(delta(s_hat)) + ema(tanh(w), 0.5)").named(name)
    ours = run_backend(backend, rule, problem(3), tmp_path, "float64")
    np.testing.assert_array_equal(
        ours, run_backend(backend, rule.named("Mine"), problem(3), tmp_path, "float64")
    )


def test_a_source_between_blanks_keeps_the_file_formatted(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    for source, shown in (("a notebook  ", "a notebook"), ("  ", "given as text")):
        path.write_text(render(parse(f'Mine = none ~ g from "{source}"'), "torch"))
        assert f"\nSource: {shown}\n" in path.read_text()
        ruff = [sys.executable, "-m", "ruff", "format", "--check", "--isolated", path]
        assert subprocess.run(ruff, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Opt101", "opt101"), ("LR3", "lr3"), ("SGD", "sgd"), ("SGDMomentum", "sgd_momentum"),
        ("AdamWKeras", "adam_w_keras"), ("AddSignLD", "add_sign_ld"),
    ],
)  # fmt: skip
def test_names_of_files(name: str, file: str) -> None:
    assert file_name(name) == file


@pytest.mark.parametrize(
    "backend",
    [pytest.param(b, marks=[] if b == "torch" else pytest.mark.heavy) for b in sorted(FRAMEWORK)],
)
@pytest.mark.parametrize("name", [o.name for o in ONE_LINE if o.arity and o.role is not Role.SCALE])
def test_a_rule_of_the_deepest_kind_is_rendered(name: str, backend: str) -> None:
    operation = REGISTRY[name]
    parameters = {p.name: 2 if p.integer else "0.5" for p in operation.parameters}
    update = apply("g")
    for _ in range(MAX_DEPTH - 1):
        update = apply(name, *(apply("w"), update)[-operation.arity :], **parameters)
    text = render(Rule(Momentum.NONE, update, name="Deep"), backend)
    compile(text, "deep.py", "exec")


def test_what_is_refused() -> None:
    with pytest.raises(RenderError, match="unknown backend 'pytorch'"):
        render(parse("X = none ~ g"), "pytorch")
    with pytest.raises(RuleError, match="printable"):
        parse("X = none ~ g").named("X", 'a"b')


@pytest.mark.parametrize("total", [1, 2, 7, 100])
@pytest.mark.parametrize("name", [name for name in catalog.names() if catalog.group_of(name) == "schedules"])
def test_rendered_schedules(name: str, total: int, tmp_path: Path) -> None:
    entry = catalog.entry(name)
    assert isinstance(entry, Schedule)
    wanted = schedule_values(entry, total)
    if "torch" in backends():
        import torch

        made = load(render(entry, "torch"), tmp_path)
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2.0)
        schedule = getattr(made, name)(optimizer, total, base=lambda step: step + 1)
        for t in range(total):
            np.testing.assert_allclose(optimizer.param_groups[0]["lr"], 2 * (t + 1) * wanted[t], rtol=1e-12)
            optimizer.step()
            schedule.step()
        # Past the end the factor holds its last value.
        assert optimizer.param_groups[0]["lr"] == pytest.approx(2 * (total + 1) * wanted[-1])
    if "tensorflow" in backends():
        made = load(render(entry, "tensorflow"), tmp_path)
        schedule = getattr(made, name)(2.0, total)
        schedule = type(schedule).from_config(schedule.get_config())
        ours = [float(schedule(t)) for t in range(total)]
        np.testing.assert_allclose(ours, 2 * wanted, rtol=1e-6)
    if "optax" in backends():
        import jax

        made = getattr(load(render(entry, "optax"), tmp_path), name)
        ours = jax.vmap(made(lambda step: step + 1, total))(np.arange(total + 1))
        np.testing.assert_allclose(
            ours, [*(np.arange(1, total + 1) * wanted), (total + 1) * wanted[-1]], 1e-6
        )
        with jax.enable_x64(True):
            ours = [float(made(2.0, total)(t)) for t in range(total)]
        np.testing.assert_allclose(ours, 2 * wanted, rtol=1e-12)
