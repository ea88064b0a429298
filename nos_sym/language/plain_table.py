"""How SymPy's own functions write the operations, for calculus and for other tools."""

from __future__ import annotations

from typing import Any

from nos_sym.language.plain_form import plain


def _t(s: Any) -> Any:
    return s.Symbol("t", integer=True, nonnegative=True)


def _total(s: Any) -> Any:
    return s.Symbol("T", integer=True, positive=True)


plain("g", lambda s: s.Symbol("g", real=True))
plain("w", lambda s: s.Symbol("w", real=True))
plain("t", _t)
plain("T", _total)
plain("floor", lambda s, x: s.floor(x))
plain("p", lambda s: _t(s) / _total(s))
plain("r", lambda s: s.Mod(2 * _t(s), _total(s)) / _total(s))
plain("remaining", lambda s: 1 - (_t(s) + 1) / _total(s))
plain("cospi", lambda s, x: s.cos(s.pi * x))
plain("correction", lambda s, beta: 1 - beta ** (_t(s) + 1))
plain("id", lambda s, x: x)
plain("neg", lambda s, x: -x)
plain("ln", lambda s, x: s.log(s.Abs(x)))
plain("sqrt", lambda s, x: s.sqrt(s.Abs(x)))
plain("exp", lambda s, x: s.exp(x))
plain("abs", lambda s, x: s.Abs(x))
plain("erf", lambda s, x: s.erf(x))
plain("erfc", lambda s, x: s.erfc(x))
plain("arcsinh", lambda s, x: s.asinh(x))
plain("tanh", lambda s, x: s.tanh(x))
plain("arctan", lambda s, x: s.atan(x))
plain("recip", lambda s, x: 1 / x)
plain("i1e", lambda s, x: s.exp(-s.Abs(x)) * s.besseli(1, x))
plain("sign", lambda s, x: s.sign(x))
plain("sigmoid", lambda s, x: 1 / (1 + s.exp(-x)))
plain("dsoft", lambda s, x: 1 / (1 + s.Abs(x)))
plain("softplus", lambda s, x: s.log(1 + s.exp(x)))
plain("softsign", lambda s, x: x / (1 + s.Abs(x)))
plain("dtanh", lambda s, x: 1 - s.tanh(x) ** 2)
plain("dsig", lambda s, x: s.exp(-x) / (1 + s.exp(-x)) ** 2)
plain("add", lambda s, x, y: x + y)
plain("sub", lambda s, x, y: x - y)
plain("mul", lambda s, x, y: x * y)
plain("max", lambda s, x, y: s.Max(x, y))
plain("min", lambda s, x, y: s.Min(x, y))
plain("div", lambda s, x, y: x / y)
plain("rdiv", lambda s, x, y: x / s.sqrt(1 + y**2))
plain("clip", lambda s, x, y: s.Min(s.Max(x, -s.Abs(y)), s.Abs(y)))
plain("wmean", lambda s, x, y, weight: weight * x + (1 - weight) * y)
plain("abspow", lambda s, x, y: s.Abs(x) ** y)
plain("pow", lambda s, x, exponent: x**exponent)
plain("scale", lambda s, d, x: d * x)
