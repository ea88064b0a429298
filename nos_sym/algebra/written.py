"""Schedules in the words of their rules: the decays outside of one, where they are proved to leave it.

The text that :func:`~nos_sym.algebra.factor.factor` looks for is the shortest of many, which takes tens of
milliseconds. What is written outside of a rule is found by walking down once, and asked of the algebra: its
form has to be that of the schedule, up to a positive number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from sympy.core.basic import Basic

from nos_sym.algebra.kernel import Atom, Mono, Poly, base, mono, sign_of
from nos_sym.algebra.polynomials import polynomial
from nos_sym.errors import NosSymError
from nos_sym.language.node import Node
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import apply
from nos_sym.language.rule import Rule

_POWERS = {
    **dict.fromkeys(("neg", "id", "abs", "drop", "rdiv"), Fraction(1)),
    "recip": Fraction(-1),
    "sqrt": Fraction(1, 2),
}
"""Operations whose first argument's decays may stand outside of them, with that power; the form says whether
they do."""


def schedule_in_words(rule: Rule, schedule: Poly) -> Node | None:
    """Return the decays written outside of a rule as one factor; ``None`` where they are not its schedule.

    Args:
        rule: the optimizer.
        schedule: the form of the schedule that leaves it, as :func:`~nos_sym.algebra.factor.split` gives it.
    """
    powers: dict[Basic, Fraction] = defaultdict(Fraction)
    _collect(rule.update, Fraction(1), powers)
    try:
        found = _product(powers)
        if isinstance(found, Node) and _of_one_shape(polynomial(found), schedule):
            return found
    except NosSymError:  # a product that the language does not have, or whose form is too large
        return None
    return None


def _collect(node: Basic, power: Fraction, powers: dict[Basic, Fraction]) -> None:
    """Add up the powers of the decays that multiply an expression."""
    while isinstance(node, Node):
        name, operands = node.operation.name, node.operands
        if name == "scale":
            powers[operands[0]] += power
            node = operands[1]
        elif name in ("mul", "div"):
            _collect(operands[1], -power if name == "div" else power, powers)
            node = operands[0]
        elif name in _POWERS:
            node, power = operands[0], power * _POWERS[name]
        else:
            return


def _product(powers: Mapping[Basic, Fraction]) -> Basic | None:
    """Return a product in the order of the texts of its factors, so that one schedule has one text."""
    ordered = sorted(powers.items(), key=lambda item: print_expression(item[0]))
    above = _multiplied(x for decay, power in ordered for x in _repeated(decay, power))
    below = _multiplied(x for decay, power in ordered for x in _repeated(decay, -power))
    if below is None:
        return above
    return apply("recip", below) if above is None else apply("div", above, below)


def _repeated(decay: Basic, power: Fraction) -> Iterator[Basic]:
    """Yield the factors of a positive power, a half as a root; the form shows where parts are left out."""
    for _ in range(int(power)):
        yield decay
    if power > 0 and power % 1 == Fraction(1, 2):
        yield apply("sqrt", decay)


def _multiplied(factors: Iterable[Basic]) -> Basic | None:
    found: Basic | None = None
    for factor in factors:
        found = factor if found is None else apply("mul", found, factor)
    return found


def _of_one_shape(p: Poly, q: Poly) -> bool:
    """Return whether two forms differ by a positive constant alone."""
    if not p.terms or not q.terms:
        return False
    first, second = _shape(p), _shape(q)
    return first is not None and first == second


def _shape(p: Poly) -> tuple[bool, Mono, Atom | None] | None:
    """Return a form without its positive constants; ``None`` where the sign of one of them is not known."""
    number, monomial, rest = base(p)
    fixed = [f for f in monomial.factors if f[0].constant]
    if any(sign_of(atom) <= 0 for atom, _, _ in fixed):
        return None
    return number > 0, mono([f for f in monomial.factors if not f[0].constant]), rest
