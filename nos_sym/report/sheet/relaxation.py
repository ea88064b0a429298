"""How fast linear states forget: their limits in continuous time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from nos_sym.algebra.elimination import states_in
from nos_sym.algebra.kernel import Atom, Poly, as_number
from nos_sym.language.registry import apply
from nos_sym.language.system import Recursion
from nos_sym.report.sheet.forms import linear_in
from nos_sym.report.sheet.line import Line, proved
from nos_sym.report.sheet.linear import after_the_first_step
from nos_sym.report.sheet.subject import Subject

_KEY, _TITLE = "time_constants", "Memory"

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
        line = _line(subject.name_of(state), parts[atom], subject)
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
