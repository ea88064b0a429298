"""How fast linear states forget: their limits in continuous time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from nos_sym.algebra.elimination import states_in
from nos_sym.algebra.kernel import Atom, Poly, as_number, constant, mul
from nos_sym.language.registry import apply, complement
from nos_sym.language.system import Recursion
from nos_sym.report.sheet.digits import part_text
from nos_sym.report.sheet.forms import linear_in
from nos_sym.report.sheet.line import Line, proved
from nos_sym.report.sheet.linear import after_the_first_step
from nos_sym.report.sheet.subject import GRADIENT, RATE, Subject

_KEY, _TITLE = "time_constants", "Memory"

_INPUTS = ("x", "y", "z", *(f"x{i}" for i in range(100)))
"""Names of what a state settles at: the first that no state has."""

_BY = "the new state is this factor times the old one and what enters, by its canonical form"


def relaxation(subject: Subject) -> list[Line]:
    """Return a line for each state that is a linear recursion with a constant factor, by itself.

    One that reads another state, which reads it in turn, has a memory of another length than its factor says.
    """
    given = after_the_first_step(subject)
    news = dict(zip(subject.states, subject.forms([s.new for s in subject.states], given), strict=True))
    reads = {s: states_in(new) for s, new in news.items()}
    found = []
    for state, atom in subject.atoms.items():
        parts = linear_in(news[state], (atom,))
        if parts is None or parts.keys() < {atom, None} or _is_read_back(state, atom, subject, reads):
            continue
        line = _line(subject.name_of(state), parts[atom], parts.get(None), subject)
        if line is not None:
            found.append(line)
    return found


def _is_read_back(
    state: Recursion, own: Atom, subject: Subject, reads: Mapping[Recursion, frozenset[Atom]]
) -> bool:
    """Return whether a state that a state reads, through others or not, reads it in turn."""
    owners = {atom: s for s, atom in subject.atoms.items()}
    waiting = [owners[a] for a in reads[state] if a is not own]
    seen: set[Recursion] = set()
    while waiting:
        here = waiting.pop()
        if own in reads[here]:
            return True
        if here not in seen:
            seen.add(here)
            waiting += [owners[a] for a in reads[here] if a is not subject.atoms[here]]
    return False


def _line(name: str, factor: Poly, signal: Poly | None, subject: Subject) -> Line | None:
    (momentum,) = subject.forms([apply("momentum")])
    if factor.digest == momentum.digest:
        says = (
            f"{name} keeps the part momentum of itself at a step: its time constant is -1/ln(momentum) "
            f"steps, 9.49 at 0.9{_sum_of_equals(signal, subject)}."
        )
        return proved(_KEY, _TITLE, says, by=_BY, state=name, factor="momentum")
    number = as_number(factor)
    if number is None or not 0 < number <= 1:
        return None
    if number == 1:
        says = f"{name} is a sum that forgets nothing."
        return proved(_KEY, _TITLE, says, by=_BY, state=name, factor="1")
    steps = time_constant(number)
    taken = {subject.name_of(s) for s in subject.states}
    settled = next(x for x in _INPUTS if x not in taken)
    says = (
        f"{name} keeps the part {part_text(number)} of itself at a step. In continuous time, with t in "
        f"steps, {name}' = ({settled} - {name}) / {steps:.4g} for what it settles at, {settled}; half is "
        f"forgotten in {steps * math.log(2):.4g} steps."
    )
    return proved(_KEY, _TITLE, says, by=_BY, state=name, factor=str(number), time_constant=steps)


def _sum_of_equals(signal: Poly | None, subject: Subject) -> str:
    """Return what equal gradients add up to, where each enters once, times the rate or as an average."""
    gradient, rate, keep = subject.forms([GRADIENT, RATE, complement(apply("momentum"))])
    if signal is None:
        return ""
    for factor, of in ((constant(1), ""), (rate, " times the rate")):
        for signed in (signal, -signal):
            if signed.digest == mul(factor, gradient).digest:
                return f", and of equal gradients it adds up to 1/(1 - momentum) steps{of}, 10{of} at 0.9"
            if signed.digest == mul(mul(keep, factor), gradient).digest:
                return f", and of equal gradients it adds up to one of them{of}, as an average does"
    return ""


def time_constant(factor: Fraction) -> float:
    """Return after how many steps a state has forgotten all but 1/e: ``-1 / ln factor``."""
    # Of a factor near 1 what it lacks counts, which a float of the factor itself may not hold.
    return -1 / (math.log1p(-float(1 - factor)) if 2 * factor > 1 else math.log(float(factor)))
