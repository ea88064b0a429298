"""Maxima and minima of polynomials, kept in normal form.

Nested maxima are one; an argument that another one bounds is left out; a summand and a positive factor that
all arguments share stand outside; a minimum whose arguments are the negatives of a maximum is that maximum
negated.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from nos_sym.algebra.kernel.bounds import sign_of, sign_of_poly
from nos_sym.algebra.kernel.common_factors import base, divided, shared_exponent
from nos_sym.algebra.kernel.dominance import as_extremum, dual, pruned
from nos_sym.algebra.kernel.functions_of_signs import (
    by_sign,
    from_cases,
    outer_signs,
    split_sign,
    split_signs,
)
from nos_sym.algebra.kernel.monotone import through_increasing
from nos_sym.algebra.kernel.products import mul, product
from nos_sym.algebra.kernel.rational_powers import absolute
from nos_sym.algebra.kernel.term import (
    HALF,
    ONE,
    Atom,
    Exponent,
    Poly,
    add,
    atom,
    constant,
    note,
    poly,
    scaled,
    workspace,
)
from nos_sym.algebra.kernel.vanishing import without_idle_beside
from nos_sym.algebra.kernel.zeros import nonzero


def maximum(arguments: list[Poly]) -> Poly:
    """Return the maximum of polynomials."""
    return extremum("max", arguments)


def minimum(arguments: list[Poly]) -> Poly:
    """Return the minimum of polynomials."""
    return extremum("min", arguments)


def extremum(op: str, arguments: list[Poly]) -> Poly:
    """Return the maximum or minimum of polynomials."""
    if all(p is arguments[0] for p in arguments):
        # Before anything is split: max(x, x) is x whatever x is made of.
        if len(arguments) > 1:
            note("max-idempotent")
        return arguments[0]
    # States are worked out many times over, each time with other names for a few of them.
    tables = workspace()
    key = ("extremum", op, tables.apart, tuple(arguments))
    if key not in tables.memo:
        tables.memo[key] = _extremum(op, arguments)
    return tables.memo[key]  # type: ignore[return-value]


def _extremum(op: str, arguments: list[Poly]) -> Poly:
    flat = _flattened(op, arguments)
    kept = pruned(op, flat)
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
        return add(shift, extremum(op, [add(p, -shift) for p in kept]))
    factor = _shared_factor(kept)
    if factor is not None:
        outside, inside = factor
        note("max-scale")
        return mul(outside, extremum(op, [without_idle_beside(p, outside) for p in inside]))
    number = _number_to_shift(op, kept)
    if number:
        note("max-shift")
        shift = constant(number)
        return add(shift, extremum(op, [add(p, -shift) for p in kept]))
    passed = through_increasing(kept, lambda inner: extremum(op, inner))
    if passed is not None:
        note("max-increasing")
        return passed
    if len(kept) == 2:
        x, y = kept
        difference = add(x, -y)
        if len(difference.terms) == 1 or not (x.terms and y.terms) or x is -y:
            note("max-opposite")
            spread = absolute(difference)
            return scaled(add(x, y, spread if op == "max" else -spread), HALF)
    return _oriented(op, kept)


def _flattened(op: str, arguments: list[Poly]) -> dict[Poly, Poly]:
    """Return the arguments, those of nested extrema too, each to the one that was given for it."""
    flat: dict[Poly, Poly] = {}
    for p in arguments:
        inner = as_extremum(p)
        if inner is not None and inner[0] == op:
            note("max-flatten")
            flat.update(dict.fromkeys(inner[1], p))
        else:
            flat[p] = p
    if len(flat) < len(arguments):
        note("max-idempotent")
    return flat


def _as_clip(op: str, arguments: list[Poly]) -> Poly | None:
    """Return ``min(max(x, -y), y)`` and ``max(min(x, y), -y)``, for y >= 0, as ``sign(x) min(|x|, y)``."""
    if len(arguments) != 2:
        return None
    for end, p in (arguments, arguments[::-1]):
        inner = as_extremum(p)
        if inner is None or inner[0] == op or sign_of_poly(end) != (1 if op == "min" else -1):
            continue
        rest = [x for x in inner[1] if x is not -end]
        if rest and len(rest) < len(inner[1]):
            note("clip")
            return clip(extremum(inner[0], rest), end)
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


def _of_signs(op: str, arguments: list[Poly]) -> Poly | None:
    """Return the extremum of arguments that depend on the step and on signs alone, else ``None``."""
    split = split_signs(arguments)
    if split is None:
        return None
    zero = None if split.zero is None else extremum(op, list(split.zero))
    return from_cases(split.sign, extremum(op, list(split.up)), extremum(op, list(split.down)), zero)


def _shared_summand(arguments: list[Poly]) -> Poly:
    """Return the terms that every argument has, with the coefficient that they share."""
    shared = dict(arguments[0].terms)
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
            _, m, remainder = base(rest)
            order = (m.digest, remainder.digest if remainder is not None else b"")
            rows.append((order, number if op == "max" else -number, number))
    return min(rows)[2] if rows else Fraction(0)


def _shared_factor(arguments: list[Poly]) -> tuple[Poly, list[Poly]] | None:
    """Return a positive factor of all arguments with the rest, or ``None``; zero has every factor."""
    parts = [base(p) for p in arguments if p.terms]
    content = Fraction(0)
    for c, _, a in parts:
        scale = abs(c) * (_content(a.args[0]) if a is not None else 1)
        content = _fraction_gcd(content, scale)
    rows = [{a: q for a, q, s in m.factors if s == 0} for _, m, _ in parts]
    common: dict[Atom, tuple[Exponent, int]] = {}
    for a in dict.fromkeys(a for row in rows for a in row):
        here = [row.get(a, 0) for row in rows]
        least = shared_exponent(a, here)
        # max(x/a, y) is not max(x, a y)/a where a is 0.
        if least and (least > 0 or 0 not in here or nonzero(a)):
            common[a] = least, 0
    sums = {a for _, _, a in parts}
    shared = sums.pop() if len(sums) == 1 else None
    if shared is not None and sign_of(shared):
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
    return product(-ONE, [(atom(dual(op), tuple(negated)), 1, 1)])
