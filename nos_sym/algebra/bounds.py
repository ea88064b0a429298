"""Signs, zeros and bounds of terms: what is known of a value everywhere.

Bounds are closed intervals in binary64, moved outward where an operation rounds. ``nonzero`` means that a
value is not zero but on a null set (g = 0) and, for a function of the step, at no step at all.
"""

from __future__ import annotations

import math
from fractions import Fraction

from nos_sym.algebra.term import Atom, Bounds, Exponent, Factor, Mono, Poly, mono, poly, single, workspace
from nos_sym.language.floats import FLOATS

INF = math.inf
_BIG = 2**50
_HUGE = math.nextafter(INF, 0)
_WIDE = 4
_ZERO = (0.0,)
ONE = Fraction(1)
HALF = Fraction(1, 2)
_UNITS = (0.0, 1.0, -1.0, INF, -INF)
_COSINE = 1e-15  # error of cos(pi x)


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
    from nos_sym.algebra.signs import sign_of_sum

    memo = workspace().memo
    key = ("sign", p)
    if key not in memo:
        memo[key] = 0  # a sum that leads back to itself has no sign to show
        memo[key] = sign_of_sum(p)
    return memo[key]  # type: ignore[return-value]


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
        # An average begins as a multiple of x, and later depends on the gradient of the step as x does.
        if _generic(a.args[0]):
            return True
        one_sided = _positive_somewhere(a.args[0]) or _beyond_number(a.args[0]) or _one_sided(a.args[0])
        return a.op != "delta" and one_sided
    if a.op == "ln":
        return not a.scalar and _generic(single([(a, 1, 1)]))
    if a.op in ("max", "min"):
        # A maximum is zero only where one of its arguments is.
        return all(nonzero_poly(x) for x in a.args)
    return False


def _one_sided(p: Poly) -> bool:
    from nos_sym.algebra.signs import one_sided

    return one_sided(p)


def nonzero_poly(p: Poly) -> bool:
    """Return whether a polynomial is nonzero almost everywhere, at every step."""
    if not p.terms:
        return False
    if len(p.terms) == 1:
        return all(nonzero(a) for a, _, _ in p.terms[0][0].factors)
    low, high = bounds(p)
    return low > 0 or high < 0 or _generic(p) or _positive_somewhere(p) or _beyond_number(p)


def _beyond_number(p: Poly) -> bool:
    """Return whether a sum is a number and a rest of the same sign, as ``1 + y^2`` multiplied out."""
    number = next((c for m, c in p.terms if not m.factors), None)
    if number is None:
        return False
    sign = sign_of_poly(poly({m: c for m, c in p.terms if m.factors}))
    return sign != 0 and (sign > 0) == (number > 0)


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
    if p.partial or not all(_analytic(m) for m, _ in p.terms):
        return False
    from nos_sym.algebra.witness import witnessed

    return witnessed(p)


def _scalar_nonzero(p: Poly) -> bool:
    """Return whether this is ``1 - p``, ``1 - r`` or the like, zero only after the last step."""
    constants = {c > 0 for m, c in p.terms if not m.factors}
    if len(constants) != 1:
        return False
    positive = constants.pop()
    value, seen = Fraction(0), False
    for m, c in p.terms:
        c = c if positive else -c
        value += min(c, Fraction(0)) if m.factors else c
        if len(m.factors) > 1:
            return False
        for a, q, s in m.factors:
            # Powers of p lie in [0, 1), and the cosine of pi p in (-1, 1].
            below = a.op in ("p", "r", "remaining") and s == 0 and q > 0 and c < 0
            above = a.op == "cospi" and _is_progress(a.args[0]) and (q, s) == (1, 1) and c > 0
            value -= c if above else 0
            seen = seen or below or above
            if not (below or above or (sign_of(a) > 0 and c > 0)):
                return False
    return seen and value >= 0


def _is_progress(p: Poly) -> bool:
    """Return whether this is ``p`` or ``r``."""
    if len(p.terms) != 1 or p.terms[0][1] != 1 or len(p.terms[0][0].factors) != 1:
        return False
    a, q, _ = p.terms[0][0].factors[0]
    return a.op in ("p", "r") and q == 1


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
    if a.op not in ("sum", "ema", "delta", "exp", "ln"):
        return False
    memo = workspace().memo
    key = ("analytic", a)
    if key not in memo:
        memo[key] = all(_analytic(m) for m, _ in a.args[0].terms)
    return memo[key]  # type: ignore[return-value]


def bounds(p: Poly) -> Bounds:
    """Return bounds of a polynomial."""
    if p._bounds is None:
        low = high = 0.0
        for m, c in p.terms:
            scale, relative = _scaled_bounds(m)
            x, y = _times(relative, _number(c * scale))
            low, high = _plus(low, x, -INF), _plus(high, y, INF)
        p._bounds = low, high
        if len(p.terms) > 1 and high - low > 1 and any(_is_fraction(m) for m, _ in p.terms):
            most = _of_fraction(p)
            p._bounds = max(low, -most), min(high, most)
    return p._bounds


def _is_fraction(m: Mono) -> bool:
    return any(a.op == "sum" and q == -1 for a, q, _ in m.factors)


def _of_fraction(p: Poly) -> float:
    """Return a bound of the magnitude of a sum whose common factors bound it, as in ``x / (1 + |x|)``."""
    from nos_sym.algebra.polynomial import base

    c, m, a = base(p)
    if a is None or not _is_fraction(m):
        return INF
    scale, relative = _scaled_bounds(mono([*m.factors, (a, 1, 0)]))
    low, high = _times(relative, _number(c * scale))
    return max(-low, high)


def _number(c: Fraction) -> Bounds:
    if c.denominator & (c.denominator - 1) == 0 and max(abs(c.numerator), c.denominator) < _BIG:
        return float(c), float(c)
    try:
        value = float(c)
    except OverflowError:
        return (_HUGE, INF) if c > 0 else (-INF, -_HUGE)
    return math.nextafter(value, -INF), math.nextafter(value, INF)


def as_float(q: Exponent) -> float:
    """Return an exponent as a float, one that is too large as infinity."""
    try:
        return float(q)
    except OverflowError:
        return math.copysign(INF, q)


def bounds_of_mono(m: Mono) -> Bounds:
    """Return bounds of a monomial."""
    scale, relative = _scaled_bounds(m)
    return relative if scale == 1 else _times(relative, _number(scale))


def _scaled_bounds(m: Mono) -> tuple[Fraction, Bounds]:
    """Return bounds of a monomial as an exact number times bounds; a mask is its largest value or 0."""
    scale, total = ONE, (1.0, 1.0)
    left = list(m.factors)
    if any(q < 0 for _, q, _ in left):
        scale, total = _bounds_of_pairs(left)
    for factor in left:
        if factor[0].op == "mask":
            scale /= 1 - factor[0].param[0]
            total = _times(total, (0.0, 1.0))
        else:
            total = _times(total, _bounds_of_factor(factor))
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
                        low, high = max(low, -high, 0.0), max(high, -low)
                    total = _times(total, (low, high))
                    break
        elif a.op == "sum" and all(_sign_of_term(n, d) > 0 for n, d in a.args[0].terms):
            # The sum is no less than each of its terms; a number last, which all products are multiples of.
            for n, d in sorted(a.args[0].terms, key=lambda t: not t[0].factors):
                most = 1 / d if q == -1 else _root_of(1 / d) if q == -HALF and not n.factors else None
                if most is not None and _divides(n, left):
                    left.remove(factor)
                    for b, e, _ in n.factors:
                        at = next(i for i, f in enumerate(left) if f[0] is b)
                        left[at] = b, left[at][1] - e, left[at][2]
                    least = 0.0 if n.factors else _least_of_inverse(a, q, most)
                    scale, total = scale * most, _times(total, (least, 1.0))
                    break
    return scale, total


def _least_of_inverse(a: Atom, q: Exponent, most: Fraction) -> float:
    """Return how small ``a^q`` gets relative to the most that it can be, for a negative power q."""
    low, _ = _powered(bounds_of_atom(a), as_float(q))
    return min(_times((low, low), _number(1 / most))[0], 1.0)


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
    magnitude = (low, high) if low >= 0 else (-high, -low) if high <= 0 else (0.0, max(-low, high))
    result = (1.0, 1.0) if q == 0 else _powered(magnitude, as_float(q))
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
                power = as_float(q)
                return -_powered((0.0, left), power)[1], _powered((0.0, right), power)[1]
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
    if q == 1:
        return ends
    if q < 0:
        low, high = high, low
    return max(_outward(low, ends[0], -INF), 0.0), _outward(high, ends[1], INF)


def _pow(x: float, q: float) -> float:
    return INF if x == INF else float(FLOATS.power(x, q))


def _outward(argument: float, value: float, end: float, exact: tuple[float, ...] = (0.0, 1.0)) -> float:
    """Move a rounded power or function outward; it is exact at a few arguments and at infinity."""
    if argument in exact or math.isinf(argument):
        return value
    if math.isinf(value):
        return value if value == end else math.copysign(_HUGE, value)  # an overflow is not infinite
    for _ in range(_WIDE):
        value = math.nextafter(value, end)
    return value


def _plus(a: float, b: float, outward: float) -> float:
    if a == 0 or b == 0 or math.isinf(a) or math.isinf(b):
        return a + b
    total = a + b
    if abs(total) < _BIG and a == int(a) and b == int(b):
        return total
    return math.nextafter(total, outward)


def _times(x: Bounds, y: Bounds) -> Bounds:
    if x == (1.0, 1.0):
        return y
    if y == (1.0, 1.0):
        return x
    corners = [_product(a, b) for a in x for b in y]
    low, high = min(corners), max(corners)
    if all(v in _UNITS for v in x) or all(v in _UNITS for v in y):
        return low, high
    exact = all(a == 0 or b == 0 or a * b != 0 for a in x for b in y)
    lower = low if low == 0 and exact else math.nextafter(low, -INF)
    upper = high if high == 0 and exact else math.nextafter(high, INF)
    if x[0] >= 0 and y[0] >= 0:
        lower = max(lower, 0.0)
    return lower, upper


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
        return _number(Fraction(int(str(a.param))))
    if a.op == "mask":
        return 0.0, math.nextafter(float(1 / (1 - a.param[0])), INF)
    low, high = bounds(a.args[0])
    if low < 0 < high and a.op == "exp":
        known = sign_of_poly(a.args[0])
        low, high = (0.0 if known > 0 else low), (0.0 if known < 0 else high)
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
        most = 1.0 if op in ("tanh", "erf") else INF
        return max(_outward(low, f(low), -INF, _ZERO), -most), min(_outward(high, f(high), INF, _ZERO), most)
    if op == "exp":
        least = max(0.0, _outward(low, FLOATS.exp(low), -INF, _ZERO))
        return least, _outward(high, FLOATS.exp(high), INF, _ZERO)
    if op == "ln":
        smallest = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
        largest = max(abs(low), abs(high))
        return _outward(smallest, FLOATS.log(smallest), -INF), _outward(largest, FLOATS.log(largest), INF)
    if op == "i1e":
        return 0.0, 0.2191
    if op == "cospi":
        if low >= 0 and high <= 1:
            ends = math.cos(math.pi * high), math.cos(math.pi * low)
            return max(-1.0, ends[0] - _COSINE), min(1.0, ends[1] + _COSINE)
        return -1.0, 1.0
    return -INF, INF
