"""Elementwise operations of one argument (Table 3), and the sign (Table 2)."""

from __future__ import annotations

import math
from typing import Any

from nos_sym.intervals.floats import FLOATS
from nos_sym.intervals.functions import HALF_PI
from nos_sym.intervals.interval import (
    NONNEGATIVE,
    Interval,
    decreasing,
    i1e,
    increasing,
    negate,
    of_absolute,
    reciprocal,
)
from nos_sym.language.operation import Meaning, Monotone, Operation, Parity, Role
from nos_sym.language.registry import apply as node
from nos_sym.language.registry import number, register
from nos_sym.language.singularity import DIVISION, LOGARITHM

_POSITIVE = Interval(0, math.inf, True, True)
_BOTH_SIDES = Interval(-1, 1, True, True)


def unary(name: str, title: str, computes: str, **more: Any) -> Operation:
    """Register an elementwise operation of one argument, of Table 3 unless ``more`` says otherwise."""
    more.setdefault("source", "Table 3")
    more.setdefault("role", Role.ELEMENTWISE)
    return register(Operation(name=name, title=title, computes=computes, arity=1, **more))


unary(
    "id",
    "identity",
    "x",
    meaning=Meaning(
        parity=Parity.ODD,
        monotone=Monotone.INCREASING,
        range=lambda x: x,
        reference=lambda xp, x: x,
        definition=lambda x: x,
    ),
)
unary(
    "neg",
    "negation",
    "-x",
    standard=True,
    meaning=Meaning(
        parity=Parity.ODD,
        monotone=Monotone.DECREASING,
        range=negate,
        reference=lambda xp, x: -x,
    ),
    noun="opposite",
)
unary(
    "ln",
    "logarithm of the absolute value",
    "ln|x|",
    aliases=("log",),
    meaning=Meaning(
        parity=Parity.EVEN,
        absolute=True,
        singularity=LOGARITHM,
        range=of_absolute(increasing(FLOATS.log)),
        reference=lambda xp, x: xp.log(xp.abs(x)),
    ),
    noun="logarithm",
)
unary(
    "sqrt",
    "square root of the absolute value",
    "sqrt|x|",
    meaning=Meaning(
        parity=Parity.EVEN,
        absolute=True,
        range=of_absolute(increasing(FLOATS.sqrt, NONNEGATIVE)),
        reference=lambda xp, x: xp.sqrt(xp.abs(x)),
    ),
    noun="root",
)
unary(
    "exp",
    "exponential",
    "e^x",
    standard=True,
    meaning=Meaning(
        monotone=Monotone.INCREASING,
        range=increasing(FLOATS.exp, _POSITIVE),
        reference=lambda xp, x: xp.exp(x),
    ),
    noun="exponential",
)
unary(
    "abs",
    "absolute value",
    "|x|",
    standard=True,
    meaning=Meaning(
        parity=Parity.EVEN,
        range=lambda x: x.absolute(),
        reference=lambda xp, x: xp.abs(x),
    ),
    noun="magnitude",
)
unary(
    "erf",
    "error function",
    "erf(x)",
    standard=True,
    meaning=Meaning(
        parity=Parity.ODD,
        monotone=Monotone.INCREASING,
        range=increasing(FLOATS.erf, _BOTH_SIDES),
        reference=lambda xp, x: xp.erf(x),
    ),
    noun="erf",
)
unary(
    "erfc",
    "complementary error function",
    "1 - erf(x)",
    standard=True,
    meaning=Meaning(
        monotone=Monotone.DECREASING,
        range=decreasing(FLOATS.erfc, Interval(0, 2, True, True)),
        reference=lambda xp, x: xp.erfc(x),
    ),
    noun="erfc",
)
unary(
    "arcsinh",
    "inverse hyperbolic sine",
    "arcsinh(x)",
    standard=True,
    aliases=("asinh",),
    meaning=Meaning(
        parity=Parity.ODD,
        monotone=Monotone.INCREASING,
        range=increasing(FLOATS.arcsinh),
        reference=lambda xp, x: xp.arcsinh(x),
    ),
    noun="arcsinh",
)
unary(
    "tanh",
    "hyperbolic tangent",
    "tanh(x)",
    standard=True,
    meaning=Meaning(
        parity=Parity.ODD,
        monotone=Monotone.INCREASING,
        range=increasing(FLOATS.tanh, _BOTH_SIDES),
        reference=lambda xp, x: xp.tanh(x),
    ),
    noun="tanh",
)
unary(
    "arctan",
    "inverse tangent",
    "arctan(x)",
    standard=True,
    aliases=("atan",),
    meaning=Meaning(
        parity=Parity.ODD,
        monotone=Monotone.INCREASING,
        range=increasing(FLOATS.arctan, Interval(-HALF_PI, HALF_PI, True, True)),
        reference=lambda xp, x: xp.arctan(x),
    ),
    noun="arctan",
)
unary(
    "recip",
    "reciprocal",
    "1/x",
    meaning=Meaning(
        parity=Parity.ODD,
        singularity=DIVISION,
        range=reciprocal,
        reference=lambda xp, x: xp.divide(1.0, x),
        definition=lambda x: node("div", number(1), x),
    ),
    noun="reciprocal",
)
unary(
    "i1e",
    "scaled Bessel function",
    "e^-|x| I_1(x)",
    aliases=("bessel_i1e",),
    meaning=Meaning(
        parity=Parity.ODD,
        range=i1e,
        reference=lambda xp, x: xp.i1e(x),
    ),
    noun="bessel",
)
unary(
    "sign",
    "sign",
    "sign(x)",
    source="Table 2",
    standard=True,
    meaning=Meaning(
        parity=Parity.ODD,
        monotone=Monotone.INCREASING,
        range=lambda x: Interval(
            -1 if x.low < 0 else (1 if 0 not in x and x.low >= 0 else 0),
            1 if x.high > 0 else (-1 if 0 not in x and x.high <= 0 else 0),
        ),
        reference=lambda xp, x: xp.sign(x),
    ),
    noun="sign",
)
