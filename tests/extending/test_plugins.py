"""What it costs to add an operation, a schedule or a backend: shown by packages outside the source tree."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.plugins import PACKAGES, add_metadata, install, python

NAMES = ("sinh", "total", "warm", "numpy")
RULE = "none ~ sinh(v_hat) + running_sum([warm] g)"

COMMANDS: dict[str, list[str]] = {
    "parse": ["parse", RULE],
    "sympy": ["parse", "none ~ sinh(g)", "--to", "sympy"],
    "json": ["parse", RULE, "--to", "json"],
    "authors": ["parse", "none ~ sinh(g)", "--to", "authors"],
    "show": ["show", RULE],
    "latex": ["latex", RULE],
    "odd": ["equal", "none ~ sinh(-g) / w", "none ~ -sinh(g) / w", "--json"],
    "inverse": ["equal", "none ~ sinh(arcsinh(g - w))", "none ~ g - w", "--json"],
    "schedule": ["equal", "none ~ [warm] g", "none ~ [min(1, 10 * p)] g", "--json"],
    "false": ["equal", "none ~ ema_hat(running_sum(1), 0.9) * g", "none ~ running_sum(1) * g", "--json"],
    "different": ["equal", "none ~ running_sum(g)", "none ~ g", "--json"],
    "factor": ["factor", "none ~ [warm] sinh(g) * [a2] w", "--json"],
    "check": ["check", "none ~ sinh(g)"],
    "list": ["list", "--language", "--json"],
    "dedup": ["dedup", "rules.nos", "--json"],
    "unknown": ["parse", "none ~ sihn(g)"],
    "numpy": ["render", RULE, "--name", "S", "-b", "numpy"],
    "torch": ["render", RULE, "--name", "S", "-b", "torch"],
    "tensorflow": ["render", RULE, "--name", "S", "-b", "tensorflow"],
    "keras": ["render", RULE, "--name", "S", "-b", "keras"],
    "optax": ["render", RULE, "--name", "S", "-b", "optax"],
    "bad backend": ["render", RULE, "--name", "S", "-b", "numpi"],
    "no spelling": ["render", "none ~ i1e(g)", "--name", "S", "-b", "numpy"],
}
RULES = """
none ~ sinh(g)
none ~ -sinh(-g)
none ~ running_sum(g) + running_sum(w)
none ~ running_sum(w) + running_sum(g)
"""

RUN_ALL = """
import json, sys
from click.testing import CliRunner
from nos_sym.cli.main import cli
results = {}
for name, arguments in json.loads(sys.argv[1]).items():
    done = CliRunner().invoke(cli, arguments)
    crash = done.exception is not None and not isinstance(done.exception, SystemExit)
    results[name] = [done.exit_code, done.stdout, done.stderr, repr(done.exception) if crash else ""]
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("site"), *NAMES)


@pytest.fixture(scope="module")
def results(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Run every command in a process that has the packages."""
    rules = tmp_path_factory.mktemp("rules") / "rules.nos"
    rules.write_text(RULES, encoding="utf-8")
    commands = {k: [str(rules) if a == "rules.nos" else a for a in v] for k, v in COMMANDS.items()}
    done = python(["-c", RUN_ALL, json.dumps(commands)], packages)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_an_operation_is_at_most_one_file_and_a_backend_one_folder() -> None:
    for name in ("sinh", "total", "warm"):
        assert len(list((PACKAGES / name).glob("*.py"))) == 1
    assert [path.name for path in (PACKAGES / "numpy").iterdir() if path.is_dir()] == ["nos_sym_numpy"]


def test_no_command_crashes(results: dict[str, Any]) -> None:
    assert {name: crash for name, (*_, crash) in results.items() if crash} == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("parse", RULE),
        ("sympy", "sinh(g)"),
        ("json", '"running_sum"'),
        ("show", "total <- total + [warm] g"),
        ("latex", r"n_t &= n_{t-1} + \operatorname{warm}\,g_t"),
        ("check", "passes"),
        ("list", '"sinh"'),
        ("numpy", "sinh = np.sinh(v_hat)"),
        ("torch", "torch.sinh(v_hat)"),
        ("tensorflow", "tf.math.sinh(v_hat)"),
        ("keras", "ops.sinh(v_hat)"),
        ("optax", "jnp.sinh(v_hat)"),
    ],
)
def test_every_command_knows_the_operations(results: dict[str, Any], name: str, text: str) -> None:
    code, out, err, _ = results[name]
    assert code == 0, err
    assert text in out or text.replace("sinh = ", "") in out


def test_the_algebra_uses_what_the_records_say(results: dict[str, Any]) -> None:
    assert json.loads(results["odd"][1])["verdict"] == "equal"
    inverse = json.loads(results["inverse"][1])
    assert inverse["verdict"] == "equal"
    assert "sinh-arcsinh" in results["inverse"][1]
    assert json.loads(results["schedule"][1])["verdict"] == "equal"
    factored = json.loads(results["factor"][1])
    assert any(text in factored["schedule"] for text in ("warm", "10 * p", "10 * a2"))
    assert [len(c["items"]) if "items" in c else c for c in json.loads(results["dedup"][1])["classes"]]


def test_the_algebra_proves_nothing_that_the_records_do_not_say(results: dict[str, Any]) -> None:
    assert json.loads(results["false"][1])["verdict"] == "different"
    assert json.loads(results["different"][1])["verdict"] == "different"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("authors", "the authors' syntax has no 'sinh'"),
        ("unknown", "did you mean 'sinh'?"),
        ("bad backend", "'numpi' is not one of"),
        ("no spelling", "operation 'i1e' has neither a spelling in backend 'numpy' nor a definition"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(results: dict[str, Any], name: str, text: str) -> None:
    code, _, err, _ = results[name]
    assert code == 2
    message = err.split("\n")[0] if name != "bad backend" else err
    assert text in " ".join(message.split())


def test_the_numpy_file_computes_what_the_torch_file_does(results: dict[str, Any], tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    modules = []
    for name in ("numpy", "torch"):
        (tmp_path / f"rendered_{name}.py").write_text(results[name][1], encoding="utf-8")
    sys.path.insert(0, str(tmp_path))
    try:
        modules = [importlib.import_module(f"rendered_{name}") for name in ("numpy", "torch")]
    finally:
        sys.path.remove(str(tmp_path))
    ours, theirs = modules
    total, rng = 12, np.random.default_rng(0)
    weight = rng.normal(size=5)
    parameter = torch.nn.Parameter(torch.tensor(weight))
    optimizer = theirs.S([parameter], lr=0.1, total_steps=total)
    states = [np.zeros(5) for _ in ours.STATES]
    for step in range(total):
        gradient = rng.normal(size=5)
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        change, *states = ours.update(gradient, weight, *states, 0.1, *ours.scalars(step, total))
        weight = weight + change
        np.testing.assert_allclose(parameter.detach().numpy(), weight, rtol=1e-12)


_HEAD = """
from nos_sym.intervals.interval import Interval
from nos_sym.language.operation import *
from nos_sym.language.registry import apply, register
from nos_sym.language.singularity import Singularity
def add(name="odd", role=Role.ELEMENTWISE, **more):
    register(Operation(name=name, title="odd one", computes="t", source="t", arity=1, role=role, **more))
"""
_LOAD = "plug-in 'broken' (broken_plugin) fails: "
_CALL = "operation 'odd' of plug-in 'broken' fails: "

# What the module does, and what the error says.
BROKEN = {
    "import": ("import nothing_of_the_kind", _LOAD + "ModuleNotFoundError"),
    "exit": ("raise SystemExit(0)", _LOAD + "SystemExit"),
    "twice": ("add('tanh')", _LOAD + "operation 'tanh' is described twice"),
    "name": ("add('odd one')", _LOAD + "'odd one' cannot name an operation"),
    "leaf": ("add(role=Role.LEAF)", _LOAD + "operation 'odd' is a leaf; its record needs a kind"),
    "draw": ("add(role=Role.RANDOM)", _LOAD + "operation 'odd' is random; its record needs a parameter"),
    "range": ("add(meaning=Meaning(range=lambda: 1, reference=lambda xp, x: x))", _CALL + "TypeError"),
    "range of no type": (
        "add(meaning=Meaning(range=lambda x: (0, 1), reference=lambda xp, x: x))",
        _CALL + "its range is of type tuple",
    ),
    "range not a number": (
        "add(meaning=Meaning(range=lambda x: Interval(float('nan'), 1), reference=lambda xp, x: x))",
        _CALL + "its range [nan, 1] is empty",
    ),
    "range turned": (
        "add(meaning=Meaning(range=lambda x: Interval(2, 1), reference=lambda xp, x: x))",
        _CALL + "its range [2, 1] is empty",
    ),
    "definition": ("add(meaning=Meaning(definition=lambda x: 0.5))", _CALL + "its expression contains float"),
    "definition of SymPy": (
        "add(meaning=Meaning(definition=lambda x: apply('abs', x + 1)))",
        _CALL + "its expression contains Add",
    ),
    "circle": ("add(meaning=Meaning(definition=lambda x: apply('odd', x)))", _CALL + "RecursionError"),
    "state": (
        "add(role=Role.STATE, state=Recursion(step=lambda n, x: None))",
        _CALL + "its expression contains",
    ),
    "circle of states": (
        "add(role=Role.STATE, state=Recursion(step=lambda n, x: apply('odd', x)))",
        _CALL + "RecursionError",
    ),
    "singularity": (
        "add(meaning=Meaning(reference=lambda xp, x: x, singularity=Singularity("
        "title='t', reached=lambda r: True, enclosure=lambda *a: None, total=lambda *a: None)))",
        _CALL + "its range is of type NoneType",
    ),
    "spelling": (
        "from nos_sym.backends.spelling import spell\nadd()\nspell('torch', 'odd', 'odd({0}, {1})')",
        _LOAD
        + "the spelling of operation 'odd' for 'torch', 'odd({0}, {1})', has the field '{1}'; expected {0}",
    ),
    "LaTeX": (
        "from nos_sym.backends.latex.form import write\nadd()\nwrite('odd', '{0} {1}')",
        _LOAD + "the LaTeX template of operation 'odd', '{0} {1}', has the field '{1}'; expected {0}",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_an_error_in_a_plug_in_names_the_plug_in(kind: str, tmp_path: Path) -> None:
    source, message = BROKEN[kind]
    (tmp_path / "broken_plugin.py").write_text(_HEAD + source, encoding="utf-8")
    add_metadata(tmp_path, "broken", {"nos_sym.operations": {"broken": "broken_plugin"}})
    command = ["-m", "nos_sym.cli.main", "render", "none ~ 1 / odd(g)", "--name", "S"]
    done = python(command, tmp_path)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ")
    assert message in done.stderr.splitlines()[0]
    # What the project has itself needs no plug-in.
    assert python([*command[:3], "none ~ tanh(g)", "--name", "S"], tmp_path).returncode == 0


# The same of what other commands than a rendering ask of a plug-in.
ELSEWHERE = {
    "reference": (
        "add(meaning=Meaning(reference=lambda xp, x: 'x'))",
        ["check", "none ~ odd(g)"],
        _CALL + "its formula gives str; expected real numbers",
    ),
    "shape": (
        "add(meaning=Meaning(reference=lambda xp, x: xp.ones(17)))",
        ["check", "none ~ odd(g)"],
        _CALL + "its formula gives an array of shape (17,)",
    ),
    "complex": (
        "add(meaning=Meaning(reference=lambda xp, x: x + 1j))",
        ["check", "none ~ odd(g)"],
        _CALL + "its formula gives ndarray; expected real numbers",
    ),
    "form": (
        "from nos_sym.algebra.forms import form\nadd()\nform('odd', lambda x: None)",
        ["equal", "none ~ odd(g)", "none ~ g"],
        _CALL + "its form is of type NoneType",
    ),
    "SymPy": (
        "from nos_sym.language.plain_form import plain\nadd()\nplain('odd', lambda s, x: 1 / 0)",
        ["parse", "none ~ odd(g)", "--to", "sympy"],
        _CALL + "ZeroDivisionError",
    ),
}


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_an_error_in_a_plug_in_is_one_line_in_every_command(kind: str, tmp_path: Path) -> None:
    source, command, message = ELSEWHERE[kind]
    (tmp_path / "broken_plugin.py").write_text(_HEAD + source, encoding="utf-8")
    add_metadata(tmp_path, "broken", {"nos_sym.operations": {"broken": "broken_plugin"}})
    done = python(["-m", "nos_sym.cli.main", *command], tmp_path)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ")
    assert message in done.stderr.splitlines()[0]
