"""How fast linear states forget: their limits in continuous time."""

from __future__ import annotations

import math
from fractions import Fraction

from nos_sym.algebra.kernel import Poly, as_number
from nos_sym.language.registry import apply
from nos_sym.report.sheet.forms import linear_in
from nos_sym.report.sheet.line import Line, proved
from nos_sym.report.sheet.linear import after_the_first_step
from nos_sym.report.sheet.subject import Subject

_KEY, _TITLE = "time_constants", "Memory"

_BY = "the new state is this factor times the old one and what enters, by its canonical form"


def relaxation(subject: Subject) -> list[Line]:
    """Return a line for each state that is a linear recursion with a constant factor."""
    given = after_the_first_step(subject)
    found = []
    for state, atom in subject.atoms.items():
        (new,) = subject.forms([state.new], given)
        parts = linear_in(new, (atom,))
        if parts is None or atom not in parts:
            continue
        line = _line(subject.name_of(state), parts[atom], subject)
        if line is not None:
            found.append(line)
    return found


def _line(name: str, factor: Poly, subject: Subject) -> Line | None:
    (momentum,) = subject.forms([apply("momentum")])
    if factor.digest == momentum.digest:
        says = (
            f"{name} keeps the part momentum of itself at a step: its time constant is -1/ln(momentum) "
            "steps, 9.49 at 0.9, and of equal gradients it adds up to 1/(1 - momentum) steps, 10 at 0.9."
        )
        return proved(_KEY, _TITLE, says, by=_BY, state=name, factor="momentum")
    number = as_number(factor)
    if number is None or not 0 < number <= 1:
        return None
    if number == 1:
        says = f"{name} is a sum that forgets nothing."
        return proved(_KEY, _TITLE, says, by=_BY, state=name, factor="1")
    steps = time_constant(number)
    says = (
        f"{name} keeps the part {float(number):g} of itself at a step. In continuous time, with t in steps, "
        f"{name}' = (x - {name}) / {steps:.4g} for what it settles at, x; half is forgotten in "
        f"{steps * math.log(2):.4g} steps."
    )
    return proved(_KEY, _TITLE, says, by=_BY, state=name, factor=str(number), time_constant=steps)


def time_constant(factor: Fraction) -> float:
    """Return after how many steps a state has forgotten all but 1/e: ``-1 / ln factor``."""
    return -1 / math.log(float(factor))
