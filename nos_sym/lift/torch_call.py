"""A call of an operation of aten, with its arguments as terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from nos_sym.lift.term import Term
from nos_sym.lift.torch_trace import Tracer


class UnknownOperation(Exception):
    """An operation, or a form of it, that has no handler."""


@dataclass(frozen=True, slots=True)
class Alone:
    """One of several values in a tensor, in the place of the tensor."""

    term: Term


class Call:
    """One call.

    Args:
        tracer: of the run.
        name: of the operation, ``add`` for ``aten.add_.Tensor`` too.
        args: by position.
        kwargs: by name.
    """

    def __init__(self, tracer: Tracer, name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        self.tracer = tracer
        self.make = tracer.make
        self.name = name
        self.args = args
        self.kwargs = kwargs

    def given(self, position: int, name: str = "", default: Any = None) -> Any:
        """Return an argument as it is."""
        if position < len(self.args):
            return self.args[position]
        return self.kwargs.get(name, default)

    def value(self, position: int, name: str = "", default: Any = None) -> Term:
        """Return the term of an argument as a number."""
        return self.make.value(self.term(position, name, default))

    def term(self, position: int, name: str = "", default: Any = None) -> Term:
        """Return the term of an argument as it is."""
        given = self.given(position, name, default)
        return given.term if isinstance(given, Alone) else self.tracer.of(given)

    def condition(self, position: int) -> Term:
        """Return the term of an argument as a condition."""
        return self.make.condition(self.term(position))

    def shape(self, position: int = 0) -> tuple[int, ...]:
        """Return the shape of a tensor."""
        x = self.given(position)
        return tuple(x.shape) if isinstance(x, torch.Tensor) else ()

    def dims(self, position: int = 1, name: str = "dim") -> list[int] | None:
        """Return the axes of a reduction, ``None`` for all."""
        given = self.given(position, name)
        if given is None:
            return None
        return [given] if isinstance(given, int) else list(given)

    @property
    def scaled(self) -> Term:
        """The argument ``alpha``, which scales the second operand of sums."""
        return self.value(9, "alpha", 1)
