"""Elementwise operations of one argument (Table 3), and the sign (Table 2)."""

from __future__ import annotations

import math
from typing import Any

from nos_sym.intervals.floats import FLOATS
from nos_sym.intervals.interval import (
    NONNEGATIVE,
    Interval,
    decreasing,
    increasing,
    negate,
    of_absolute,
    reciprocal,
)
from nos_sym.language.operation import Guard, Operation, Parity, Role
from nos_sym.language.registry import apply as node
from nos_sym.language.registry import number, register

_POSITIVE = Interval(0, math.inf, True, True)
_BOTH_SIDES = Interval(-1, 1, True, True)
_I1E_PEAK = math.nextafter(0.2191, 1)
_I1E_TOP = 1.5
"""i1e rises up to its maximum 0.21905 at x = 1.5451 and falls from there."""


def unary(name: str, title: str, computes: str, **more: Any) -> Operation:
    """Register an elementwise operation of one argument, of Table 3 unless ``more`` says otherwise."""
    more.setdefault("source", "Table 3")
    more.setdefault("role", Role.ELEMENTWISE)
    return register(Operation(name=name, title=title, computes=computes, arity=1, **more))


def everywhere(function: str, **other: str) -> dict[str, str]:
    """Return the spelling of a function that torch, tf.math, keras.ops, jax.numpy and math call the same."""
    spelling = {
        "torch": f"torch.{function}({{0}})",
        "tensorflow": f"tf.math.{function}({{0}})",
        "keras": f"ops.{function}({{0}})",
        "jax": f"jnp.{function}({{0}})",
        "math": f"math.{function}({{0}})",
    }
    return spelling | other


def _i1e_range(x: Interval) -> Interval:
    if x.low >= 0 and x.high <= _I1E_TOP:
        return increasing(FLOATS.i1e, Interval(0, _I1E_PEAK))(x)
    peak = Interval(-_I1E_PEAK, _I1E_PEAK)
    if x.nonnegative:
        return Interval(0, _I1E_PEAK, x.low_open or x.low > 0)
    return Interval(-_I1E_PEAK, 0, False, x.high_open or x.high < 0) if x.high <= 0 else peak


unary(
    "id",
    "identity",
    "x",
    latex="{0}",
    parity=Parity.ODD,
    interval=lambda x: x,
    reference=lambda xp, x: x,
    sympy=lambda s, x: x,
    definition=lambda x: x,
    authors="id({0})",
    authors_decay="id({0})",
)
unary(
    "neg",
    "negation",
    "-x",
    standard=True,
    latex="-{0:product}",
    parity=Parity.ODD,
    interval=negate,
    reference=lambda xp, x: -x,
    sympy=lambda s, x: -x,
    authors="-({0})",
    noun="opposite",
)
unary(
    "ln",
    "logarithm of the absolute value",
    "ln|x|",
    latex=r"\ln{0:|call}",
    aliases=("log",),
    parity=Parity.EVEN,
    absolute=True,
    guard=Guard.LOGARITHM,
    interval=of_absolute(increasing(FLOATS.log)),
    reference=lambda xp, x: xp.log(xp.abs(x)),
    sympy=lambda s, x: s.log(s.Abs(x)),
    spelling=everywhere(
        "log",
        torch_guarded="torch.log(torch.clamp({0}, min=1e-30))",
        tensorflow_guarded="tf.math.log(tf.maximum({0}, 1e-30))",
        keras_guarded="ops.log(ops.maximum({0}, 1e-30))",
        jax_guarded="jnp.log(jnp.maximum({0}, 1e-30))",
        math_guarded="math.log(max({0}, 1e-30))",
    ),
    authors="ln(|{0}|)",
    noun="logarithm",
)
unary(
    "sqrt",
    "square root of the absolute value",
    "sqrt|x|",
    latex=r"\sqrt{{{0:|}}}",
    parity=Parity.EVEN,
    absolute=True,
    interval=of_absolute(increasing(FLOATS.sqrt, NONNEGATIVE)),
    reference=lambda xp, x: xp.sqrt(xp.abs(x)),
    sympy=lambda s, x: s.sqrt(s.Abs(x)),
    spelling=everywhere("sqrt"),
    authors="sqrt(|{0}|)",
    authors_decay="sqrt({0})",
    noun="root",
)
unary(
    "exp",
    "exponential",
    "e^x",
    standard=True,
    latex=r"\exp({0})",
    interval=increasing(FLOATS.exp, _POSITIVE),
    reference=lambda xp, x: xp.exp(x),
    sympy=lambda s, x: s.exp(x),
    spelling=everywhere("exp", math_unbounded="torch.exp(torch.tensor({0}, dtype=torch.float64)).item()"),
    authors="exp({0})",
    noun="exponential",
)
unary(
    "abs",
    "absolute value",
    "|x|",
    standard=True,
    latex=r"\lvert {0} \rvert",
    parity=Parity.EVEN,
    interval=lambda x: x.absolute(),
    reference=lambda xp, x: xp.abs(x),
    sympy=lambda s, x: s.Abs(x),
    spelling=everywhere("abs", math="abs({0})"),
    authors="|{0}|",
    noun="magnitude",
)
unary(
    "erf",
    "error function",
    "erf(x)",
    standard=True,
    latex=r"\operatorname{{erf}}({0})",
    parity=Parity.ODD,
    interval=increasing(FLOATS.erf, _BOTH_SIDES),
    reference=lambda xp, x: xp.erf(x),
    sympy=lambda s, x: s.erf(x),
    # TensorFlow's float64 erf squares its argument and gives NaN where that overflows; at 10 it is 1.
    spelling=everywhere(
        "erf",
        tensorflow_unbounded="tf.math.erf(tf.clip_by_value({0}, -10, 10))",
        keras_unbounded="ops.erf(ops.clip({0}, -10, 10))",
        jax="jax.scipy.special.erf({0})",
    ),
    authors="erf({0})",
    authors_decay="erf({0})",
    noun="erf",
)
unary(
    "erfc",
    "complementary error function",
    "1 - erf(x)",
    standard=True,
    latex=r"\operatorname{{erfc}}({0})",
    interval=decreasing(FLOATS.erfc, Interval(0, 2, True, True)),
    reference=lambda xp, x: xp.erfc(x),
    sympy=lambda s, x: s.erfc(x),
    spelling=everywhere("erfc", jax="jax.scipy.special.erfc({0})"),
    authors="erfc({0})",
    authors_decay="erfc({0})",
    noun="erfc",
)
unary(
    "arcsinh",
    "inverse hyperbolic sine",
    "arcsinh(x)",
    standard=True,
    latex=r"\operatorname{{arcsinh}}({0})",
    aliases=("asinh",),
    parity=Parity.ODD,
    interval=increasing(FLOATS.arcsinh),
    reference=lambda xp, x: xp.arcsinh(x),
    sympy=lambda s, x: s.asinh(x),
    # PyTorch without a compiler and TensorFlow without XLA compute it one number at a time.
    spelling=everywhere(
        "asinh", torch="asinh({0})", torch_plain="torch.asinh({0})",
        tensorflow="asinh({0})", tensorflow_step="tf.math.asinh({0})",
        keras="asinh({0})", keras_step="ops.arcsinh({0})", jax="jnp.arcsinh({0})",
    ),
    authors="arcsinh({0})",
    noun="arcsinh",
)  # fmt: skip
unary(
    "tanh",
    "hyperbolic tangent",
    "tanh(x)",
    standard=True,
    latex=r"\tanh({0})",
    parity=Parity.ODD,
    interval=increasing(FLOATS.tanh, _BOTH_SIDES),
    reference=lambda xp, x: xp.tanh(x),
    sympy=lambda s, x: s.tanh(x),
    # Twice as fast as PyTorch's own where it is compiled.
    spelling=everywhere("tanh", torch="tanhf({0})", torch_plain="torch.tanh({0})"),
    authors="tanh({0})",
    authors_decay="tanh({0})",
    noun="tanh",
)
unary(
    "arctan",
    "inverse tangent",
    "arctan(x)",
    standard=True,
    latex=r"\arctan({0})",
    aliases=("atan",),
    parity=Parity.ODD,
    interval=increasing(FLOATS.arctan, Interval(-math.pi / 2, math.pi / 2, True, True)),
    reference=lambda xp, x: xp.arctan(x),
    sympy=lambda s, x: s.atan(x),
    # XLA computes it one number at a time, compiled PyTorch slower than a polynomial.
    spelling=everywhere(
        "atan", torch="atan({0})", torch_plain="torch.atan({0})",
        keras="atan({0})", keras_step="ops.arctan({0})", jax="atan({0})", jax_step="jnp.arctan({0})",
    ),
    authors="arctan({0})",
    authors_decay="arctan({0})",
    noun="arctan",
)  # fmt: skip
unary(
    "recip",
    "reciprocal",
    "1/x",
    latex=r"\frac{{1}}{{{0}}}",
    parity=Parity.ODD,
    guard=Guard.QUOTIENT,
    interval=reciprocal,
    reference=lambda xp, x: xp.divide(1.0, x),
    sympy=lambda s, x: 1 / x,
    definition=lambda x: node("div", number(1), x),
    authors="1/({0})",
    noun="reciprocal",
)
unary(
    "i1e",
    "scaled bessel function",
    "e^-|x| I_1(x)",
    latex=r"\operatorname{{i1e}}({0})",
    latex_definition=r"\operatorname{i1e}(x) = e^{-\lvert x \rvert}\,I_1(x)",
    aliases=("bessel_i1e",),
    parity=Parity.ODD,
    interval=_i1e_range,
    reference=lambda xp, x: xp.i1e(x),
    sympy=lambda s, x: s.exp(-s.Abs(x)) * s.besseli(1, x),
    # Compiled PyTorch computes its own one number at a time; Keras has none.
    spelling={
        "torch": "i1e({0})",
        "torch_plain": "torch.special.i1e({0})",
        "torch_small": "i1e_small({0})",
        "tensorflow": "tf.math.bessel_i1e({0})",
        "keras": "i1e({0})",
        "jax": "jax.scipy.special.i1e({0})",
        "math": "torch.special.i1e(torch.tensor({0}, dtype=torch.float64)).item()",
    },
    authors="bessel_i1e({0})",
    authors_decay="bessel_i1e({0})",
    noun="bessel",
)
unary(
    "sign",
    "sign",
    "sign(x)",
    source="Table 2",
    standard=True,
    latex=r"\operatorname{{sign}}({0})",
    parity=Parity.ODD,
    interval=lambda x: Interval(
        -1 if x.low < 0 else (1 if 0 not in x and x.low >= 0 else 0),
        1 if x.high > 0 else (-1 if 0 not in x and x.high <= 0 else 0),
    ),
    reference=lambda xp, x: xp.sign(x),
    sympy=lambda s, x: s.sign(x),
    # torch.sign(NaN) is 0, which would hide a broken gradient in one backend only.
    spelling={
        "torch": "torch.where(torch.isnan({0}), {0}, torch.sign({0}))",
        "tensorflow": "tf.sign({0})",
        "keras": "ops.where(ops.isnan({0}), {0}, ops.sign({0}))",
        "jax": "jnp.sign({0})",
        "math": "({0} > 0) - ({0} < 0)",
    },
    noun="sign",
)
