"""PyTorch: what asks whether numbers are finite, and casts to whole numbers and truth values."""

from __future__ import annotations

from collections.abc import Callable

import torch

from nos_sym.lift.term import Term
from nos_sym.lift.torch_call import Call

FINITE = "numbers are finite"
"""What is taken for granted where an original asks whether they are."""


def finite(value: int | None) -> Callable[[Call], Term]:
    """Return the handler of a test for infinities, which finite numbers answer; of a repair for ``None``."""

    def compute(c: Call) -> Term:
        c.tracer.recorder.note(FINITE)
        return c.tracer.of(c.given(0)) if value is None else c.make.number(value)

    return compute


def cast(c: Call) -> Term:
    """Return a tensor in another type: whole numbers are rounded towards zero."""
    x, dtype = c.given(0), c.kwargs.get("dtype")
    term = c.tracer.of(x)
    if dtype is None or not isinstance(x, torch.Tensor) or not x.is_floating_point() or term.is_number:
        return term
    if dtype.is_floating_point or dtype.is_complex:
        return term
    value = c.make.value(term)
    if dtype is torch.bool:
        return c.make.negation(c.make.compared("equal", value, c.make.zero))
    return c.make.mul(c.make.apply("sign", value), c.make.apply("floor", c.make.apply("abs", value)))
