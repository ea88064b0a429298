"""Signs of differences that decide between arguments of a maximum: by ``|f(x)| <= c |x|``, and case by case.

They are asked of differences alone, and not of every sum: that would be most of the time of a form.
"""

from __future__ import annotations

from fractions import Fraction

from nos_sym.algebra.kernel.bounds import sign_of_poly
from nos_sym.algebra.kernel.products import mul
from nos_sym.algebra.kernel.rational_powers import power_absolute
from nos_sym.algebra.kernel.term import Mono, Poly, add, mono, poly, scaled, single, workspace

CASES = 6
"""Most terms of a sum whose sign is looked for case by case."""


def sign_of_difference(p: Poly) -> int:
    """Return 1 where a sum is never negative, -1 where it is never positive, else 0."""
    memo = workspace().memo
    key = ("sign of a difference", p)
    if key not in memo:
        memo[key] = _of_part(p) or _of_cases(p)
    return memo[key]  # type: ignore[return-value]


def _of_majorant(p: Poly) -> int:
    """Return the sign of a sum like ``|x| - tanh(|x|)``: what is taken away is at most what stays."""
    if len(p.terms) > CASES:
        return 0
    for unit in (1, -1):
        parts, changed = [], False
        for m, c in p.terms:
            if c * unit > 0 or any(s == 1 for _, _, s in m.factors):
                parts.append(poly({m: c}))
                continue
            most = single([], c)
            for a, q, s in m.factors:
                if a.kind.slope is not None and q > 0 and Fraction(q).denominator == 1 and not a.scalar:
                    changed = True
                    most = mul(most, power_absolute(scaled(a.args[0], a.kind.slope), Fraction(q)))
                else:
                    most = mul(most, single([(a, q, s)]))
            parts.append(most)
        if changed and sign_of_poly(add(*parts)) == unit:
            return unit
    return 0


def _of_cases(p: Poly) -> int:
    """Return the sign of a sum that has it wherever a factor is positive, negative, and zero."""
    if len(p.terms) > CASES:
        return 0
    unknown = {a for m, _ in p.terms for a, _, s in m.factors if s == 1}
    if not 0 < len(unknown) <= 2:
        return 0
    a = min(unknown, key=lambda b: b.digest)
    # Where the factor is zero there are the fewest terms, so that most sums are decided by them.
    zero = poly({m: c for m, c in p.terms if all(b is not a for b, _, _ in m.factors)})
    if zero.terms and not _of_part(zero):
        return 0
    up: dict[Mono, Fraction] = {}
    down: dict[Mono, Fraction] = {}
    for m, c in p.terms:
        s = next((s for b, _, s in m.factors if b is a), None)
        bare = mono([(b, q, 0) if b is a else (b, q, t) for b, q, t in m.factors if b is not a or q])
        up[bare] = up.get(bare, Fraction(0)) + c
        down[bare] = down.get(bare, Fraction(0)) + (-c if s == 1 else c)
    found = 0
    for x in (*(poly({m: c for m, c in side.items() if c}) for side in (up, down)), zero):
        if x.terms:
            sign = _of_part(x)
            if sign == 0 or sign == -found:
                return 0
            found = sign
    return found


def _of_part(p: Poly) -> int:
    return sign_of_poly(p) or _of_majorant(p)
