"""Values of rules on histories, in 50 digits, where every function is total: 1/0 is 0, ln 0 is a constant.

It knows the formulas of the language and nothing of the algebra or of the checker. A sum that cancels to
less than its digits is exactly zero, so that signs and divisors see the zeros that are there.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import mpmath
from mpmath import mp, mpf
from sympy.core.basic import Basic

from nos_sym.language.node import Node
from nos_sym.language.registry import apply
from nos_sym.language.rule import Rule

WORKING = 62
"""Digits that are computed with, of which a chain of operations may lose twelve."""
LOG_OF_ZERO = mpf("-17.25")
"""Any number will do: nothing is known of it."""

Vector = list[mpf]


def _power(x: mpf, y: mpf) -> mpf:
    return mpf(int(y == 0)) if x == 0 else abs(x) ** y


def _inverse(x: mpf) -> mpf:
    return mpf(0) if x == 0 else 1 / x


class BeyondJudging(ArithmeticError):
    """A value whose exponent alone has millions of digits; computing it would take hours."""


def _exp(x: mpf) -> mpf:
    if abs(x) > mpf(10) ** 30:
        raise BeyondJudging("exp of more than 1e30")
    return mpmath.exp(x)


def _cosh(x: mpf) -> mpf:
    return (_exp(x) + _exp(-x)) / 2


def _sigmoid(x: mpf) -> mpf:
    return 1 / (1 + _exp(-x))


def _i1e(x: mpf) -> mpf:
    return _exp(-abs(x)) * mpmath.besseli(1, x)


ELEMENTWISE: dict[str, Callable[..., mpf]] = {
    "id": lambda x: x,
    "neg": lambda x: -x,
    "abs": abs,
    "sign": mpmath.sign,
    "ln": lambda x: LOG_OF_ZERO if x == 0 else mpmath.log(abs(x)),
    "sqrt": lambda x: mpmath.sqrt(abs(x)),
    "exp": _exp,
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "arcsinh": mpmath.asinh,
    "tanh": mpmath.tanh,
    "arctan": mpmath.atan,
    "recip": _inverse,
    "i1e": _i1e,
    "cospi": lambda x: mpmath.cospi(x),
    "sigmoid": _sigmoid,
    "dsoft": lambda x: 1 / (1 + abs(x)),
    "softplus": lambda x: mpmath.log1p(_exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "dtanh": lambda x: _cosh(x) ** -2,
    "dsig": lambda x: _sigmoid(x) * _sigmoid(-x),
    "mul": lambda x, y: x * y,
    "scale": lambda x, y: x * y,
    "div": lambda x, y: x * _inverse(y),
    "max": max,
    "min": min,
    "rdiv": lambda x, y: x / mpmath.sqrt(1 + y * y),
    "clip": lambda x, y: min(max(x, -abs(y)), abs(y)),
    "abspow": _power,
}


def _basis(name: str, t: int, total: int) -> mpf:
    p, r = mpf(t) / total, mpf(2 * t % total) / total
    b = mpf("0.95") * (1 - mpf(t + 1) / total)
    demon = b / (mpf("0.05") + b)
    return {
        "p": p, "r": r, "remaining": 1 - mpf(t + 1) / total,
        "a1": 1 - p, "a2": p, "a3": (1 + mpmath.cospi(p)) / 2, "a4": (1 - mpmath.cospi(p)) / 2,
        "a5": (1 + mpmath.cospi(2 * p)) / 2, "a6": (1 - mpmath.cospi(2 * p)) / 2,
        "a7": (1 + mpmath.cospi(r)) / 2, "a8": (1 - mpmath.cospi(r)) / 2, "a9": 1 - r, "a10": r,
        "a11": mpf("0.01") ** p, "a12": 1 - mpf("0.01") ** p, "a13": demon, "a14": mpf("0.95") - demon,
    }[name]  # fmt: skip


class History:
    """A training of one tensor.

    Args:
        total: steps of the training.
        leaves: values of leaves in place of those of the step, for example of ``p``; a number or a function
            of the step to a vector.
        seed: of the masks of dropout.
        digits: that are computed with.
    """

    def __init__(
        self,
        total: int,
        leaves: Mapping[str, Callable[[int], Vector]] | None = None,
        seed: int = 0,
        digits: int = WORKING,
    ) -> None:
        self.total, self.leaves, self.seed, self.digits = total, leaves or {}, seed, digits
        self.t = 0
        self.states: dict[Basic, Vector] = {}

    def step(self, updates: Sequence[Basic], g: Vector, w: Vector) -> list[Vector]:
        """Return the values of expressions at the next step."""
        self.now = {"g": g, "w": w} | {name: f(self.t) for name, f in self.leaves.items()}
        self.size = len(g)
        self.done: dict[Basic, Vector] = {}
        with mp.workdps(self.digits):
            values = [self.value(u) for u in updates]
        kept = {x: v for x, v in self.done.items() if isinstance(x, Node) and x.operation.name in _STATES}
        self.states |= kept
        self.t += 1
        return values

    def value(self, x: Basic) -> Vector:
        if x not in self.done:
            self.done[x] = self._value(x)
        return self.done[x]

    def _value(self, x: Basic) -> Vector:
        if not isinstance(x, Node):
            return [mpf(int(x.p)) / int(x.q)] * self.size
        name = x.operation.name
        if name in self.now:
            return self.now[name]
        if x.operation.arity == 0 and name != "correction":
            return [_basis(name, self.t, self.total)] * self.size
        a = [self.value(o) for o in x.operands]
        parameters = [self.value(p) for p in x.parameters]
        if name == "correction":
            return [1 - b ** (self.t + 1) if b else mpf(1) for b in parameters[0]]
        if name == "pow":
            return [v ** int(x.parameters[0]) for v in a[0]]
        if name in ("add", "sub"):
            return [self._sum(u, v if name == "add" else -v) for u, v in zip(*a, strict=True)]
        if name == "wmean":
            return [self._sum(k * u, (1 - k) * v) for u, v, k in zip(*a, parameters[0], strict=True)]
        if name == "clip_norm":
            norm = mpmath.sqrt(sum(v * v for v in a[0]))
            return [v / max(mpf(1), norm) for v in a[0]]
        if name == "drop":
            rate = Fraction(int(x.parameters[0].p), int(x.parameters[0].q))
            rng = random.Random(f"{self.seed} {x.parameters[1]} {self.t}")
            return [mpf(0) if rng.random() < rate else v / (1 - parameters[0][0]) for v in a[0]]
        if name == "ema_hat":
            average = self.value(apply("ema", x.operands[0], beta=x.parameters[0]))
            return [
                v / (1 - b ** (self.t + 1)) if b else v for v, b in zip(average, parameters[0], strict=True)
            ]
        if name not in _STATES:
            return [ELEMENTWISE[name](*values) for values in zip(*a, strict=True)]
        old = self.states.get(x, [mpf(0)] * self.size)
        if name == "ema":
            return [self._sum(b * m, (1 - b) * v) for m, v, b in zip(old, a[0], parameters[0], strict=True)]
        if name == "delta":
            return [self._sum(v, -n) for n, v in zip(old, a[0], strict=True)]
        return [max(v, n) for n, v in zip(old, a[0], strict=True)]

    def _sum(self, a: mpf, b: mpf) -> mpf:
        total = a + b
        return mpf(0) if abs(total) <= mpf(10) ** (12 - self.digits) * (abs(a) + abs(b)) else total


_STATES = frozenset(("ema", "delta", "running_max"))


def close(a: mpf, b: mpf, scale: float | mpf = 1.0) -> bool:
    """Return whether two values agree to most of 50 digits, beside values of a size."""
    return bool(abs(a - b) <= mpf(10) ** -35 * (abs(a) + abs(b) + abs(scale)))


def separated(first: Rule, second: Rule, seed: int, *, histories: int = 6) -> str:
    """Return a history on which two rules differ, in words, or nothing.

    Gradients and weights are small numbers and zeros, so that ties and cancellations occur; some entries
    never have a gradient, and trainings go on to the last step.
    """
    for index in range(histories):
        rng = random.Random(f"{seed} {index}")
        total, size = rng.choice((1, 2, 4, 6)), rng.choice((1, 3))
        never = [rng.random() < 0.25 for _ in range(size)]
        few, many = (History(total, seed=index, digits=digits) for digits in (WORKING, 2 * WORKING))
        for t in range(total):
            g = [mpf(0) if dead or rng.random() < 0.2 else _small(rng) for dead in never]
            w = [mpf(0) if rng.random() < 0.2 else _small(rng) for _ in range(size)]
            sides = [signed(first), signed(second)]
            try:
                values = [*few.step(sides, g, w), *many.step(sides, g, w)]
            except BeyondJudging:
                break
            for u, v, u2, v2, x, y in zip(*values, g, w, strict=True):
                # What differs alike in both is no rounding.
                apart = abs(u - v) > mpf(10) ** -20 * (1 + abs(u) + abs(v))
                if apart and abs((u - v) - (u2 - v2)) <= abs(u2 - v2) / 100:
                    return f"total {total}, step {t}, g = {x}, w = {y}: {mpmath.nstr(u)} and {mpmath.nstr(v)}"
    return ""


def signed(rule: Rule) -> Basic:
    """Return the update of a rule, negated where it ascends."""
    return apply("neg", rule.update) if rule.ascent else rule.update


def _small(rng: random.Random) -> mpf:
    return mpf(rng.choice((-1, 1)) * rng.choice((1, 1, 2, 3, 5))) / rng.choice((1, 1, 2, 4))
