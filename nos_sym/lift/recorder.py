"""What a run asked: the branches of an original's own code, kept and answered.

A comparison of numbers that settings, the step or data made is a *question*. The recorder answers it as the
numbers are, or as an exploration wants it answered, and keeps what was asked and where.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from nos_sym.errors import quoted
from nos_sym.lift.algebra_of_terms import leaves_of
from nos_sym.lift.facts import Facts
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.path import Decision
from nos_sym.lift.term import NAME, Term, Terms, walk

OTHER = "@"
"""Ends the names of leaves that belong to the second parameter of a run."""

EARLIER = "@before"
"""Ends the names of leaves of the steps before the one that is read off."""

SHAPE = frozenset(("size", "rows", "cols", "first_axis", "second_axis"))
"""Leaves that are numbers of the shape of a parameter."""

NOT_FOLLOWED = "what is read off of numbers that are written as text is not followed"
"""A note of a run, for which a rule is a special case; the others take away nothing."""

_MOST = 200
"""Decisions of one run; a loop that asks more often does not end, or not for all numbers."""

_HERE = str(Path(__file__).parent)


class Recorder:
    """Answers questions of one run and keeps them.

    Args:
        terms: the maker of terms.
        facts: what is known; a question that follows from it is no decision.
        wanted: the first decisions and how they are to be answered.
        step: that is read off, from 0.

    Attributes:
        single: whether parameters have one entry each.
        others: what was asked of another parameter, and the answers.
        turned: a question on another parameter that is answered otherwise.
        turned_at: where that is asked.
        needed: is told the name of a number that a run needs as a plain one; what it raises ends the run.
    """

    def __init__(self, terms: Terms, facts: Facts, wanted: Sequence[Decision] = (), step: int = 0) -> None:
        self.terms = terms
        self.facts = facts.copy()
        self.step = step
        self.decisions = list(wanted)
        self.pinned: dict[str, str] = {}
        self.notes: dict[str, str] = {}
        self.recording = True
        self.single = False
        self.others: dict[Term, bool] = {}
        self.turned: Term | None = None
        self.turned_at = ""
        self.needed: Callable[[str], None] = lambda name: None
        self._known = {d.condition: d.taken for d in wanted}
        for decision in wanted:
            self.facts.learn(decision.condition, decision.taken)

    def decide(self, condition: Term, natural: bool, where: str = "") -> bool:
        """Return whether a condition holds on this path.

        Args:
            condition: that is asked.
            natural: what the numbers say.
            where: what asks, where that is no line of the original.
        """
        names = {x.name for x in walk(condition) if x.operation == NAME}
        if any(name.endswith(EARLIER) for name in names):
            # Nothing is known of numbers of earlier steps, which go the way that their values take.
            return natural
        if self.single or any(OTHER in name for name in names):
            from nos_sym.lift.totals import of_one_entry, totals_of

            condition = totals_of(self.terms, single=self.single)(condition)
            condition = of_one_entry(self.terms, condition) if self.single else condition
        implied = self._known.get(condition)
        if implied is None:
            implied = self.facts.implies(condition)
        if implied is not None:
            return implied
        if not self.recording:
            return natural
        if any(x.operation == NAME and OTHER in x.name for x in walk(condition)):
            return self._of_other(condition, natural)
        self._known[condition] = natural
        self.facts.learn(condition, natural)
        self.decisions.append(Decision(condition, natural, where or place()))
        if len(self.decisions) > _MOST:
            raise LiftError(
                f"{place()} asks more than {_MOST} questions in one step; expected a step whose loops end "
                "whatever the numbers are"
            )
        return natural

    def _of_other(self, condition: Term, natural: bool) -> bool:
        """Answer a question on another parameter as it was answered for the first one."""
        from nos_sym.lift.totals import mixed, totals_of

        if condition not in self.others:
            twin = None if mixed(condition) else totals_of(self.terms, single=self.single).renamed(condition)
            known = None if twin is None else self._known.get(twin, self.facts.implies(twin))
            self.others[condition] = natural if known is None else known
        if condition is self.turned:
            self.turned_at = place()
            return not self.others[condition]
        return self.others[condition]

    def note(self, text: str) -> None:
        """Keep something that a run takes for granted, and where it does so first."""
        if text not in self.notes:
            self.notes[text] = place()

    def fixed(self, term: Term, value: int) -> int:
        """Return a number that a run needs as a plain one: a few values are asked for one by one.

        Args:
            term: of the number.
            value: what it is in this run.

        Raises:
            LiftError: it is a number of the step or of data that may be anything.
        """
        from nos_sym.lift.whole_numbers import values_of

        if leaves_of(term) <= self.facts.settings:
            self.pin(term)
            return value
        values = values_of(term, self.facts)
        if values is None or value not in values:
            self.pin(_unfixed(term, self.facts.settings))
            return value
        found = values[-1]
        for known in values[:-1]:
            if self.decide(self.terms.apply("equal", term, self.terms.number(known)), value == known):
                found = known
                break
        self.facts.learn(self.terms.apply("equal", term, self.terms.number(found)), True)
        return found

    def pin(self, term: Term) -> None:
        """Keep that a run needs the settings of a term as fixed numbers, as a count of repeats.

        Raises:
            LiftError: the term is of the step or of data.
        """
        for leaf in (x for x in walk(term) if x.operation == "name"):
            if leaf.name.removesuffix(OTHER) in SHAPE:
                # The shapes of the two draws differ, so that a loop over rows does not give one rule.
                continue
            if leaf.name in self.facts.settings:
                self.pinned.setdefault(leaf.name, place())
            else:
                self.needed(leaf.name)
                raise LiftError(
                    f"{place()} needs a whole number that depends on {quoted(leaf.name)}; expected counts, "
                    "indices and sizes that do not change with the step, the data or the shape"
                )


def _unfixed(term: Term, settings: Collection[str]) -> Term:
    """Return the number that is to be fixed first: for ``t % n`` a setting ``n``."""
    for x in walk(term):
        if x.operation == "mod" and not x.operands[1].is_number and leaves_of(x.operands[1]) <= {*settings}:
            return x.operands[1]
    return term


def place() -> str:
    """Return file and line of the original that runs now: the first frame outside torch and this package."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if is_of_original(name):
            return f"{short_path(name)}, line {frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return "the original"


def is_of_original(file: str) -> bool:
    """Return whether a file may be an original's: not this package's, torch's or Keras' own."""
    if file.startswith((_HERE, "<frozen")) or "/contextlib.py" in file:
        return False
    if "/keras/src/" in file:
        return "/optimizers/" in file
    if "/torch/" in file and "site-packages" in file:
        return "/torch/optim/" in file and not file.endswith("/optimizer.py")
    return not file.startswith("<string>")


def short_path(file: str) -> str:
    """Return a path from its package on, without where packages are installed."""
    _, found, tail = file.rpartition("site-packages/")
    if found:
        return tail
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except ValueError:
        return file


Run = Callable[[Recorder], object]
"""A run of an original under a recorder."""
