"""The arguments of rendered optimizers and schedules, the same on every rule where they mean the same."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest
from support.harness import backends, load

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch

from nos_sym import catalog
from nos_sym.codegen.file_context import file_context
from nos_sym.codegen.render import render
from nos_sym.codegen.with_runtime import render_with_runtime
from nos_sym.language.parser import parse
from nos_sym.language.rule import Schedule
from nos_sym.program.lower import lower

MODES = ["maximize=False", "foreach=None", "differentiable=False", "fused=None", "compile=False"]
UNFUSED = (
    "Unfused = { state q: row; q <- 0.9 * q + 0.1 * row_mean(g^2); w <- w - lr * orth(g) / (1 + sqrt(q)) }"
)
"""A rule that has no kernel, for it needs numbers of rows and a function of matrices."""
OPTIMIZERS = [x.name for x in catalog.entries() if not isinstance(x, Schedule)]
SCHEDULES = [x.name for x in catalog.entries() if isinstance(x, Schedule)]


def arguments(text: str) -> list[str]:
    """Return the arguments of the class of a file, as they are written."""
    classes = [x for x in ast.parse(text).body if isinstance(x, ast.ClassDef) and x.bases]
    (cls,) = [x for x in classes if ast.unparse(x.bases[0]) in ("Optimizer", "LambdaLR")]
    given = next(x for x in cls.body if isinstance(x, ast.FunctionDef) and x.name == "__init__").args
    plain = len(given.args) - len(given.defaults)
    found = [x.arg for x in given.args[:plain]]
    found += [f"{x.arg}={ast.unparse(y)}" for x, y in zip(given.args[plain:], given.defaults, strict=True)]
    found += ["*"] if given.kwonlyargs else []
    for x, y in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        found.append(x.arg if y is None else f"{x.arg}={ast.unparse(y)}")
    return found


@pytest.mark.parametrize("name", [f"Opt{i + 1}" for i in range(10)] + [f"A{i + 1}" for i in range(5)])
def test_rules_have_the_same_bare_arguments(name: str) -> None:
    assert_same_bare_arguments(name)


@pytest.mark.heavy
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_rule_has_the_same_bare_arguments(name: str) -> None:
    assert_same_bare_arguments(name)


def assert_same_bare_arguments(name: str) -> None:
    """Check for the learning rate, what the rule has, and by keyword the steps, if it counts, and modes."""
    rule = catalog.entry(name)
    _, context = file_context(rule, "torch", False, None, None, fused=True)
    found, at = context["arguments"], context["arguments"].index("*")
    program = lower(rule)
    assert found[0] == "lr=1e-3"
    assert found[1:2] == ["momentum=0.9"] or not program.cycles
    assert found[at + 1 :] == ["total_steps"] * program.needs_total_steps + MODES
    assert all("=" in x for x in found[:at]), "what a rule has is optional"


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_has_the_same_arguments(name: str) -> None:
    rule = catalog.entry(name)
    found = arguments(render(rule))
    steps = ["total_steps"] * lower(rule).needs_total_steps
    settings = found[2 + len(steps) : -2]
    assert found == ["self", "optimizer", *steps, *settings, "base=None", "last_epoch=-1"]
    assert all("=" in x for x in settings)


def test_the_text_has_the_arguments() -> None:
    found = arguments(render(catalog.entry("Opt4")))
    assert found == ["self", "params", "lr=0.001", "betas=(0.9,)", "*", "total_steps", *MODES]


def test_a_rule_without_compiled_steps_has_the_argument_and_refuses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = parse(UNFUSED)
    assert arguments(render(rule))[2:] == ["lr=0.001", "*", *MODES]
    classes = [load(render(rule), tmp_path).Unfused]
    for name, text in render_with_runtime(rule, module="unfused_short").items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    classes.append(importlib.import_module("unfused_short").Unfused)
    weight = torch.nn.Parameter(torch.ones(3, 2))
    weight.grad = torch.ones(3, 2)
    for cls in classes:
        cls([weight], fused=False).step()
        text = r"\AInvalid fused: True; this rule has no compiled steps: leave it out\Z"
        with pytest.raises(ValueError, match=text):
            cls([weight], fused=True)
        with pytest.raises(ValueError, match=text):
            cls([weight]).add_param_group({"params": [], "fused": True})
