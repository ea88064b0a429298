"""Bounds of quotients by roots of averages of squares, which intervals alone do not see.

Of an average m of x with weights a_i and one s of x^2 with weights b_i, the inequality of Cauchy and Schwarz
says ``|m| <= sqrt(sum a_i^2 / b_i) sqrt(s)``. And ``|x| <= sqrt((y + d x^2) / d)`` where y is not negative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from nos_sym.algebra.elimination import Environment, solved, values
from nos_sym.algebra.kernel import (
    HALF,
    Atom,
    Factor,
    Mono,
    Poly,
    bounds,
    mono,
    mul,
    poly,
    sign_of_poly,
    single,
)
from nos_sym.language.node import Node
from nos_sym.report.sheet.most import SLACK, Most, supremum
from nos_sym.report.sheet.peaks import by_peak
from nos_sym.report.sheet.subject import Subject


@dataclass(frozen=True, slots=True)
class _Quotient:
    """``c x prod(corrections) / (sum of the terms of a form)``, all of them not negative.

    Attributes:
        coefficient: at least the magnitude of the number c.
        factors: the factors of x, none of which depends on the step alone.
        corrections: bias corrections with their powers.
        divisor: the form.
    """

    coefficient: float
    factors: tuple[Factor, ...]
    corrections: dict[Fraction, Fraction]
    divisor: Poly


class AverageBounds:
    """Bounds of quotients in one optimizer."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    @cached_property
    def solved(self) -> Environment:
        """What states are that are averages of what a step reads, or made of such."""
        found: Environment = dict(self.subject.environment)
        for _ in self.subject.states:
            for state in self.subject.states:
                known = solved([state], found) if state.new not in found else None
                if known is not None:
                    found |= known
        return found

    def of(self, node: Node) -> Most | None:
        """Return a bound of a node; ``None`` where none of the inequalities says one."""
        try:
            return by_peak(self.subject, self.solved, node) or self._by_forms(node)
        except OverflowError:
            return None  # numbers beyond binary64, such as the quotient of 1e300 and 1e-300

    def _by_forms(self, node: Node) -> Most | None:
        """Return a bound by the form of a node, where it is a quotient."""
        for environment in (self.subject.environment, self.solved):
            for quotient in self._quotients(node, environment):
                found = _bounded(quotient)
                if found is not None:
                    return found
        return None

    def _quotients(self, node: Node, environment: Environment) -> list[_Quotient]:
        """Return a node as quotients: by its form, and as it is written."""
        (whole,) = values(environment, [node])
        found = [_of_form(whole)]
        if node.operation.name == "div":
            over, under = values(environment, node.operands)
            found.append(_made(over, under))
        return [q for q in found if q is not None]


def _of_form(p: Poly) -> _Quotient | None:
    if len(p.terms) != 1:
        return None
    ((m, c),) = p.terms
    for f in m.factors:
        a, q, _ = f
        rest = poly({_without(m, f): c})
        if q == -1 and a.op == "sum":
            return _made(rest, a.args[0])
        if q == -HALF:
            return _made(rest, single([(a, HALF, 0)]))
    return None


def _made(over: Poly, under: Poly) -> _Quotient | None:
    if len(over.terms) != 1 or sign_of_poly(under) < 1:
        return None
    ((m, c),) = over.terms
    corrections: dict[Fraction, Fraction] = {}
    factors, coefficient = [], float(abs(c))
    for f in m.factors:
        a, q, _ = f
        if a.op == "correction":
            corrections[a.param] = Fraction(q)
        elif a.constant:
            coefficient *= max(map(abs, bounds(single([f]))))
        elif a.scalar:
            return None
        else:
            factors.append(f)
    return _Quotient(coefficient, tuple(factors), corrections, under)


def _bounded(quotient: _Quotient) -> Most | None:
    for m, k in quotient.divisor.terms:
        rest = poly({n: d for n, d in quotient.divisor.terms if n is not m})
        if k <= 0 or (rest.terms and sign_of_poly(rest) < 1):
            continue
        corrections = dict(quotient.corrections)
        roots, least = [], float(k)
        for a, q, s in m.factors:
            if a.constant:
                least *= bounds(single([(a, q, s)]))[0]
            elif a.op == "correction":
                corrections[a.param] = corrections.get(a.param, Fraction(0)) - Fraction(q)
            else:
                roots.append((a, q, s))
        if least <= 0 or len(roots) != 1 or roots[0][1] != HALF:
            continue
        for root, factor, more in _no_larger(roots[0][0]):
            both = dict(corrections)
            for beta, exponent in more.items():
                both[beta] = both.get(beta, Fraction(0)) - exponent / 2
            found = _by_cauchy(quotient, root, both) or _by_part(quotient, root, both)
            if found is not None:
                value = quotient.coefficient / least / math.sqrt(factor) * found.value
                return Most(value * SLACK, found.by)
    return None


def _no_larger(root: Atom, levels: int = 3) -> list[tuple[Atom, float, dict[Fraction, Fraction]]]:
    """Return atoms that are at most a value, with the numbers and bias corrections that multiply them.

    They are the value itself, of a maximum what it is taken over, and of a sum a part, the others of which
    are not negative; and what is at most these.
    """
    found: list[tuple[Atom, float, dict[Fraction, Fraction]]] = [(root, 1.0, {})]
    parts = []
    if root.op in ("max", "running_max"):
        parts = [x.terms[0] for x in root.args if len(x.terms) == 1]
    elif root.op == "sum":
        for m, c in root.args[0].terms:
            rest = poly({n: d for n, d in root.args[0].terms if n is not m})
            if not rest.terms or sign_of_poly(rest) > 0:
                parts.append((m, c))
    for m, c in parts:
        corrections = {a.param: Fraction(q) for a, q, _ in m.factors if a.op == "correction"}
        others = [(a, q) for a, q, _ in m.factors if a.op != "correction"]
        if c > 0 and len(others) == 1 and others[0][1] == 1:
            for part, factor, more in _no_larger(others[0][0], levels - 1) if levels else ():
                both = {b: corrections.get(b, Fraction(0)) + more.get(b, 0) for b in corrections | more}
                found.append((part, float(c) * factor, both))
    return found


def _by_cauchy(quotient: _Quotient, root: Atom, corrections: dict[Fraction, Fraction]) -> Most | None:
    """Bound an average, or a value itself, by the root of an average of its squares."""
    if root.op != "ema":
        return None
    value = single(quotient.factors)
    if mul(value, value).digest == root.args[0].digest:
        largest = supremum(1 / (1 - float(root.param)), 0.0, 0.5, corrections)
        return Most(largest, "since an average of x^2 with the weight b of the newest is at least b x^2")
    if len(quotient.factors) != 1:
        return None
    ((average, q, s),) = quotient.factors
    if average.op != "ema" or (q, s) != (1, 1):
        return None
    if mul(average.args[0], average.args[0]).digest != root.args[0].digest:
        return None
    first, second = average.param, root.param
    if not first * first < second:
        return None
    b1, b2 = float(first), float(second)
    largest = supremum((1 - b1) ** 2 / (1 - b2), b1 * b1 / b2, 0.5, corrections)
    return Most(largest, "by the inequality of Cauchy and Schwarz, between averages of x and of x^2")


def _by_part(quotient: _Quotient, root: Atom, corrections: dict[Fraction, Fraction]) -> Most | None:
    """Bound a value by the root of a sum of its square and of what is not negative."""
    if root.op != "sum" or any(q < 0 for q in corrections.values()):
        return None
    value = single(quotient.factors)
    square = mul(value, value)
    for m, d in root.args[0].terms:
        rest = poly({n: c for n, c in root.args[0].terms if n is not m})
        if (
            d > 0
            and poly({m: Fraction(1)}).digest == square.digest
            and (not rest.terms or sign_of_poly(rest) > 0)
        ):
            return Most(1 / math.sqrt(d), "since y + x^2 is at least x^2 for a y that is not negative")
    return None


def _without(m: Mono, factor: Factor) -> Mono:
    return mono([f for f in m.factors if f is not factor])
