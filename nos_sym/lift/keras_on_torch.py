"""Optimizers of Keras under its torch backend, as optimizers of PyTorch that a dispatch mode can follow.

Variables of Keras are parameters of PyTorch there. An optimizer is given the form of one of PyTorch: its
variables are states of their parameters and, where they belong to none, entries of the one group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from nos_sym.errors import quoted
from nos_sym.lift.arguments import Arguments
from nos_sym.lift.front import Front
from nos_sym.lift.jax_places import STATE, Placing
from nos_sym.lift.keras_backends import double_precision
from nos_sym.lift.keras_variables import PARAMETER, attributes_of, states_of
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.originals import Original
from nos_sym.lift.scalars import Real, Whole, plain
from nos_sym.lift.term import Terms


class Optimizer:
    """An optimizer of Keras that steps parameters of PyTorch by the gradients that they have.

    Attributes:
        state: for each parameter its states by name.
        param_groups: one group, with what belongs to no parameter.

    Args:
        original: the class of Keras.
        parameters: of PyTorch; variables of Keras share their memory.
        arguments: of the class.
    """

    def __init__(self, original: Original, parameters: Sequence[Any], arguments: dict[str, Any]) -> None:
        import keras
        import torch

        self._original = original
        self._optimizer = original.value(**arguments)
        with torch._C.DisableTorchFunction():
            # Keras keeps their shapes, and takes plain numbers alone for sizes.
            self._variables = [
                keras.Variable(p, dtype="float64", name=f"{PARAMETER}{i}") for i, p in enumerate(parameters)
            ]
        self._optimizer.build(self._variables)
        placing, attributes = Placing(PARAMETER), attributes_of(self._optimizer)
        self.state: dict[Any, dict[str, Any]] = {p: {} for p in parameters}
        self.param_groups: list[dict[str, Any]] = [{"params": list(parameters)}]
        self._states = states_of(self._optimizer)
        for v in self._states:
            place = placing.of_variable(v.name, attributes.get(id(v), ""))
            owner = (
                self.param_groups[0] if place.parameter is None else self.state[parameters[place.parameter]]
            )
            owner[place.name.removeprefix(STATE)] = v.value.detach()

    def step(self) -> None:
        """Step the parameters once."""
        parameters = self.param_groups[0]["params"]
        self._optimizer.apply([p.grad for p in parameters], self._variables)
        if len(states_of(self._optimizer)) != len(self._states):
            raise LiftError(f"{quoted(self._original.name)} makes variables while it steps")


def front(original: Original, arguments: Arguments, draw: int, terms: Terms) -> Front:
    """Read an optimizer of Keras off under its torch backend.

    Raises:
        LiftError: it cannot be said as terms.
    """
    from nos_sym.lift import torch_lift

    def make(parameters: list[Any], **given: Any) -> Any:
        return Optimizer(original, parameters, given)

    with double_precision(), _terms_kept():
        return torch_lift.front(original, arguments, draw, terms, make)


@contextmanager
def _terms_kept() -> Iterator[None]:
    """Let Keras know the types of numbers that carry terms, and take numbers out of tensors with theirs."""
    from keras.src.backend.common import dtypes, variables
    from keras.src.backend.torch import core

    usual, equal = core.convert_to_numpy, variables.shape_equal

    def convert_to_numpy(x: Any) -> Any:
        return x.item() if hasattr(x, "untyped_storage") and x.numel() == 1 else usual(x)

    def shape_equal(a: Sequence[Any], b: Sequence[Any], *args: Any) -> Any:
        # Keras checks what it assigns, which is no branch of the optimizer.
        return equal(tuple(map(plain, a)), tuple(map(plain, b)), *args)

    with (
        patch.dict(dtypes.PYTHON_DTYPES_MAP, {Real: "float64", Whole: "int32"}),
        patch.object(core, "convert_to_numpy", convert_to_numpy),
        patch.object(variables, "shape_equal", shape_equal),
    ):
        yield
