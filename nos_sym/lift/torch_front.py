"""PyTorch: the paths of an optimizer, from its first step and from a later one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nos_sym.language.kind import Kind
from nos_sym.lift.algebra_of_terms import Maker, leaves_of, replaced
from nos_sym.lift.axes import UnknownReduction
from nos_sym.lift.deep_axes import DeepReductions
from nos_sym.lift.exploring import explored
from nos_sym.lift.facts import Facts
from nos_sym.lift.lifted import Condition, LiftError
from nos_sym.lift.names import Names
from nos_sym.lift.path import Decision, Path, StateRecord
from nos_sym.lift.recorder import EARLIER, NOT_FOLLOWED, OTHER, SHAPE, Recorder
from nos_sym.lift.scalars import carrying
from nos_sym.lift.stages import staged
from nos_sym.lift.term import OPAQUE, Term, Terms, walk
from nos_sym.lift.torch_changes import ReadAgainError
from nos_sym.lift.torch_late import check_first, check_lists, made_key, without_made
from nos_sym.lift.torch_others import checked
from nos_sym.lift.torch_phases import check_flags
from nos_sym.lift.torch_places import Key
from nos_sym.lift.torch_queues import ages as ages_of
from nos_sym.lift.torch_run import Kept, Outcome, Plan, read_step
from nos_sym.lift.torch_states import STATE
from nos_sym.lift.totals import of_one_entry, totals_of

LATER = (3, 4)
"""The step that stands for all but the first one, in each draw: what looks like a number of one step alone is
another one in the other."""

Way = tuple[tuple[Decision, ...], Outcome]


@dataclass(frozen=True, slots=True)
class Found:
    """What a front end gives.

    Attributes:
        paths: of all numbers of axes that the original takes.
        states: names of the rule's states to those of the original.
        hints: what the original calls values.
        conditions: what was taken for granted.
        pinned: settings that are needed as fixed numbers, with the place.
        refused: numbers of axes that the original does not take, and what it says.
    """

    paths: list[Path]
    states: dict[str, str]
    hints: dict[Term, str] = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=list)
    pinned: dict[str, str] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)


class Reader:
    """Reads an optimizer off.

    Args:
        plan: of the optimizer.
        values: settings by name; the argument is made by ``arguments``.
        arguments: from numbers of settings to the arguments of the original.
        terms: the maker of terms.
        facts: what is known of settings.
        later: the step that is read off besides the first.
    """

    def __init__(
        self,
        plan: Plan,
        values: Mapping[str, float],
        arguments: Any,
        terms: Terms,
        facts: Facts,
        later: int,
    ) -> None:
        self.later = later
        self.plan = plan
        self.values = values
        self.arguments = arguments
        self.terms = terms
        self.facts = facts
        self.single = False
        self.names = Names([*values, "lr"])
        self.states: dict[Key, str] = {}
        self.found = Found([], {})

    def read(self, rank: int) -> None:
        """Add the paths of parameters with some number of axes."""
        self.single = rank == 0
        full = self.plan.filling
        first = self._ways(rank, 0, 0, 0)
        check_flags([outcome.flags for _, outcome in first], self.plan.phases)
        own = self.plan.shapes(rank)[0]
        check_first(
            [
                (d, {k: x.shape == own for k, x in o.states.items()} | dict.fromkeys(o.counted, False))
                for d, o in first
            ],
            {*self.plan.late, *map(made_key, self.plan.late), *self.plan.phases},
            self.facts.settings | SHAPE,
        )
        # What the first step adds beside the states of its parameters is a state of the later ones.
        made = {k for _, outcome in first for k in outcome.states if k[0] != "state"}
        self.plan = replace(self.plan, moving=self.plan.moving | made)
        stages = {0: first} | {k: self._ways(rank, k, k, k) for k in range(1, full)}
        later = full + 1 + self.later - min(LATER) if full else self.later
        last = self._ways(rank, later, max(full, 1), None)
        for ways in (*stages.values(), last):
            rows = [(d, o.states) for d, o in ways]
            check_lists(rows, self.plan.queues, self.facts.settings | SHAPE | {"t"})
        after = [*(way for k, ways in stages.items() if k for way in ways), *last]
        self._name_states([*first, *after])
        starts = _remembered(_starts(first), after)
        read = {k: [self._path(rank, way, starts, k == 0) for way in ways] for k, ways in stages.items()}
        rest = [self._path(rank, way, starts, False) for way in last]
        names = {self.states[k]: self.states[made_key(k)] for k in self.plan.late if k in self.states}
        if not full:
            read[0], rest = without_made(read[0], rest, names, self.terms, self.facts.at_step(1))
        ages = {self.states[key]: age for key, age in ages_of(self.plan.queues).items()}
        self.found.paths.extend(staged([*read.items()], rest, self.terms, self.facts, ages))

    def _ways(self, rank: int, step: int, low: int, high: int | None) -> list[Way]:
        """Return all ways through a step, which stands for those from ``low`` to ``high``."""

        def run(recorder: Recorder) -> Outcome:
            numbers = {n: carrying(x, self.terms.leaf(n), recorder) for n, x in self.values.items()}
            return read_step(self.plan, self.arguments(numbers), rank, step, recorder)

        facts = self.facts.at_step(low, high)
        found = explored(run, self.terms, facts, step, passed=(ReadAgainError,))
        self.found.pinned.update(found.pinned)
        for _, outcome in found.paths:
            for key, kept in outcome.states.items():
                if kept.start is not None:
                    outcome.states[key] = replace(kept, start=self._totaled(kept.start))
        for decision, error in found.refused:
            self.found.conditions.append(Condition(_refused(decision, error), decision.place))
        for _, outcome in found.paths:
            for term, name in outcome.names.items():
                self.found.hints.setdefault(term, name)
            for text, place in outcome.notes.items():
                self.found.conditions.append(Condition(text, place, special=text == NOT_FOLLOWED))
        return checked(found.paths, run, self.terms, facts, step)

    def _name_states(self, ways: Sequence[Way]) -> None:
        for _, outcome in ways:
            for key in outcome.states:
                if key not in self.states:
                    self.states[key] = self.names.state("_".join(key[1:]))
                    self.found.states[self.states[key]] = ".".join(key[1:])

    def _path(self, rank: int, way: Way, starts: Mapping[Key, Term], first: bool) -> Path:
        decisions, outcome = way
        put: dict[Term, Term] = {}
        for key, name in self.states.items():
            leaf = self.terms.leaf(f"{STATE}{'/'.join(key)}")
            put[leaf] = self.terms.leaf(name)
            start = outcome.states[key].start if first and key in outcome.states else None
            if start is not None and key not in starts:
                # The first step alone reads this start: it is put in, and the state begins with 0.
                put[leaf] = start
        chain = [self._final(x, put) for x in (outcome.weight, *(s.new for s in outcome.states.values()))]
        records = [
            StateRecord(
                self.states[key],
                _kind(kept, self.plan.shapes(rank)[0], key),
                starts.get(key, self.terms.number(0)),
                new,
            )
            for (key, kept), new in zip(outcome.states.items(), chain[1:], strict=True)
        ]
        asked = tuple(d.renamed(lambda x: self._final(x, put)) for d in decisions)
        made = {r.name for r in records}
        kinds = {key[:-1]: r.kind for key, r in zip(outcome.states, records, strict=True)}
        for key, age in ages_of(self.plan.queues).items():
            if self.states[key] not in made:
                # A list that is not full yet: what would move on is 0, as what it would move to.
                before = self.terms.leaf(self.states[*key[:-1], str(age - 1)])
                zero = self.terms.number(0)
                records.append(StateRecord(self.states[key], kinds[key[:-1]], zero, before))
        return Path(asked, chain[0], tuple(records), rank)

    def _totaled(self, term: Term) -> Term:
        found = totals_of(self.terms, single=self.single)(term)
        return of_one_entry(self.terms, found) if self.single else found

    def _final(self, term: Term, put: Mapping[Term, Term]) -> Term:
        term = self._totaled(term)
        for _ in range(3):
            new = replaced(self.terms, term, put)
            if new is term:
                break
            term = new
        for part in walk(term):
            if part.operation == OPAQUE:
                raise LiftError(f"{part.name} has no handler, and the rule would have to read it")
        names = leaves_of(term)
        if any(name.endswith(EARLIER) for name in names):
            raise LiftError(
                "the step reads a gradient or a weight of an earlier step, where no state has it; expected "
                "states in the optimizer's state, its groups or its attributes"
            )
        if any(OTHER in name for name in names):
            raise LiftError("a parameter is moved by what another one has; no total of the group was found")
        return term


def _refused(decision: Decision, error: str) -> str:
    """Return what is taken for granted where a way cannot be run."""
    if leaves_of(decision.condition) & SHAPE:
        # The shapes of the run are others than those of the way, so that the error may be none of these.
        return f"shapes are as those of the run here: otherwise it raises {error}, or does what is not read"
    return f"else the original raises {error}"


def _starts(first: Sequence[Way]) -> dict[Key, Term]:
    """Return the starts of states that are the same on all ways and known before the first step."""
    found: dict[Key, Term] = {}
    bad: set[Key] = set()
    for _, outcome in first:
        for key, kept in outcome.states.items():
            if kept.start is None:
                bad.add(key)
                continue
            names = leaves_of(kept.start)
            # A number for all parameters cannot ask for its first step later on, so that its start reads it.
            own = ("t",) if key[0] != "state" else ("g", "t")
            odd = any(n.startswith(STATE) or n in own or OTHER in n for n in names)
            odd = odd or any(x.operation == OPAQUE for x in walk(kept.start))
            if odd or found.setdefault(key, kept.start) is not kept.start:
                bad.add(key)
    return {key: start for key, start in found.items() if key not in bad}


def _remembered(starts: Mapping[Key, Term], later: Sequence[Way]) -> dict[Key, Term]:
    """Return the starts of states that a later step reads; what is made anew at each step has none."""
    terms = [t for _, o in later for t in (o.weight, *(s.new for s in o.states.values()))]
    asked = [d.condition for decisions, _ in later for d in decisions]
    read = leaves_of(*terms, *asked)
    return {k: x for k, x in starts.items() if x.is_number or f"{STATE}{'/'.join(k)}" in read}


def _kind(kept: Kept, own: tuple[int, ...], key: Key) -> Kind:
    """Return the kind of a state, by the shape that its tensor has beside that of the parameter."""
    sizes = tuple(n for n in kept.shape or () if n > 1)
    size = 1
    for n in sizes:
        size *= n
    whole = 1
    for n in own:
        whole *= n
    if kept.shape is not None and size == whole and own:
        return Kind.TENSOR
    if size == 1:
        return Kind.SCALAR if key[0] == "state" else Kind.GLOBAL
    if len(own) > 2:
        return _deep_kind(kept, own, key)
    if len(own) == 2 and sizes in ((own[0],), (own[1],)):
        return Kind.ROW if sizes == (own[0],) else Kind.COLUMN
    raise _shapeless(kept, own, key)


def _deep_kind(kept: Kept, own: tuple[int, ...], key: Key) -> Kind:
    """Return the kind of a state of a parameter of more axes than two.

    One number for each place of the first axis, or of all others, is one for each entry.
    """
    every = frozenset(range(len(own)))
    try:
        axes = DeepReductions(Maker(Terms()), own).axes_of(n for n in kept.shape or () if n > 1)
    except UnknownReduction:
        raise _shapeless(kept, own, key) from None
    last, before = len(own) - 1, len(own) - 2
    kinds = {every - {last}: Kind.ROW, every - {before}: Kind.COLUMN}
    kinds |= dict.fromkeys((frozenset((0,)), every - {0}), Kind.TENSOR)
    if axes not in kinds:
        raise _shapeless(kept, own, key)
    return kinds[axes]


def _shapeless(kept: Kept, own: tuple[int, ...], key: Key) -> LiftError:
    return LiftError(
        f"the state {key[-1]} has the shape {kept.shape} for a parameter of {own}; expected one number, "
        "one for each row or column, or one for each entry"
    )
