"""How a step reads the weight itself: not at all, as decoupled decay, or inside of something else."""

from __future__ import annotations

from nos_sym.algebra.canonical import one_line_of
from nos_sym.algebra.elimination import states_in
from nos_sym.algebra.kernel import Atom, Poly, add, as_number
from nos_sym.algebra.minimal import Minimal
from nos_sym.algebra.one_line import without_rate
from nos_sym.algebra.text import to_expression
from nos_sym.errors import RuleError
from nos_sym.language.printer import print_expression
from nos_sym.language.setting import setting_default, setting_name
from nos_sym.language.system import Recursion
from nos_sym.program.program import SHAPE
from nos_sym.report.sheet.digits import digits
from nos_sym.report.sheet.forms import contains, linear_in
from nos_sym.report.sheet.line import Line, proved
from nos_sym.report.sheet.subject import WEIGHT, Subject

_TITLE, _KEY = "Use of the weight", "weight"
_DECAY = "weight_decay"
_TRIED = "0.01"


def weights(subject: Subject) -> list[Line]:
    """Return the lines about the use of the weight, at the defaults and with a weight decay if that is 0."""
    found = [_line(subject, "")]
    decays = [n for n in subject.rule.settings if setting_name(n) == _DECAY and setting_default(n) == 0]
    if decays:
        try:
            other = Subject(subject.rule.with_settings({_DECAY: _TRIED}))
        except RuleError:
            return _made(found)
        found.append(_line(other, f"With {_DECAY} {_TRIED}: "))
    return _made(found)


def _made(lines: list[Line | None]) -> list[Line]:
    return [line for line in lines if line is not None]


def _line(subject: Subject, before: str) -> Line | None:
    (weight,) = subject.forms([WEIGHT])
    ((atom, _, _),) = weight.terms[0][0].factors

    def reads(p: Poly) -> bool:
        return contains(p, lambda a: a is atom)

    change = subject.change()
    found = [s for s in _reached(subject, change) if any(reads(p) for p in subject.forms([s.start, s.new]))]
    if found and not _is_read(subject, atom):
        return None
    states = [subject.name_of(s) for s in found]
    decay = None if states else decoupled(change, atom)
    coefficient: float | None = None
    if not states and not reads(change):
        says, kind, coefficient = "The step does not read the weight: no decay.", "none", 0.0
    elif decay is not None:
        coefficient, factor = _number(decay)
        says, kind = f"Decoupled: {factor} * w is subtracted, beside the step from the gradient.", "decoupled"
    elif not states and multiple_of(change, atom) is not None:
        says = "A multiple of w is subtracted beside the rest, with a factor that reads gradients or states."
        kind = "multiple"
    else:
        where = f"through its states ({', '.join(states)})" if states else "inside of the step"
        says, kind = f"Coupled: the weight enters {where}, and no decay stands apart.", "coupled"
    by = "by the canonical forms of the change and of the states"
    return proved(
        _KEY,
        _TITLE,
        before + says,
        by=by,
        use=kind,
        states=states,
        coefficient=coefficient,
        at=before.rstrip(": "),
    )


def _reached(subject: Subject, change: Poly) -> list[Recursion]:
    """Return the states that a change reads, or that such a state reads, in their order."""
    owners = {a: s for s, a in subject.atoms.items()}
    waiting = [owners[a] for a in states_in(change) if a in owners]
    seen: set[Recursion] = set()
    while waiting:
        here = waiting.pop()
        if here not in seen:
            seen.add(here)
            waiting += [owners[a] for a in states_in(subject.forms([here.new])[0]) if a in owners]
    return [s for s in subject.states if s in seen]


def _is_read(subject: Subject, weight: Atom) -> bool:
    """Return whether the weight is read in the canonical form, in which states that are equal are one."""
    form = one_line_of(subject.plain)
    read = [add(form.move, -subject.forms([WEIGHT])[0])] if isinstance(form, Minimal) else [form.update]
    if isinstance(form, Minimal):
        read += [p for s in form.states for p in (s.start, s.new)]
    return any(contains(p, lambda a: a is weight) for p in read)


def decoupled(change: Poly, weight: Atom) -> Poly | None:
    """Return the c of a change ``-c w - rest`` whose rest does not read the weight, nor c anything of it.

    A c is a function of the step, the rate and the shape alone.
    """
    factor = multiple_of(change, weight)
    return None if factor is None or contains(factor, _is_of_entries) else factor


def multiple_of(change: Poly, weight: Atom) -> Poly | None:
    """Return the c of a change ``-c w - rest`` where neither c nor the rest reads the weight."""
    parts = linear_in(change, (weight,))
    return None if parts is None or weight not in parts else -parts[weight]


def _is_of_entries(a: Atom) -> bool:
    """Return whether an atom is a leaf that depends on gradients, states or masks."""
    shape = a.kind.operation is not None and a.kind.operation.name in SHAPE
    return not a.args and not a.scalar and not shape


def _number(factor: Poly) -> tuple[float | None, str]:
    """Return what the rate is multiplied by in a factor, where it is a number, and the factor in words."""
    rest = without_rate(factor)
    number = None if rest is None else as_number(rest)
    if number is not None:
        return float(number), f"lr * {digits(number)}"
    try:
        return None, f"({print_expression(to_expression(factor))})"
    except RuleError:
        return None, "a function of the step"
