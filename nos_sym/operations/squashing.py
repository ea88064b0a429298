"""Elementwise operations that squash their argument, and their derivatives (Tables 3 and 6)."""

from __future__ import annotations

import math

from sympy.core.basic import Basic

from nos_sym.intervals.floats import FLOATS
from nos_sym.intervals.interval import Interval, decreasing, increasing, of_absolute
from nos_sym.language.operation import Parity
from nos_sym.language.registry import apply as node
from nos_sym.language.registry import number
from nos_sym.operations.elementwise import everywhere, unary

_POSITIVE = Interval(0, math.inf, True, True)
_OPEN_UNIT = Interval(0, 1, True, True)
_BOTH_SIDES = Interval(-1, 1, True, True)


def _sech_squared(x: float) -> float:
    """Return ``1 - tanh(x)^2`` without cancellation."""
    return 1 / math.cosh(x) ** 2 if abs(x) < 350 else 0.0


def _one_plus(x: Basic) -> Basic:
    return node("add", number(1), x)


unary(
    "sigmoid",
    "sigmoid",
    "1/(1 + e^-x)",
    latex=r"\sigma({0})",
    latex_definition=r"\sigma(x) = 1/(1 + e^{-x})",
    aliases=("sig",),
    interval=increasing(FLOATS.sigmoid, _OPEN_UNIT),
    reference=lambda xp, x: xp.sigmoid(x),
    sympy=lambda s, x: 1 / (1 + s.exp(-x)),
    spelling=everywhere(
        "sigmoid",
        jax="jax.nn.sigmoid({0})",
        math="1 / (1 + math.exp(-{0}))",
        math_unbounded="torch.sigmoid(torch.tensor({0}, dtype=torch.float64)).item()",
    ),
    authors="sig({0})",
    authors_decay="1/(1+exp(-{0})",
    noun="gate",
)
unary(
    "dsoft",
    "softsign derivative shape",
    "1/(1 + |x|)",
    latex=r"\frac{{1}}{{1 + {0:|product}}}",
    aliases=("deriv_soft",),
    parity=Parity.EVEN,
    interval=of_absolute(decreasing(lambda x: 1 / (1 + x), Interval(0, 1, True))),
    reference=lambda xp, x: 1 / (1 + xp.abs(x)),
    sympy=lambda s, x: 1 / (1 + s.Abs(x)),
    definition=lambda x: node("div", number(1), _one_plus(node("abs", x))),
    authors="1/(1+|{0}|)",
    authors_decay="deriv_soft({0})",
    noun="damping",
)
unary(
    "softplus",
    "softplus",
    "ln(1 + e^x)",
    latex=r"\ln(1 + \exp({0}))",
    interval=increasing(FLOATS.softplus, _POSITIVE),
    reference=lambda xp, x: xp.softplus(x),
    sympy=lambda s, x: s.log(1 + s.exp(x)),
    # The default threshold of 20 is off by 1e-10 in float64; at 40 the linear branch is exact.
    spelling={
        "torch": "torch.nn.functional.softplus({0}, threshold=40)",
        "tensorflow": "tf.math.softplus({0})",
        "keras": "ops.logaddexp({0}, 0.0)",
        "jax": "jax.nn.softplus({0})",
        "math": "math.log1p(math.exp({0}))",
        "math_unbounded": "max({0}, 0) + math.log1p(math.exp(-abs({0})))",
    },
    authors="ln(|1+exp({0})|)",
    noun="softplus",
)
unary(
    "softsign",
    "softsign",
    "x/(1 + |x|)",
    latex=r"\operatorname{{softsign}}({0})",
    latex_definition=r"\operatorname{softsign}(x) = x/(1 + \lvert x \rvert)",
    parity=Parity.ODD,
    interval=increasing(lambda x: math.copysign(1, x) if math.isinf(x) else x / (1 + abs(x)), _BOTH_SIDES),
    reference=lambda xp, x: x / (1 + xp.abs(x)),
    sympy=lambda s, x: x / (1 + s.Abs(x)),
    definition=lambda x: node("div", x, _one_plus(node("abs", x))),
    authors="{0}/(1+|{0}|)",
    authors_decay="{0}/(1+|{0}|)",
    noun="softsign",
)
unary(
    "dtanh",
    "hyperbolic tangent derivative",
    "1 - tanh(x)^2",
    source="Table 6",
    latex=r"1 - \tanh^2({0})",
    aliases=("deriv_tanh",),
    parity=Parity.EVEN,
    interval=of_absolute(decreasing(_sech_squared, Interval(0, 1, True))),
    reference=lambda xp, x: 1 - xp.tanh(x) ** 2,
    sympy=lambda s, x: 1 - s.tanh(x) ** 2,
    definition=lambda x: node("sub", number(1), node("pow", node("tanh", x), exponent=2)),
    authors_decay="deriv_tanh({0})",
    noun="dtanh",
)
unary(
    "dsig", "sigmoid derivative", "sigmoid(x) * sigmoid(-x)", source="Table 6",
    latex=r"\sigma'({0})", latex_definition=r"\sigma'(x) = e^{-x}/(1 + e^{-x})^2",
    aliases=("deriv_sig",), parity=Parity.EVEN,
    interval=of_absolute(
        decreasing(lambda x: FLOATS.sigmoid(x) * FLOATS.sigmoid(-x), Interval(0, 0.25, True))
    ),
    reference=lambda xp, x: xp.sigmoid(x) * xp.sigmoid(-x),
    sympy=lambda s, x: s.exp(-x) / (1 + s.exp(-x)) ** 2,
    # s (1 - s) with no cancellation in 1 - s.
    definition=lambda x: node("mul", node("sigmoid", x), node("sigmoid", node("neg", x))),
    authors_decay="deriv_sig({0})", noun="dsig",
)  # fmt: skip
