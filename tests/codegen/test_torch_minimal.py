"""The minimal torch files: short, and the same optimizers as the interpreter and the full files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import Array, Problem, backends, load, problem, run_numpy, settings

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch

CATALOG = [entry for entry in catalog.entries() if isinstance(entry, Rule)]
OTHERS = [
    parse("Peak = nesterov ~ running_max(g) + delta(w * g) + i1e(w) + erf(g) + arcsinh(v_hat)"),
    parse("Clipped = momentum ~ clip(1, clip_norm(g)) + 0.1 * w"),
    parse("Filled = none ~ [a1] 1 + [a3] 2"),
]


def run(optimizer: Any, parameter: Any, given: Problem) -> Array:
    """Return the weights after every step, with the learning rates and momenta of the problem."""
    group = optimizer.param_groups[0]
    history = []
    for gradient, lr, mu in zip(given.gradients, given.learning_rates, given.momenta, strict=True):
        parameter.grad = torch.tensor(gradient)
        group["lr"] = float(lr)
        if "momentum" in group:
            group["momentum"] = float(mu)
        optimizer.step()
        history.append(parameter.detach().numpy().copy())
    return np.stack(history)


@pytest.mark.parametrize("rule", [*CATALOG, *OTHERS], ids=lambda r: r.name)
def test_it_is_the_rule(rule: Rule, tmp_path: Path) -> None:
    given = problem(seed=5)
    parameter = torch.nn.Parameter(torch.tensor(given.weight))
    module = load(render(rule, "torch", minimal=True), tmp_path)
    optimizer = getattr(module, rule.name)([parameter], **settings(rule, given))
    np.testing.assert_allclose(run(optimizer, parameter, given), run_numpy(rule, given), rtol=1e-10)


@pytest.mark.parametrize("name", ["Adam", "SGD", "Opt6", "Opt9"])
def test_the_full_file_goes_on_where_it_stopped(name: str, tmp_path: Path) -> None:
    rule, given = catalog.entry(name), problem(seed=6)
    given.total_steps = 2 * len(given.gradients)
    assert isinstance(rule, Rule)
    parameter = torch.nn.Parameter(torch.tensor(given.weight))
    plain, full = (getattr(load(render(rule, "torch", minimal=m), tmp_path), name) for m in (True, False))
    optimizer = plain([parameter], **settings(rule, given))
    other = torch.nn.Parameter(torch.tensor(run(optimizer, parameter, given)[-1]))
    restored = full([other], **settings(rule, given))
    restored.load_state_dict(optimizer.state_dict())
    ours, theirs = (run(o, p, given) for o, p in ((restored, other), (optimizer, parameter)))
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_it_goes_on_from_the_full_file_in_float64(tmp_path: Path) -> None:
    """Whose count is a float32 tensor, with which powers of coefficients would be float32."""
    rule = catalog.entry("AdamTorch")
    full, minimal = (load(render(rule, "torch", minimal=x), tmp_path).AdamTorch for x in (False, True))
    weights = [torch.nn.Parameter(torch.ones(3, dtype=torch.float64)) for _ in range(2)]
    optimizer = full(weights[:1])

    def step(weight: Any, one: Any) -> None:
        weight.grad = torch.tensor([0.3, -0.2, 0.1], dtype=torch.float64)
        one.step()

    for _ in range(3):
        step(weights[0], optimizer)
    weights[1].data.copy_(weights[0].data)
    resumed = minimal(weights[1:])
    resumed.load_state_dict(optimizer.state_dict())
    for _ in range(3):
        step(weights[0], optimizer)
        step(weights[1], resumed)
    torch.testing.assert_close(weights[1], weights[0], rtol=1e-13, atol=0)
