"""The canonical form of rules.

*Canonical form.* The update of a rule as a polynomial (:mod:`nos_sym.algebra.kernel.term`) over atoms, where

1. every operation of the registry is written with sums, products, rational powers, absolute values and
   signs, and the functions exp, ln, tanh, arctan, arcsinh, erf, i1e, cos; the schedules with p, r and the
   remaining fraction; operands, corrected averages and dropout with plain averages, the correction ``1 -
   beta^(t+1)`` and masks;
2. products are multiplied out (up to 48 terms), coefficients are exact rationals, equal terms are collected;
3. a value x is ``sign(x) |x|``: odd functions, roots, quotients and the norm act on absolute values, signs
   stand outside, the square of a sign is 1 almost everywhere, and a function of signs alone is affine in
   them;
4. maxima and minima are flat, sorted, pruned by ranges, with shared summands and positive factors outside;
5. averages, being linear, act on single terms without constant factors; nested filters are sorted;
6. an ascent is a descent along the negated update; dropout masks are numbered in the order of the form.

Two rules with the same canonical form are equal for all reals but a null set (g = 0, a tie of a sign), at
every step of every number of total steps; each identity used is one of :mod:`nos_sym.algebra.identities`.
The key is a digest of the form with the version of this definition; keys of other versions are not
comparable.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from hashlib import blake2b

from sympy.core.basic import Basic

from nos_sym.algebra.kernel import (
    HALF,
    ONE,
    Poly,
    absolute,
    add,
    alternating,
    atom,
    average,
    base,
    clip,
    constant,
    even_cosine,
    exponential,
    general_power,
    inverse,
    logarithm,
    maximum,
    minimum,
    mono,
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
    trim_workspace,
    workspace,
)
from nos_sym.language.node import Node
from nos_sym.language.rule import Rule
from nos_sym.language.traversal import walk, with_draws

VERSION = 1
"""Version of the definition above; a change of it changes every key."""


def canonical(rule: Rule) -> Poly:
    """Return the canonical form of the update, with the sign of ascent applied."""
    trim_workspace()
    update = polynomial(_with_numbered_masks(rule.at_defaults().update))
    return -update if rule.ascent else update


def _with_numbered_masks(expression: Basic) -> Basic:
    """Return an expression whose masks are numbered by their place in the canonical form.

    A mask is told from the others by the form in which it alone bears another number. Masks that cannot be
    told apart keep their order; numbering is one-to-one, so it can miss an equality and never makes one.
    """
    draws = sorted({int(n.parameters[1]) for n in walk(expression) if n.operation.name == "drop"})
    if not draws:
        return expression
    if len(draws) > 1:
        colors = {d: polynomial(with_draws(expression, {e: int(e == d) for e in draws})) for d in draws}
        plain = polynomial(with_draws(expression, dict.fromkeys(draws, 0)))
        # A mask that has canceled comes last; the others go by what a sign, a number or a decay leaves alone,
        # and two of which exchanging changes the sign of the form, as in M g - N g, by the sign.
        draws.sort(key=lambda d: (colors[d] is plain, _without_factors(colors[d]), colors[d].digest))
    return with_draws(expression, {d: i for i, d in enumerate(draws, 1)})


def _without_factors(p: Poly) -> tuple[bytes, bytes]:
    """Return what tells a form from others, up to factors that depend on the step alone."""
    if not p.terms:
        return b"", b""
    _, monomial, remainder = base(p)
    return remainder.digest if remainder is not None else b"", mono(
        [f for f in monomial.factors if not f[0].scalar]
    ).digest


def key_of(rule: Rule) -> str:
    """Return the key of a rule: ``version:digest``. Rules with the same key are proved equal."""
    return make_key(rule, canonical(rule), "exact")


def make_key(rule: Rule, form: Poly, level: str) -> str:
    """Return the key of a form under a momentum type and a level of equality."""
    text = f"{VERSION}|{level}|{rule.momentum.value}|".encode()
    return f"{VERSION}:{blake2b(text + form.digest, digest_size=12).hexdigest()}"


def polynomial(expression: Basic) -> Poly:
    """Return the canonical form of an expression."""
    done = workspace().done
    found = done.get(expression)
    if found is None:
        found = done[expression] = _polynomial(expression)
    return found


def _polynomial(expression: Basic) -> Poly:
    if not isinstance(expression, Node):
        return constant(Fraction(int(expression.p), int(expression.q)))
    operation = expression.operation
    name = operation.name
    parameters = [Fraction(int(v.p), int(v.q)) for v in expression.parameters]
    if name in _LEAVES:
        return product(ONE, [(atom(name), 1, 1)])
    if name == "correction":
        return _correction(parameters[0])
    if name in _FORMS:
        return _FORMS[name](*(polynomial(a) for a in expression.operands), *parameters)
    if operation.meaning.definition is not None:
        note("definition")
        return polynomial(operation.meaning.definition(*expression.operands, *expression.parameters))
    raise AssertionError(f"operation '{name}' has no canonical form")


def _correction(beta: Fraction) -> Poly:
    return constant(1) if beta == 0 else single([(atom("correction", (), beta), 1, 0)])


def _corrected(p: Poly, beta: Fraction) -> Poly:
    return mul(average(p, beta), inverse(_correction(beta)))


def _mask(p: Poly, rate: Fraction, draw: Fraction) -> Poly:
    return p if rate == 0 else mul(p, single([(atom("mask", (), (rate, int(draw))), 1, 0)]))


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


_LEAVES = frozenset({"g", "w", "p", "r", "remaining"})
_FORMS: dict[str, Callable[..., Poly]] = {
    "id": lambda x: x,
    "neg": lambda x: -x,
    "add": add,
    "sub": lambda x, y: add(x, -y),
    "mul": mul,
    "scale": mul,
    "div": quotient,
    "recip": inverse,
    "rdiv": lambda x, y: mul(x, power_absolute(add(constant(1), power(y, 2)), -HALF)),
    "wmean": lambda x, y, weight: add(scaled(x, weight), scaled(y, 1 - weight)),
    "pow": lambda x, exponent: power(x, int(exponent)),
    "abspow": general_power,
    "max": lambda x, y: maximum([x, y]),
    "min": lambda x, y: minimum([x, y]),
    "clip": clip,
    "abs": absolute,
    "sign": sign,
    "sqrt": lambda x: power_absolute(x, HALF),
    "ln": logarithm,
    "exp": exponential,
    "sigmoid": _sigmoid,
    "softplus": lambda x: logarithm(add(constant(1), exponential(x))),
    "dsig": lambda x: add(constant(Fraction(1, 4)), scaled(_squared_tanh(scaled(x, HALF)), Fraction(-1, 4))),
    "dtanh": lambda x: add(constant(1), -_squared_tanh(x)),
    "softsign": _softsign,
    "dsoft": lambda x: inverse(add(constant(1), absolute(x))),
    "erf": lambda x: odd("erf", x),
    "erfc": lambda x: add(constant(1), -odd("erf", x)),
    "tanh": lambda x: odd("tanh", x),
    "arctan": lambda x: odd("arctan", x),
    "arcsinh": lambda x: odd("arcsinh", x),
    "i1e": lambda x: odd("i1e", x),
    "cospi": even_cosine,
    "clip_norm": norm,
    "drop": _mask,
    "ema": average,
    "ema_hat": _corrected,
    "delta": alternating,
    "running_max": running_maximum,
}
