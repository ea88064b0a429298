"""``nos-sym lift``: a file that somebody wrote, lifted, piped into ``render``, and run in its place."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from nos_sym.cli.main import cli

torch = pytest.importorskip("torch")

WRITTEN = """
import torch

class Mine(torch.optim.Optimizer):
    def __init__(self, params, lr=0.05, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1):
        if not (0 <= betas[0] < 1 and 0 <= betas[1] < 1):
            raise ValueError("betas")
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            beta, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["steps"] = 0
                    state["m"], state["v"] = torch.zeros_like(p), torch.zeros_like(p)
                state["steps"] += 1
                state["m"].mul_(beta).add_(p.grad, alpha=1 - beta)
                state["v"].lerp_(p.grad.square(), 1 - beta2)
                p.mul_(1 - group["lr"] * group["weight_decay"])
                scale = 1 - beta ** state["steps"]
                p.addcdiv_(state["m"], state["v"].sqrt().add_(group["eps"]), value=-group["lr"] / scale)
"""
EPSILON_IN_PLACE = WRITTEN.replace('sqrt().add_(group["eps"])', 'add(group["eps"]).sqrt()')


def run(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(cli, arguments, input=text)


def class_of(path: Path, name: str) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[path.stem]
    return getattr(module, name)


def trained(made: Any, **settings: Any) -> Any:
    """Return weights after a regression of 60 steps in float64; gradients are those of the weights."""
    generator = torch.Generator().manual_seed(3)
    inputs = torch.randn(40, 6, generator=generator, dtype=torch.float64)
    targets = torch.randn(40, 2, generator=generator, dtype=torch.float64)
    weight = torch.nn.Parameter(torch.randn(6, 2, generator=generator, dtype=torch.float64))
    bias = torch.nn.Parameter(torch.zeros(2, dtype=torch.float64))
    optimizer = made([weight, bias], **settings)
    for _ in range(60):
        optimizer.zero_grad()
        ((inputs @ weight + bias - targets) ** 2).mean().backward()
        optimizer.step()
    return torch.cat([weight.detach().flatten(), bias.detach()])


@pytest.mark.timeout(120)
def test_a_file_of_somebody_is_lifted_rendered_and_trains_as_it_did(tmp_path: Path) -> None:
    written, rendered = tmp_path / "written.py", tmp_path / "from_written.py"
    written.write_text(WRITTEN)
    lifted = run("lift", f"{written}:Mine")
    assert lifted.exit_code == 0, lifted.stderr
    done = run("render", "-", "--backend", "torch", "-o", str(rendered), text=lifted.stdout)
    assert done.exit_code == 0, done.stderr
    own, theirs = class_of(rendered, "Mine"), class_of(written, "Mine")
    # The learning rate that the original has by default is in the head, and in the file.
    assert "Mine(lr=0.05, beta1=" in lifted.stdout
    draws: tuple[dict[str, Any], ...] = (
        {},
        {"lr": 0.1, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.01},
    )
    for settings in draws:
        expected = trained(theirs, **settings)
        for fused in (False, True):
            torch.testing.assert_close(trained(own, fused=fused, **settings), expected, rtol=1e-9, atol=1e-12)
    # The measure sees an epsilon that has moved.
    written.write_text(EPSILON_IN_PLACE)
    settings = {"lr": 0.05, "eps": 1e-3}
    moved = trained(class_of(written, "Mine"), **settings)
    assert (moved - trained(own, **settings)).abs().max() > 1e-6


def test_what_is_refused_leaves_nothing_to_render(tmp_path: Path) -> None:
    written = tmp_path / "sorting.py"
    written.write_text(WRITTEN.replace("alpha=1 - beta)", "alpha=1 - beta).cumsum(0)", 1)
                       .replace('state["m"].mul_', 'state["m"] = state["m"].mul_'))  # fmt: skip
    found = run("lift", f"{written}:Mine", "-o", str(tmp_path / "rule.nos"))
    assert found.exit_code == 2 and found.stdout == ""
    assert "cumsum" in found.stderr and found.stderr.count("\n") == 1
    assert not (tmp_path / "rule.nos").exists()
    assert run("render", "-", "--backend", "torch", text=found.stdout).exit_code == 2


def test_the_learning_rate_goes_through_the_pipe_as_text_and_as_json() -> None:
    text = run("lift", "torch.optim:SGD", "--set", "lr=0.25").stdout
    data = run("lift", "torch.optim:SGD", "--json").stdout
    for lifted, rate in ((text, "0.25"), (data, "0.001")):
        for backend, name in (("torch", "lr"), ("keras", "learning_rate"), ("optax", "learning_rate")):
            assert f"{name}={rate}," in run("render", "-", "--backend", backend, text=lifted).stdout
