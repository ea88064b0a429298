"""How each operation is written with the constructors of the kernel.

An operation has a *form*, a function from the canonical forms of its operands and its parameters to a
canonical form; or a definition in its record, which is made canonical in its place; or neither, and then it
is opaque (:mod:`nos_sym.algebra.kernel.opaque`): two occurrences are equal where their operands and
parameters are, and nothing else is known of them but what the record says.

A plug-in needs none of this. It may register a form where it has a better one::

    from nos_sym.algebra.forms import form

    form("cube", lambda x: power(x, 3))

name the identities that its form uses (:func:`nos_sym.algebra.identities.identity`), and state facts that a
record cannot say (:func:`nos_sym.algebra.kernel.state_facts`).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from nos_sym.algebra.kernel import (
    HALF,
    ONE,
    Poly,
    Transfer,
    absolute,
    add,
    alternating,
    atom,
    average,
    clip,
    constant,
    even_cosine,
    exponential,
    filtered,
    general_power,
    inverse,
    logarithm,
    maximum,
    minimum,
    mul,
    norm,
    note,
    odd,
    power,
    power_absolute,
    product,
    quotient,
    running_maximum,
    scaled,
    sign,
    single,
    step_number,
    workspace,
)
from nos_sym.errors import RuleError
from nos_sym.language.plugin_record import named_if_loading

Form = Callable[..., Poly]
"""From canonical forms of operands and exact parameters to a canonical form."""

_FORMS: dict[str, Form] = {}
_WITH_EXPRESSIONS: set[str] = set()


def form(name: str, constructor: Form, *, expressions: bool = False) -> None:
    """Register how an operation is written with the constructors of the kernel.

    Args:
        name: of the operation, as it stands in the registry.
        constructor: takes the canonical forms of the operands, then the parameters as exact fractions, and
            returns a canonical form, made by the kernel's constructors. It must hold for all reals, zero
            included, at every step.
        expressions: whether it also takes a parameter that varies with the step, as a canonical form.

    Raises:
        RuleError: the operation has a form.
    """
    if name in _FORMS:
        raise RuleError(f"the canonical form of '{name}' is registered twice")
    _FORMS[name] = named_if_loading(name, _checked(constructor))
    if expressions:
        _WITH_EXPRESSIONS.add(name)


def _checked(constructor: Form) -> Form:
    def call(*arguments: Poly | Fraction) -> Poly:
        made: object = constructor(*arguments)
        if not isinstance(made, Poly):
            raise RuleError(f"its form is of type {type(made).__name__}; expected what the kernel makes")
        return made

    return call


def form_of(name: str, *, expressions: bool) -> Form | None:
    """Return the form of an operation, or ``None``; with ``expressions`` one that takes such parameters."""
    if workspace().apart and name in _APART and (not expressions or name == "correction"):
        return _APART[name]
    return _FORMS.get(name) if not expressions or name in _WITH_EXPRESSIONS else None


def correction(beta: Fraction) -> Poly:
    """Return ``1 - beta^(t+1)``."""
    return constant(1) if beta == 0 else single([(atom("correction", (), beta), 1, 0)])


def _corrected(p: Poly, beta: Fraction) -> Poly:
    return mul(average(p, beta), inverse(correction(beta)))


def _average_apart(p: Poly, beta: Fraction) -> Poly:
    if beta == 0:
        return average(p, beta)
    return filtered(p, Transfer((1 - beta,), (ONE, -beta)))


def _mask(p: Poly, rate: Fraction, draw: Fraction) -> Poly:
    return p if rate == 0 else mul(p, single([(atom("mask", (), (rate, int(draw))), 1, 0)]))


def _weighted_mean(x: Poly, y: Poly, weight: Fraction | Poly) -> Poly:
    if isinstance(weight, Fraction):
        return add(scaled(x, weight), scaled(y, 1 - weight))
    return add(mul(weight, x), mul(add(constant(1), -weight), y))


def _sigmoid(p: Poly) -> Poly:
    note("sigmoid-tanh")
    return add(constant(HALF), scaled(odd("tanh", scaled(p, HALF)), HALF))


def _softsign(p: Poly) -> Poly:
    divided_by = inverse(add(constant(1), absolute(p)))
    if len(p.terms) == 1 and [a.op for a, _, _ in p.terms[0][0].factors] == ["exp"]:
        # e^x / (1 + e^x) is a logistic function, which is written in tanh.
        return add(constant(1), -divided_by) if p.terms[0][1] > 0 else add(divided_by, constant(-1))
    return mul(p, divided_by)


def _squared_tanh(p: Poly) -> Poly:
    return power(odd("tanh", p), 2)


def _leaf(name: str) -> Form:
    return lambda: product(ONE, [(atom(name), 1, 1)])


def _odd(name: str) -> Form:
    return lambda x: odd(name, x)


def _correction_apart(beta: Fraction | Poly) -> Poly:
    if isinstance(beta, Fraction):
        return correction(beta)
    return add(constant(1), -general_power(beta, add(step_number(), constant(1))))


_APART: dict[str, Form] = {
    "correction": _correction_apart,
    "ema": _average_apart,
    "ema_hat": lambda x, beta: mul(_average_apart(x, beta), inverse(correction(beta))),
    "delta": lambda x: filtered(x, Transfer((ONE,), (ONE, ONE))),
}
"""The forms of linear recursions in the parts of their transfer functions."""

for _name in ("g", "w", "p", "r", "remaining"):
    form(_name, _leaf(_name))
for _name in ("erf", "tanh", "arctan", "arcsinh", "i1e"):
    form(_name, _odd(_name))
form("correction", correction)
form("id", lambda x: x)
form("neg", lambda x: -x)
form("add", add)
form("sub", lambda x, y: add(x, -y))
form("mul", mul)
form("scale", mul)
form("div", quotient)
form("recip", inverse)
form("rdiv", lambda x, y: mul(x, power_absolute(add(constant(1), power(y, 2)), -HALF)))
form("wmean", _weighted_mean, expressions=True)
form("pow", lambda x, exponent: power(x, int(exponent)))
form("max", lambda x, y: maximum([x, y]))
form("min", lambda x, y: minimum([x, y]))
form("clip", clip)
form("abs", absolute)
form("sign", sign)
form("sqrt", lambda x: power_absolute(x, HALF))
form("ln", logarithm)
form("exp", exponential)
form("sigmoid", _sigmoid)
form("softplus", lambda x: logarithm(add(constant(1), exponential(x))))
form("dsig", lambda x: add(constant(Fraction(1, 4)), scaled(_squared_tanh(scaled(x, HALF)), Fraction(-1, 4))))
form("dtanh", lambda x: add(constant(1), -_squared_tanh(x)))
form("softsign", _softsign)
form("dsoft", lambda x: inverse(add(constant(1), absolute(x))))
form("erfc", lambda x: add(constant(1), -odd("erf", x)))
form("cospi", even_cosine)
form("clip_norm", norm)
form("drop", _mask)
form("ema", average)
form("ema_hat", _corrected)
form("delta", alternating)
form("running_max", running_maximum)
