"""Code for optax and Keras in the sandbox: what it is, whether the rule follows it, and what it claims."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.harness import backends

from nos_sym.cli.main import cli

if not {"optax", "tensorflow"} <= set(backends()) or shutil.which("bwrap") is None:
    pytest.skip("optax, Keras or bubblewrap is not installed", allow_module_level=True)

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(2400)]

OPTAX = """
import jax
import jax.numpy as jnp
import optax


def scale_by_mine(beta=0.9) -> optax.GradientTransformation:
    def init(params):
        return {"m": jax.tree.map(jnp.zeros_like, params)}

    def update(updates, state, params=None):
        m = jax.tree.map(lambda a, g: beta * a + (1 - beta) * g, state["m"], updates)
        return jax.tree.map(lambda m, g: UPDATE, m, updates), {"m": m}

    return optax.GradientTransformation(init, update)


def mine(learning_rate=0.01, beta=0.9):
    return optax.chain(scale_by_mine(beta), optax.scale_by_learning_rate(learning_rate))
"""
KERAS = """
import keras
from keras import ops


class Mine(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.001, beta=0.9, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta = beta

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._m = self.add_optimizer_variables(variables, "m")

    def update_step(self, g, variable, learning_rate):
        m = self._m[self._get_variable_index(variable)]
        self.assign(m, self.beta * m + (1 - self.beta) * g)
        self.assign_sub(variable, learning_rate * (UPDATE))
"""
SIGN = {OPTAX: "jnp.sign(m)", KERAS: "ops.sign(m)"}
NEW = {OPTAX: "jnp.sign(m) + m * m * g", KERAS: "ops.sign(m) + m * m * g"}
NAMES = {OPTAX: "optax", KERAS: "keras"}


def review(folder: Path, text: str, *arguments: str) -> tuple[int, Any, str]:
    file = folder / "proposal.py"
    file.write_text(text)
    # Frameworks take long to import where many programs run.
    given = ["review", str(file), "--json", "--seconds", "400", *arguments]
    found = CliRunner().invoke(cli, given)
    return found.exit_code, json.loads(found.stdout) if found.stdout else None, found.stderr


@pytest.mark.parametrize("library", [OPTAX, KERAS], ids=["optax", "keras"])
def test_a_known_and_a_new_optimizer(library: str, tmp_path: Path) -> None:
    code, found, said = review(tmp_path, library.replace("UPDATE", SIGN[library]))
    assert code == 4 and "Signum" in found["known"], (found, said)
    assert found["framework"] == NAMES[library]
    assert {x["name"]: (x["passed"], x["applies"]) for x in found["checks"]} == {
        "lift": (True, True), "verification": (True, True), "integrity": (True, True),
        "conformance": (None, False),
    }  # fmt: skip
    code, found, _ = review(tmp_path, library.replace("UPDATE", NEW[library]))
    assert code == 0 and not found["known"], found
    assert "state " in found["rule"] and found["key"] and found["sheet"]["lines"]
    # What trusts it gets the same.
    assert review(tmp_path, library.replace("UPDATE", SIGN[library]), "--trust")[0] == 4


def test_the_backend_that_is_chosen_is_that_of_the_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks = "assert keras.backend.backend() == 'tensorflow'\n"
    text = KERAS.replace("UPDATE", "ops.sign(m)") + asks
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    assert review(tmp_path, text)[0] == 4
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    code, _, said = review(tmp_path, text)
    assert code == 2 and "AssertionError" in said


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (OPTAX.replace("UPDATE", "jnp.sort(m.ravel()).reshape(m.shape)"), 3, "sort"),
        (OPTAX.replace("UPDATE", "-m"), 1, "either sign|sign flipped"),
        (OPTAX.replace("UPDATE", "m") + "def more(lr): return mine(lr)\n", 2, "defines 2 optimizers"),
        ("import optax\nwhile True: pass\n", 3, "did not end within"),
        ("import keras, os\nos.kill(os.getpid(), 11)\n", 3, "SIGSEGV"),
        ("import optax\nraise ValueError('\\n\\x1b[31m' + 'x' * 9999)\n", 2, "ValueError"),
    ],
    ids=["unliftable", "ascends", "several", "endless", "signal", "long"],
)
def test_what_is_wrong_is_said(text: str, code: int, says: str, tmp_path: Path) -> None:
    given = ["--seconds", "20"] if "did not end" in says else []
    ended, found, said = review(tmp_path, text, *given)
    message = said if ended == 2 else json.dumps(found["checks"])
    assert ended == code and re.search(says, message), message
    assert "nos-sym-given" not in message and (ended != 2 or len(said.strip().split("\n")) == 1)


def test_code_that_behaves_differently_when_it_is_lifted_is_found(tmp_path: Path) -> None:
    """It computes momentum where it is lifted, and its sign where it is stepped."""
    asks = "{'weights', 'gradients', 'arguments'} <= x.keys() for x in gc.get_objects() if type(x) is dict"
    text = f"import gc\nfirst = not any({asks})\n"
    text += OPTAX.replace("UPDATE", "(m if first else jnp.sign(m))")
    code, found, _ = review(tmp_path, text)
    assert code == 1, found
    assert {x["name"]: x["passed"] for x in found["checks"]}["verification"] is False
