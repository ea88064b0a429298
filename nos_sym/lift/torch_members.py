"""PyTorch: how many parameters there are, where the original's code asks for the length of a list of them."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any

import torch

from nos_sym.lift.scalars import Carrier, carrying
from nos_sym.lift.term import Term
from nos_sym.lift.torch_trace import Tracer
from nos_sym.lift.totals import count_of, totals_of


def counting(tracer: Tracer, members: Sequence[Any]) -> Callable[[Any], Any]:
    """Return a function ``len`` that knows a list with one entry for each parameter.

    Such a list has the parameters themselves, or what is the same of each: gradients, norms, pairs of them.
    Its length is the number of parameters, and no number of this run.

    Args:
        tracer: of the run.
        members: the parameters of the run.
    """

    def length(x: Any) -> Any:
        count = builtins.len(x)
        if count != builtins.len(members) or not isinstance(x, list | tuple | set | dict):
            return count
        listed = isinstance(x, list | tuple)
        if not (all(any(a is b for b in members) for a in x) or (listed and _alike(tracer, *x))):
            return count
        return carrying(count, count_of(tracer.terms), tracer.recorder)

    return length


def _alike(tracer: Tracer, x: Any, y: Any) -> bool:
    first, second = _term(tracer, x), _term(tracer, y)
    return first is not None and second is not None and totals_of(tracer.terms).are_members(first, second)


def _term(tracer: Tracer, x: Any) -> Term | None:
    while isinstance(x, list | tuple) and x:
        x = x[0]
    if isinstance(x, Carrier):
        return x.term
    return tracer.of(x) if isinstance(x, torch.Tensor) and tracer.has(x) else None
