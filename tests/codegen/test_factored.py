"""Core and schedule in one file: together they train as the rule does, on every backend."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import Problem, backends, load, problem, run_backend, run_numpy

from nos_sym import catalog, parse
from nos_sym.algebra.factor import factor
from nos_sym.codegen.backend import BACKENDS
from nos_sym.codegen.factored import join_modules, render_factored
from nos_sym.codegen.render import render
from nos_sym.errors import RenderError
from nos_sym.language.rule import Rule
from nos_sym.program.interpreter import schedule_values

FRAMEWORKS = [b for b in BACKENDS if b != "latex"]
SCHEDULED = [e for e in catalog.entries() if isinstance(e, Rule) and factor(e).has_schedule]
DECAYED = parse("Decayed = nesterov ~ -(2 * [a3 * erf(a4)] v_hat + [a3] i1e(g) / 3)")


@pytest.mark.parametrize("rule", [*SCHEDULED, DECAYED], ids=lambda r: r.name)
def test_torch_trains_as_the_rule_does(rule: Rule, tmp_path: Path) -> None:
    if "torch" not in backends():
        pytest.skip("torch is not installed")
    import torch

    given = problem(seed=3)
    expected = run_numpy(rule, given)
    module = load(render_factored(rule, "torch"), tmp_path)
    weight = torch.nn.Parameter(torch.tensor(given.weight))
    core = getattr(module, f"{rule.name}Core")
    options = (
        {"total_steps": given.total_steps} if "total_steps" in core.__init__.__code__.co_varnames else {}
    )
    optimizer = core([weight], lr=1.0, **options)
    rates = given.learning_rates
    schedule = getattr(module, f"{rule.name}Schedule")(
        optimizer, given.total_steps, base=lambda step: rates[min(step, len(rates) - 1)]
    )
    for step, gradient in enumerate(given.gradients):
        weight.grad = torch.tensor(gradient)
        if "momentum" in optimizer.param_groups[0]:
            optimizer.param_groups[0]["momentum"] = given.momenta[step]
        optimizer.step()
        schedule.step()
        np.testing.assert_allclose(weight.detach().numpy(), expected[step], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("rule", SCHEDULED, ids=lambda r: r.name)
@pytest.mark.parametrize("backend", ["tensorflow", "optax"])
def test_other_backends_train_as_the_rule_does(backend: str, rule: Rule, tmp_path: Path) -> None:
    """The core with the learning rate times the schedule's values, as its own file computes them."""
    given = problem(seed=3)
    made = factor(rule)
    values = schedule_values(made.schedule, given.total_steps) * float(made.constant)
    scaled = Problem(given.weight, given.gradients, given.learning_rates * values, given.momenta)
    expected = run_numpy(rule, given)
    found = run_backend(backend, made.core.named("Core"), scaled, tmp_path, "float64")
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    source = render_factored(rule, backend)
    for part in ("Core", "Schedule"):
        alone = render((made.core if part == "Core" else made.schedule).named(f"X{part}"), backend)
        # A line that ends where it is full holds less of a rule of a longer name.
        alone, source = (re.sub("rule_key = .*|RULE_KEY = .*", "", x) for x in (alone, source))
        body = alone[alone.index("XCore" if part == "Core" else "def factor") :].split("\n\n\n")[1:]
        for block in body:
            assert (
                block.strip()
                .replace("XCore", f"{rule.name}Core")
                .replace("XSchedule", f"{rule.name}Schedule")
                in source
                or made.constant != 1
            )
    load(render_factored(rule, backend), tmp_path)


@pytest.mark.parametrize("backend", FRAMEWORKS)
def test_form(backend: str, tmp_path: Path) -> None:
    text = render_factored(DECAYED, backend)
    tree = ast.parse(text)
    names = [n.name for n in tree.body if isinstance(n, ast.ClassDef | ast.FunctionDef)]
    assert len(names) == len(set(names))
    assert {"DecayedCore", "DecayedSchedule", "factor"} <= set(names)
    assert "Schedule: schedule ~ " in (ast.get_docstring(tree) or "")
    path = tmp_path / "factored.py"
    path.write_text(text)
    for command in (["format", "--check", "--diff"], ["check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", path]
        run = subprocess.run(ruff, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("rule", "backend", "message"),
    [
        (catalog.entry("Opt10"), "torch", "no learning-rate schedule leaves Opt10"),
        (catalog.entry("LR1"), "torch", "a schedule has no core"),
        (catalog.entry("Opt4"), "latex", "not to 'latex'"),
    ],
)
def test_refused(rule: Any, backend: str, message: str) -> None:
    with pytest.raises(RenderError, match=message):
        render_factored(rule, backend)


def test_modules_are_joined_with_sorted_imports() -> None:
    one = '"""A."""\n\nimport torch\n\nX = 1\n\n\ndef f():\n    return math.pi\n'
    two = '"""B."""\n\nimport math\nfrom functools import cache\n\nimport torch\n\n\n'
    two += "@cache\ndef g():\n    return X\n"
    joined = join_modules("Both.\n", [one, two, one])
    assert joined == (
        '"""Both.\n"""\n\nimport math\nfrom functools import cache\n\nimport torch\n\nX = 1\n\n\n'
        "def f():\n    return math.pi\n\n\n@cache\ndef g():\n    return X\n"
    )
