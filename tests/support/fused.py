"""Runs the compiled step of rendered PyTorch files, and says whether it was the compiled step that ran."""

from __future__ import annotations

from collections.abc import Callable
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


BLOCK = """Both = {
    state v; state c: scalar = 1
    v <- 0.9 * v + 0.1 * g
    c <- 0.5 * c + norm2(v)
    w <- w - lr * (v / (0.1 + c) + 0.5 * w)
}"""
"""It has a state of entries, one that is a number of the tensor, sums, and moves that see the weight."""


HALVES = (torch.bfloat16, torch.float16)


def drawn(seed: int, *shape: int) -> Any:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def both(
    module: ModuleType, make: Callable[[], list[Any]], gradient: Callable[[int, Any], Any]
) -> tuple[Any, Any]:
    """Train two copies of the same weights, compiled and tensor by tensor; return both optimizers."""
    made = []
    for modes in ({"fused": True}, {}):
        weights = make()
        optimizer = module.Both(weights, lr=0.1, **modes)
        for step in range(4):
            for index, weight in enumerate(weights):
                weight.grad = gradient(10 * step + index, weight)
            optimizer.step()
        made.append(optimizer)
    for one, other in zip(*(o.param_groups[0]["params"] for o in made), strict=True):
        near = {"rtol": torch.finfo(one.dtype).eps, "atol": 1e-6} if one.dtype in HALVES else {}
        torch.testing.assert_close(one, other, **near)
        for key, value in made[0].state[one].items():
            torch.testing.assert_close(value, made[1].state[other][key], msg=key)
    return made[0], made[1]


def like(seed: int, weight: Any) -> Any:
    return torch.empty_like(weight).copy_(drawn(seed, *weight.shape)).detach()


def assert_same_bits_for_any_threads(run: Callable[[], list[Any]]) -> None:
    """Check that tensors of a training do not depend on the number of threads."""
    before, found = torch.get_num_threads(), []
    for threads in (1, 2, 3, 7):
        torch.set_num_threads(threads)
        try:
            found.append([x.detach() for x in run()])
        finally:
            torch.set_num_threads(before)
    for other in found[1:]:
        assert all(torch.equal(x, y) for x, y in zip(other, found[0], strict=True))
