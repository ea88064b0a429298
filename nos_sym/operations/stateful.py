"""States (Table 5), dropout and clipping by norm (Table 3): they see more than one element of one step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nos_sym.intervals import interval as iv
from nos_sym.intervals.exact import fraction_of
from nos_sym.intervals.interval import Interval
from nos_sym.language.operation import Meaning, Operation, Parameter, Recursion, Role
from nos_sym.language.registry import apply as node
from nos_sym.language.registry import register

_BETA = Parameter("beta", 0, 1, high_open=True, setting="beta")
_ZERO = iv.point(0.0)


def state(name: str, title: str, computes: str, **more: Any) -> Operation:
    """Register a state-holding operation of one operand, of Table 5 unless ``more`` says otherwise."""
    more.setdefault("source", "Table 5")
    return register(Operation(name=name, title=title, computes=computes, arity=1, role=Role.STATE, **more))


state(
    "ema",
    "exponential moving average",
    "m <- beta m + (1 - beta) x, m_0 = 0",
    source="Section 3.1",
    parameters=(_BETA,),
    state=Recursion(step=lambda previous, x, beta: node("wmean", previous, x, weight=beta), letter="average"),
    noun="average",
)
state(
    "ema_hat",
    "bias corrected average",
    "ema(x, beta) / (1 - beta^(t+1))",
    parameters=(replace(_BETA, fixed="1 - beta^(t+1) corrects no other average, so write ema(x, beta)"),),
    meaning=Meaning(
        # A weighted mean of what x was, so that its range is that of x and not that of the quotient.
        range=lambda x, beta: x,
        definition=lambda x, beta: node("div", node("ema", x, beta=beta), node("correction", beta=beta)),
    ),
    noun="average_hat",
)
state(
    "delta",
    "alternating difference",
    "n <- x - n, n_0 = 0",
    state=Recursion(step=lambda previous, x: node("sub", x, previous), letter="delta"),
    noun="delta",
)
state(
    "running_max",
    "running maximum",
    "n <- max(x, n), n_0 = 0",
    state=Recursion(step=lambda previous, x: node("max", x, previous), letter="peak"),
    noun="peak",
)
register(
    Operation(
        name="drop",
        title="dropout",
        computes="0 with probability rate, else x / (1 - rate)",
        source="Table 3",
        arity=1,
        role=Role.RANDOM,
        parameters=(
            Parameter("rate", 0, 1, high_open=True, literal=True),
            Parameter("draw", 0, 999, integer=True, literal=True),
        ),
        optional=True,
        meaning=Meaning(
            range=lambda x, rate, draw: iv.multiply(x, iv.reciprocal(iv.number(fraction_of(1 - rate)))).hull(
                _ZERO
            ),
            reference=lambda xp, uniform, x, rate, draw: xp.where(
                uniform < float(rate), 0.0, x / float(1 - rate)
            ),
        ),
        noun="kept",
    )
)


def _clip_norm_range(x: Interval) -> Interval:
    if x.can_be_negative:
        return iv.minimum(iv.maximum(x, Interval(-1, 0)), Interval(0, 1))
    return iv.minimum(x, Interval(0, 1))


def _clipped_by_norm(xp: Any, x: Any) -> Any:
    """Return ``x / max(1, |x|_2)`` without squares of large numbers."""
    scale = xp.maximum(1.0, xp.peak(x))
    x = x / scale
    return x / xp.maximum(1 / scale, xp.norm2(x))


register(
    Operation(
        name="clip_norm",
        title="clipping by norm",
        computes="x / max(1, L2 norm of the tensor x)",
        source="Table 3",
        arity=1,
        role=Role.REDUCTION,
        meaning=Meaning(range=_clip_norm_range, reference=_clipped_by_norm),
        digest="norm",
        noun="clipped_by_norm",
    )
)
