"""States (Table 5), dropout and clipping by norm (Table 3): they see more than one element of one step."""

from __future__ import annotations

from typing import Any

from nos_sym.intervals import interval as iv
from nos_sym.intervals.interval import REALS, Interval
from nos_sym.language.operation import Operation, Parameter, Role
from nos_sym.language.registry import register

_BETA = Parameter("beta", 0, 1, high_open=True)
_ZERO = iv.point(0.0)


def _state(name: str, title: str, computes: str, **more: Any) -> Operation:
    return register(Operation(name=name, title=title, computes=computes, arity=1, role=Role.STATE, **more))


_state(
    "ema",
    "exponential moving average",
    "m <- beta m + (1 - beta) x, m_0 = 0",
    source="Section 3.1",
    parameters=(_BETA,),
    latex=r"\operatorname{{ema}}_{{{beta}}}({0})",
    latex_definition=r"{beta}\,{previous} + {co_beta}\,{0:product}",
    interval=lambda x, beta: x.hull(_ZERO),
    reference=lambda xp, m, x, beta: float(beta) * m + float(1 - beta) * x,
    sympy=lambda s, x, beta: s.Function("ema")(x, beta),
    spelling={
        "torch": "torch.lerp({0}, {1}, {2})",  # whose printer takes 1 - beta
        "tensorflow": "{2} * {0} + (1 - {2}) * {1}",
        "keras": "{2} * {0} + (1 - {2}) * {1}",
        "jax": "{2} * {0} + (1 - {2}) * {1}",
    },
    noun="average",
)
_state(
    "ema_hat",
    "bias corrected average",
    "ema(x, beta) / (1 - beta^(t+1))",
    source="Table 5",
    parameters=(_BETA,),
    latex=r"\widehat{{\operatorname{{ema}}}}_{{{beta}}}({0})",
    latex_definition=r"{beta}\,{previous} + {co_beta}\,{0:product}",
    interval=lambda x, beta: x,
    reference=lambda xp, m, x, beta: float(beta) * m + float(1 - beta) * x,
    sympy=lambda s, x, beta: s.Function("ema_hat")(x, beta),
    authors="expMovAvg({0})",
    authors_values=("0.95",),
    noun="average_hat",
)
_state(
    "delta",
    "alternating difference",
    "n <- x - n, n_0 = 0",
    source="Table 5",
    latex=r"\operatorname{{delta}}({0})",
    latex_definition=r"{0} - {previous}",
    interval=lambda x: REALS,
    reference=lambda xp, n, x: x - n,
    sympy=lambda s, x: s.Function("delta")(x),
    authors="deltaChange({0})",
    noun="delta",
)
_state(
    "running_max",
    "running maximum",
    "n <- max(x, n), n_0 = 0",
    source="Table 5",
    latex=r"\operatorname{{runmax}}({0})",
    latex_definition=r"\max({0}, {previous})",
    interval=lambda x: iv.maximum(x, _ZERO),
    reference=lambda xp, n, x: xp.maximum(x, n),
    sympy=lambda s, x: s.Function("running_max")(x),
    authors="MaxValue({0})",
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
            Parameter("rate", 0, 1, high_open=True),
            Parameter("draw", 0, 999, integer=True),
        ),
        optional=True,
        latex=r"\operatorname{{drop}}_{{{rate}}}^{{({draw})}}({0})",
        latex_definition=r"\operatorname{drop}_{q}^{(k)}(x) = \xi_k\,x/(1 - q), \quad \xi_k \in \{0, 1\}, "
        r"\quad \mathrm{P}(\xi_k = 0) = q",
        interval=lambda x, rate, draw: iv.multiply(x, iv.reciprocal(iv.number(1 - rate))).hull(_ZERO),
        reference=lambda xp, uniform, x, rate, draw: xp.where(
            uniform < float(rate), 0.0, x / float(1 - rate)
        ),
        sympy=lambda s, x, rate, draw: s.Function("drop")(x, rate, draw),
        spelling={
            "torch": "torch.where({1} < {rate}, 0.0, {0} / {keep})",
            "tensorflow": "tf.where({1} < {rate}, tf.zeros_like({0}), {0} / {keep})",
            "keras": "ops.where({1} < {rate}, 0.0, {0} / {keep})",
            "jax": "jnp.where({1} < {rate}, 0.0, {0} / {keep})",
        },
        authors="drop({0}, {rate})",
        authors_values=("0.5", "0.3", "0.1"),
        noun="kept",
    )
)
register(
    Operation(
        name="norm", title="clipping by norm", computes="x / max(1, L2 norm of the tensor x)",
        source="Table 3", arity=1, role=Role.REDUCTION, latex=r"\operatorname{{norm}}({0})",
        latex_definition=r"\operatorname{norm}(x) = x/\max(1, \lVert x \rVert_2)",
        interval=lambda x: iv.minimum(iv.maximum(x, Interval(-1, 0)), Interval(0, 1))
        if x.can_be_negative
        else iv.minimum(x, Interval(0, 1)),
        reference=lambda xp, x: x / xp.maximum(1.0, xp.norm2(x)),
        sympy=lambda s, x: s.Function("norm")(x),
        spelling={
            "torch": "{0} / torch.clamp(torch.linalg.vector_norm({0}), min=1)",
            "tensorflow": "{0} / tf.maximum(tf.norm({0}), 1)",
            "keras": "{0} / ops.maximum(ops.norm({0}), 1)",
            "jax": "{0} / jnp.maximum(jnp.linalg.norm({0}), 1)",
        },
        authors="norm({0})", noun="normed",
    )
)  # fmt: skip
