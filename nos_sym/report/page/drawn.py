"""What the page shows of a rule, computed once for each text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sympy.core.basic import Basic

from nos_sym.algebra.factor import schedule_of
from nos_sym.errors import NosSymError
from nos_sym.genome.encode import without_identities
from nos_sym.language.node import Node, size_of
from nos_sym.language.parser import parse
from nos_sym.language.printer import print_body, print_expression
from nos_sym.language.rule import Rule, Schedule
from nos_sym.report.mathml.equation import update_of
from nos_sym.report.mathml.tree import Packed
from nos_sym.search.store.store import Evaluation

LONGEST_CHANGES = 4
"""Places in which two rules differ that are told; above it nothing is, since all of the rule is new."""

SEARCHED = 100
"""Schedules whose texts are those of ``factor``, from the best optimizer on: a search for the shortest takes
tens of milliseconds each. Of more, those are in the words of their rules that are proved to be."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A rule as the page shows it.

    Attributes:
        rule: the rule, without the identities that graphs are filled up with.
        text: its text.
        size: its complexity.
        schedule: text of the schedule that leaves it, empty where none does.
        formula: the update, or ``None``.
    """

    rule: Rule
    text: str
    size: int
    schedule: str
    formula: Packed | None


@dataclass(slots=True)
class Drawings:
    """Rules that were drawn before; a page that is written again computes what is new alone.

    Attributes:
        schedules: the schedules that leave rules, by their texts.
    """

    schedules: dict[str, Schedule] = field(default_factory=dict)
    _drawn: dict[str, Drawn | None] = field(default_factory=dict)
    _forms: dict[bytes, Schedule] = field(default_factory=dict)

    def of(self, evaluation: Evaluation) -> Drawn | None:
        """Return the rule of an evaluation; ``None`` where it cannot be read."""
        if evaluation.rule is None:
            return None
        if evaluation.text not in self._drawn:
            try:
                self._drawn[evaluation.text] = self._draw(evaluation.read_rule())
            except NosSymError:
                self._drawn[evaluation.text] = None
        return self._drawn[evaluation.text]

    def of_text(self, text: str) -> Drawn | None:
        """Return the rule of a text; ``None`` where it cannot be read."""
        if text not in self._drawn:
            try:
                rule = parse(text)
                self._drawn[text] = self._draw(rule) if isinstance(rule, Rule) else None
            except NosSymError:
                self._drawn[text] = None
        return self._drawn[text]

    def _draw(self, rule: Rule) -> Drawn:
        shown = Rule(rule.momentum, without_identities(rule.update), rule.ascent)
        formula: Packed | None
        try:
            formula = update_of(shown).pack()
        except NosSymError:
            formula = None
        found = schedule_of(shown, self._forms, searched=SEARCHED)
        said = print_expression(found.factor) if isinstance(found.factor, Node) else ""
        if said:
            self.schedules.setdefault(said, found)
        return Drawn(shown, print_body(shown), size_of(shown.update), said, formula)


def change(old: Drawn | None, new: Drawn | None) -> tuple[tuple[str, str], ...]:
    """Return what a mutation has replaced, as pairs of texts; none where nothing is known, or nearly all is.

    Both rules are read from the outside to the inside as long as they agree.
    """
    if old is None or new is None:
        return ()
    found = []
    if old.rule.momentum is not new.rule.momentum:
        found.append((old.rule.momentum.value, new.rule.momentum.value))
    for before, after in _differences(old.rule.update, new.rule.update):
        found.append((print_expression(before), print_expression(after)))
        if len(found) > LONGEST_CHANGES:
            return ()
    return tuple(found)


def _differences(old: Basic, new: Basic) -> Iterator[tuple[Basic, Basic]]:
    if old == new:
        return
    if (
        isinstance(old, Node)
        and isinstance(new, Node)
        and old.func == new.func
        and len(old.args) == len(new.args)
    ):
        pairs = list(zip(old.args, new.args, strict=True))
        inner = [(a, b) for a, b in pairs if a != b]
        if all(isinstance(x, Node) for pair in inner for x in pair):
            for a, b in inner:
                yield from _differences(a, b)
            return
    yield old, new
