"""How a step scales with the gradients: its degree, exact, and with the epsilons of the divisors taken for 0.

A rule is homogeneous of degree d if it makes c^d times the change of gradients that are all multiplied by a
c > 0, at every step, whatever the gradients and weights are. To prove it, c g is put in the place of g and
c^k s in that of each state s, with the k that the first steps show: if every new state is then c^k times
what it was, and the change c^d times, so it is at every step, by induction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from sympy.core.basic import Basic

from nos_sym.algebra.elimination import Environment
from nos_sym.algebra.kernel import Atom, Poly, constant, mul, power_absolute, symbol
from nos_sym.intervals.interval import Interval
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.node import is_number
from nos_sym.language.system import System
from nos_sym.language.traversal import replaced, walk
from nos_sym.report.sheet.forms import degree_in
from nos_sym.report.sheet.line import Line, proved
from nos_sym.report.sheet.subject import GRADIENT, STEP, Subject

LARGEST_EPSILON = 1e-4
"""What is added to a divisor, and no larger than this, is taken for an epsilon."""


@dataclass(frozen=True, slots=True)
class Degree:
    """A proved degree.

    Attributes:
        change: the degree of the change of the weight.
        states: those of the states.
    """

    change: Fraction
    states: Mapping[str, Fraction]


def degree(subject: Subject) -> Degree | None:
    """Return the degree of an optimizer in its gradients, if it is proved to have one."""
    # For c >= 1 alone, which is enough: for c < 1 exchange the gradients and their multiples.
    scale = symbol("a factor of the gradients", Interval(1, float("inf")))
    (atom, _, _) = scale.terms[0][0].factors[0]
    (gradient,) = subject.forms([GRADIENT])
    scaled_gradient: Environment = {GRADIENT: mul(scale, gradient)}
    powers = _powers(subject, scaled_gradient, scale, atom)
    if powers is None:
        return None
    given = scaled_gradient | {
        s.old: mul(_power(scale, powers[s]), value)
        for s, value in zip(subject.states, _olds(subject), strict=True)
    }
    given |= _totals(subject, given, scale, atom)
    wanted = [s.new for s in subject.states]
    before, after = subject.forms(wanted), subject.forms(wanted, given)
    for state, x, y in zip(subject.states, before, after, strict=True):
        if mul(_power(scale, powers[state]), x).digest != y.digest:
            return None
    change, scaled_change = subject.change(), subject.change(given)
    found = degree_in(scaled_change, atom)
    if found is None or mul(_power(scale, found), change).digest != scaled_change.digest or not change.terms:
        return None
    return Degree(found, {subject.name_of(s): powers[s] for s in subject.states})


def _power(scale: Poly, exponent: Fraction) -> Poly:
    return power_absolute(scale, exponent) if exponent else constant(1)


def _olds(subject: Subject) -> list[Poly]:
    return [subject.environment[s.old] for s in subject.states]


def _powers(
    subject: Subject, gradient: Environment, scale: Poly, atom: Atom
) -> dict[object, Fraction] | None:
    """Return the degree that each state has at the first two steps, 0 where it is still 0 there."""
    states = subject.states
    olds = dict(zip((s.old for s in states), subject.forms([s.start for s in states], gradient), strict=True))
    found: dict[object, Fraction] = {}
    for count in range(2):
        step = gradient | olds | {STEP: constant(count)}
        step |= _totals(subject, step, scale, atom)
        news = subject.forms([s.new for s in states], step)
        for state, new in zip(states, news, strict=True):
            power = degree_in(new, atom) if new.terms else None
            if new.terms and (power is None or found.get(state, power) != power):
                return None
            if power is not None:
                found[state] = power
        olds = dict(zip((s.old for s in states), news, strict=True))
    for state in states:
        found.setdefault(state, Fraction(0))
        (start,) = subject.forms([state.start], gradient)
        if start.terms and degree_in(start, atom) != found[state]:
            return None
    return found


def _totals(subject: Subject, given: Environment, scale: Poly, atom: Atom) -> Environment:
    """Return the forms of sums over all parameters, which a factor of all of their gradients leaves."""
    found: Environment = {}
    for node in subject.nodes:
        if node.operation.name != "total":
            continue
        (x,), (y,) = subject.forms(node.operands), subject.forms(node.operands, given | found)
        power = degree_in(y, atom)
        if power is not None and mul(_power(scale, power), x).digest == y.digest:
            (whole,) = subject.forms([node])
            found[node] = mul(_power(scale, power), whole)
    return found


def without_epsilons(subject: Subject) -> tuple[Subject, tuple[str, ...]]:
    """Return the optimizer without the small numbers that are added to divisors, and these."""
    inside: set[Basic] = set()
    for node in subject.nodes:
        if node.operation.name in ("div", "recip"):
            inside.update(walk(node.operands[-1]))
    table: dict[Basic, Basic] = {}
    numbers: dict[str, None] = {}
    for node in subject.nodes:
        if node.operation.name not in ("add", "max") or not _below_divisor(node, inside, subject):
            continue
        for number, other in (node.operands, node.operands[::-1]):
            if is_number(number) and 0 < float(number) <= LARGEST_EPSILON:
                table[node] = replaced(other, table)
                numbers[decimal_text(number)] = None
                break
    if not table:
        return subject, ()
    return _Rewritten(subject.rule, _rewritten(subject.system, table)), tuple(numbers)


def _below_divisor(node: Basic, inside: set[Basic], subject: Subject) -> bool:
    """Return whether a node stands in a divisor, or in the recursion of a state that one reads."""
    if node in inside:
        return True
    read = [s for s in subject.states if s.old in inside or s.new in inside]
    return any(node in set(walk(s.new)) for s in read)


def _rewritten(system: System, table: Mapping[Basic, Basic]) -> System:
    def put(x: Basic) -> Basic:
        return replaced(x, table)

    states = tuple(replace(s, start=put(s.start), new=put(s.new)) for s in system.states)
    return System(states, put(system.move))


class _Rewritten(Subject):
    """An optimizer with another system in the place of its own."""

    def __init__(self, rule: object, system: System) -> None:
        super().__init__(rule)  # type: ignore[arg-type]
        self.__dict__["system"] = system


_MEANS = {
    Fraction(0): "Multiplying the loss by a positive constant changes no step.",
    Fraction(
        1
    ): "Multiplying the loss by a positive constant multiplies each step at the same weights by it.",
}


def scaling(subject: Subject) -> list[Line]:
    """Return the line about the degree in the gradients."""
    title = "Degree in the gradient"
    numbers: tuple[str, ...] = ()
    found = degree(subject)
    if found is not None:
        says = f"{found.change}, exactly."
    else:
        bare, numbers = without_epsilons(subject)
        found = degree(bare) if numbers else None
        if found is None:
            return []
        place = "its" if len(numbers) == 1 else "their"
        says = f"{found.change} but for eps ({', '.join(numbers)}): exactly with 0 in {place} place."
    more = [_MEANS[found.change]] if found.change in _MEANS else []
    parts = ", ".join(f"{name} by c^{power}" for name, power in found.states.items())
    states = f"the states scale ({parts}) and the change" if parts else "the change scales"
    by = f"with c g for every gradient, c > 0, {states} by c^{found.change}, by canonical forms"
    return [
        proved(
            "degree", title, says, *more, by=by, degree=str(found.change), exact=not numbers,
            epsilons=list(numbers),
        )
    ]  # fmt: skip
