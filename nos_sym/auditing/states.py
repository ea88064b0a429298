"""The states of two optimizers: which are one, what one is of the others, and the first that parts.

What is said to be equal is proved by the algebra for all histories of gradients and weights, what parts by
intervals on the history that is shown. A pair that is only a question says what it was paired by.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from sympy.core.numbers import Rational

from nos_sym.auditing.families import Agreement, Families, Variable
from nos_sym.auditing.observation import Kept, Observation, Values
from nos_sym.auditing.relations import Guess, Numbers
from nos_sym.errors import RuleError
from nos_sym.language.kind import Kind

SECONDS = 3.0
"""Time of this thread that a search for relations takes at most."""

_GUESSES = 6


class By(Enum):
    """What two states are paired by."""

    PROOF = "proved"
    STEPS = "the same for some steps"
    NAME = "of one name"
    REST = "the only ones left of their kind"


@dataclass(frozen=True, slots=True)
class StatePair:
    """A state of the first side beside what it is, or may be, of the second.

    Attributes:
        first: the state.
        second: the value of the second side.
        by: what they are paired by.
        where: the settings at which they are proved equal; ``None`` where they are not.
        steps: for how many steps of a history the two are the same, where they are paired by that.
        starts: whether they are proved equal before the first step too.
    """

    first: Kept
    second: Guess
    by: By
    where: Agreement | None = None
    steps: int = 0
    starts: bool = True

    @property
    def same(self) -> bool:
        """Whether the second is a state itself, and neither a multiple nor a sum."""
        return len(self.second.states) == 1 and self.second.text == self.second.states[0].name

    @property
    def kinds(self) -> tuple[Kind, Kind] | None:
        """The kinds of the two states where they differ."""
        if not self.same or self.first.kind is self.second.states[0].kind:
            return None
        return self.first.kind, self.second.states[0].kind


@dataclass(frozen=True, slots=True)
class States:
    """The states of two optimizers beside each other.

    Attributes:
        pairs: those of the first side that have a partner.
        back: what is left of the second side beside what it is of the first.
        alone: those of either side that have none.
        absent: those of either side that do not exist at the settings of the question.
        reason: why states were not compared; empty where they were.
    """

    pairs: tuple[StatePair, ...] = ()
    back: tuple[StatePair, ...] = ()
    alone: tuple[tuple[Kept, ...], tuple[Kept, ...]] = ((), ())
    absent: tuple[tuple[Kept, ...], tuple[Kept, ...]] = ((), ())
    reason: str = ""

    def __bool__(self) -> bool:
        """Whether there is anything to be said."""
        return bool(self.pairs or self.back or any(self.alone) or any(self.absent) or self.reason)


def observe(families: Families) -> Observation | str:
    """Return what is asked of the states of two optimizers, or why nothing is."""
    try:
        asked = Observation.of(families)
    except RuleError as error:
        return f"a side is too large to be written with its states: {error}"
    if any(asked.states) and asked.random:
        return "a side draws masks, which are paired for the whole optimizers alone"
    return asked


def compare_states(
    asked: Observation, settings: Sequence[Mapping[Variable, Rational]], seconds: float = SECONDS
) -> States:
    """Compare the states of two optimizers.

    Args:
        asked: the two.
        settings: values of all settings at which states may be equal; questions are asked at the last ones.
        seconds: how long relations are looked for, in time of this thread.
    """
    end = time.thread_time() + seconds
    search = _Search(asked, end)
    for values in settings:
        search.at(values)
    back = _Search(asked.turned(), end)
    for values in settings:
        back.at(values, [s for s in asked.states[1] if s not in search.taken()])
    search.questions(settings[-1], back.pairs)
    absent = [[s for s in states if not asked.exists(s, settings[-1])] for states in asked.states]
    return States(
        tuple(search.pairs[s] for s in asked.states[0] if s in search.pairs),
        tuple(back.pairs[s] for s in asked.states[1] if s in back.pairs),
        (tuple(search.left(0, settings[-1])), tuple(search.left(1, settings[-1], back.pairs))),
        (tuple(absent[0]), tuple(absent[1])),
    )


class _Search:
    """The work on one comparison.

    Attributes:
        pairs: what was found.
    """

    def __init__(self, asked: Observation, end: float) -> None:
        self.asked = asked
        self.end = end
        self.pairs: dict[Kept, StatePair] = {}

    def at(self, values: Values, wanted: Collection[Kept] | None = None) -> None:
        """Look for states that are equal at some settings, then for what they are of others.

        Args:
            values: numbers of all settings.
            wanted: the states of the first side that are looked for; all of them where left out.
        """
        first = [s for s in self.left(0, values) if wanted is None or s in wanted]
        second = self._there(1, values)
        if not first or time.thread_time() > self.end:
            return
        forms = [(t, self.asked.digest(1, t.new, values)) for t in second]
        for state in first:
            form = self.asked.digest(0, state.new, values)
            # Of several that are one, a state of the same name or else the first that has no partner yet.
            twins = [t for t, other in forms if other == form]
            if twins:
                taken = self.taken()
                self._add(state, itself(min(twins, key=lambda t: (t.name != state.name, t in taken))), values)
        left = [s for s in first if s not in self.pairs]
        if not left or not self.asked.runs:
            return
        numbers = Numbers(self.asked, values)
        for state in left:
            for count, guess in enumerate(numbers.guesses(state, second)):
                if count == _GUESSES or time.thread_time() > self.end:
                    break
                if self._equal(state, guess, values):
                    self._add(state, guess, values)
                    break

    def questions(self, values: Values, known: Collection[Kept]) -> None:
        """Pair what is left by steps of a history, by name, and last by what alone is left of a kind.

        Args:
            values: numbers of all settings.
            known: states of the second side of which more is known.
        """
        # What is made of gradient and weights alone is no partner, and one of the same name says more.
        stateless = {a: pair for a, pair in self.pairs.items() if not pair.second.states}
        for a in stateless:
            del self.pairs[a]
        self._ask_by(values, known)
        for a, pair in stateless.items():
            if a not in self.pairs:
                self.pairs[a] = pair
        self._ask_where(lambda a, b: a.kind is b.kind, By.REST, values, known)

    def _ask_by(self, values: Values, known: Collection[Kept]) -> None:
        """Pair states that are the same for some steps, or of one name."""
        if self.asked.runs and self.left(0, values) and self.left(1, values, known):
            numbers = Numbers(self.asked, values)
            found = [
                (numbers.beginning(a, b), a, b)
                for a in self.left(0, values)
                for b in self.left(1, values, known)
                if a.kind is b.kind
            ]
            # Of pairs that are the same for as long, those of one name come first, then the simplest.
            found.sort(key=lambda row: (-row[0][0], row[1].name != row[2].name, len(row[0][1].text)))
            for (steps, guess), a, b in found:
                if steps and a not in self.pairs and b not in self.taken():
                    self._ask(a, guess, By.STEPS, values, steps)
        self._ask_where(lambda a, b: a.name == b.name, By.NAME, values, known)

    def _ask_where(
        self, test: Callable[[Kept, Kept], bool], by: By, values: Values, known: Collection[Kept]
    ) -> None:
        """Pair states that pass a test with one another alone."""
        for a in self.left(0, values):
            partners = [b for b in self.left(1, values, known) if test(a, b)]
            rivals = [x for x in self.left(0, values) if partners and test(x, partners[0])]
            if len(partners) == 1 and rivals == [a]:
                self._ask(a, itself(partners[0]), by, values)

    def _ask(self, a: Kept, guess: Guess, by: By, values: Values, steps: int = 0) -> None:
        self.pairs[a] = StatePair(a, guess, by, steps=steps, starts=self._start(a, guess, values))

    def taken(self) -> set[Kept]:
        """Return the states of the second side that something was said of."""
        return {s for pair in self.pairs.values() for s in pair.second.states}

    def left(self, side: int, values: Values, known: Collection[Kept] = ()) -> list[Kept]:
        """Return the states of a side that are there and that nothing was said of."""
        taken = self.taken() if side else set(self.pairs)
        return [s for s in self._there(side, values) if s not in taken and s not in known]

    def _there(self, side: int, values: Values) -> list[Kept]:
        return [s for s in self.asked.states[side] if self.asked.exists(s, values)]

    def _equal(self, state: Kept, guess: Guess, values: Values) -> bool:
        return self.asked.digest(0, state.new, values) == self.asked.digest(1, guess.value, values)

    def _add(self, state: Kept, guess: Guess, values: Values) -> None:
        """Keep a pair that is proved at some settings, and free those that the proof does not need."""
        kept, free = dict(values), []
        for x in self.asked.variables:
            fewer = {y: v for y, v in kept.items() if y is not x}
            if time.thread_time() < self.end and self._equal(state, guess, fewer):
                kept = fewer
                free.append(x)
        self.pairs[state] = StatePair(
            state,
            guess,
            By.PROOF,
            Agreement(tuple(kept.items()), tuple(free)),
            starts=self._start(state, guess, kept),
        )

    def _start(self, state: Kept, guess: Guess, values: Values) -> bool:
        """Return whether two are equal before the first step; what is made of others is not asked."""
        if len(guess.states) != 1 or guess.text != guess.states[0].name:
            return True
        return self.asked.same_start(state, guess.states[0], values)


def itself(state: Kept) -> Guess:
    """Return a state as a value."""
    return Guess(state.new, (state,), state.name)
