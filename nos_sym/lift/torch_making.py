"""PyTorch: an original made of parameters, or of a model of them, and the process group that it may need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import torch
from torch import distributed

from nos_sym.lift.arguments import Arguments
from nos_sym.lift.lifted import Condition
from nos_sym.lift.originals import Original
from nos_sym.lift.torch_models import Model, Names, wants_model

GROUP = "group."
"""Begins the names of arguments that stand in the parameter group."""

ONE_PROCESS = "its process group has one process: with others what they exchange is not followed"


class Making:
    """Makes an optimizer of parameters and arguments, those of its group among them.

    Args:
        original: a subclass of ``torch.optim.Optimizer``. Where it asks the list of parameters for what a
            model has, it is given a model of them, from then on.
    """

    def __init__(self, original: Original) -> None:
        self._original = original
        self._of_model = False
        self.names = Names()

    def __call__(self, parameters: list[Any], **arguments: Any) -> Any:
        """Return the optimizer."""
        keys = {n.removeprefix(GROUP): x for n, x in arguments.items() if n.startswith(GROUP)}
        own = {n: x for n, x in arguments.items() if not n.startswith(GROUP)}
        given = [{"params": parameters, **keys}] if keys else parameters
        if not self._of_model:
            try:
                return self._original.value(given, **own)
            except AttributeError as error:
                if not wants_model(error, given):
                    raise
            self._of_model = True
        return self._original.value(Model(parameters, self.names), **own)

    def conditions(self) -> tuple[Condition, ...]:
        """Return what was taken for granted."""
        return self.names.conditions() if self._of_model else ()


@contextmanager
def surroundings(original: Original, arguments: Arguments) -> Iterator[tuple[Condition, ...]]:
    """Let an original that needs a process group have one of a single process meanwhile.

    Yields:
        What that takes for granted.
    """
    if not _needs_processes(original, arguments):
        yield ()
        return
    # Its store is in memory: nothing listens that another process could join.
    store = distributed.HashStore()  # type: ignore[attr-defined]
    distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        yield (Condition(ONE_PROCESS, "", special=True),)
    finally:
        with suppress(Exception):
            distributed.destroy_process_group()


def _needs_processes(original: Original, arguments: Arguments) -> bool:
    if not distributed.is_available() or distributed.is_initialized():
        return False
    parameter = torch.nn.Parameter(torch.ones(3, 2))
    try:
        optimizer = Making(original)([parameter], **arguments.given({}))
        parameter.grad = torch.ones(3, 2)
        optimizer.step()
    except Exception as error:
        return "init_process_group" in str(error)
    return False
