"""Binary operations (Table 4), integer powers, and the decay of an argument."""

from __future__ import annotations

import math
from typing import Any

from nos_sym.intervals import interval as iv
from nos_sym.intervals.floats import FLOATS
from nos_sym.intervals.interval import NONNEGATIVE, Interval
from nos_sym.language.operation import Guard, Operation, Parameter, Role
from nos_sym.language.registry import apply as node
from nos_sym.language.registry import number, register


def _binary(name: str, title: str, computes: str, **more: Any) -> Operation:
    more.setdefault("source", "Table 4")
    return register(
        Operation(name=name, title=title, computes=computes, arity=2, role=Role.ELEMENTWISE, **more)
    )


def _power_range(x: Interval, y: Interval) -> Interval:
    base = x.absolute()
    if base.low <= 0 and y.can_be_negative:
        return NONNEGATIVE
    corners = [FLOATS.power(b, e) for b in (base.low, base.high) for e in (y.low, y.high)]
    if any(math.isnan(c) or math.isinf(c) for c in corners):
        return NONNEGATIVE
    low = max(0.0, math.nextafter(min(corners), -math.inf))
    return Interval(low, math.nextafter(max(corners), math.inf), low == 0 and 0 not in base)


def _integer_power_range(x: Interval, exponent: Any) -> Interval:
    n = int(exponent)
    image = iv.increasing(lambda v: FLOATS.power(v, n) if v >= 0 else -FLOATS.power(-v, n))
    return image(x) if n % 2 else iv.of_absolute(image)(x)


def _both_signs(bound: Interval) -> Interval:
    return Interval(-bound.high, bound.high, bound.high_open, bound.high_open)


def _clip_range(x: Interval, y: Interval) -> Interval:
    """``min(max(x, -|y|), |y|)``: the sign of x is kept, and zero only comes from a zero."""
    bound = y.absolute()
    clipped = iv.minimum(iv.maximum(x, iv.negate(bound)), bound)
    if x.nonnegative:
        return iv.minimum(x, bound)
    return clipped if clipped.within(_both_signs(bound)) else _both_signs(bound)


_binary(
    "add",
    "sum",
    "x + y",
    standard=True,
    latex="{0} + {1:sum}",
    commutative=True,
    interval=iv.add,
    reference=lambda xp, x, y: x + y,
    sympy=lambda s, x, y: x + y,
    authors="({0})+({1})",
    authors_decay="({0})+({1})",
    noun="total",
)
_binary(
    "sub",
    "difference",
    "x - y",
    standard=True,
    latex="{0} - {1:product}",
    interval=lambda x, y: iv.add(x, iv.negate(y)),
    reference=lambda xp, x, y: x - y,
    sympy=lambda s, x, y: x - y,
    authors="({0})-({1})",
    authors_decay="({0})-({1})",
    noun="difference",
)
_binary(
    "mul",
    "product",
    "x * y",
    standard=True,
    latex=r"{0:product}\,{1:product}",
    commutative=True,
    interval=iv.multiply,
    reference=lambda xp, x, y: x * y,
    sympy=lambda s, x, y: x * y,
    authors="({0})*({1})",
    authors_decay="({0})*({1})",
    noun="product",
)
_binary(
    "max",
    "maximum",
    "max(x, y)",
    standard=True,
    latex=r"\max({0}, {1})",
    commutative=True,
    interval=iv.maximum,
    reference=lambda xp, x, y: xp.maximum(x, y),
    sympy=lambda s, x, y: s.Max(x, y),
    spelling={
        "torch": "torch.maximum({0}, {1})",
        "torch_scalar": "torch.clamp({0}, min={1})",
        "tensorflow": "tf.maximum({0}, {1})",
        "keras": "ops.maximum({0}, {1})",
        "jax": "jnp.maximum({0}, {1})",
        "math": "max({0}, {1})",
    },
    authors="max({0}, {1})",
    authors_decay="max({0}, {1})",
    authors_literals=("0",),
    noun="larger",
)
_binary(
    "min",
    "minimum",
    "min(x, y)",
    standard=True,
    latex=r"\min({0}, {1})",
    commutative=True,
    interval=iv.minimum,
    reference=lambda xp, x, y: xp.minimum(x, y),
    sympy=lambda s, x, y: s.Min(x, y),
    spelling={
        "torch": "torch.minimum({0}, {1})",
        "torch_scalar": "torch.clamp({0}, max={1})",
        "tensorflow": "tf.minimum({0}, {1})",
        "keras": "ops.minimum({0}, {1})",
        "jax": "jnp.minimum({0}, {1})",
        "math": "min({0}, {1})",
    },
    authors="min({0}, {1})",
    authors_decay="min({0}, {1})",
    authors_literals=("0",),
    noun="smaller",
)
_binary(
    "div",
    "quotient",
    "x / y",
    standard=True,
    latex=r"\frac{{{0}}}{{{1}}}",
    guard=Guard.QUOTIENT,
    interval=lambda x, y: iv.multiply(x, iv.reciprocal(y)),
    reference=lambda xp, x, y: xp.divide(x, y),
    sympy=lambda s, x, y: x / y,
    spelling={
        "torch_guarded": "torch.where(torch.abs({1}) <= 1e-30, 0.0, {0} / {1})",
        "tensorflow_guarded": "tf.where(tf.abs({1}) <= 1e-30, tf.zeros_like({1}), {0} / {1})",
        "keras_guarded": "ops.where(ops.abs({1}) <= 1e-30, 0.0, {0} / {1})",
        "jax_guarded": "jnp.where(jnp.abs({1}) <= 1e-30, 0.0, {0} / {1})",
        "math_guarded": "0.0 if abs({1}) <= 1e-30 else {0} / {1}",
    },
    authors="({0}) / ({1})",
    authors_decay="({0}) / ({1})",
    noun="ratio",
)
_binary(
    "rdiv",
    "root quotient",
    "x / sqrt(1 + y^2)",
    latex=r"\frac{{{0}}}{{\sqrt{{1 + {1:atom}^2}}}}",
    interval=lambda x, y: iv.multiply(x, Interval(0, 1, True)),
    reference=lambda xp, x, y: x / xp.sqrt(1 + y * y),
    sympy=lambda s, x, y: x / s.sqrt(1 + y**2),
    definition=lambda x, y: node("div", x, node("sqrt", node("add", number(1), node("pow", y, exponent=2)))),
    authors="({0}) / (sqrt(1+({1})^2))",
    authors_decay="({0}) / (sqrt(1+({1})^2))",
    noun="ratio",
)
_binary(
    "clip",
    "clipping",
    "x clipped to [-|y|, |y|]",
    latex=r"\operatorname{{clip}}({0}, {1})",
    latex_definition=r"\operatorname{clip}(x, y) = \min(\max(x, -\lvert y \rvert), \lvert y \rvert)",
    interval=_clip_range,
    reference=lambda xp, x, y: xp.minimum(xp.maximum(x, -xp.abs(y)), xp.abs(y)),
    sympy=lambda s, x, y: s.Min(s.Max(x, -s.Abs(y)), s.Abs(y)),
    definition=lambda x, y: node("min", node("max", x, node("neg", node("abs", y))), node("abs", y)),
    authors="clip({0}, {1})",
    noun="clipped",
)
_binary(
    "wmean",
    "weighted mean",
    "weight * x + (1 - weight) * y",
    latex=r"{weight}\,{0:product} + {co_weight}\,{1:product}",
    parameters=(Parameter("weight", 0, 1),),
    interval=lambda x, y, weight: x.hull(y),
    reference=lambda xp, x, y, weight: float(weight) * x + float(1 - weight) * y,
    sympy=lambda s, x, y, weight: weight * x + (1 - weight) * y,
    definition=lambda x, y, weight: node(
        "add", node("mul", number(weight), x), node("mul", number(1 - weight), y)
    ),
    authors="(0.95*({0})+0.05*({1}))",
    authors_values=("0.95",),
    noun="mix",
)
_binary(
    "abspow",
    "power of the absolute value",
    "|x|^y",
    latex=r"{0:|atom}^{{{1}}}",
    absolute=True,
    guard=Guard.POWER,
    interval=_power_range,
    reference=lambda xp, x, y: xp.power(xp.abs(x), y),
    sympy=lambda s, x, y: s.Abs(x) ** y,
    spelling={
        "math_unbounded": "torch.pow(torch.tensor({0}, dtype=torch.float64), {1}).item()",
        "torch_guarded": "torch.where(({0} <= 1e-30) & ({1} < 0), 0.0, {0} ** {1})",
        "tensorflow_guarded": ("tf.where(({0} <= 1e-30) & ({1} < 0), tf.zeros_like({0} ** {1}), {0} ** {1})"),
        "keras_guarded": "ops.where(({0} <= 1e-30) & ({1} < 0), 0.0, {0} ** {1})",
        "jax_guarded": "jnp.where(({0} <= 1e-30) & ({1} < 0), 0.0, {0} ** {1})",
        "math_guarded": "0.0 if {0} <= 1e-30 and {1} < 0 else {0} ** {1}",
    },
    authors="(|{0}|)^({1})",
    noun="power",
)

register(
    Operation(
        name="pow",
        title="integer power",
        computes="x^n",
        source="Table 2",
        arity=1,
        role=Role.ELEMENTWISE,
        parameters=(Parameter("exponent", 2, 9, integer=True),),
        standard=True,
        latex="{0:atom}^{{{exponent}}}",
        interval=_integer_power_range,
        reference=lambda xp, x, exponent: _repeated_product(x, int(exponent)),
        sympy=lambda s, x, exponent: x**exponent,
        authors_decay="({0})^2",
        authors_values=("2",),
        noun="square",
    )
)
register(
    Operation(
        name="scale", title="decay of an argument", computes="d(t) * x", source="Section 3.1.2",
        arity=2, role=Role.SCALE, standard=True, latex=r"{0:product}\,{1:product}", interval=iv.multiply,
        reference=lambda xp, d, x: d * x, sympy=lambda s, d, x: d * x,
        authors="[{0}][{1}]", noun="decayed",
    )
)  # fmt: skip


def _repeated_product(x: Any, n: int) -> Any:
    # Repeated products, not a library pow: every backend computes the same bits.
    result = x
    for _ in range(n - 1):
        result = result * x
    return result
