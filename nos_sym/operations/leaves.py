"""Leaves of the language: gradient, weights, and the basis of the scalar functions of the step.

The step ``t`` counts from 0 and T is the number of steps of the training; schedules (Table 7) are written
over ``p = t/T``, ``r = mod(2t, T)/T``, ``remaining = 1 - (t+1)/T`` and ``cospi``, which the language offers
too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from nos_sym.intervals.interval import Interval, cospi
from nos_sym.language.kind import Kind
from nos_sym.language.operation import Meaning, Operation, Parameter, Parity, Role
from nos_sym.language.registry import register

_HALF_OPEN = Interval(0, 1, False, True)
_POSITIVE = Interval(0, 1, True, False)


def _leaf(name: str, title: str, kind: Kind, **more: Any) -> Operation:
    return register(Operation(name=name, title=title, arity=0, role=Role.LEAF, kind=kind, **more))


_leaf(
    "g",
    "gradient",
    Kind.TENSOR,
    computes="g",
    source="Table 2",
    meaning=Meaning(reference=lambda xp, env: env.gradient),
)
_leaf(
    "w",
    "weight",
    Kind.TENSOR,
    computes="w",
    source="Table 2",
    meaning=Meaning(reference=lambda xp, env: env.weight),
)


def _basis(
    name: str, title: str, formula: str, interval: Interval, reference: Callable[..., Any]
) -> Operation:
    return _leaf(
        name,
        title,
        Kind.STEP,
        source="basis of Table 7",
        computes=formula,
        meaning=Meaning(range=lambda: interval, reference=reference),
    )


_basis("p", "progress", "t/T", _HALF_OPEN, lambda xp, env: env.step / env.total_steps)
_basis(
    "r",
    "restarted progress",
    "mod(2t, T)/T",
    _HALF_OPEN,
    lambda xp, env: (2 * env.step % env.total_steps) / env.total_steps,
)
_basis(
    "remaining",
    "remaining fraction",
    "1 - (t+1)/T",
    _HALF_OPEN,
    lambda xp, env: 1 - (env.step + 1) / env.total_steps,
)


register(
    Operation(
        name="cospi",
        title="cosine of pi",
        computes="cos(pi x)",
        source="basis of Table 7",
        arity=1,
        role=Role.ELEMENTWISE,
        meaning=Meaning(
            parity=Parity.EVEN,
            range=cospi,
            # The rest by 2 is exact, so that large numbers keep their place in the period.
            reference=lambda xp, x: xp.cos(math.pi * (xp.abs(x) % 2)),
        ),
        noun="cosine",
    )
)

register(
    Operation(
        name="correction",
        title="bias correction",
        computes="1 - beta^(t+1)",
        source="Section 3.1",
        arity=0,
        role=Role.LEAF,
        kind=Kind.STEP,
        parameters=(Parameter("beta", 0, 1, high_open=True, setting="beta"),),
        meaning=Meaning(
            range=lambda beta: _POSITIVE, reference=lambda xp, env, beta: 1 - beta ** (env.step + 1)
        ),
        noun="correction",
    )
)
