"""The 20 operands of Table 2, as expressions over the gradient, the weights and averages."""

from __future__ import annotations

from sympy.core.basic import Basic

from nos_sym.language.operands import QUASI_HYPERBOLIC, Operand, name_operand, quasi_hyperbolic
from nos_sym.language.registry import apply as node
from nos_sym.language.registry import number


def gradient_power(n: int) -> Basic:
    """Return ``g^n``, with ``g`` itself for n = 1."""
    return node("g") if n == 1 else node("pow", node("g"), exponent=n)


V_HAT = node("ema_hat", gradient_power(1), beta="0.9")
S_HAT = node("ema_hat", gradient_power(2), beta="0.99")
LAM_HAT = node("ema_hat", gradient_power(3), beta="0.999")
for _name, _power, _average in (("qhm", 1, V_HAT), ("qhm2", 2, S_HAT), ("qhm3", 3, LAM_HAT)):
    QUASI_HYPERBOLIC[_name] = gradient_power(_power), _average


def _aggregated(n: int, beta: str, mean: str) -> Basic:
    """Return the mean over damping factors b of ``b v - g^n``, which is ``mean(b) v - g^n``."""
    average = node("ema", gradient_power(n), beta=beta)
    return node("sub", node("mul", number(mean), average), gradient_power(n))


def _decayed_weights(factor: str) -> Basic:
    return node("mul", number(factor), node("w"))


# The means are those of {0, 0.9, 0.999}, {0, 0.99, 0.999} and {0, 0.999, 0.9999}.
for _operand in (
    Operand("g", "g", gradient_power(1), "gradient"),
    Operand(None, "g^2", gradient_power(2), "squared gradient"),
    Operand(None, "g^3", gradient_power(3), "cubed gradient"),
    Operand("v_hat", "v hat", V_HAT, "bias-corrected average of g, beta 0.9"),
    Operand("s_hat", "s hat", S_HAT, "bias-corrected average of g^2, beta 0.99"),
    Operand("lam_hat", "lam hat", LAM_HAT, "bias-corrected average of g^3, beta 0.999"),
    Operand(None, "1", number(1), "ones"),
    Operand(None, "2", number(2), "twos"),
    Operand(None, "10-6w", _decayed_weights("1e-6"), "weight decay 1e-6"),
    Operand(None, "10-5w", _decayed_weights("1e-5"), "weight decay 1e-5"),
    Operand(None, "10-4w", _decayed_weights("1e-4"), "weight decay 1e-4"),
    Operand(None, "10-3w", _decayed_weights("1e-3"), "weight decay 1e-3"),
    Operand(None, "sign(g)", node("sign", node("g")), "sign of the gradient"),
    Operand(None, "sign(v hat)", node("sign", V_HAT), "sign of the average"),
    Operand(None, "((1-0.7)*g+0.7*v hat)", quasi_hyperbolic("qhm", "0.7"), "0.3 g + 0.7 v_hat"),
    Operand(None, "((1-0.95)*g^2+0.95*s hat)", quasi_hyperbolic("qhm2", "0.95"), "0.05 g^2 + 0.95 s_hat"),
    # The log prints g^2 here; the program computes g^3.
    Operand(None, "((1-0.99)*g^2+0.99*lam hat)", quasi_hyperbolic("qhm3", "0.99"), "0.01 g^3 + 0.99 lam_hat"),
    Operand("agg_v", "mean(beta*v-g)", _aggregated(1, "0.9", "0.633"), "aggregated momentum of g"),
    Operand("agg_s", "mean(beta*s-g^2)", _aggregated(2, "0.99", "0.663"), "aggregated momentum of g^2"),
    Operand(
        "agg_lam",
        "mean(beta*lam-g^3)",
        _aggregated(3, "0.999", "0.6663"),
        "aggregated momentum of g^3",
    ),
):
    name_operand(_operand)
