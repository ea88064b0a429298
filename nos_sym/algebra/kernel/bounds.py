"""Signs and bounds of terms: between which numbers a value lies everywhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from nos_sym.algebra.kernel.kinds import Bounds, range_by_record
from nos_sym.algebra.kernel.recursion import recursive
from nos_sym.algebra.kernel.term import (
    HALF,
    ONE,
    Atom,
    Exponent,
    Factor,
    Mono,
    Poly,
    mono,
    workspace,
)
from nos_sym.intervals import closed
from nos_sym.intervals.rounding import INF


def sign_of(a: Atom) -> int:
    """Return 1 where an atom is never negative, -1 where it is never positive, else 0."""
    if a._sign is None:
        low, high = bounds_of_atom(a)
        a._sign = 1 if low >= 0 else -1 if high <= 0 else 0
        if a._sign == 0 and a.op == "sum":
            a._sign = sign_of_poly(a.args[0])
    return a._sign


def sign_of_poly(p: Poly) -> int:
    """Return 1 for never negative, -1 for never positive, else 0."""
    signs = {sign_of_term(m, c) for m, c in p.terms}
    if signs <= {1}:
        return 1
    if signs == {-1}:
        return -1
    low, high = bounds(p)
    if low >= 0 or high <= 0:
        return 1 if low >= 0 else -1
    if len(p.terms) < 2:
        return 0
    memo = workspace().memo
    key = ("sign", p)
    if key not in memo:
        memo[key] = 0  # a sum that leads back to itself has no sign to show
        memo[key] = recursive.sign_of_sum(p)
    return memo[key]  # type: ignore[return-value]


def sign_of_term(m: Mono, c: Fraction) -> int:
    """Return 1 where a term is never negative, -1 where it is never positive, else 0."""
    return 0 if any(s == 1 for _, _, s in m.factors) else (1 if c > 0 else -1)


def bounds(p: Poly) -> Bounds:
    """Return bounds of a polynomial."""
    if p._bounds is None:
        total = (0.0, 0.0)
        for m, c in p.terms:
            scale, relative = scaled_bounds(m)
            total = closed.add(total, closed.multiply(relative, closed.number(c * scale)))
        low, high = p._bounds = total
        if len(p.terms) > 1 and high - low > 1 and any(_is_fraction(m) for m, _ in p.terms):
            most = _of_fraction(p)
            p._bounds = max(low, -most), min(high, most)
    return p._bounds


def _is_fraction(m: Mono) -> bool:
    return any(a.op == "sum" and q == -1 for a, q, _ in m.factors)


def _of_fraction(p: Poly) -> float:
    """Return a bound of the magnitude of a sum whose common factors bound it, as in ``x / (1 + |x|)``."""
    c, m, a = recursive.base(p)
    if a is None or not _is_fraction(m):
        return INF
    scale, relative = scaled_bounds(mono([*m.factors, (a, 1, 0)]))
    low, high = closed.multiply(relative, closed.number(c * scale))
    return max(-low, high)


def bounds_of_mono(m: Mono) -> Bounds:
    """Return bounds of a monomial."""
    scale, relative = scaled_bounds(m)
    return relative if scale == 1 else closed.multiply(relative, closed.number(scale))


def scaled_bounds(m: Mono) -> tuple[Fraction, Bounds]:
    """Return bounds of a monomial as an exact number times bounds; a mask is its largest value or 0."""
    scale, total = ONE, (1.0, 1.0)
    left = list(m.factors)
    if any(q < 0 for _, q, _ in left):
        scale, total = _bounds_of_pairs(left)
    for factor in left:
        if factor[0].op == "mask":
            scale /= 1 - factor[0].param[0]
            total = closed.multiply(total, (0.0, 1.0))
        else:
            total = closed.multiply(total, _bounds_of_factor(factor))
    return scale, total


def _bounds_of_pairs(left: list[Factor]) -> tuple[Fraction, Bounds]:
    """Take out factors that bound each other: ``|x| / (k + d |x|)``, ``ema(x) / (1 - beta^(t+1))``."""
    scale, total = ONE, (1.0, 1.0)
    for factor in list(left):
        a, q, _ = factor
        if q >= 0 or factor not in left:
            continue
        if a.op == "correction" and q == -1:
            for other in left:
                b, e, s = other
                if b.op == "ema" and e == 1 and b.param == a.param and s != 2:
                    left.remove(other)
                    left.remove(factor)
                    low, high = bounds(b.args[0])
                    if s == 0:
                        low, high = closed.absolute(low, high)
                    total = closed.multiply(total, (low, high))
                    break
        elif a.op == "sum" and all(sign_of_term(n, d) > 0 for n, d in a.args[0].terms):
            # The sum is no less than each of its terms; a number last, which all products are multiples of.
            for n, d in sorted(a.args[0].terms, key=lambda t: not t[0].factors):
                most = 1 / d if q == -1 else _root_of(1 / d) if q == -HALF and not n.factors else None
                if most is not None and _divides(n, left):
                    left.remove(factor)
                    for b, e, _ in n.factors:
                        at = next(i for i, f in enumerate(left) if f[0] is b)
                        left[at] = b, left[at][1] - e, left[at][2]
                    least = 0.0 if n.factors else _least_of_inverse(a, q, most)
                    scale, total = scale * most, closed.multiply(total, (least, 1.0))
                    break
    return scale, total


def _least_of_inverse(a: Atom, q: Exponent, most: Fraction) -> float:
    """Return how small ``a^q`` gets relative to the most that it can be, for a negative power q."""
    low, _ = closed.power(bounds_of_atom(a), q)
    return min(closed.multiply((low, low), closed.number(1 / most))[0], 1.0)


def _root_of(c: Fraction) -> Fraction | None:
    """Return the square root of a number where it is one of fractions."""
    root = Fraction(math.isqrt(c.numerator), math.isqrt(c.denominator))
    return root if root * root == c else None


def _divides(m: Mono, factors: list[Factor]) -> bool:
    exponents = {a: q for a, q, _ in factors}
    return all(q > 0 and exponents.get(a, 0) >= q for a, q, _ in m.factors)


def _bounds_of_factor(factor: Factor) -> Bounds:
    a, q, s = factor
    low, high = bounds_of_atom(a)
    magnitude = closed.absolute(low, high)
    result = (1.0, 1.0) if q == 0 else closed.power(magnitude, q)
    if q < 0 and magnitude[0] == 0:
        result = 0.0, result[1]
    if s == 1:
        sign = sign_of(a)
        if sign < 0:
            return -result[1], -result[0]
        if sign == 0:
            # sign(x) |x|^q with the two sides of x apart.
            left, right = max(-low, 0.0), max(high, 0.0)
            if q == 0:
                return -1.0, 1.0
            if q > 0:
                return -closed.power((0.0, left), q)[1], closed.power((0.0, right), q)[1]
            return -INF, INF
    if s == 2:
        return min(result[0], 0.0), result[1]
    return result


def bounds_of_atom(a: Atom) -> Bounds:
    """Return bounds of an atom."""
    if a._bounds is None:
        a._bounds = _bounds_of_atom(a)
    return a._bounds


def _bounds_of_atom(a: Atom) -> Bounds:
    if a.kind.bounds is not None:
        return a.kind.bounds
    if a.kind.operation is not None:
        return opaque_bounds(a, [bounds(x) for x in a.args])
    if a.op == "prime":
        return closed.number(Fraction(int(str(a.param))))
    if a.op == "setting":
        return a.param.low, a.param.high
    if a.op == "mask":
        return 0.0, closed.number(1 / (1 - a.param[0]))[1]
    if a.op == "ln" and not recursive.nonzero_poly(a.args[0]):
        return -INF, INF
    low, high = _with_sign(a.args[0]) if a.op == "exp" else bounds(a.args[0])
    if a.op == "sum":
        if a.scalar and low <= 0 <= high:
            # A polynomial in the step loses its sign when it is multiplied out: look at the steps.
            return recursive.scalar_bounds(a.args[0])
        return low, high
    if a.op == "abspow":
        return 0.0, INF
    if a.op == "ema":
        return min(low, 0.0), max(high, 0.0)
    if a.op == "running_max":
        return max(low, 0.0), max(high, 0.0)
    if a.op == "filter":
        # The response to a signal of one sign has that sign where no weight is negative.
        keeps = a.param.keeps_sign
        return (0.0 if low >= 0 and keeps else -INF), (0.0 if high <= 0 and keeps else INF)
    if a.op == "geometric":
        grows = sign_of_poly(a.args[1]) > 0
        return (0.0 if low >= 0 and grows else -INF), (0.0 if high <= 0 and grows else INF)
    if a.op == "clip_norm":
        return max(min(low, 0.0), -1.0), min(max(high, 0.0), 1.0)
    if a.op in ("max", "min"):
        pick = max if a.op == "max" else min
        ends = [_with_sign(x) for x in a.args]
        return pick(e[0] for e in ends), pick(e[1] for e in ends)
    return closed.image(a.op, low, high)


def _with_sign(p: Poly) -> Bounds:
    """Return bounds of a polynomial that end at 0 where its sign is known, as in ``|x| - |x| y^2``."""
    low, high = bounds(p)
    if low < 0 < high:
        known = sign_of_poly(p)
        return (0.0 if known > 0 else low), (0.0 if known < 0 else high)
    return low, high


def opaque_bounds(a: Atom, operands: Sequence[Bounds]) -> Bounds:
    """Return bounds of an opaque atom, given those of its arguments."""
    operation = a.kind.operation
    assert operation is not None
    numbers = a.param.values[: len(operation.parameters)]
    return range_by_record(operation, operands[: operation.arity], numbers)
