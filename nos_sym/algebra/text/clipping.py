"""Factors and summands inside maxima and minima, and clipping, in products."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sympy.core.basic import Basic

from nos_sym.algebra.kernel import (
    Atom,
    Poly,
    add,
    constant,
    dual,
    minimum,
    mul,
    power_absolute,
    product,
    scaled,
)
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text.atoms import extremum, magnitude
from nos_sym.algebra.text.effort import itself, remembered
from nos_sym.algebra.text.functions import chained, nonnegative, opened, signs_of, with_signs
from nos_sym.algebra.text.recursion import recursive
from nos_sym.algebra.text.terms import Generator, Monomial, generator, monomial, times
from nos_sym.algebra.text.words import word
from nos_sym.errors import RuleError
from nos_sym.language.registry import apply

Product = tuple[Fraction, Monomial]


def of_extrema(c: Fraction, m: Monomial) -> Iterator[Product]:
    """Yield a product with its positive factors inside a maximum, and ``clip`` for a signed minimum."""
    for x, e in m:
        if e.denominator != 1:
            yield from _of_root(c, x, e, m)
            continue
        if x.extremum is None and not _holds_extremum(x):
            continue
        others = monomial((y, i) for y, i in m if y is not x)
        if e != 1:
            yield from _of_power(c, x, int(e), others)
            if e % 2:
                for d, clipped in _clipped(Fraction(1), x, others):
                    (made, _), *_ = (f for f in clipped if f not in others)
                    yield c * d, monomial((y, e if y is made else i) for y, i in clipped)
            continue
        for whole, inside in [*((others, i) for i in _choices(others)), *_with_magnitudes(others)]:
            outside = tuple(f for f in whole if f not in inside)
            try:
                factor = polynomial(recursive.assembled(Fraction(1), inside))
                for number in _numbers(c, x):
                    for sign, made in _made(x, scaled(factor, number)):
                        yield sign * c / number, times(outside, ((made, Fraction(1)),))
                        yield from _clipped(sign * c / number, made, outside)
            except RuleError:
                continue


def _of_root(c: Fraction, x: Generator, e: Fraction, m: Monomial) -> Iterator[Product]:
    """Yield ``min(sqrt(x), sqrt(y))`` for the root of a minimum."""
    if x.extremum is None or e < 0 or not all(map(nonnegative, x.extremum[1])):
        return
    op, arguments = x.extremum
    made = extremum(op, tuple(power_absolute(p, e) if p.terms else p for p in arguments), positive=True)
    yield from of_extrema(c, times(tuple(f for f in m if f[0] is not x), ((made, Fraction(1)),)))


def _numbers(c: Fraction, x: Generator) -> list[Fraction]:
    """Return positive numbers to multiply a maximum by: that of the product, none, and what leaves words."""
    words = [word(p) for p in x.extremum[1]] if x.extremum is not None else []
    return list(dict.fromkeys((abs(c), Fraction(1), *(1 / abs(w[0]) for w in words if w is not None))))


def _of_power(c: Fraction, x: Generator, e: int, others: Monomial) -> Iterator[Product]:
    """Yield a power of a maximum with the same power of other factors inside."""
    shared = monomial((y, Fraction(1) if i * e > 0 else Fraction(-1)) for y, i in others if abs(i) == abs(e))
    for inside in _choices(shared):
        powers = monomial((y, i * abs(e)) for y, i in inside)
        outside = times(others, monomial((y, -i) for y, i in powers))
        try:
            for sign, made in _made(x, polynomial(recursive.assembled(Fraction(1), inside))):
                yield c * Fraction(sign) ** e, times(outside, ((made, Fraction(e)),))
        except RuleError:
            continue


def _with_magnitudes(others: Monomial) -> Iterator[tuple[Monomial, Monomial]]:
    """Yield a product with ``sign(x) |x|`` for a factor x, and its positive factors."""
    for x, e in others:
        if e == 1 and not x.positive and x.atom is not None and x.role in ("plain", "hat"):
            sign = generator(apply("sign", x.node), positive=False, atom=x.atom, role="sign")
            split = monomial((*(f for f in others if f[0] is not x), (sign, 1), (magnitude(x), 1)))
            yield split, tuple(f for f in split if f[0].positive and f[0].role != "mask")


def _holds_extremum(x: Generator) -> bool:
    """Return whether a value is a sum with one extremum, which is no function of the step among tensors."""
    if x.items is None or sum(_extrema_of(m) for _, m in x.items) != 1:
        return False
    return all(y.tensor or not x.tensor for _, m in x.items for y, _ in m if y.extremum is not None)


def _extrema_of(m: Monomial) -> int:
    return sum(2 if e != 1 else 1 for y, e in m if y.extremum is not None)


def _choices(others: Monomial) -> list[Monomial]:
    """Return products of factors that are never negative, to stand inside: all, those of the step, none."""
    positive = tuple((y, i) for y, i in others if y.positive and y.role != "mask")
    scalars = tuple(f for f in positive if not f[0].tensor)
    corrections = tuple(f for f in scalars if f[0].role == "correction")
    divisors = tuple(f for f in scalars if f[1] < 0)
    plain = tuple(f for f in scalars if f[0].extremum is None and not _holds_extremum(f[0]))
    return list(dict.fromkeys((positive, scalars, plain, divisors, corrections, ())))


def _made(x: Generator, factor: Poly) -> Iterator[tuple[int, Generator]]:
    """Yield signs and maxima or minima for a positive factor times one, or times a sum with one."""
    if x.extremum is not None:
        op, arguments = x.extremum
        inner = tuple(mul(p, factor) for p in arguments)
    else:
        assert x.items is not None
        shift, scale = constant(0), constant(0)
        op, arguments, sign = "max", (), 1
        for c, m in x.items:
            if not _extrema_of(m):
                shift = add(shift, polynomial(recursive.assembled(c, m)))
                continue
            rest = monomial((y, e) for y, e in m if y.extremum is None)
            if not all(y.positive for y, _ in rest):
                return
            (op, arguments), *_ = (y.extremum for y, _ in m if y.extremum is not None)
            scale = polynomial(recursive.assembled(c, rest))
            sign = 1 if c > 0 else -1
        op = op if sign > 0 else dual(op)
        inner = tuple(mul(add(shift, mul(p, scale)), factor) for p in arguments)
    before = sum(map(weight, x.extremum[1] if x.extremum is not None else inner))
    if sum(0 if word(p) is not None else weight(p) for p in inner) > 1.5 * before + 6:
        return
    for sign in (1, -1):
        yield (
            sign,
            extremum(
                op if sign > 0 else dual(op),
                tuple(scaled(p, sign) for p in inner),
                positive=x.positive and sign > 0,
            ),
        )


@remembered(itself)
def weight(p: Poly) -> int:
    """Return the size of a form."""
    return sum(1 + sum(1 + sum(map(weight, a.args)) for a, _, _ in m.factors) for m, _ in p.terms)


def _clipped(c: Fraction, x: Generator, others: Monomial) -> Iterator[Product]:
    """Yield ``clip(x, y)`` for ``sign(x) min(|x|, |y|)``."""
    if x.extremum is None or x.extremum[0] != "min" or not x.positive:
        return
    signs = {y.atom: y for y, e in others if y.role == "sign" and e == 1}
    if not signs:
        return
    arguments = x.extremum[1]
    for wanted in _wanted(arguments, signs):
        inside = tuple(p for p in arguments if signs_of(p) == wanted)
        whole = minimum(list(arguments))
        unit = Fraction(1)
        for a in wanted:
            whole = mul(whole, product(Fraction(1), [(a, 0, 1)]))
            unit *= _unit_of(signs[a])
        left = monomial((y, e) for y, e in others if not (y.role == "sign" and y.atom in wanted))
        for chosen in dict.fromkeys((inside, *((p,) for p in inside or arguments))):
            rest = [p for p in arguments if p not in chosen]
            if not chosen or not rest:
                continue
            for node in _clips(chosen, rest, wanted):
                value = polynomial(node)
                sign = 1 if value is whole else -1 if value is -whole else 0
                if sign:
                    yield c * sign * unit, times(left, ((generator(node, positive=False), Fraction(1)),))


def _wanted(arguments: tuple[Poly, ...], signs: dict[Atom | None, Generator]) -> list[frozenset[Atom]]:
    """Return the signs that stand beside a minimum and belong to one of its arguments, or the only one."""
    found = [frozenset(signs_of(p)) for p in arguments]
    if len(signs) == 1:
        found.append(frozenset(a for a in signs if a is not None))
    return list(dict.fromkeys(w for w in found if w and w <= set(signs)))


def _clips(chosen: tuple[Poly, ...], rest: list[Poly], wanted: frozenset[Atom]) -> Iterator[Basic]:
    """Yield ``clip(x, y)`` for a part of a minimum that takes the signs, and what bounds it."""
    if len(chosen) == 1:
        signed = opened(chosen[0], set(wanted))
    else:
        signed = minimum(list(chosen))
        for a in wanted:
            signed = mul(signed, product(Fraction(1), [(a, 0, 1)]))
    for limit in signed_bounds(rest):
        for inner in (signed, -signed):
            yield apply("clip", recursive.text(inner), limit)


def signed_bounds(rest: list[Poly]) -> Iterator[Basic]:
    """Yield texts of a minimum that is never negative, and of values with that absolute value."""
    if len(rest) == 1:
        yield recursive.text(opened(rest[0]))
        signed = with_signs(rest[0])
        if signed is not rest[0]:
            yield recursive.text(signed)
        return
    yield chained("min", [recursive.text(p) for p in rest])
    for wanted in dict.fromkeys(frozenset(signs_of(p)) for p in rest):
        if wanted:
            whole = mul(minimum(list(rest)), product(Fraction(1), [(a, 0, 1) for a in wanted]))
            yield recursive.text(whole)


def _unit_of(x: Generator) -> int:
    """Return 1 where a sign is that of its atom, -1 where it is the opposite."""
    a = x.atom
    assert a is not None
    return 1 if polynomial(x.node) is product(Fraction(1), [(a, 0, 1)]) else -1
