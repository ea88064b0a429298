"""Binary operations (Table 4), integer powers, and the decay of an argument."""

from __future__ import annotations

from typing import Any

from nos_sym.intervals import interval as iv
from nos_sym.intervals.interval import Interval
from nos_sym.language.operation import Meaning, Operation, Parameter, Role
from nos_sym.language.registry import apply as node
from nos_sym.language.registry import complement, number, register
from nos_sym.language.singularity import DIVISION, POWER


def _binary(name: str, title: str, computes: str, **more: Any) -> Operation:
    more.setdefault("source", "Table 4")
    return register(
        Operation(name=name, title=title, computes=computes, arity=2, role=Role.ELEMENTWISE, **more)
    )


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
    meaning=Meaning(
        commutative=True,
        range=iv.add,
        reference=lambda xp, x, y: x + y,
    ),
    noun="total",
)
_binary(
    "sub",
    "difference",
    "x - y",
    standard=True,
    meaning=Meaning(
        range=iv.subtract,
        reference=lambda xp, x, y: x - y,
    ),
    noun="difference",
)
_binary(
    "mul",
    "product",
    "x * y",
    standard=True,
    meaning=Meaning(
        commutative=True,
        range=iv.multiply,
        reference=lambda xp, x, y: x * y,
    ),
    noun="product",
)
_binary(
    "max",
    "maximum",
    "max(x, y)",
    standard=True,
    meaning=Meaning(
        commutative=True,
        range=iv.maximum,
        reference=lambda xp, x, y: xp.maximum(x, y),
    ),
    noun="larger",
)
_binary(
    "min",
    "minimum",
    "min(x, y)",
    standard=True,
    meaning=Meaning(
        commutative=True,
        range=iv.minimum,
        reference=lambda xp, x, y: xp.minimum(x, y),
    ),
    noun="smaller",
)
_binary(
    "div",
    "quotient",
    "x / y",
    standard=True,
    meaning=Meaning(
        singularity=DIVISION,
        range=iv.divide,
        reference=lambda xp, x, y: xp.divide(x, y),
    ),
    noun="ratio",
)
_binary(
    "rdiv",
    "root quotient",
    "x / sqrt(1 + y^2)",
    meaning=Meaning(
        range=lambda x, y: iv.multiply(x, Interval(0, 1, True)),
        reference=lambda xp, x, y: x / xp.hypot(1.0, y),
        definition=lambda x, y: node(
            "div", x, node("sqrt", node("add", number(1), node("pow", y, exponent=2)))
        ),
    ),
    noun="ratio",
)
_binary(
    "clip",
    "clipping",
    "x clipped to [-|y|, |y|]",
    meaning=Meaning(
        range=_clip_range,
        reference=lambda xp, x, y: xp.minimum(xp.maximum(x, -xp.abs(y)), xp.abs(y)),
        definition=lambda x, y: node("min", node("max", x, node("neg", node("abs", y))), node("abs", y)),
    ),
    noun="clipped",
)
_binary(
    "wmean",
    "weighted mean",
    "weight * x + (1 - weight) * y",
    parameters=(Parameter("weight", 0, 1),),
    meaning=Meaning(
        range=lambda x, y, weight: x.hull(y),
        # The complement is exact for an exact weight.
        reference=lambda xp, x, y, weight: float(weight) * x + float(1 - weight) * y,
        definition=lambda x, y, weight: node(
            "add", node("mul", weight, x), node("mul", complement(weight), y)
        ),
    ),
    noun="mix",
)
_binary(
    "abspow",
    "power of the absolute value",
    "|x|^y",
    meaning=Meaning(
        absolute=True,
        singularity=POWER,
        range=iv.general_power,
        reference=lambda xp, x, y: xp.power(xp.abs(x), y),
    ),
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
        parameters=(Parameter("exponent", 2, 9, integer=True, literal=True),),
        standard=True,
        meaning=Meaning(
            range=lambda x, exponent: iv.integer_power(x, int(exponent)),
            reference=lambda xp, x, exponent: _repeated_product(x, int(exponent)),
        ),
        noun="square",
    )
)
register(
    Operation(
        name="scale",
        title="decay of an argument",
        computes="d(t) * x",
        source="Section 3.1.2",
        arity=2,
        role=Role.SCALE,
        standard=True,
        meaning=Meaning(
            range=iv.multiply,
            reference=lambda xp, d, x: d * x,
            definition=lambda d, x: node("mul", d, x),
        ),
        noun="decayed",
    )
)


def _repeated_product(x: Any, n: int) -> Any:
    # Repeated products, not a library pow: every backend computes the same bits.
    result = x
    for _ in range(n - 1):
        result = result * x
    return result
