"""What a form is where the gradients are zero: nonzero for every weight but 0, or a constant in disguise."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.algebra.kernel import Atom, Factor, Poly, base, bounds, sign_of, single
from nos_sym.errors import RuleError
from nos_sym.intervals.floats import FLOATS
from nos_sym.language.node import Node, is_condition
from nos_sym.language.operation import Role, reference_of
from nos_sym.language.registry import number
from nos_sym.language.traversal import walk
from nos_sym.program.ranges import range_of

_ONLY_AT_ZERO = frozenset(("sum", "tanh", "arctan", "sinh", "asinh", "erf", "softsign", "sign"))
"""Atoms that are zero where their argument is, and nowhere else."""


def is_nonzero(p: Poly, taken: frozenset[Atom]) -> bool:
    """Return whether it is proved that a form is nowhere zero.

    Args:
        p: the form.
        taken: atoms that are taken for nonzero, such as the rate.
    """
    if not p.terms:
        return False
    low, high = bounds(p)
    if low > 0 or high < 0:
        return True
    if len(p.terms) == 1:
        return _all_nonzero(p.terms[0][0].factors, taken)
    _, common, rest = base(p)
    if not _all_nonzero(common.factors, taken):
        return False
    return rest is None or _is_sum_of_one_sign(rest.args[0], taken)


def _is_sum_of_one_sign(p: Poly, taken: frozenset[Atom]) -> bool:
    low, high = bounds(p)
    if low > 0 or high < 0:
        return True
    signs = {_sign(m.factors) * (1 if c > 0 else -1) for m, c in p.terms}
    return signs in ({1}, {-1}) and any(_all_nonzero(m.factors, taken) for m, _ in p.terms)


def _sign(factors: Iterable[Factor]) -> int:
    """Return 1 for a product that is never negative, else 0."""
    return 1 if all(s == 0 or sign_of(a) > 0 for a, _, s in factors) else 0


def _all_nonzero(factors: Iterable[Factor], taken: frozenset[Atom]) -> bool:
    return all(_is_nonzero_atom(a, taken) for a, _, _ in factors)


def _is_nonzero_atom(a: Atom, taken: frozenset[Atom]) -> bool:
    if a in taken:
        return True
    low, high = bounds(single([(a, 1, 1)]))
    if low > 0 or high < 0:
        return True
    return a.op in _ONLY_AT_ZERO and is_nonzero(a.args[0], taken)


def with_constants(expression: Basic) -> Basic:
    """Return an expression with the values of its constant parts, where these are known exactly."""
    made: dict[Basic, Basic] = {}
    for node in walk(expression):
        arguments = [made.get(a, a) for a in node.args]
        same = all(x is y for x, y in zip(arguments, node.args, strict=True))
        here = node if same else node.func(*arguments)
        value = None if is_condition(here) else _value(here)
        made[node] = here if value is None else value
    return made.get(expression, expression)


def _value(node: Basic) -> Basic | None:
    """Return the number that a function of numbers is; ``None`` where rounding could decide it.

    What canonical forms evaluate themselves, such as sums, is left to them.
    """
    if not isinstance(node, Node) or not node.operands:
        return None
    name = node.operation.name
    if name == "mod" and node.operands[0] == 0:
        return number(0)
    if not all(isinstance(x, Rational) for x in node.operands):
        return None
    first, *others = (Fraction(int(x.p), int(x.q)) for x in node.operands)
    if name == "floor":
        exact = Fraction(math.floor(first))
    elif name == "mod" and others[0] != 0:
        exact = first % others[0]
    elif node.operation.role is Role.REDUCTION and not others:
        exact = first  # a maximum or a mean of equal numbers, where the range says that it is theirs
    else:
        return None
    # Rounded numbers have to agree, since these are what runs.
    if not _agrees(node, exact):
        return None
    try:
        return number(Rational(exact.numerator, exact.denominator))
    except RuleError:
        return None  # it has no short decimal form


def _agrees(node: Node, exact: Fraction) -> bool:
    """Return whether an operation computes a number from binary64 that is the exact one."""
    if node.operation.role is Role.REDUCTION:
        found = range_of(node)
        return found.low == found.high == float(exact)
    numbers = [float(x) for x in node.operands]
    return float(reference_of(node.operation)(FLOATS, *numbers)) == float(exact)
