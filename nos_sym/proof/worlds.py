"""Worlds: prime fields in which expressions have values, and in which arithmetic with signs is exact.

A world is a field of p elements, p a prime of about 90 bits that is drawn anew in each process, with p =
-1 modulo 8, small primes and every literal of the proof. Then -1 is no square and those numbers are
squares, so that the quadratic character is a sign: it is multiplicative, ``|x|`` is ``sign(x) x``, and
``|x|^q`` is a homomorphism of the group of squares. Sums, products, quotients (1/0 is 0), signs, moduli,
roots, maxima and clips are what they are in the reals. Leaves, masks of dropout and every other function
are drawn: a function of one entry by a hash of its operands' values, an average or a norm by the number
of its :class:`.cases.Link`.

What an identity of the proof says of a function replaces what would be drawn (``given``), and a value
that a case makes zero is replaced wherever it occurs (``moved``).
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from hashlib import blake2b

from sympy.core.basic import Basic

from nos_sym.language.node import Node
from nos_sym.language.operation import Role
from nos_sym.language.registry import apply
from nos_sym.proof.choices import CHOICES, in_steps
from nos_sym.proof.errors import Refused
from nos_sym.proof.ranges import shared, span
from nos_sym.proof.shown import never_zero
from nos_sym.proof.zeros import exact

_ODD = frozenset(("tanh", "arctan", "arcsinh", "erf", "i1e", "softsign"))
"""Functions of which the checker knows by itself that f(-x) = -f(x), and that f(x) has the sign of x."""
_EVEN = frozenset(("ln", "dtanh", "dsig", "dsoft", "cospi", "abspow"))
"""Functions that do not see the sign of their first operand."""
ODD_OF_MATRICES = frozenset(("orth", "newton_schulz", "orth_exact", "orth_flat", "newton_schulz_flat"))
_WIDE = frozenset((Role.STATE, Role.REDUCTION))

Value = int
Asked = tuple[Basic | None, int]
Key = tuple[object, ...]


def is_wide(t: Node) -> bool:
    """Return whether a value depends on other entries or other steps than its operands' values here."""
    return t.operation.role in _WIDE and t.operation.name != "ema_hat"


class World:
    """One assignment of values.

    Attributes:
        p: the prime.
        given: keys of functions to the values that identities give them.
        moved: values to those that replace them.
        signs: the sign of each value whose sign was asked, and each mask, by where it was asked.
        node: the expression that is evaluated.
        divisors: expressions that were divided by, or whose sign counts, with a value that is not zero.
        powers: numbers c to c^t, where t is the step.
    """

    def __init__(self, p: int, labels: Mapping[Basic, int]) -> None:
        self.p = p
        self.labels = labels
        self.seed = secrets.token_bytes(16)
        self.given: dict[Key, Value] = {}
        self.moved: dict[Value, Value] = {}
        self.memo: dict[Basic, Value] = {}
        self.characters: dict[Value, int] = {}
        self.signs: dict[Asked, int] = {}
        self.node: Basic | None = None
        self.divisors: list[Basic] = []
        self.powers: dict[Fraction, Value] = {}

    def forget(self) -> None:
        """Evaluate anew from here on, after ``given`` or ``moved`` have changed."""
        self.memo.clear()
        self.signs.clear()
        self.divisors.clear()

    def replace_by_zero(self, v: Value) -> None:
        """Let 0 stand wherever a value or its negative occurs."""
        self.moved |= {v: 0, self.p - v: 0}

    def draw(self, *key: object) -> Value:
        """Return a value that is not zero, the same for the same key."""
        digest = blake2b(repr(key).encode(), digest_size=max(16, self.p.bit_length() // 8 + 9), key=self.seed)
        return int.from_bytes(digest.digest(), "big") % (self.p - 1) + 1

    def character(self, v: Value) -> int:
        """Return 1 for a square, -1 for the negative of one, 0 for 0."""
        if v not in self.characters:
            self.characters[v] = 0 if v == 0 else 1 if pow(v, self.p // 2, self.p) == 1 else -1
        return self.characters[v]

    def sign(self, v: Value) -> int:
        """Return the sign of a value, and record that it was asked."""
        s = self.character(v)
        self.note_sign(s)
        return s

    def note_sign(self, s: int) -> None:
        """Record an outcome that a world chooses at the node that is evaluated."""
        count = 0
        while (self.node, count) in self.signs:
            count += 1
        self.signs[self.node, count] = s

    def power(self, v: Value, q: Fraction) -> Value:
        """Return |v|^q, where 0 to a negative power is 0 and 0^0 is 1."""
        if v == 0 or q == 0:
            self.sign(v)
            return int(q == 0)
        order = self.p // 2
        if math.gcd(q.denominator, order) != 1:
            raise Refused(f"the exponent {q} is none that the checker can draw")
        return pow(v * self.sign(v) % self.p, q.numerator * pow(q.denominator, -1, order) % order, self.p)

    def ratio(self, x: Value, y: Value, below: int = 1 << 30) -> Fraction | None:
        """Return the fraction of integers below a bound that one value is of another, or nothing."""
        if not x or not y:
            return None
        # The first quotient of the Euclidean algorithm whose numerator is small.
        r, s, u, v = self.p, x * pow(y, -1, self.p) % self.p, 0, 1
        while s * s > self.p:
            q = r // s
            r, s, u, v = s, r - q * s, v, u - q * v
        return Fraction(s, v) if max(s, abs(v)) < below else None

    def value(self, t: Basic) -> Value:
        """Return the value of an expression."""
        found = self.memo.get(t)
        if found is None:
            found = self._node(t) if isinstance(t, Node) else int(t.p) * pow(int(t.q), -1, self.p) % self.p
            for _ in range(len(self.moved)):
                # What replaces a value may have been replaced since.
                found = self.moved.get(found, found)
            self.memo[t] = found
        return found

    def key(self, t: Node) -> tuple[Key, int]:
        """Return what the value of a node is drawn by, and a sign by which the drawn value counts."""
        name = t.operation.name
        parameters = tuple(self.labels[x] if isinstance(x, Node) else (x.p, x.q) for x in t.parameters)
        if is_wide(t):
            return (name, parameters, abs(self.labels[t])), -1 if self.labels[t] < 0 else 1
        values = [self.value(x) for x in t.operands]
        if name in ("max", "min"):
            values.sort()
        elif name in _ODD or name in _EVEN:
            v = values[0]
            factor = -1 if name in _ODD and v > self.p - v else 1
            return (name, parameters, (min(v, self.p - v), *values[1:])), factor
        return (name, parameters, tuple(values)), 1

    def give(self, t: Node, v: Value) -> None:
        """Let the function of a node have a value here."""
        key, factor = self.key(t)
        self.given[key] = v * factor % self.p

    def _node(self, t: Node) -> Value:
        name, p = t.operation.name, self.p
        a = [self.value(x) for x in t.operands]
        rule = _ARITHMETIC.get(name)
        if self.given or rule is None:
            key, factor = self.key(t)
            given = self.given.get(key)
            if given is not None:
                return given * factor % p
        self.node = t
        if rule is not None:
            return rule(self, t, *a) % p
        if name == "abspow" and (q := exact(t.operands[1])) is not None:
            if q < 0:
                self._zero_counts(t.operands[0], a[0])
            return self.power(a[0], q)
        if name == "abspow" and (found := self._of_steps(t)) is not None:
            return found
        if name == "correction" and not isinstance(beta := t.parameters[0], Node) and beta:
            k = Fraction(int(beta.p), int(beta.q))
            return (1 - self.step_power(k, Fraction(1), Fraction(1))) % p
        if name == "clip_norm":
            # Its entry times a positive number of the whole tensor.
            return a[0] * pow(self.draw(*key), 2, p) % p
        if name in _ODD:
            return self.character(a[0]) * pow(self.draw(*key), 2, p) % p
        if is_wide(t) and self.labels[t] == 0:
            return 0
        return factor * self._with_range(t, self.draw(*key)) % p

    def _with_range(self, t: Node, drawn: Value) -> Value:
        """Return a square, or the negative of one, where the sign of an expression is known."""
        low, high = span(t)
        return (drawn * drawn if low >= 0 else -drawn * drawn if high <= 0 else drawn) % self.p

    def _of_steps(self, t: Node) -> Value | None:
        """Return a positive number to a power that is linear in the step, or nothing."""
        base, exponent = exact(t.operands[0]), in_steps(t.operands[1])
        return None if exponent is None or base is None or base <= 0 else self.step_power(base, *exponent)

    def step_power(self, c: Fraction, a: Fraction, b: Fraction) -> Value:
        """Return c^(a t + b) at the step t of this world, which is c^b times a power of c^t.

        Both c^t and, where c is below 1, the correction 1 - c^(t + 1) are positive at every step.
        """
        number, count = c.numerator * pow(c.denominator, -1, self.p) % self.p, 0
        while c not in self.powers:
            drawn = pow(self.draw("c^t", c.numerator, c.denominator, count), 2, self.p)
            if c >= 1 or self.character((1 - number * drawn) % self.p) == 1:
                self.powers[c] = drawn if c != 1 else 1
            count += 1
        return self.power(self.powers[c], a) * self.power(number, b) % self.p

    def counted_sign(self, t: Basic) -> int:
        """Return the sign of an expression that a node compares with zero, and record where that may be."""
        node, v = self.node, self.value(t)
        self.node = node
        self._zero_counts(t, v)
        return self.sign(v)

    def _zero_counts(self, t: Basic, v: Value) -> None:
        if v and not never_zero(t):
            self.divisors.append(t)

    # ---- arithmetic
    def inverse(self, t: Basic, v: Value) -> Value:
        """Return 1/v, the value of t; 1/0 is 0."""
        self._zero_counts(t, v)
        return self.reciprocal(v)

    def reciprocal(self, v: Value) -> Value:
        """Return 1/v, where 1/0 is 0; what is never zero may be in a case that cannot occur."""
        return pow(v, -1, self.p) if v else 0

    def _sign(self, t: Node, x: Value) -> Value:
        self._zero_counts(t.operands[0], x)
        return self.sign(x)

    def _extremum(self, t: Node, x: Value, y: Value) -> Value:
        distance = (x - y) * self.sign((x - y) % self.p)
        return (x + y + (distance if t.operation.name == "max" else -distance)) * pow(2, -1, self.p)

    def _clip(self, t: Node, x: Value, y: Value) -> Value:
        # sign(x) min(|x|, |y|), which is continuous: a zero of x needs no case of its own.
        s = self.sign(x)
        x, y = x * s % self.p, y * self.sign(y) % self.p
        return s * (x + y - (x - y) * self.sign((x - y) % self.p)) * pow(2, -1, self.p)

    def _rdiv(self, t: Node, x: Value, y: Value) -> Value:
        return x * self.power((1 + y * y) % self.p, Fraction(-1, 2))

    def _drop(self, t: Node, x: Value) -> Value:
        rate, draw = t.parameters
        kept = self.draw("mask", str(draw), str(rate)) % 2 if rate else 1
        self.note_sign(1 if kept else -1)
        return x * kept * int(rate.q) * pow(int(rate.q - rate.p), -1, self.p)

    def _mean(self, t: Node, x: Value, y: Value) -> Value:
        k = self.value(t.parameters[0])
        return k * x + (1 - k) * y

    def _corrected(self, t: Node, x: Value) -> Value:
        average, correction = parts(t)
        return self.value(average) * self.reciprocal(self.value(correction))


@lru_cache(maxsize=4096)
def parts(t: Node) -> tuple[Node, Node]:
    """Return the average and the correction, which is never zero, of a corrected average."""
    beta = t.parameters[0]
    average, correction = apply("ema", t.operands[0], beta=beta), apply("correction", beta=beta)
    return shared(average), shared(correction)


_ARITHMETIC: dict[str, Callable[..., Value]] = {
    "add": lambda w, t, x, y: x + y,
    "sub": lambda w, t, x, y: x - y,
    "mul": lambda w, t, x, y: x * y,
    "scale": lambda w, t, x, y: x * y,
    "neg": lambda w, t, x: -x,
    "id": lambda w, t, x: x,
    "pow": lambda w, t, x: pow(x, int(t.parameters[0]), w.p),
    "abs": lambda w, t, x: x * w.sign(x),
    "sqrt": lambda w, t, x: w.power(x, Fraction(1, 2)),
    "div": lambda w, t, x, y: x * w.inverse(t.operands[1], y),
    "recip": lambda w, t, x: w.inverse(t.operands[0], x),
    "sign": World._sign,
    "max": World._extremum,
    "min": World._extremum,
    "clip": World._clip,
    "rdiv": World._rdiv,
    "drop": World._drop,
    "wmean": World._mean,
    "ema_hat": World._corrected,
    **CHOICES,
}
"""Operations that are arithmetic with signs; what else there is has drawn values."""
