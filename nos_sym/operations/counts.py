"""What a step knows of itself and of its parameter: counts, the learning rate, the shape; rounding of counts.

``t`` counts the steps of this parameter from 0, what bias corrections read; ``T`` is the number of steps of
the training. ``rows``, ``cols``, ``size`` and ``rank`` are those of the parameter: missing axes count
one, and the last two are rows and columns.
"""

from __future__ import annotations

import math
from typing import Any

from nos_sym.intervals import interval as iv
from nos_sym.intervals.interval import NONNEGATIVE, REALS, Interval
from nos_sym.language.kind import Kind
from nos_sym.language.operation import Meaning, Operation, Role
from nos_sym.language.registry import register

_COUNT = Interval(1, math.inf)


def _count(
    name: str, title: str, computes: str, kind: Kind, interval: Interval, reference: Any, **more: Any
) -> None:
    register(
        Operation(
            name=name,
            title=title,
            computes=computes,
            source="blocks",
            of_blocks=True,
            arity=0,
            role=Role.LEAF,
            kind=kind,
            meaning=Meaning(range=lambda: interval, reference=reference),
            **more,
        )
    )


_count("t", "step", "t", Kind.STEP, NONNEGATIVE, lambda xp, env: env.step, any_total=True)
_count("T", "steps of the training", "T", Kind.STEP, _COUNT, lambda xp, env: env.total_steps)
_count("lr", "learning rate", "lr", Kind.STEP, NONNEGATIVE, lambda xp, env: env.rate, any_total=True)
_count("momentum", "cycled momentum", "mu", Kind.STEP, REALS, lambda xp, env: env.momentum, any_total=True)
_count("size", "entries of the parameter", "size", Kind.SCALAR, _COUNT, lambda xp, env: env.weight.size)
_count("rank", "axes of the parameter", "rank", Kind.SCALAR, NONNEGATIVE, lambda xp, env: env.weight.ndim)
_count(
    "rows", "rows of the parameter", "rows", Kind.SCALAR, _COUNT,
    lambda xp, env: env.weight.shape[-2] if env.weight.ndim > 1 else 1,
)  # fmt: skip
_count(
    "cols", "columns of the parameter", "cols", Kind.SCALAR, _COUNT,
    lambda xp, env: env.weight.shape[-1] if env.weight.ndim else 1,
)  # fmt: skip
_count(
    "first_axis", "length of the first axis", "first_axis", Kind.SCALAR, _COUNT,
    lambda xp, env: env.weight.shape[0] if env.weight.ndim else 1,
)  # fmt: skip
_count(
    "second_axis", "length of the second axis", "second_axis", Kind.SCALAR, _COUNT,
    lambda xp, env: env.weight.shape[1] if env.weight.ndim > 1 else 1,
)  # fmt: skip


def _floor_range(x: Interval) -> Interval:
    low, high = (v if math.isinf(v) else float(math.floor(v)) for v in (x.low, x.high))
    return Interval(low, high, x.low_open and math.isinf(low), x.high_open and math.isinf(high))


def _mod_range(x: Interval, y: Interval) -> Interval:
    if not (x.nonnegative and y.low > 0):
        return REALS
    within = Interval(0, y.high)
    whole = _floor_range(iv.divide(x, y))
    if whole.low != whole.high:
        return within
    rest = iv.subtract(x, iv.multiply(whole, y))
    return Interval(max(rest.low, within.low), min(rest.high, within.high))


def _mod(xp: Any, x: Any, y: Any) -> Any:
    divisor = xp.where(y == 0, 1.0, y)
    # Not x - y floor(x/y), which is rounding alone where x is much larger than y.
    return xp.where(y == 0, x, xp.mod(x, divisor))


register(
    Operation(
        name="floor",
        title="rounding down",
        computes="the largest integer up to x",
        source="blocks",
        of_blocks=True,
        arity=1,
        role=Role.ELEMENTWISE,
        meaning=Meaning(range=_floor_range, reference=lambda xp, x: xp.floor(x)),
        noun="whole",
    )
)
register(
    Operation(
        name="mod",
        title="remainder",
        computes="x - y floor(x/y)",
        source="blocks",
        of_blocks=True,
        arity=2,
        role=Role.ELEMENTWISE,
        meaning=Meaning(range=_mod_range, reference=_mod),
        noun="remainder",
    )
)
