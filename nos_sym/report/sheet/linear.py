"""Optimizers that are linear in gradient and weight, on a quadratic: the matrix of a step."""

from __future__ import annotations

from collections.abc import Mapping

import sympy

from nos_sym.algebra.elimination import Environment
from nos_sym.algebra.kernel import Atom, Poly, as_number, constant, mul, single, symbol
from nos_sym.intervals.interval import Interval
from nos_sym.language.node import Node
from nos_sym.language.operation import Role
from nos_sym.language.registry import apply
from nos_sym.language.traversal import walk
from nos_sym.report.sheet.forms import linear_in
from nos_sym.report.sheet.subject import GRADIENT, RATE, STEP, WEIGHT, Subject

RATE_SYMBOL, CURVATURE, MOMENTUM = sympy.symbols("lr h momentum", positive=True)

INF = float("inf")


def after_the_first_step(subject: Subject) -> Environment:
    """Return forms that hold from the second step on, bias corrections in the limit of many steps."""
    given: Environment = {STEP: symbol("a later step", Interval(1, INF))}
    for node in subject.nodes:
        limit = _limit(subject, node)
        if limit is not None:
            given[node] = constant(limit)
    return given


def _limit(subject: Subject, node: Node) -> int | None:
    """Return what a bias correction, or a power of the count of steps, comes to after many steps."""
    if node.operation.name == "correction":
        return 1
    if node.operation.name != "abspow" or STEP not in set(walk(node)):
        return None
    base, exponent = node.operands
    count = symbol("a later step", Interval(1, INF))
    first, last = subject.forms([base, exponent], {STEP: count})
    number = as_number(first)
    if number is None or not 0 < number < 1:
        return None
    # An exponent that rises with the count: a positive multiple of it, and a number.
    rises = False
    for m, c in last.terms:
        if single(m.factors).digest == count.digest and c > 0:
            rises = True
        elif m.factors:
            return None
    return 0 if rises else None


def matrix_of(subject: Subject) -> sympy.Matrix | None:
    """Return the matrix of a step over the weight and the states that the move reads, on ``h w^2 / 2``.

    ``None`` where a step is not linear, or its coefficients vary from step to step.
    """
    whole = (Role.REDUCTION, Role.RANDOM)
    if subject.schedules or any(subject.has(role) for role in whole) or any(s.shared for s in subject.states):
        return None
    curvature = symbol("curvature", Interval(0, INF))
    (weight,) = subject.forms([WEIGHT])
    given = after_the_first_step(subject) | {GRADIENT: mul(curvature, weight)}
    atoms = [weight.terms[0][0].factors[0][0], *subject.atoms.values()]
    rows = {}
    wanted = [subject.system.move, *(s.new for s in subject.states)]
    parts = [linear_in(p, tuple(atoms)) for p in subject.forms(wanted, given)]
    known = _symbols(subject, curvature)
    reached = [atoms[0]]
    for a in reached:
        part = parts[atoms.index(a)]
        if part is None or None in part:
            return None
        row = {b: _number(p, known) for b, p in part.items() if b is not None}
        if any(x is None for x in row.values()):
            return None
        rows[a] = row
        reached += [b for b in row if b not in reached]
    return sympy.Matrix([[rows[a].get(b, 0) for b in reached] for a in reached])


def _symbols(subject: Subject, curvature: Poly) -> dict[Atom, sympy.Symbol]:
    rate, momentum = subject.forms([RATE, apply("momentum")])
    found = zip((rate, momentum, curvature), (RATE_SYMBOL, MOMENTUM, CURVATURE), strict=True)
    return {p.terms[0][0].factors[0][0]: name for p, name in found}


def _number(p: Poly, known: Mapping[Atom, sympy.Symbol]) -> sympy.Expr | None:
    """Return a coefficient as SymPy has it; ``None`` where it is made of something else."""
    total = sympy.Integer(0)
    for m, c in p.terms:
        term = sympy.Rational(c.numerator, c.denominator)
        for a, q, _ in m.factors:
            if a not in known or q.denominator != 1 or q < 0:
                return None
            term *= known[a] ** int(q)
        total += term
    return total
