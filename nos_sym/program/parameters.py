"""The interpreter for several tensors, with the sums and the states that they have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from nos_sym.language.block import Block
from nos_sym.language.rule import Rule
from nos_sym.program.guards import Guards
from nos_sym.program.interpreter import Array, Interpreter, Step
from nos_sym.program.lower import lower
from nos_sym.program.program import TOTAL, Program, Value, reachable


class Parameters:
    """Runs one rule on several tensors, as an optimizer does.

    ``total(x)`` is the sum over all entries of all tensors that have a gradient at the step, and a state of
    kind ``global`` is one number for all of them, which moves when any of them has a gradient. Decays
    follow the steps of all, bias corrections and ``t`` those in which a tensor had a gradient.

    Args:
        rule: the optimizer.
        shapes: shapes of the weights.
        guards: treatment of singular points.
        program: that of the rule under these guards, where it is there already.
        more: the other options of :class:`.Interpreter`, the same for all tensors.

    Raises:
        ValueError: what :class:`.Interpreter` raises it for.
    """

    def __init__(
        self,
        rule: Rule | Block,
        shapes: Sequence[tuple[int, ...]],
        *,
        guards: Guards = Guards.POLICY,
        program: Program | None = None,
        **more: Any,
    ) -> None:
        self.program = program if program is not None else lower(rule, guards=guards)
        self.each = [
            Interpreter(rule, shape, guards=guards, program=self.program, **more) for shape in shapes
        ]
        self._started = False
        self._step = 0

    def apply(
        self,
        weights: Sequence[Array],
        gradients: Sequence[Array | None],
        learning_rate: float,
        momentum: float = 0.9,
    ) -> list[Array]:
        """Return the weights after one step; a tensor without a gradient keeps its weights and states."""
        running, steps = [], []
        for one, weight, gradient in zip(self.each, weights, gradients, strict=True):
            one.missed = self._step - one.step
            if gradient is not None:
                running.append(one)
                steps.append(one.begin(gradient, weight, (learning_rate, momentum)))
        if not self._started and running:
            starts = [slot.start for slot in self.program.common_slots if slot.start is not None]
            # What is computed at the start is not yet of the step, in which states are others.
            before = [Step({**step.known}, step.leaves) for step in steps]
            self._sum(running, before, starts)
            for one, step, first in zip(running, steps, before, strict=True):
                one.compute(starts, first)
                for slot in self.program.common_slots:
                    if slot.start is not None:
                        step.known[slot.old] = np.asarray(first.known[slot.start], one.dtype)
            self._started = True
        for one, step in zip(running, steps, strict=True):
            if one.step == 0:
                one.start(self.program.own_slots, step)
        self._sum(running, steps, self.program.roots)
        finished = [
            one.finish(self.program.change, self.program.slots, step)
            for one, step in zip(running, steps, strict=True)
        ]
        self._step += 1
        changes = iter(finished)
        for one in self.each if running else ():
            for slot in self.program.common_slots:
                one.states[slot.old] = running[0].states[slot.old]
        return [
            np.asarray(weight, one.dtype) if gradient is None else one.moved(weight, next(changes))
            for one, weight, gradient in zip(self.each, weights, gradients, strict=True)
        ]

    def set(self, settings: Mapping[str, float]) -> None:
        """Give settings of the rule other values from the next step on; states stay.

        Raises:
            ValueError: as :class:`.Interpreter` raises it for settings.
        """
        for one in self.each:
            one.set(settings)

    def leap(self, step: int) -> None:
        """Set the count of steps; states stay."""
        self._step = step
        for one in self.each:
            one.step = step

    def _sum(self, running: Sequence[Interpreter], steps: Sequence[Step], roots: Iterable[Value]) -> None:
        """Let each tensor know the sums over all of them that values need, in the order of the program."""
        needed = reachable(roots) if running else ()
        for total in (v for v in self.program.values if v.operation == TOTAL and v in needed):
            for one, step in zip(running, steps, strict=True):
                one.compute(total.operands, step)
            parts = [step.known[total.operands[0]] for step in steps]
            for step in steps:
                step.known[total] = np.asarray(sum(parts), parts[0].dtype)
