"""Operands of Table 2 that are sums, found among the terms of a sum."""

from __future__ import annotations

from fractions import Fraction

from sympy.core.basic import Basic

from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text.atoms import terms_of
from nos_sym.algebra.text.effort import remembered
from nos_sym.algebra.text.nodes import rational
from nos_sym.algebra.text.terms import Monomial, Terms, collected, generator, over, times
from nos_sym.errors import RuleError
from nos_sym.language.operands import OPERANDS, QUASI_HYPERBOLIC, quasi_hyperbolic

_Pair = tuple[tuple[Monomial, Fraction], tuple[Monomial, Fraction]]


def covered(terms: Terms, *, partly: bool = False) -> Terms:
    """Return a sum with operands for the terms that make one, such as ``agg_v`` and ``qhm(0.7)``.

    With ``partly`` an aggregated momentum may leave a rest of its gradient, as in ``agg_v - qhm(0.7)``.
    """
    for _ in range(len(terms)):
        found = _one(terms, partly)
        if found is None:
            return terms
        terms = found
    return terms


def _one(terms: Terms, partly: bool) -> Terms | None:
    for (m, c), (n, d), node in _sums():
        for k, value in terms.items():
            rest = over(k, m)
            partner = times(rest, n)
            if partner in terms and (partly or terms[partner] * c == value * d):
                made = _word(node, {m: c, n: d})
                return collected(
                    [*terms.items(), (k, -value), (partner, -value * d / c), (times(rest, made), value / c)]
                )
    for m, n, name in _mixtures():
        for k, value in terms.items():
            rest = over(k, m)
            partner = times(rest, n)
            other = terms.get(partner)
            if other is None or value * other <= 0:
                continue
            beta = other / (value + other)
            try:
                node = quasi_hyperbolic(name, rational(beta))
            except RuleError:
                continue
            made = _word(node, {m: 1 - beta, n: beta})
            total = value + other
            return collected([*terms.items(), (k, -value), (partner, -other), (times(rest, made), total)])
    return None


def _word(node: Basic, terms: Terms) -> Monomial:
    """Return an operand as a generator that is a sum."""
    positive = all(c > 0 and all(x.positive or e % 2 == 0 for x, e in m) for m, c in terms.items())
    made = generator(node, positive=positive, role="word")
    if made.terms is None:
        made.terms = terms
    return ((made, Fraction(1)),)


@remembered(lambda: None)
def _sums() -> list[tuple[tuple[Monomial, Fraction], tuple[Monomial, Fraction], Basic]]:
    """Return the operands that are sums of two terms."""
    found = []
    for operand in OPERANDS:
        terms = terms_of(polynomial(operand.expression))
        if len(terms) == 2 and operand.name is not None:
            # The average first: of the power that stands with it a part may be left.
            x, y = sorted(terms.items(), key=lambda t: all(f.role != "hat" for f, _ in t[0]))
            found.append((x, y, operand.expression))
    return found


@remembered(lambda: None)
def _mixtures() -> list[tuple[Monomial, Monomial, str]]:
    """Return what quasi-hyperbolic momentum mixes."""
    found = []
    for name, (power, average) in QUASI_HYPERBOLIC.items():
        (m, _), *_ = terms_of(polynomial(power)).items()
        (n, _), *_ = terms_of(polynomial(average)).items()
        found.append((m, n, name))
    return found
