"""Equality of optimizers with states: by the forms of their systems, or refuted by a history."""

from __future__ import annotations

from dataclasses import dataclass

from nos_sym.algebra.canonical import canonical, whole
from nos_sym.algebra.identities import IDENTITIES, Identity
from nos_sym.algebra.kernel import fresh_workspace
from nos_sym.algebra.levels import Level, at_level, form_and_zeros, level_form
from nos_sym.algebra.minimal import Minimal
from nos_sym.algebra.one_line import OneLine, as_one_line
from nos_sym.algebra.text import as_update
from nos_sym.algebra.verdicts import Different, Equal, Unknown, Verdict
from nos_sym.errors import RuleError
from nos_sym.language.block import Block
from nos_sym.language.printer import print_body
from nos_sym.language.rule import Rule
from nos_sym.language.system import system_of


@dataclass(frozen=True, slots=True)
class Form:
    """What is compared of an optimizer with states.

    Attributes:
        digests: of its forms; optimizers that have one in common are equal.
        identities: what carried it there.
        states: how many states are left.
        zeros: at level ``schedule``, at how many steps the factor that left may be zero or singular.
    """

    digests: frozenset[tuple[str, bytes]]
    identities: tuple[Identity, ...]
    states: int
    zeros: int = 0


def form_of_system(rule: Rule | Block, level: Level = Level.EXACT) -> Form:
    """Return the forms of an optimizer at a level: as a rule of one line where it is one, and as a system."""
    with fresh_workspace() as tables:
        system = whole(rule)
        digests, zeros = {("states", at_level(system, level))}, 0
        for line in _lines(rule, system):
            form, count = form_and_zeros(line.update, level)
            digests.add((line.momentum.value, form.digest))
            zeros = max(zeros, count)
        names = [IDENTITIES[name] for name in tables.used if name in IDENTITIES]
        return Form(frozenset(digests), tuple(names), len(system.states), zeros)


def _lines(rule: Rule | Block, system: Minimal) -> list[OneLine]:
    """Return an optimizer as rules of one line, the one that was written first."""
    written = [OneLine(rule.momentum, canonical(rule))] if isinstance(rule, Rule) else []
    found = as_one_line(system)
    return written if found is None else [*written, found]


def _text(rule: Rule | Block, level: Level) -> str:
    """Return the form in the language; empty where it has none, or is too large to be written."""
    with fresh_workspace():
        lines = _lines(rule, whole(rule))
        try:
            return print_body(Rule(lines[0].momentum, as_update(level_form(lines[0].update, level))))
        except (RuleError, IndexError):
            return ""


def equal_systems(a: Rule | Block, b: Rule | Block, level: Level) -> Equal | None:
    """Return the proof that two optimizers are equal, if their systems have the same form."""
    proved = level if level.is_proof else Level.EXACT
    first, second = form_of_system(a, proved), form_of_system(b, proved)
    if not first.digests & second.digests:
        return None
    text = _text(a if isinstance(a, Rule) else b, proved)
    states = min(first.states, second.states)
    zeros = first.zeros + second.zeros
    return Equal(proved, first.identities, second.identities, (), text, zeros, states=states)


def compare_systems(a: Rule | Block, b: Rule | Block, level: Level = Level.EXACT) -> Verdict:
    """Compare two optimizers on every history of gradients, rates and momenta.

    Only level ``exact`` is refuted: what differs on a history may still be the same up to a factor.
    """
    a, b = a.at_defaults(), b.at_defaults()
    equal = equal_systems(a, b, level)
    if equal is not None:
        return equal
    from nos_sym.algebra.falsification.histories import can_run, find_history

    first, second = system_of(a), system_of(b)
    if level is Level.EXACT and can_run(first, second):
        found = find_history(first, second)
        if found is not None:
            return Different(level, found)
    return Unknown(level)
