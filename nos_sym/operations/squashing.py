"""Elementwise operations that squash their argument, and their derivatives (Tables 3 and 6)."""

from __future__ import annotations

import math
from typing import Any

from sympy.core.basic import Basic

from nos_sym.intervals.floats import FLOATS
from nos_sym.intervals.interval import Interval, decreasing, increasing, of_absolute
from nos_sym.language.operation import Meaning, Monotone, Parity
from nos_sym.language.registry import apply as node
from nos_sym.language.registry import number
from nos_sym.operations.elementwise import unary

_POSITIVE = Interval(0, math.inf, True, True)
_OPEN_UNIT = Interval(0, 1, True, True)
_BOTH_SIDES = Interval(-1, 1, True, True)


def _sech_squared(x: float) -> float:
    """Return ``1 - tanh(x)^2`` without cancellation."""
    return 1 / math.cosh(x) ** 2 if abs(x) < 350 else 0.0


def _dtanh(xp: Any, x: Any) -> Any:
    """Return ``1 - tanh(x)^2`` without cancellation, over arrays or numbers."""
    e = xp.exp(-2 * xp.abs(x))
    return 4 * e / (1 + e) ** 2


def _one_plus(x: Basic) -> Basic:
    return node("add", number(1), x)


unary(
    "sigmoid",
    "sigmoid",
    "1/(1 + e^-x)",
    aliases=("sig",),
    meaning=Meaning(
        monotone=Monotone.INCREASING,
        range=increasing(FLOATS.sigmoid, _OPEN_UNIT),
        reference=lambda xp, x: xp.sigmoid(x),
    ),
    noun="gate",
)
unary(
    "dsoft",
    "softsign derivative shape",
    "1/(1 + |x|)",
    aliases=("deriv_soft",),
    meaning=Meaning(
        parity=Parity.EVEN,
        range=of_absolute(decreasing(lambda x: 1 / (1 + x), Interval(0, 1, True))),
        reference=lambda xp, x: 1 / (1 + xp.abs(x)),
        definition=lambda x: node("div", number(1), _one_plus(node("abs", x))),
    ),
    noun="damping",
)
unary(
    "softplus",
    "softplus",
    "ln(1 + e^x)",
    meaning=Meaning(
        monotone=Monotone.INCREASING,
        range=increasing(FLOATS.softplus, _POSITIVE),
        reference=lambda xp, x: xp.softplus(x),
    ),
    noun="softplus",
)
unary(
    "softsign",
    "softsign",
    "x/(1 + |x|)",
    meaning=Meaning(
        parity=Parity.ODD,
        monotone=Monotone.INCREASING,
        range=increasing(lambda x: math.copysign(1, x) if math.isinf(x) else x / (1 + abs(x)), _BOTH_SIDES),
        reference=lambda xp, x: x / (1 + xp.abs(x)),
        definition=lambda x: node("div", x, _one_plus(node("abs", x))),
    ),
    noun="softsign",
)
unary(
    "dtanh",
    "hyperbolic tangent derivative",
    "1 - tanh(x)^2",
    source="Table 6",
    aliases=("deriv_tanh",),
    meaning=Meaning(
        parity=Parity.EVEN,
        range=of_absolute(decreasing(_sech_squared, Interval(0, 1, True))),
        reference=_dtanh,
        definition=lambda x: node("sub", number(1), node("pow", node("tanh", x), exponent=2)),
    ),
    noun="dtanh",
)
unary(
    "dsig",
    "sigmoid derivative",
    "sigmoid(x) * sigmoid(-x)",
    source="Table 6",
    aliases=("deriv_sig",),
    meaning=Meaning(
        parity=Parity.EVEN,
        range=of_absolute(
            decreasing(lambda x: FLOATS.sigmoid(x) * FLOATS.sigmoid(-x), Interval(0, 0.25, True))
        ),
        reference=lambda xp, x: xp.sigmoid(x) * xp.sigmoid(-x),
        definition=lambda x: node("mul", node("sigmoid", x), node("sigmoid", node("neg", x))),
    ),
    # s (1 - s) with no cancellation in 1 - s.
    noun="dsig",
)
