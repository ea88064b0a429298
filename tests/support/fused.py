"""Runs the compiled step of rendered PyTorch files, and says whether it was the compiled step that ran."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
import torch

from nos_sym.codegen.render import render
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule
from nos_sym.program.lower import lower
from support.harness import Array, Problem, _queue, load, named, settings


def compiled_file(rule: Rule | Block, folder: Path) -> ModuleType | None:
    """Return the imported file of a rule, ``None`` where it has no kernel."""
    module = load(render(named(rule), "torch"), folder)
    return module if hasattr(module, "KERNEL") else None


def assert_compiled(module: ModuleType) -> None:
    """Check that steps of a file were compiled."""
    compiled = module.KERNEL.compiled
    assert compiled, "no step came to the kernel"
    assert all(compiled.values()), "no compiler"


def run_fused(rule: Rule | Block, given: Problem, module: ModuleType, dtype: str = "float64") -> Array:
    """Return the weights after every compiled step."""
    return _run(rule, given, module, dtype, fused=True)


def run_eager(rule: Rule | Block, given: Problem, module: ModuleType, dtype: str = "float64") -> Array:
    """Return the weights after every eager step of the same file."""
    return _run(rule, given, module, dtype)


def _run(rule: Rule | Block, given: Problem, module: ModuleType, dtype: str, **modes: Any) -> Array:
    kind = getattr(torch, dtype)
    weight = torch.nn.Parameter(torch.tensor(given.weight, dtype=kind))
    optimizer = getattr(module, named(rule).name)([weight], lr=0.1, **settings(rule, given), **modes)
    group = optimizer.param_groups[0]
    history = []
    rows = zip(given.gradients, given.learning_rates, given.momenta, strict=True)
    for step, (gradient, lr, mu) in enumerate(rows):
        draw = _queue(given)(step)
        weight.grad = torch.tensor(gradient, dtype=kind)
        group["lr"] = float(lr)
        if "momentum" in group and lower(rule).cycles:
            group["momentum"] = float(mu)

        def uniform(x: Any, dtype: Any = None, d: Any = draw) -> Any:
            return torch.tensor(d(), dtype=dtype or x.dtype).view(x.shape)  # blocks are vectors

        with mock.patch.object(torch, "rand_like", uniform):
            optimizer.step()
        history.append(weight.detach().numpy().copy())
    if modes:
        assert_compiled(module)
    return np.stack(history)
