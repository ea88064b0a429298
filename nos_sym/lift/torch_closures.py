"""PyTorch: whether an original does something else where its step is given a closure.

A rule has gradients alone. A closure that returns losses, and leaves gradients as they are, changes nothing
for an original that reads no loss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from nos_sym.lift.lifted import Condition
from nos_sym.lift.torch_run import wide
from nos_sym.lift.torch_wide import WideCalls
from nos_sym.lift.verifying import Array, distance

LOSSES = (1.0, 30.0, 0.02, 400.0, 0.5, 7.0, 0.001, 90.0)
"""Losses of the steps; they rise and fall by so much that what follows them changes."""
READ = "the loss of a closure is read where there is one: lifted without one"
CALLED = "a closure is called more than once in a step where there is one: lifted without one"
_APART = 1e-12


def conditions(
    make: Callable[..., Any], arguments: Mapping[str, Any], shapes: Sequence[tuple[int, ...]]
) -> tuple[Condition, ...]:
    """Return what an original does with a closure, and a rule does not.

    Args:
        make: makes an optimizer of parameters and arguments.
        arguments: of it.
        shapes: of the parameters.
    """
    calls: list[int] = []
    try:
        with wide(), WideCalls():
            plain = _weights(make, arguments, shapes, None)
            closed = _weights(make, arguments, shapes, calls)
    except Exception:
        # What it makes of this closure is an error, and no other step.
        return ()
    found = []
    if not distance(plain, closed) <= _APART:
        found.append(Condition(READ, "", special=True))
    if any(n > 1 for n in calls):
        found.append(Condition(CALLED, "", special=True))
    return tuple(found)


def _weights(
    make: Callable[..., Any],
    arguments: Mapping[str, Any],
    shapes: Sequence[tuple[int, ...]],
    calls: list[int] | None,
) -> list[list[Array]]:
    """Return the weights after each step, with a closure where its calls are to be counted."""
    rng = np.random.default_rng(37)
    parameters = [torch.nn.Parameter(torch.tensor(rng.normal(size=s))) for s in shapes]
    optimizer = make(parameters, **arguments)
    rows = []
    for loss in LOSSES:
        for parameter in parameters:
            parameter.grad = torch.tensor(0.1 * rng.normal(size=tuple(parameter.shape)))
        if calls is None:
            optimizer.step()
        else:
            calls.append(0)

            def closure(value: float = loss, calls: list[int] = calls) -> torch.Tensor:
                calls[-1] += 1
                return torch.tensor(value)

            optimizer.step(closure)
        rows.append([np.asarray(p.detach().numpy()).copy() for p in parameters])
    return rows
