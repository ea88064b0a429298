"""PyTorch: casts, tests for infinities, and what joins truth values."""

from __future__ import annotations

from collections.abc import Callable

import torch

from nos_sym.lift.algebra_of_terms import CONDITIONS
from nos_sym.lift.term import Term
from nos_sym.lift.torch_call import Call, UnknownOperation

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


def any_of(c: Call) -> Term:
    """Return whether a condition holds for some entry."""
    if c.condition(0).is_number:
        return c.condition(0)
    counted = c.tracer.reductions(c.shape()).reduced("sum", c.condition(0), c.shape(), c.dims())
    return c.make.compared("less", c.make.zero, counted)


def all_of(c: Call) -> Term:
    """Return whether a condition holds for every entry."""
    if c.condition(0).is_number:
        return c.condition(0)
    failing = c.make.negation(c.condition(0))
    counted = c.tracer.reductions(c.shape()).reduced("sum", failing, c.shape(), c.dims())
    return c.make.compared("equal", counted, c.make.zero)


def bits(operation: str) -> Callable[[Call], Term]:
    """Return the handler of ``&`` or ``|`` of conditions."""

    def compute(c: Call) -> Term:
        terms = [c.term(i) for i in range(len(c.args))]
        if any(x.operation not in CONDITIONS and not x.is_number for x in terms):
            raise UnknownOperation
        return (
            c.make.both(c.condition(0), c.condition(1))
            if operation == "and"
            else c.make.either(c.condition(0), c.condition(1))
        )

    return compute
