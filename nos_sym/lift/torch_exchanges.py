"""PyTorch: what processes exchange, where there is one: each gets what it gave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from nos_sym.lift.recorder import place
from nos_sym.lift.term import Term
from nos_sym.lift.torch_trace import Tracer

_IN_PLACE = frozenset(("allreduce_", "allreduce_coalesced_", "broadcast_", "reduce_", "barrier"))
"""Operations that leave the tensors of a single process as they are: sums, means and maxima of one."""
_COPIED = frozenset(
    ("allgather_", "_allgather_base_", "reduce_scatter_", "_reduce_scatter_base_", "gather_", "scatter_")
)
"""Operations whose first tensors become the second ones."""


def exchanged(tracer: Tracer, func: Any, args: Any, kwargs: Any) -> Any:
    """Run what processes do together, and give its results their terms.

    What a single process makes of it otherwise has no handler.
    """
    name = func._schema.name.partition("::")[2]
    given = [[*_tensors(x)] for x in args]
    given = [x for x in given if x]
    terms = [tracer.of(x) for x in given[-1]] if given else []
    out = func(*args, **kwargs)
    if name in _IN_PLACE or not given:
        return out
    made: list[Term]
    if name in _COPIED and len(given) == 2 and len(given[0]) == len(given[1]):
        made = terms
    else:
        made = [tracer.terms.opaque(f"c10d.{name} ({place()})") for _ in given[0]]
    for tensor, term in zip(given[0], made, strict=True):
        tracer.set(tensor, term)
    return out


def _tensors(x: Any) -> Iterator[torch.Tensor]:
    if isinstance(x, torch.Tensor):
        yield x
    elif isinstance(x, list | tuple):
        for y in x:
            yield from _tensors(y)
