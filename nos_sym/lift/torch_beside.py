"""PyTorch: an original and its rule that are stepped beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch

from nos_sym.language.block import Block
from nos_sym.lift.arguments import RATES, Arguments
from nos_sym.lift.beside import Draw, Rows, drawn, have_parted, parted, rate_of
from nos_sym.lift.elsewhere import FEW, PARTED
from nos_sym.lift.originals import Original
from nos_sym.lift.torch_making import GROUP, Making
from nos_sym.lift.torch_run import Plan, wide
from nos_sym.lift.torch_wide import WideCalls
from nos_sym.lift.trainings import uneven
from nos_sym.lift.verifying import Array
from nos_sym.program.lower import lower
from nos_sym.program.parameters import Parameters
from nos_sym.program.program import Program

LEAP = 2000
"""The step that is leaped to; those before are run one by one."""


@dataclass(frozen=True, slots=True)
class Course:
    """What a training does besides equal steps of the parameters of one group.

    Attributes:
        groups: values of settings of each parameter's own group; none for one group of all.
        late: the step before which the last group is added.
        factors: of the group's learning rate at each step; none for a rate that stays.
        values: settings of the group at each step; none for those that stay.
        tensor: how weights and gradients are in memory.
        gradient: how gradients are, where that is otherwise.
        reused: whether gradients are written where those of the step before were.
        frozen: parameters that ask for no gradient any more, and have one still.
        reloaded: the step before which another optimizer goes on from the state dict; 0 for none.
        zeroed: whether the optimizer's ``zero_grad`` is called before each step.
        tensors: whether the learning rate is a tensor.
        wide: whether casts to narrower types are taken out.
    """

    groups: Sequence[Draw] = ()
    late: int = 0
    factors: Sequence[float] = ()
    values: Sequence[Draw] = ()
    tensor: Callable[[Array], torch.Tensor] = torch.tensor
    gradient: Callable[[Array], torch.Tensor] | None = None
    reused: bool = False
    frozen: int = 0
    reloaded: int = 0
    zeroed: bool = False
    tensors: bool = False
    wide: bool = True


PLAIN = Course()


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

    @cached_property
    def program(self) -> Program:
        """What the rule computes."""
        return lower(self.rule)

    @cached_property
    def grouped(self) -> frozenset[str]:
        """Settings that stand in the group of parameters as they are given."""
        given = self.arguments.given({})
        keys = {n.argument: n.argument.removeprefix(GROUP) for n in self.arguments.numbers}
        group: Mapping[str, Any] = {}
        for shape in ((3,), (3, 2), ()):
            # Some take matrices alone.
            with suppress(Exception), self.optimizer([np.ones(shape)], {}) as (optimizer, _):
                group = optimizer.param_groups[0]
                break
        same = {a for a, k in keys.items() if k in group and _same(group[k], given[a])}
        return frozenset(n.name for n in self.arguments.numbers if n.argument in same)

    def regrouped(self, draw: Draw, other: Draw) -> Draw:
        """Return values of settings, those that a group can have of its own from another draw."""
        return {**draw, **{n: x for n, x in other.items() if n in self.grouped}}

    def parameters(self, shapes: Sequence[tuple[int, ...]], draw: Draw) -> Parameters:
        """Return the rule at values of settings, for parameters of these shapes."""
        return Parameters(
            self.rule, shapes, program=self.program, settings=self._own(draw), total_steps=LEAP + FEW
        )

    def _own(self, draw: Draw) -> dict[str, float]:
        return {s.name: draw[s.name] for s in self.program.settings if s.name in draw}

    @contextmanager
    def optimizer(
        self, weights: Sequence[Array], draw: Draw, course: Course = PLAIN
    ) -> Iterator[tuple[Any, list[Any]]]:
        """Give the original, made of parameters with these weights, and the parameters.

        Args:
            weights: of the parameters.
            draw: values of settings.
            course: what the training is; its first group alone is made.
        """
        with types(course.wide), np.errstate(all="ignore"):
            parameters = [torch.nn.Parameter(course.tensor(w)) for w in weights]
            given = self.arguments.given(draw)
            if course.tensors:
                given |= {k: torch.tensor(given[k]) for k in RATES if k in given}
            made = self.make(parameters[:1] if course.groups else parameters, **given)
            for parameter in parameters[: course.frozen]:
                parameter.requires_grad_(False)
            yield made, parameters

    def _keys(self, draw: Draw, group: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a group has of its own, where it has these values of settings."""
        given = {n.removeprefix(GROUP): x for n, x in self.arguments.given(draw).items()}
        own = {n.argument.removeprefix(GROUP) for n in self.arguments.numbers if n.name in self.grouped}
        return {n: x for n, x in given.items() if n in own and n in group}

    def theirs(
        self,
        weights: Sequence[Array],
        rows: Sequence[Sequence[Array | None]],
        draw: Draw,
        course: Course = PLAIN,
    ) -> Rows | None:
        """Return the weights of the original after each step.

        Args:
            weights: at the beginning.
            rows: gradients of each step, ``None`` for a parameter that has none.
            draw: values of settings, those of the first group.
            course: what the training is.

        Returns:
            ``None`` where it raises an error, or has no rate that could change.
        """
        found: Rows = []
        try:
            with self.optimizer(weights, draw, course) as (optimizer, parameters):
                group = optimizer.param_groups[0]
                key = next((k for k in RATES if k in group), "")
                if course.factors and not key:
                    return None
                rates = [x.get(key) for x in optimizer.param_groups]
                last = len(course.groups) - 1
                for number, row in enumerate(rows):
                    for k in range(1, len(course.groups)):
                        if number == (course.late if k == last else 0):
                            keys = self._keys(course.groups[k], group)
                            optimizer.add_param_group({"params": [parameters[k]], **keys})
                    if course.reloaded and number == course.reloaded:
                        optimizer = self._again(optimizer, parameters, draw)
                        group = optimizer.param_groups[0]
                    if course.factors:
                        for own, rate in zip(optimizer.param_groups, rates, strict=True):
                            own[key] = rate * course.factors[number]
                    if course.values:
                        for own in optimizer.param_groups:
                            own.update(self._keys(course.values[number], own))
                    step(optimizer, parameters, row, course)
                    found.append(weights_of(parameters))
        except Exception:
            return None
        return found

    def _again(self, optimizer: Any, parameters: list[Any], draw: Draw) -> Any:
        """Return another optimizer that has the state dict of one."""
        made = self.make(parameters, **self.arguments.given(draw))
        made.load_state_dict(optimizer.state_dict())
        return made

    def ours(
        self,
        weights: Sequence[Array],
        rows: Sequence[Sequence[Array | None]],
        draw: Draw,
        course: Course = PLAIN,
    ) -> Rows | None:
        """Return the weights of the rule after each step, ``None`` where it cannot be run."""
        if course.groups:
            found = {}
            one = replace(course, groups=())
            rows = [[*row[:-1], None if k < course.late else row[-1]] for k, row in enumerate(rows)]
            for own in course.groups:
                if (key := tuple(own.items())) not in found:
                    found[key] = self.ours(weights, rows, own, one)
            every = [found[tuple(own.items())] for own in course.groups]
            if any(x is None for x in every):
                return None
            return [[x[k][place] for place, x in enumerate(every) if x] for k in range(len(rows))]
        try:
            running, now, made = self.parameters([w.shape for w in weights], draw), list(weights), []
            for number, row in enumerate(rows):
                if course.values:
                    running.set(self._own(course.values[number]))
                now = running.apply(
                    now, row, rate_of(draw) * (course.factors[number] if course.factors else 1.0)
                )
                made.append(now)
        except Exception:
            return None
        return made

    def parts(
        self,
        shapes: Sequence[tuple[int, ...]],
        draw: Draw,
        course: Course = PLAIN,
        *,
        steps: int = 0,
        bound: float = PARTED,
        sizes: bool = False,
    ) -> bool:
        """Return whether the two part in a few steps; what the original refuses is not compared.

        With ``sizes`` some gradients are far larger or smaller than others.
        """
        weights, rows = drawn(29, shapes, steps or self.few)
        given: Sequence[Sequence[Array | None]] = uneven(rows) if sizes else rows
        theirs = self.theirs(weights, given, draw, course)
        return theirs is not None and have_parted(self.ours(weights, given, draw, course), theirs, bound)

    def part(self, shapes: Sequence[tuple[int, ...]], draw: Draw) -> bool | None:
        """Return whether the two part in a few steps, ``None`` where the original refuses the parameters."""
        return parted(self, *drawn(29, shapes, self.few), draw)


@contextmanager
def types(widened: bool = True) -> Iterator[None]:
    """Let new tensors and casts be of float64 meanwhile, or all be as PyTorch has it."""
    if not widened:
        yield
        return
    with wide(), WideCalls():
        yield


def _same(x: Any, y: Any) -> bool:
    return type(x) is type(y) and (isinstance(x, int | float | tuple | list)) and bool(x == y)


def step(
    optimizer: Any, parameters: Sequence[Any], row: Sequence[Array | None], course: Course = PLAIN
) -> None:
    """Step an original with gradients, ``None`` for parameters that have none."""
    if course.zeroed:
        optimizer.zero_grad()
    for parameter, gradient in zip(parameters, row, strict=True):
        given = None if gradient is None else (course.gradient or course.tensor)(gradient)
        if course.reused and given is not None and parameter.grad is not None:
            parameter.grad.copy_(given)
        else:
            parameter.grad = given
    optimizer.step()


def weights_of(parameters: Sequence[Any]) -> list[Array]:
    """Return the weights as they are now."""
    return [np.asarray(p.detach().numpy()).copy() for p in parameters]
