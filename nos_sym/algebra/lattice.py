"""Maxima and minima of polynomials, kept in normal form.

Nested maxima are one; an argument that another one bounds is left out; a summand and a positive factor that
all arguments share stand outside; a minimum whose arguments are the negatives of a maximum is that maximum
negated.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from nos_sym.algebra.bounds import bounds, nonzero, sign_of, sign_of_poly
from nos_sym.algebra.polynomial import (
    ONE,
    absolute,
    at_sign,
    base,
    by_sign,
    divided,
    mul,
    outer_signs,
    product,
    shared_exponent,
    shared_signs,
    split_sign,
)
from nos_sym.algebra.scalars import scalar_bounds
from nos_sym.algebra.term import (
    MAY_VANISH,
    PARTIAL,
    Atom,
    Exponent,
    Mono,
    Poly,
    add,
    atom,
    constant,
    note,
    poly,
    scaled,
    single,
)


def maximum(arguments: list[Poly]) -> Poly:
    """Return the maximum of polynomials."""
    return _extremum("max", arguments)


def minimum(arguments: list[Poly]) -> Poly:
    """Return the minimum of polynomials."""
    return _extremum("min", arguments)


def _extremum(op: str, arguments: list[Poly]) -> Poly:
    if all(p is arguments[0] for p in arguments):
        # Before anything is taken apart: max(x, x) is x whatever x is made of.
        if len(arguments) > 1:
            note("max-idempotent")
        return arguments[0]
    flat = _flattened(op, arguments)
    kept = _pruned(op, flat)
    if len(kept) == 1:
        return kept[0]
    clipped = _as_clip(op, kept)
    if clipped is not None:
        return clipped
    affine = _of_signs(op, kept)
    if affine is not None:
        return affine
    shift = _shared_summand(kept)
    if shift.terms:
        note("max-shift")
        return add(shift, _extremum(op, [add(p, -shift) for p in kept]))
    factor = _shared_factor(kept)
    if factor is not None:
        outside, inside = factor
        note("max-scale")
        return mul(outside, _extremum(op, inside))
    number = _number_to_shift(op, kept)
    if number:
        note("max-shift")
        shift = constant(number)
        return add(shift, _extremum(op, [add(p, -shift) for p in kept]))
    if len(kept) == 2 and kept[0] is -kept[1]:
        note("max-opposite")
        magnitude = absolute(kept[0])
        return magnitude if op == "max" else -magnitude
    return _oriented(op, kept)


def _flattened(op: str, arguments: list[Poly]) -> list[Poly]:
    flat: dict[Poly, None] = {}
    for p in arguments:
        inner = as_extremum(p)
        if inner is not None and inner[0] == op:
            note("max-flatten")
            flat.update(dict.fromkeys(inner[1]))
        else:
            flat[p] = None
    if len(flat) < len(arguments):
        note("max-idempotent")
    return list(flat)


def as_extremum(p: Poly) -> tuple[str, list[Poly]] | None:
    """Return operation and arguments where a polynomial is a maximum or minimum, negated, scaled or shifted.

    A shift and a factor that is never negative belong to the arguments: ``1 + |z| max(x, y)`` is
    ``max(1 + |z| x, 1 + |z| y)``.
    """
    found: tuple[Atom, Poly] | None = None
    rest: dict[Mono, Fraction] = {}
    for m, c in p.terms:
        inner = [f for f in m.factors if f[0].op in ("max", "min")]
        others = [f for f in m.factors if f[0].op not in ("max", "min")]
        if len(inner) == 1 and inner[0][1] == 1 and all(s != 1 for _, _, s in others):
            a, _, s = inner[0]
            sign = sign_of(a)
            if s == 1 or sign:
                if found is not None:
                    return None
                # |a| is -a where a is never positive.
                found = a, single(others, -c if s == 0 and sign < 0 else c)
                continue
        rest[m] = c
    if found is None:
        return None
    a, factor = found
    outer = poly(rest)
    arguments = [add(outer, mul(factor, x)) for x in a.args]
    return (a.op if factor.terms[0][1] > 0 else _dual(a.op)), arguments


def _dual(op: str) -> str:
    return "min" if op == "max" else "max"


def _pruned(op: str, arguments: list[Poly]) -> list[Poly]:
    kept: list[Poly] = []
    arguments = _without_jointly_dominated(op, arguments)
    for p in arguments:
        if any(_dominates(op, q, p) for q in kept):
            note("max-bounded")
            continue
        bounded = [q for q in kept if _dominates(op, p, q)]
        if bounded:
            note("max-bounded")
            kept = [q for q in kept if q not in bounded]
        kept.append(p)
    return sorted(kept, key=lambda p: p.digest)


def _without_jointly_dominated(op: str, arguments: list[Poly]) -> list[Poly]:
    """Leave out min(max(x, y), z) where x and y stand beside it: it is no more than their maximum."""
    kept = arguments
    for p in arguments:
        if len(kept) > 2 and as_extremum(p) is not None:
            others = [q for q in kept if q is not p]
            if _jointly_dominated(op, p, others):
                note("max-bounded")
                kept = others
    return kept


def _as_clip(op: str, arguments: list[Poly]) -> Poly | None:
    """Return ``min(max(x, -y), y)`` and ``max(min(x, y), -y)``, for y >= 0, as ``sign(x) min(|x|, y)``."""
    if len(arguments) != 2:
        return None
    for end, p in (arguments, arguments[::-1]):
        inner = as_extremum(p)
        if inner is None or inner[0] == op or sign_of_poly(end) != (1 if op == "min" else -1):
            continue
        rest = [x for x in inner[1] if x is not -end]
        if rest and len(rest) < len(inner[1]) and not end.partial and not any(x.partial for x in rest):
            note("clip")
            return clip(_extremum(inner[0], rest), end)
    return None


def clip(x: Poly, y: Poly) -> Poly:
    """Return ``sign(x) min(|x|, |y|)``."""
    note("clip")
    if not x.terms:
        return scaled(y, 0)
    affine = by_sign(split_sign(x), lambda part: clip(part, y))
    if affine is not None:
        return affine
    unit, signs = outer_signs(x)
    return mul(product(Fraction(unit), signs), minimum([absolute(x), absolute(y)]))


def _jointly_dominated(op: str, p: Poly, others: list[Poly], depth: int = 0) -> bool:
    if any(_dominates(op, q, p) for q in others):
        return True
    inner = as_extremum(p)
    if inner is None or p.partial or depth > 3:
        return False
    test = all if inner[0] == op else any
    return test(_jointly_dominated(op, x, others, depth + 1) for x in inner[1])


def _dominates(op: str, p: Poly, q: Poly) -> bool:
    """Return whether ``p`` alone decides against ``q``: p >= q in a maximum, p <= q in a minimum."""
    if q.partial and _may_be_undefined(q):
        return False
    return at_most(q, p) if op == "max" else at_most(p, q)


def _may_be_undefined(p: Poly) -> bool:
    """Return whether a polynomial may be ``infinity - infinity`` or ``0 times infinity``, beside infinite."""
    if len(p.terms) > 1:
        return True
    for a, q, _ in p.terms[0][0].factors:
        infinite = a.op in PARTIAL or a.param == MAY_VANISH
        if a.partial and not (infinite and not any(x.partial for x in a.args)):
            return True
        if not infinite and not (q < 0 or nonzero(a)):
            return True
    return False


def at_most(p: Poly, q: Poly, depth: int = 0) -> bool:
    """Return whether ``p <= q`` is proved, everywhere and at every step."""
    if p is q:
        return True
    difference = add(q, -p)
    if difference.scalar and difference.terms and scalar_bounds(difference)[0] >= 0:
        return True
    if sign_of_poly(difference) > 0 or bounds(p)[1] <= bounds(q)[0]:
        return True
    if depth > 3:
        return False
    for x, y, order in ((p, q, "left"), (q, p, "right")):
        inner = as_extremum(x)
        if inner is None:
            continue
        op, arguments = inner
        every = (op == "max") == (order == "left")
        test = all if every else any
        if test(at_most(a, y, depth + 1) if order == "left" else at_most(y, a, depth + 1) for a in arguments):
            return True
    return False


def _of_signs(op: str, arguments: list[Poly]) -> Poly | None:
    """Return the extremum of arguments that depend on the step and on signs alone, else ``None``."""
    chosen = None if any(p.partial for p in arguments) else shared_signs(arguments)
    if chosen is None:
        return None
    note("function-of-sign")
    parts = [at_sign(p, chosen) for p in arguments]
    up = _extremum(op, [add(a, b) for a, b in parts])
    down = _extremum(op, [add(a, -b) for a, b in parts])
    half = Fraction(1, 2)
    return add(scaled(add(up, down), half), mul(single(chosen, half), add(up, -down)))


def _shared_summand(arguments: list[Poly]) -> Poly:
    """Return the terms that every argument has, with the coefficient that they share."""
    shared = {m: c for m, c in arguments[0].terms if not m.partial}
    for p in arguments[1:]:
        here = dict(p.terms)
        shared = {m: c for m, c in shared.items() if here.get(m) == c}
        if not shared:
            break
    return poly(shared)


def _number_to_shift(op: str, arguments: list[Poly]) -> Fraction:
    """Return the number that the first argument has beside other terms; 0 where none has other terms.

    Which argument is the first does not change with a factor or a sign of all of them; of two that differ by
    these alone, the one with the smaller number in a maximum, with the larger one in a minimum.
    """
    rows = []
    for p in arguments:
        number = sum((c for m, c in p.terms if not m.factors), Fraction(0))
        rest = poly({m: c for m, c in p.terms if m.factors})
        if rest.terms:
            _, m, a = base(rest)
            order = (m.digest, a.digest if a is not None else b"")
            rows.append((order, number if op == "max" else -number, number))
    return min(rows)[2] if rows else Fraction(0)


def _shared_factor(arguments: list[Poly]) -> tuple[Poly, list[Poly]] | None:
    """Return a positive factor of all arguments with the rest, or ``None``; zero has every factor."""
    parts = [base(p) for p in arguments if p.terms]
    content = Fraction(0)
    for c, _, a in parts:
        scale = abs(c) * (_content(a.args[0]) if a is not None else 1)
        content = _fraction_gcd(content, scale)
    # Infinity times max(x, 0) is not max(infinity times x, 0).
    rows = [{a: q for a, q, s in m.factors if s == 0 and not a.partial} for _, m, _ in parts]
    common: dict[Atom, tuple[Exponent, int]] = {}
    for a in dict.fromkeys(a for row in rows for a in row):
        least = shared_exponent(a, [row.get(a, 0) for row in rows])
        if least:
            common[a] = least, 0
    sums = {a for _, _, a in parts}
    shared = sums.pop() if len(sums) == 1 else None
    if shared is not None and sign_of(shared) and not shared.partial:
        # All arguments are multiples of one sum whose sign is known, as 1 - p.
        unit = sign_of(shared)
        rest = iter(product(unit * c, list(m.factors)) for c, m, _ in parts)
        outside = product(ONE, [(shared, 1, 0)])
        return outside, [next(rest) if p.terms else p for p in arguments]
    if content == 1 and not common:
        return None
    outside = product(content, [(a, q, s) for a, (q, s) in common.items()])
    inside = [scaled(divided(p, common), 1 / content) if p.terms else p for p in arguments]
    return outside, inside


def _content(p: Poly) -> Fraction:
    value = Fraction(0)
    for _, c in p.terms:
        value = _fraction_gcd(value, abs(c))
    return value


def _fraction_gcd(a: Fraction, b: Fraction) -> Fraction:
    numerator = gcd(a.numerator * b.denominator, b.numerator * a.denominator)
    return Fraction(numerator, a.denominator * b.denominator)


def _oriented(op: str, arguments: list[Poly]) -> Poly:
    """Return the atom of an extremum, as a maximum or as a minimum of the negated arguments."""
    negated = sorted((-p for p in arguments), key=lambda p: p.digest)
    here, there = [p.digest for p in arguments], [p.digest for p in negated]
    if here <= there:
        return product(ONE, [(atom(op, tuple(arguments)), 1, 1)])
    note("max-negated")
    return product(-ONE, [(atom(_dual(op), tuple(negated)), 1, 1)])
