"""The functions of the registry's references over Python floats, with IEEE 754 results instead of exceptions.

NumPy offers the same names over arrays (see :mod:`nos_sym.program.interpreter`). This module serves range
analysis and constant folding, which run on every ``nos-sym render`` and must not import NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace

from nos_sym.intervals.bessel import i1e

TINY = 1e-30
"""Magnitude below which a logarithm takes a number for this one; see :mod:`nos_sym.language.singularity`."""


def _total(f: Callable[[float], float], at_inf: float, at_minus_inf: float) -> Callable[..., float]:
    """Extend ``f`` to infinities and NaN, with an overflow giving the limit at infinity."""

    def extended(x: float) -> float:
        if math.isnan(x):
            return math.nan
        if math.isinf(x):
            return at_inf if x > 0 else at_minus_inf
        try:
            return f(x)
        except OverflowError:
            return at_inf if x > 0 else at_minus_inf

    return extended


def _log(x: float) -> float:
    if x == 0:
        return -math.inf
    return math.log(x) if x > 0 else math.nan


def _divide(x: float, y: float) -> float:
    if y != 0:
        return x / y
    if x == 0 or math.isnan(x):
        return math.nan
    return math.copysign(math.inf, x) * math.copysign(1.0, y)


def _power(x: float, y: float) -> float:
    try:
        return float(math.pow(x, y))
    except OverflowError:
        return math.inf
    except ValueError:  # 0 to a negative power
        return math.inf if x == 0 else math.nan


def _maximum(x: float, y: float) -> float:
    return math.nan if math.isnan(x) or math.isnan(y) else max(x, y)


def _minimum(x: float, y: float) -> float:
    return math.nan if math.isnan(x) or math.isnan(y) else min(x, y)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _sign(x: float) -> float:
    return x if x == 0 or math.isnan(x) else math.copysign(1.0, x)


class _Functions(SimpleNamespace):
    """Functions by name; what is not listed is NumPy's, or SciPy's special function, of that name."""

    def __getattr__(self, name: str) -> Callable[..., float]:
        # Only plug-ins need more than is listed.
        import numpy as np
        import scipy.special

        found = getattr(np, name, None) or getattr(scipy.special, name, None)
        if found is None:
            raise AttributeError(f"neither NumPy nor SciPy has a function '{name}'")

        def function(*arguments: float) -> float:
            with np.errstate(all="ignore"):
                return float(found(*map(np.float64, arguments)))

        return function


FLOATS = _Functions(
    abs=abs,
    sqrt=_total(math.sqrt, math.inf, math.nan),
    exp=_total(math.exp, math.inf, 0.0),
    log=_total(_log, math.inf, math.nan),
    sigmoid=_total(_sigmoid, 1.0, 0.0),
    softplus=_total(lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))), math.inf, 0.0),
    erf=_total(math.erf, 1.0, -1.0),
    erfc=_total(math.erfc, 0.0, 2.0),
    arcsinh=_total(math.asinh, math.inf, -math.inf),
    tanh=_total(math.tanh, 1.0, -1.0),
    arctan=_total(math.atan, math.pi / 2, -math.pi / 2),
    cos=_total(math.cos, math.nan, math.nan),
    i1e=i1e,
    sign=_sign,
    maximum=_maximum,
    minimum=_minimum,
    hypot=math.hypot,
    divide=_divide,
    power=_power,
    where=lambda condition, x, y: x if condition else y,
    tiny=lambda x: TINY,
)
"""The namespace that references take as their first argument."""
