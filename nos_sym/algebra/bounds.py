"""Signs, zeros and bounds of terms: what is known of a value everywhere.

Bounds are closed intervals in binary64, moved outward where an operation rounds. ``nonzero`` means that a
value is not zero but on a null set (g = 0) and, for a function of the step, at no step at all.
"""

from __future__ import annotations

import math
from fractions import Fraction

from nos_sym.algebra.term import Atom, Bounds, Factor, Mono, Poly
from nos_sym.language.floats import FLOATS

INF = math.inf
_BIG = 2.0**50
_WIDE = 4


def sign_of(a: Atom) -> int:
    """Return 1 where an atom is never negative, -1 where it is never positive, else 0."""
    if a._sign is None:
        low, high = bounds_of_atom(a)
        a._sign = 1 if low >= 0 else -1 if high <= 0 else 0
    return a._sign


def sign_of_poly(p: Poly) -> int:
    """Return 1 for never negative, -1 for never positive, else 0."""
    signs = {_sign_of_term(m, c) for m, c in p.terms}
    if signs <= {1}:
        return 1
    if signs == {-1}:
        return -1
    low, high = bounds(p)
    if low >= 0 or high <= 0:
        return 1 if low >= 0 else -1
    if len(p.terms) < 2:
        return 0
    # Multiplied out, 1 - tanh(d)^2 times x shows no sign: take the common factors out again.
    from nos_sym.algebra.polynomial import base

    c, m, a = base(p)
    if a is None or a.args[0] is p or any(s == 1 for _, _, s in m.factors):
        return 0
    return sign_of(a) if c > 0 else -sign_of(a)


def _sign_of_term(m: Mono, c: Fraction) -> int:
    return 0 if any(s == 1 for _, _, s in m.factors) else (1 if c > 0 else -1)


def nonzero(a: Atom) -> bool:
    """Return whether an atom is nonzero almost everywhere, at every step."""
    if a._nonzero is None:
        a._nonzero = _nonzero(a)
    return a._nonzero


def _nonzero(a: Atom) -> bool:
    low, high = bounds_of_atom(a)
    if low > 0 or high < 0:
        return True
    if a.op in ("g", "w", "correction", "exp", "prime"):
        return True
    if a.op in ("tanh", "arctan", "arcsinh", "erf", "i1e", "norm"):
        return nonzero_poly(a.args[0])
    if a.op in ("sum", "ema", "delta"):
        return _generic(a.args[0]) or (a.op != "delta" and _positive_somewhere(a.args[0]))
    if a.op == "ln":
        return not a.scalar and all(_analytic(m) for m, _ in a.args[0].terms)
    if a.op in ("max", "min"):
        # A maximum is zero only where one of its arguments is.
        return all(nonzero_poly(x) for x in a.args)
    return False


def nonzero_poly(p: Poly) -> bool:
    """Return whether a polynomial is nonzero almost everywhere, at every step."""
    if not p.terms:
        return False
    if len(p.terms) == 1:
        return all(nonzero(a) for a, _, _ in p.terms[0][0].factors)
    low, high = bounds(p)
    return low > 0 or high < 0 or _generic(p) or _positive_somewhere(p)


def _positive_somewhere(p: Poly) -> bool:
    """Return whether all terms have one sign and one of them is nonzero."""
    signs = {_sign_of_term(m, c) for m, c in p.terms}
    if len(signs) != 1 or 0 in signs:
        return False
    return any(all(nonzero(a) for a, _, _ in m.factors) for m, _ in p.terms)


def _generic(p: Poly) -> bool:
    """Return whether the zeros of a polynomial form a null set, because it is analytic in g and w."""
    if p.scalar:
        return _scalar_nonzero(p)
    lasting = False
    for m, _ in p.terms:
        if not _analytic(m):
            return False
        steps = [a for a, _, _ in m.factors if a.scalar]
        lasting = lasting or (not m.scalar and all(nonzero(a) for a in steps))
    return lasting


def _scalar_nonzero(p: Poly) -> bool:
    """Return whether this is ``1 - p``, ``1 - r`` or the like, zero only after the last step."""
    ends = {"p": 1.0, "r": 1.0}
    value, seen = 0.0, False
    for m, c in p.terms:
        if not m.factors:
            value += float(c)
            continue
        if len(m.factors) != 1 or c > 0:
            return False
        a, q, _ = m.factors[0]
        if a.op not in ends or q < 1:
            return False
        seen = True
        value += float(c)
    return seen and value >= 0


def _analytic(m: Mono) -> bool:
    """Return whether a monomial is analytic almost everywhere with a null set of zeros."""
    parity: dict[Atom, int] = {}
    for a, q, s in m.factors:
        if a.scalar:
            continue
        if not isinstance(q, int) and Fraction(q).denominator != 1:
            return False
        if a.op in ("max", "min", "running_max", "mask"):
            return False
        if a.op in ("tanh", "arctan", "arcsinh", "erf", "i1e"):
            # f(|x|)^q stands beside the sign of x where q is odd.
            inner = a.args[0].terms[0][0]
            if not all(_analytic_base(b) for b, _, _ in inner.factors):
                return False
            for b, e, _ in inner.factors:
                if Fraction(e).denominator != 1:
                    return False
                if int(q) % 2 and int(e) % 2 and sign_of(b) == 0:
                    parity[b] = parity.get(b, 0) + 1
            if s:
                return False
            continue
        if not _analytic_base(a):
            return False
        if sign_of(a) == 0:
            parity[a] = parity.get(a, 0) + int(q) + s
    return all(n % 2 == 0 for n in parity.values())


def _analytic_base(a: Atom) -> bool:
    if a.scalar or a.op in ("g", "w"):
        return True
    if a.op in ("sum", "ema", "delta", "exp", "ln"):
        return all(_analytic(m) for m, _ in a.args[0].terms)
    return False


def bounds(p: Poly) -> Bounds:
    """Return bounds of a polynomial."""
    if p._bounds is None:
        low = high = 0.0
        for m, c in p.terms:
            x, y = _times(bounds_of_mono(m), _number(c))
            low, high = _plus(low, x, -INF), _plus(high, y, INF)
        p._bounds = low, high
    return p._bounds


def _number(c: Fraction) -> Bounds:
    value = float(c)
    if c.denominator == 1 and abs(value) < _BIG:
        return value, value
    return math.nextafter(value, -INF), math.nextafter(value, INF)


def bounds_of_mono(m: Mono) -> Bounds:
    """Return bounds of a monomial."""
    total = (1.0, 1.0)
    for factor in m.factors:
        total = _times(total, _bounds_of_factor(factor))
    return total


def _bounds_of_factor(factor: Factor) -> Bounds:
    a, q, s = factor
    low, high = bounds_of_atom(a)
    magnitude = (low, high) if low >= 0 else (-high, -low) if high <= 0 else (0.0, max(-low, high))
    result = (1.0, 1.0) if q == 0 else _powered(magnitude, float(q))
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
                return -_powered((0.0, left), float(q))[1], _powered((0.0, right), float(q))[1]
            return -INF, INF
    if s == 2:
        return min(result[0], 0.0), result[1]
    return result


def _powered(x: Bounds, q: float) -> Bounds:
    low, high = x
    if q > 0:
        ends = _pow(low, q), _pow(high, q)
    else:
        ends = (0.0 if high == INF else _pow(high, q)), (INF if low == 0 else _pow(low, q))
    return _down(ends[0], q == 1), _up(ends[1], q == 1)


def _pow(x: float, q: float) -> float:
    return INF if x == INF else float(FLOATS.power(x, q))


def _down(x: float, exact: bool = False) -> float:
    return x if exact or x in (0.0, 1.0) else math.nextafter(x, -INF)


def _up(x: float, exact: bool = False) -> float:
    return x if exact or x in (0.0, 1.0) else math.nextafter(x, INF)


def _plus(a: float, b: float, outward: float) -> float:
    if a == 0 or b == 0:
        return a + b
    total = a + b
    exact = a == int(a) and b == int(b) and abs(total) < _BIG if math.isfinite(total) else True
    return total if exact else math.nextafter(total, outward)


def _times(x: Bounds, y: Bounds) -> Bounds:
    if x == (1.0, 1.0):
        return y
    if y == (1.0, 1.0):
        return x
    corners = [_product(a, b) for a in x for b in y]
    low, high = min(corners), max(corners)
    exact = all(v in (0.0, 1.0, -1.0) or math.isinf(v) for v in x)
    exact = exact or all(v in (0.0, 1.0, -1.0) or math.isinf(v) for v in y)
    return (low, high) if exact else (_down(low), _up(high))


def _product(a: float, b: float) -> float:
    return 0.0 if a == 0 or b == 0 else a * b


def bounds_of_atom(a: Atom) -> Bounds:
    """Return bounds of an atom."""
    if a._bounds is None:
        a._bounds = _bounds_of_atom(a)
    return a._bounds


_FIXED: dict[str, Bounds] = {
    "g": (-INF, INF),
    "w": (-INF, INF),
    "p": (0.0, 1.0),
    "r": (0.0, 1.0),
    "remaining": (0.0, 1.0),
    "correction": (0.0, 1.0),
    "delta": (-INF, INF),
}
_MONOTONE = {"tanh": FLOATS.tanh, "arctan": FLOATS.arctan, "arcsinh": FLOATS.arcsinh, "erf": FLOATS.erf}


def _bounds_of_atom(a: Atom) -> Bounds:
    if a.op in _FIXED:
        return _FIXED[a.op]
    if a.op == "prime":
        value = float(str(a.param))
        return value, value
    if a.op == "mask":
        return 0.0, _up(1 / float(1 - a.param[0]))
    low, high = bounds(a.args[0])
    if a.op == "sum":
        if a.scalar and low <= 0 <= high:
            # A polynomial in the step loses its sign when it is multiplied out: look at the steps.
            from nos_sym.algebra.scalars import scalar_bounds

            return scalar_bounds(a.args[0])
        return low, high
    if a.op in ("recip", "abspow"):
        return 0.0, INF
    if a.op == "ema":
        return min(low, 0.0), max(high, 0.0)
    if a.op == "running_max":
        return max(low, 0.0), max(high, 0.0)
    if a.op == "norm":
        return max(min(low, 0.0), -1.0), min(max(high, 0.0), 1.0)
    if a.op in ("max", "min"):
        pick = max if a.op == "max" else min
        ends = [bounds(x) for x in a.args]
        return pick(e[0] for e in ends), pick(e[1] for e in ends)
    return _bounds_of_function(a.op, low, high)


def _bounds_of_function(op: str, low: float, high: float) -> Bounds:
    if op in _MONOTONE:
        f = _MONOTONE[op]
        return _widened(f(low), -INF), _widened(f(high), INF)
    if op == "exp":
        return max(0.0, _widened(FLOATS.exp(low), -INF)), _widened(FLOATS.exp(high), INF)
    if op == "ln":
        smallest = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
        largest = max(abs(low), abs(high))
        return _widened(FLOATS.log(smallest), -INF), _widened(FLOATS.log(largest), INF)
    if op == "i1e":
        return 0.0, 0.2191
    if op == "cospi":
        if low >= 0 and high <= 1:
            return max(-1.0, _widened(math.cos(math.pi * high), -INF)), min(
                1.0, _widened(math.cos(math.pi * low), INF)
            )
        return -1.0, 1.0
    return -INF, INF


def _widened(x: float, outward: float) -> float:
    if x in (0.0, 1.0, -1.0) or math.isinf(x):
        return x
    for _ in range(_WIDE):
        x = math.nextafter(x, outward)
    return x
