"""PyTorch: an original and its rule that are stepped beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from nos_sym.language.block import Block
from nos_sym.lift.arguments import RATES, Arguments
from nos_sym.lift.beside import Draw, Rows, started, stepped
from nos_sym.lift.elsewhere import FEW
from nos_sym.lift.originals import Original
from nos_sym.lift.torch_making import Making
from nos_sym.lift.torch_run import Plan, wide
from nos_sym.lift.verifying import Array
from nos_sym.program.parameters import Parameters

LEAPS = (500, 1000, 2000)
"""Steps that are leaped to; those before are run one by one."""


class Beside:
    """A rule and its original, side by side.

    Args:
        rule: with settings under the names of the draws.
        original: the class.
        arguments: of it.
    """

    def __init__(self, rule: Block, original: Original, arguments: Arguments) -> None:
        self.rule = rule
        self.arguments = arguments
        self.make = Making(original)
        self.plan = Plan(self.make, original.value)
        self.few = FEW
        self.misses = True

    def parameters(self, shapes: Sequence[tuple[int, ...]], draw: Draw) -> Parameters:
        """Return the rule at values of settings, for parameters of these shapes."""
        return started(self.rule, shapes, draw, LEAPS[-1] + FEW)

    @contextmanager
    def optimizer(
        self, weights: Sequence[Array], draw: Draw, grouped: Draw | None = None
    ) -> Iterator[tuple[Any, list[Any]]]:
        """Give the original, parameters of parameters with these weights, and the parameters.

        Args:
            weights: of the parameters.
            draw: values of settings.
            grouped: those of the last parameter, which is in a group of its own then.
        """
        from nos_sym.lift.torch_wide import WideCalls

        with wide(), WideCalls(), np.errstate(all="ignore"):
            parameters = [torch.nn.Parameter(torch.tensor(w)) for w in weights]
            given = self.arguments.given(draw)
            optimizer = self.make(parameters if grouped is None else parameters[:-1], **given)
            if grouped is not None:
                keys = {n for n in optimizer.param_groups[0] if n != "params"}
                own = self.arguments.given(grouped)
                group = {
                    n.removeprefix("group."): x for n, x in own.items() if n.removeprefix("group.") in keys
                }
                optimizer.add_param_group({"params": parameters[-1:], **group})
            yield optimizer, parameters

    def theirs(
        self,
        weights: Sequence[Array],
        rows: Sequence[Sequence[Array | None]],
        draw: Draw,
        grouped: Draw | None = None,
        factors: Sequence[float] = (),
    ) -> Rows | None:
        """Return the weights of the original after each step.

        Args:
            weights: at the beginning.
            rows: gradients of each step, ``None`` for a parameter that has none.
            draw: values of settings.
            grouped: those of the last parameter, which is in a group of its own then.
            factors: of the group's learning rate at each step; none for a rate that stays.

        Returns:
            ``None`` where it raises an error, or has no rate that could change.
        """
        found = []
        try:
            with self.optimizer(weights, draw, grouped) as (optimizer, parameters):
                group = optimizer.param_groups[0]
                key = next((k for k in RATES if k in group), "")
                if factors and not key:
                    return None
                rate = group.get(key)
                for number, row in enumerate(rows):
                    if factors:
                        group[key] = rate * factors[number]
                    step(optimizer, parameters, row)
                    found.append(weights_of(parameters))
        except Exception:
            return None
        return found

    def ours(
        self,
        weights: Sequence[Array],
        rows: Sequence[Sequence[Array | None]],
        draw: Draw,
        factors: Sequence[float] = (),
    ) -> Rows | None:
        """Return the weights of the rule after each step, ``None`` where it cannot be run."""
        return stepped(self.rule, weights, rows, draw, factors, LEAPS[-1] + FEW)


def step(optimizer: Any, parameters: Sequence[Any], row: Sequence[Array | None]) -> None:
    """Step an original with gradients, ``None`` for parameters that have none."""
    for parameter, gradient in zip(parameters, row, strict=True):
        parameter.grad = None if gradient is None else torch.tensor(gradient)
    optimizer.step()


def weights_of(parameters: Sequence[Any]) -> list[Array]:
    """Return the weights as they are now."""
    return [np.asarray(p.detach().numpy()).copy() for p in parameters]
