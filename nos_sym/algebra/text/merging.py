"""Sums of averages, differences and logarithms, as one average, difference or logarithm."""

from __future__ import annotations

from fractions import Fraction

from nos_sym.algebra.kernel import add, mul
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text.recursion import recursive
from nos_sym.algebra.text.terms import Generator, Monomial, Terms, collected, generator, monomial, times
from nos_sym.errors import RuleError
from nos_sym.language.kind import Kind
from nos_sym.language.registry import apply


def with_filters(terms: Terms) -> Terms:
    """Return a sum with ``ema_hat(x + y)`` for a sum of averages, and ``delta`` alike."""
    groups: dict[tuple[object, Monomial], list[tuple[Generator, Monomial, Fraction]]] = {}
    for m, c in terms.items():
        filters = [x for x, e in m if e == 1 and _is_filter(x)]
        if len(filters) == 1:
            (x,) = filters
            fixed = monomial(f for f in m if f[0].kind is Kind.NUMBER)
            rest = monomial(f for f in m if f[0] is not x and f[0].kind is not Kind.NUMBER)
            groups.setdefault((_filter_of(x), rest), []).append((x, fixed, c))
    for (_, rest), parts in groups.items():
        if len(parts) < 2:
            continue
        first = parts[0][0].node
        try:
            inner = add(
                *(
                    mul(polynomial(recursive.assembled(c, fixed)), polynomial(x.node.operands[0]))
                    for x, fixed, c in parts
                )
            )
            node = first.func(recursive.update(inner), *first.parameters)
        except RuleError:
            continue
        made = generator(node, positive=False, atom=parts[0][0].atom, role=parts[0][0].role)
        gone = {times(times(((x, Fraction(1)),), fixed), rest) for x, fixed, _ in parts}
        left = [(m, c) for m, c in terms.items() if m not in gone]
        return with_filters(collected([*left, (times(rest, ((made, Fraction(1)),)), Fraction(1))]))
    return terms


def _is_filter(x: Generator) -> bool:
    return x.role in ("hat", "delta") and hasattr(x.node, "operation")


def _filter_of(x: Generator) -> object:
    return x.node.func, x.node.parameters


def with_logarithms(terms: Terms) -> Terms:
    """Return a sum with ``ln(x y)`` for ``ln(x) + ln(y)``, each times the same."""
    groups: dict[Monomial, list[tuple[Generator, Fraction]]] = {}
    for m, c in terms.items():
        logarithms = [x for x, e in m if e == 1 and x.role == "ln"]
        if len(logarithms) == 1:
            rest = monomial(f for f in m if f[0] is not logarithms[0])
            groups.setdefault(rest, []).append((logarithms[0], c))
    for rest, parts in groups.items():
        if len(parts) < 2:
            continue
        lead, scale = next((f for f in parts if f[0].tensor), parts[0])
        powers: Terms = {(): Fraction(1)}
        coefficient, product = Fraction(1), monomial([])
        for x, c in parts:
            q = c / scale
            d, n = _argument(x)
            if q.denominator != 1 or (d < 0):
                break
            coefficient *= d ** int(q)
            product = times(product, tuple((y, e * q) for y, e in n))
        else:
            try:
                node = apply("ln", recursive.assembled(coefficient, product))
            except RuleError:
                continue
            made = generator(node, positive=False, atom=lead.atom, role="ln")
            gone = {times(((x, Fraction(1)),), rest) for x, _ in parts}
            left = [(m, c) for m, c in terms.items() if m not in gone]
            del powers
            return collected([*left, (times(rest, ((made, Fraction(1)),)), scale)])
    return terms


def _argument(x: Generator) -> tuple[Fraction, Monomial]:
    """Return what a logarithm is taken of, without its sign."""
    inner = x.node.operands[0]
    if inner.is_Rational:
        return Fraction(int(inner.p), int(inner.q)), ()
    c, m = recursive.factor_of_sum(recursive.terms_of(polynomial(inner)))
    return abs(c), m
