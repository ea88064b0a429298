"""Steps in PyTorch: its own Adam, two of pytorch-optimizer, rendered files, and loops that move memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from optimizer_steps.contest import FLOAT, Contestant, count, traffic
from optimizer_steps.rendered import entry, optimizer, settings

LEARNING_RATE = 1e-6
"""So small that no weight leaves the ordinary range, however many steps are timed."""
ADAM = 7 * FLOAT
"""Adam reads g, and reads and writes w, v and s."""
MODES: dict[str, dict[str, Any]] = {
    "eager": {},
    "plain": {"foreach": False},
    "differentiable": {"differentiable": True},
    "compile": {"compile": True},
    "fused": {"fused": True},
}
"""Modes of a rendered file and the arguments that choose them."""


def parameters(shapes: Sequence[tuple[int, ...]], device: str, seed: int = 0) -> list[Any]:
    """Return weights with gradients, which all optimizers share."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    weights = []
    for shape in shapes:
        start = (0.1 * torch.randn(shape, generator=generator)).to(device)
        # No leaf that requires a gradient is moved where autograd records steps.
        weight = torch.nn.Parameter(start, requires_grad=False)
        weight.grad = (0.01 * torch.randn(shape, generator=generator)).to(device)
        weights.append(weight)
    return weights


def memory(shapes: Sequence[tuple[int, ...]], device: str) -> Iterator[Contestant]:
    """Yield loops that do nothing but move memory: a copy, an addition in place, and STREAM's triad."""
    import torch

    total = count(shapes)
    x, y = torch.randn(total, device=device), torch.zeros(total, device=device)
    z = torch.zeros(total, device=device)
    yield Contestant("copy", "memory", "copy", "", 2 * FLOAT, waiting(lambda: y.copy_(x), device))
    yield Contestant("add in place", "memory", "add", "", 3 * FLOAT, waiting(lambda: y.add_(x), device))
    triad = waiting(lambda: torch.add(x, y, alpha=3.0, out=z), device)
    yield Contestant("triad", "memory", "triad", "", 3 * FLOAT, triad)


def baselines(weights: list[Any], device: str, frameworks: Sequence[str]) -> Iterator[Contestant]:
    """Yield the optimizers that people use."""
    import torch

    for mode, arguments in (("default", {}), ("foreach", {"foreach": True}), ("fused", {"fused": True})):
        adam = torch.optim.Adam(weights, lr=LEARNING_RATE, **arguments)
        step = waiting(adam.step, device)
        yield Contestant(f"torch.optim.Adam {mode}", "torch", mode, "", ADAM, step)
    if "pytorch_optimizer" in frameworks:
        import pytorch_optimizer

        # Its Adam is that of PyTorch, so another of the family stands beside it.
        kind = pytorch_optimizer.StableAdamW
        step = waiting(kind(weights, lr=LEARNING_RATE, weight_decay=0.0).step, device)
        yield Contestant("pytorch_optimizer.StableAdamW", "pytorch_optimizer", "default", "", ADAM, step)


def rendered(
    weights: list[Any], device: str, rules: Sequence[str], modes: Sequence[str], folder: Path
) -> Iterator[Contestant]:
    """Yield rendered optimizers on each of the modes."""
    for rule in rules:
        for mode in modes:
            kind = optimizer(rule, "torch", folder)
            made = kind(weights, lr=LEARNING_RATE, **settings(rule), **MODES[mode])
            step = waiting(made.step, device)
            yield Contestant(f"rendered {rule} {mode}", "torch", mode, rule, traffic(entry(rule)), step)


def waiting(step: Callable[[], Any], device: str) -> Callable[[], object]:
    """Return the step with a wait for the device, where it works asynchronously."""
    if device == "cpu":
        return step
    import torch

    def wait() -> None:
        step()
        torch.cuda.synchronize()

    return wait
