"""A slow judge in long arithmetic: whether two rules differ by more than rounding.

Binary64 separates rules that are equal (``1 - sigmoid(g)`` loses what ``sigmoid(-g)`` keeps) and its overflow
is not infinity. This judge computes with 50 and with 110 digits; what differs alike in both is no rounding.
A sum that cancels to less than its digits is exactly zero. It knows nothing of the algebra.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

import mpmath
from mpmath import mp, mpf
from sympy.core.basic import Basic

from nos_sym.language.node import Node
from nos_sym.language.rule import Rule
from nos_sym.language.state import is_previous, next_state

Vector = list[mpf]

DIGITS = (50, 110)
GUARD = 12
"""Digits that a chain of operations may lose before a difference counts as zero."""

# (size, magnitude of gradients, magnitude of weights, total steps, steps that are run)
PROBES = (
    (3, 1.0, 1.0, 5, 4),
    (1, 0.3, 5.0, 4, 3),
    (2, 6.0, 0.2, 7, 2),
    (2, 0.02, 40.0, 3, 3),
    (1, 2.0, 1e6, 2, 2),
)


def differ(first: Rule, second: Rule, *, smallest: float = 0.0, finite: bool = False) -> bool:
    """Return whether two rules are separated, momentum types included.

    Args:
        first: one rule.
        second: the other.
        smallest: difference up to which two values count as one: ``1 - erf(x)`` loses what ``erfc(x)`` keeps,
            in any number of digits.
        finite: whether values that are not finite in one of the rules are passed over.
    """
    if first.momentum is not second.momentum:
        return True
    few, many = ([_values(r, digits) for r in (first, second)] for digits in DIGITS)
    return any(
        _apart(a, b) and _apart(c, d) and _alike(a, b, c, d) and not abs(c - d) <= smallest
        for a, b, c, d in zip(few[0], few[1], many[0], many[1], strict=True)
        if not finite or all(map(mpmath.isfinite, (a, b, c, d)))
    )


def _apart(a: mpf, b: mpf) -> bool:
    if not (mpmath.isfinite(a) and mpmath.isfinite(b)):
        return bool(mpmath.isnan(a) != mpmath.isnan(b) or mpmath.isinf(a) != mpmath.isinf(b))
    return bool(abs(a - b) > mpf(10) ** -20 * (abs(a) + abs(b)))


def _alike(a: mpf, b: mpf, c: mpf, d: mpf) -> bool:
    """Return whether the difference of two values is the same in both precisions."""
    if not all(mpmath.isfinite(v) for v in (a, b, c, d)):
        return True
    return bool(abs((a - b) - (c - d)) <= mpf("0.01") * abs(c - d))


def _values(rule: Rule, digits: int) -> Vector:
    found: Vector = []
    with mp.workdps(digits):
        for number, (size, gradient, weight, total, steps) in enumerate(PROBES):
            rng = random.Random(number)
            run = _Run(size, total, digits, seed=number)
            for _ in range(steps):
                g = [mpf(gradient * rng.gauss(0, 1)) for _ in range(size)]
                w = [mpf(weight * rng.gauss(0, 1)) for _ in range(size)]
                update = run.step(rule.at_defaults().update, g, w)
                found += [-u for u in update] if rule.ascent else update
    return found


class _Run:
    def __init__(self, size: int, total: int, digits: int, seed: int) -> None:
        self.size, self.total, self.seed = size, total, seed
        self.least = mpf(10) ** (GUARD - digits)
        self.t = 0
        self.state: dict[Basic, Vector] = {}

    def step(self, update: Basic, g: Vector, w: Vector) -> Vector:
        self.leaves = {"g": g, "w": w}
        self.done: dict[Basic, Vector] = {}
        self.new: dict[Basic, Vector] = {}
        value = self.value(update)
        self.state.update(self.new)
        self.t += 1
        return value

    def value(self, x: Basic) -> Vector:
        if x not in self.done:
            self.done[x] = self._value(x)
        return self.done[x]

    def _value(self, x: Basic) -> Vector:
        if not isinstance(x, Node):
            return [mpf(int(x.p)) / int(x.q)] * self.size
        name = x.operation.name
        if is_previous(x):
            return self.state.get(x.args[0], [mpf(0)] * self.size)
        parameters = [Fraction(int(v.p), int(v.q)) for v in x.parameters]
        if name in self.leaves:
            return self.leaves[name]
        if name in _STEP:
            return [_STEP[name](self.t, self.total)] * self.size
        if name == "correction":
            return [1 - _exact(parameters[0]) ** (self.t + 1)] * self.size
        if name not in _ELEMENTWISE and name not in _OTHER and x.operation.meaning.definition is not None:
            return self.value(x.operation.meaning.definition(*x.operands, *x.parameters))
        if name not in _OTHER and x.operation.state is not None:
            new = self.new[x] = self.value(next_state(x))
            return new
        operands = [self.value(a) for a in x.operands]
        if name in _OTHER:
            return getattr(self, f"_{name}")(x, operands[0], parameters)  # type: ignore[no-any-return]
        return [_ELEMENTWISE[name](self, *values, *parameters) for values in zip(*operands, strict=True)]

    def add(self, a: mpf, b: mpf) -> mpf:
        total = a + b
        small = mpmath.isfinite(total) and abs(total) <= self.least * (abs(a) + abs(b))
        return mpf(0) if small else total

    def _clip_norm(self, x: Node, a: Vector, _: object) -> Vector:
        length = mpmath.sqrt(sum(v * v for v in a))
        return [v / max(mpf(1), length) if not mpmath.isnan(length) else mpmath.nan for v in a]

    def _drop(self, x: Node, a: Vector, parameters: list[Fraction]) -> Vector:
        rate, draw = parameters
        rng = random.Random(10**6 * self.seed + 1000 * int(draw) + self.t)
        return [mpf(0) if rng.random() < rate else v / _exact(1 - rate) for v in a]

    def _ema(self, x: Node, a: Vector, parameters: list[Fraction]) -> Vector:
        old = self.state.get(x, [mpf(0)] * self.size)
        beta, rest = _exact(parameters[0]), _exact(1 - parameters[0])
        new = self.new[x] = [self.add(beta * m, rest * v) for m, v in zip(old, a, strict=True)]
        return new

    def _ema_hat(self, x: Node, a: Vector, parameters: list[Fraction]) -> Vector:
        correction = 1 - _exact(parameters[0]) ** (self.t + 1)
        return [v / correction for v in self._ema(x, a, parameters)]

    def _delta(self, x: Node, a: Vector, _: object) -> Vector:
        old = self.state.get(x, [mpf(0)] * self.size)
        new = self.new[x] = [self.add(v, -n) for v, n in zip(a, old, strict=True)]
        return new

    def _running_max(self, x: Node, a: Vector, _: object) -> Vector:
        old = self.state.get(x, [mpf(0)] * self.size)
        new = self.new[x] = [_largest(v, n) for v, n in zip(a, old, strict=True)]
        return new


def _exact(value: Fraction) -> mpf:
    return mpf(value.numerator) / value.denominator


def _quotient(a: mpf, b: mpf) -> mpf:
    return a / b if b != 0 else a * 0


def _largest(a: mpf, b: mpf) -> mpf:
    return mpmath.nan if mpmath.isnan(a) or mpmath.isnan(b) else max(a, b)


def _ln(a: mpf) -> mpf:
    return -mpmath.inf if a == 0 else mpmath.ln(abs(a))


def _power(a: mpf, b: mpf) -> mpf:
    a = abs(a)
    if b == 0:
        return mpf(1)
    if a == 0:
        return mpmath.nan if mpmath.isnan(b) else mpf(0)
    return _exp(b * mpmath.ln(a))


def _exp(a: mpf) -> mpf:
    # Beyond this the numbers are as good as infinite, and their exponents cannot be held.
    return mpmath.exp(a) if abs(a) < 10**15 or not mpmath.isfinite(a) else (mpf(0) if a < 0 else mpmath.inf)


def _sigmoid(a: mpf) -> mpf:
    return 1 / (1 + _exp(-a))


def _i1e(a: mpf) -> mpf:
    if mpmath.isinf(a):
        return mpf(0)
    if mpmath.isnan(a):
        return a
    return _exp(-abs(a)) * mpmath.besseli(1, a) if abs(a) < 1e4 else 1 / mpmath.sqrt(abs(a)) * mpmath.sign(a)


def _cut(a: mpf, bound: mpf) -> mpf:
    return -_largest(-_largest(a, -abs(bound)), -abs(bound))


def _tanh(a: mpf) -> mpf:
    return mpmath.sign(a) if abs(a) > 10**6 else mpmath.tanh(a)


def _erfc(a: mpf) -> mpf:
    # Far out it is tiny, and never zero.
    return _exp(-a * a) if a > 10**3 else mpmath.erfc(a)


def _cosh(a: mpf) -> mpf:
    return (_exp(a) + _exp(-a)) / 2


def _erf(a: mpf) -> mpf:
    return mpmath.sign(a) if abs(a) > 10**3 else mpmath.erf(a)


def _softplus(a: mpf) -> mpf:
    return a if a > 10**4 else mpmath.log1p(_exp(a))


_STEP: dict[str, Callable[[int, int], mpf]] = {
    "p": lambda t, total: mpf(t) / total,
    "r": lambda t, total: mpf(2 * t % total) / total,
    "remaining": lambda t, total: mpf(total - t - 1) / total,
}
_OTHER = frozenset({"clip_norm", "drop", "ema", "ema_hat", "delta", "running_max"})
_ELEMENTWISE: dict[str, Callable[..., mpf]] = {
    "id": lambda run, a: a,
    "neg": lambda run, a: -a,
    "add": lambda run, a, b: run.add(a, b),
    "sub": lambda run, a, b: run.add(a, -b),
    "mul": lambda run, a, b: a * b,
    "scale": lambda run, a, b: a * b,
    "div": lambda run, a, b: _quotient(a, b),
    "recip": lambda run, a: _quotient(mpf(1), a),
    "wmean": lambda run, a, b, weight: run.add(_exact(weight) * a, _exact(1 - weight) * b),
    "pow": lambda run, a, n: a ** int(n),
    "abspow": lambda run, a, b: _power(a, b),
    "max": lambda run, a, b: _largest(a, b),
    "min": lambda run, a, b: -_largest(-a, -b),
    "clip": lambda run, a, b: _cut(a, b),
    "abs": lambda run, a: abs(a),
    "sign": lambda run, a: a if mpmath.isnan(a) else mpmath.sign(a),
    "sqrt": lambda run, a: mpmath.sqrt(abs(a)),
    "ln": lambda run, a: _ln(a),
    "exp": lambda run, a: _exp(a),
    "sigmoid": lambda run, a: _sigmoid(a),
    "softplus": lambda run, a: _softplus(a),
    "dsig": lambda run, a: _sigmoid(a) * _sigmoid(-a),
    "dtanh": lambda run, a: a if mpmath.isnan(a) else 1 / _cosh(a) ** 2,
    "erf": lambda run, a: _erf(a),
    "erfc": lambda run, a: _erfc(a),
    "tanh": lambda run, a: _tanh(a),
    "arctan": lambda run, a: mpmath.atan(a),
    "arcsinh": lambda run, a: mpmath.asinh(a) if mpmath.isfinite(a) else a,
    "i1e": lambda run, a: _i1e(a),
    "cospi": lambda run, a: mpmath.cospi(a) if mpmath.isfinite(a) else mpmath.nan,
}


def exact_updates(
    rule: Rule, gradients: Sequence[Iterable[float]], weights: Sequence[Iterable[float]], total: int
) -> list[Vector]:
    """Return the updates of a history, in the digits that are set."""
    run = _Run(len(list(gradients[0])), total, mp.dps, seed=0)
    updates = []
    for g, w in zip(gradients, weights, strict=True):
        update = run.step(rule.at_defaults().update, [mpf(float(x)) for x in g], [mpf(float(x)) for x in w])
        updates.append([-u for u in update] if rule.ascent else update)
    return updates
