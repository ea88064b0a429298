"""PyTorch: variances, extremes of both sides, and softmax, of which the language has the parts."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from nos_sym.lift.axes import UnknownReduction, split
from nos_sym.lift.deep_axes import DeepReductions
from nos_sym.lift.term import Term
from nos_sym.lift.torch_call import Call

Handler = Callable[[Call], "Term | list[Term]"]


def _reduced(c: Call, kind: str, x: Term, dims: list[int] | None) -> Term:
    return c.tracer.reductions(c.shape()).reduced(kind, x, c.shape(), dims)


def _count(c: Call, dims: list[int] | None) -> Term:
    """Return how many entries a reduction takes together."""
    own = c.tracer.reductions(c.shape())
    gone = prod(split(c.shape(), dims)[1])
    names = {own.size: "size"}
    if len(own.shape) == 2:
        names |= {own.shape[0]: "rows", own.shape[1]: "cols"}
    if gone not in names or gone == 1:
        raise UnknownReduction
    if isinstance(own, DeepReductions):
        if own is not c.tracer.reductions(c.tracer.own_shape):
            raise UnknownReduction
        return own.length(own.axes_of(split(c.shape(), dims)[1]))
    suffix = "" if own is c.tracer.reductions(c.tracer.own_shape) else "@"
    return c.tracer.terms.leaf(names[gone] + suffix)


def _variance(c: Call) -> tuple[Term, Term]:
    """Return variance and mean, with Bessel's correction where it is asked for."""
    make = c.make
    given = c.given(1, "dim")
    if isinstance(given, bool):
        dims, correction = None, int(given)
    else:
        dims = c.dims()
        unbiased = c.given(2, "unbiased")
        correction = c.kwargs.get("correction", 1 if unbiased is None else int(unbiased))
        correction = 1 if correction is None else correction
    x = c.value(0)
    mean = _reduced(c, "mean", x, dims)
    variance = _reduced(c, "mean", make.square(make.sub(x, mean)), dims)
    if correction:
        count = _count(c, dims)
        variance = make.mul(variance, make.div(count, make.sub(count, make.number(correction))))
    return variance, mean


def _deviation(c: Call) -> Term:
    return c.make.apply("sqrt", _variance(c)[0])


def _deviation_and_mean(c: Call) -> list[Term]:
    variance, mean = _variance(c)
    return [c.make.apply("sqrt", variance), mean]


def _extremes(c: Call) -> list[Term]:
    make, x, dims = c.make, c.value(0), c.dims(9)
    return [make.neg(_reduced(c, "max", make.neg(x), dims)), _reduced(c, "max", x, dims)]


def _softmax(c: Call) -> Term:
    """Return exponentials over their sum; that torch takes the maximum out first changes no value."""
    grown = c.make.apply("exp", c.value(0))
    return c.make.div(grown, _reduced(c, "sum", grown, c.dims()))


STATISTICS: dict[str, Handler] = {
    "var": lambda c: _variance(c)[0],
    "var_mean": lambda c: list(_variance(c)),
    "std": _deviation,
    "std_mean": _deviation_and_mean,
    "aminmax": _extremes,
    "_softmax": _softmax,
}
"""Handlers by the name of the operation."""
