"""Bounds of quotients by a maximum that decays, as Adamax has it.

Where ``u <- max(b u, e)`` with ``e >= |x|``, u is at least ``b^i |x|`` of i steps before. An average m of x
with the coefficient a is therefore at most ``(1 - a) (1 + a/b + ... + (a/b)^t) u``.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from fractions import Fraction

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.algebra.elimination import Environment, value_of, values
from nos_sym.algebra.kernel import Atom, Poly, absolute, add, inverse, mul, sign_of_poly
from nos_sym.language.node import Node
from nos_sym.report.sheet.most import SLACK, Most, supremum
from nos_sym.report.sheet.subject import Subject

_BY = "by the weights of an average of x against a maximum of |x| that decays"


def by_peak(subject: Subject, known: Environment, node: Node) -> Most | None:
    """Return a bound of a quotient of an average by a maximum that decays.

    Args:
        subject: the optimizer.
        known: what states are, averages among them.
        node: the quotient.
    """
    if node.operation.name != "div":
        return None
    over, under = node.operands
    news = {s.new: s for s in subject.states}
    parts = list(_factors(under))
    for part in parts:
        peak = _peak_in(part, news)
        if peak is None:
            continue
        state = news[peak]
        others = values(known, [over, *(p for p in parts if p is not part)])
        quotient_of_others = others[0]
        for other in others[1:]:
            quotient_of_others = mul(quotient_of_others, inverse(other))
        average = _average(quotient_of_others)
        if average is None:
            return None
        atom, coefficient, corrections = average
        own = subject.atoms[state]
        # The same leaf for the state in all of this, and averages solved for.
        environment = known | {state.old: value_of(own)}
        decay = _decay(peak, own, atom.args[0], environment)
        if decay is None or not 0 < atom.param < decay:
            return None
        beta = float(atom.param)
        most = supremum(1 - beta, beta / float(decay), 1.0, corrections)
        return Most(coefficient * most * SLACK, _BY)
    return None


def _factors(x: Basic) -> Iterator[Basic]:
    if isinstance(x, Node) and x.operation.name in ("mul", "scale"):
        for operand in x.operands:
            yield from _factors(operand)
    else:
        yield x


def _peak_in(x: Basic, news: Container[Basic]) -> Node | None:
    """Return the new value of a state that is a maximum and at most x: x, or x without a number."""
    if not isinstance(x, Node):
        return None
    if x.operation.name == "max" and x in news:
        return x
    if x.operation.name == "add":
        for peak, more in (x.operands, x.operands[::-1]):
            if isinstance(more, Rational) and more >= 0:
                return _peak_in(peak, news)
    return None


def _average(p: Poly) -> tuple[Atom, float, dict[Fraction, Fraction]] | None:
    """Return a form as an average times a number and bias corrections."""
    if len(p.terms) != 1:
        return None
    ((m, c),) = p.terms
    corrections: dict[Fraction, Fraction] = {}
    found: Atom | None = None
    for a, q, s in m.factors:
        if a.op == "correction":
            corrections[a.param] = Fraction(q)
        elif a.op == "ema" and (q, s) == (1, 1) and found is None:
            found = a
        else:
            return None
    return None if found is None else (found, float(abs(c)), corrections)


def _decay(peak: Node, own: Atom, x: Poly, environment: Environment) -> Fraction | None:
    """Return the b of ``max(b u, e)`` where e is at least |x|."""
    forms = values(environment, peak.operands)
    for kept, entered in (forms, forms[::-1]):
        factor = _multiple(kept, own)
        if factor is None or not 0 < factor <= 1:
            continue
        rest = add(entered, -absolute(x))
        if not rest.terms or sign_of_poly(rest) > 0:
            return factor
    return None


def _multiple(p: Poly, a: Atom) -> Fraction | None:
    """Return the number that a form is times an atom."""
    if len(p.terms) != 1:
        return None
    ((m, c),) = p.terms
    only = len(m.factors) == 1 and m.factors[0][:2] == (a, 1)
    return Fraction(c) if only else None
