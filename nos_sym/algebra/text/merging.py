"""Sums of averages, differences and logarithms, as one average, difference or logarithm."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sympy.core.basic import Basic

from nos_sym.algebra.kernel import Poly, add, average, mul, scaled
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text.cost import cost_of
from nos_sym.algebra.text.recursion import recursive
from nos_sym.algebra.text.terms import Generator, Monomial, Terms, collected, generator, monomial, times
from nos_sym.errors import RuleError
from nos_sym.language.kind import Kind
from nos_sym.language.registry import apply


def with_filters(terms: Terms) -> Terms:
    """Return a sum with ``ema_hat(x + y)`` for a sum of averages, and ``delta`` alike.

    A difference of an average and the average of a difference are the same, and the kernel keeps the second.
    """
    groups: dict[tuple[object, Monomial], list[tuple[Monomial, Poly, Fraction]]] = {}
    first: dict[object, Generator] = {}
    for m, c in terms.items():
        for key, x, inner, others in _filters(m):
            fixed = monomial(f for f in others if f[0].kind is Kind.NUMBER)
            rest = monomial(f for f in others if f[0].kind is not Kind.NUMBER)
            value = mul(polynomial(recursive.assembled(c, fixed)), inner)
            groups.setdefault((key, rest), []).append((m, value, c))
            first.setdefault(key, x)
    for (key, rest), parts in groups.items():
        if len(parts) < 2:
            continue
        lead = first[key]
        try:
            number, inner = _number_outside(add(*(value for _, value, _ in parts)), parts[0][2])
            node = lead.node.func(inner, *lead.node.parameters)
        except RuleError:
            continue
        made = generator(node, positive=False, atom=lead.atom, role=lead.role)
        gone = {m for m, _, _ in parts}
        left = [(m, c) for m, c in terms.items() if m not in gone]
        return with_filters(collected([*left, (times(rest, ((made, Fraction(1)),)), number)]))
    return terms


def _number_outside(p: Poly, c: Fraction) -> tuple[Fraction, Basic]:
    """Return a form as a number times a text, the shortest with a number that some multiple of c leaves."""
    numbers = list(dict.fromkeys((abs(c), 2 * abs(c), 4 * abs(c), Fraction(1))))
    options = [(number, recursive.update(scaled(p, 1 / number))) for number in numbers]
    return min(options, key=lambda o: cost_of(o[1])[0] + 2 * (o[0] != 1))


def _filters(m: Monomial) -> Iterator[tuple[object, Generator, Poly, Monomial]]:
    """Yield the linear filter that a term is a multiple of, what it is of, and the other factors."""
    found = [x for x, e in m if e == 1 and _is_filter(x)]
    if len(found) != 1:
        return
    (x,) = found
    others = monomial(f for f in m if f[0] is not x)
    yield _filter_of(x), x, polynomial(x.node.operands[0]), others
    beside = [y for y, e in others if y.role == "correction" and e == 1]
    if x.role == "hat" and x.atom is not None and beside:
        inside = x.atom.args[0]
        factors = inside.terms[0][0].factors if len(inside.terms) == 1 else ()
        if len(factors) == 1 and factors[0][0].op == "delta" and factors[0][1:] == (1, 1):
            beta = x.atom.param
            corrections = [y for y in beside if y.node.parameters == x.node.parameters]
            difference = factors[0][0]
            if corrections:
                made = generator(apply("delta", recursive.update(difference.args[0])), positive=False)
                made.atom, made.role = difference, "delta"
                inner = scaled(average(difference.args[0], beta), inside.terms[0][1])
                rest = monomial(f for f in others if f[0] is not corrections[0])
                yield _filter_of(made), made, inner, rest


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
            if q.denominator != 1 or not d:
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
