"""Code in the sandbox, from the command to its exit code: honest, wrong, and hostile."""

# ruff: noqa: E501

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.harness import backends

from nos_sym.cli.main import cli

if "torch" not in backends() or shutil.which("bwrap") is None:
    pytest.skip("torch or bubblewrap is not installed", allow_module_level=True)

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

HONEST = """
import torch


class Mine(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, beta=0.9):
        super().__init__(params, dict(lr=lr, beta=beta))

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["m"] = torch.zeros_like(p)
                state["m"].mul_(group["beta"]).add_(p.grad, alpha=1 - group["beta"])
                p.add_(UPDATE, alpha=-group["lr"])
        return loss
"""
SIGN, NEW = "state['m'].sign()", "torch.tanh(torch.tanh(state['m'] * 3)) + torch.sin(p.grad) * 0.01"

FORGED = """
import json, os
rule = "{ state m; m <- 0.9*m + g; w <- w - lr*m }"
answer = {"kind": "value", "value": {"framework": "torch", "rule": rule, "notes": [], "special": False, "shapes": []}}
for number in range(3, 256):
    try:
        os.write(number, json.dumps(answer).encode())
    except OSError:
        pass
os._exit(0)
"""
"""Claims to be momentum before anything is lifted, in every file that is open."""


def review(folder: Path, text: str, *arguments: str) -> tuple[int, Any, str]:
    file = folder / "proposal.py"
    file.write_text(text)
    given = ["review", str(file), "--no-conformance", "--json", *arguments]
    found = CliRunner().invoke(cli, given)
    return found.exit_code, json.loads(found.stdout) if found.stdout else None, found.stderr


def test_a_known_and_a_new_optimizer(tmp_path: Path) -> None:
    code, found, _ = review(tmp_path, HONEST.replace("UPDATE", SIGN))
    assert code == 4 and "Signum" in found["known"], found
    assert {x["name"]: x["passed"] for x in found["checks"]} == {
        "lift": True, "verification": True, "integrity": True,
    }  # fmt: skip
    code, found, _ = review(tmp_path, HONEST.replace("UPDATE", NEW))
    assert code == 0 and not found["known"], found
    assert "state m;" in found["rule"] and found["key"] and found["sheet"]["lines"]
    code, found, _ = review(tmp_path, HONEST.replace("UPDATE", "-state['m']"))
    assert code == 1 and "integrity" in found["verdict"], found
    # What trusts it gets the same.
    assert review(tmp_path, HONEST.replace("UPDATE", SIGN), "--trust")[0] == 4


def test_conformance_is_part_of_it(tmp_path: Path) -> None:
    file = tmp_path / "proposal.py"
    file.write_text(HONEST.replace("UPDATE", SIGN).replace("p.grad is None", "False"))
    found = CliRunner().invoke(cli, ["review", f"{file}:Mine", "--json"])
    assert found.exit_code == 1, found.output
    failed = {
        x["check"] for x in json.loads(found.stdout)["conformance"]["checks"] if x["verdict"] == "fails"
    }
    assert "missing-gradients" in failed


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (FORGED, "no weights"),
        ("import os\nos._exit(0)", "gave no answer"),
        ("raise SystemExit(0)", "ends Python"),
        ("while True: pass", "did not end within"),
        ("import os\nwhile True: os.fork()", "processes|memory|Error"),
        ("x = bytearray(100 * 2**30)", "memory|MemoryError"),
        ("import sys\nwhile True: sys.stdout.write('x' * 2**20)", "did not end within"),
        ("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos.kill(-1, 9)\nx = 1", "No such process|defines no optimizer"),
        ("import json, torch\njson.dumps = lambda *a, **k: '{}'\ntorch.tensor = None\n", "own|no optimizer"),
        ("from pathlib import Path\nraise ValueError(Path('SECRET').read_text())", "No such file"),
        ("from pathlib import Path\nPath('TARGET').write_text('x')", "Read-only|No such file"),
        ("import socket\nsocket.create_connection(('127.0.0.1', 80), 1)", "refused|unreachable|Error"),
        ("import os\nos.symlink('SECRET', 'link')\nopen('link').read()", "No such file"),
    ],
)  # fmt: skip
def test_hostile_code_gets_nowhere(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a secret")
    target = tmp_path / "target"
    text = text.replace("SECRET", str(tmp_path / "secret")).replace("TARGET", str(target))
    begin = time.monotonic()
    code, found, said = review(tmp_path, text, "--seconds", "20" if "did not end" in says else "90")
    assert time.monotonic() - begin < 250
    assert code in (2, 3), found
    message = said if code == 2 else " ".join(x["line"] for x in found["checks"])
    assert re.search(says, message), message
    assert "a secret" not in message and not target.exists()


def test_code_that_behaves_differently_when_it_is_lifted_is_found(tmp_path: Path) -> None:
    """It computes momentum where it is lifted, and its sign where it is stepped."""
    lying = HONEST.replace(
        "UPDATE", "(state['m'] if 'nos_sym.lift.lifting' in sys.modules else state['m'].sign())"
    )
    code, found, _ = review(tmp_path, "import sys\n" + lying)
    assert code == 1, found
    assert {x["name"]: x["passed"] for x in found["checks"]}["verification"] is False
