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
    assert "warm" in factored["schedule"] or "10 * p" in factored["schedule"]
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


BROKEN = {
    "import": ("import nothing_of_the_kind", "plug-in 'broken' (broken_plugin) fails: ModuleNotFoundError"),
    "twice": (
        "from nos_sym.language.operation import *\nfrom nos_sym.language.registry import register\n"
        "register(Operation(name='tanh', title='t', computes='t', source='t', arity=1,"
        " role=Role.ELEMENTWISE))",
        "plug-in 'broken' (broken_plugin) fails: operation 'tanh' is described twice",
    ),
    "range": (
        "from nos_sym.language.operation import *\nfrom nos_sym.language.registry import register\n"
        "register(Operation(name='odd', title='odd one', computes='t', source='t', arity=1,"
        " role=Role.ELEMENTWISE, meaning=Meaning(range=lambda: 1 / 0, reference=lambda xp, x: x)))",
        "operation 'odd' of plug-in 'broken' fails: TypeError",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_an_error_in_a_plug_in_names_the_plug_in(kind: str, tmp_path: Path) -> None:
    source, message = BROKEN[kind]
    (tmp_path / "broken_plugin.py").write_text(source, encoding="utf-8")
    add_metadata(tmp_path, "broken", {"nos_sym.operations": {"broken": "broken_plugin"}})
    command = ["-m", "nos_sym.cli.main", "render", "none ~ 1 / odd(g)", "--name", "S"]
    done = python(command, tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert message in done.stderr.splitlines()[0]
    # What the project has itself needs no plug-in.
    assert python([*command[:3], "none ~ tanh(g)", "--name", "S"], tmp_path).returncode == 0
