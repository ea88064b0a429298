"""Particles at their own pace: each goes on when its own children are in.

What a particle proposes must not depend on which of its children fails first. Candidates of a time-step are
therefore proposed in a fixed order that needs no result: the first attempts of all children, then the second
attempts of all children, and so on, each against what the particle had in earlier time-steps and against
everything before it in this order. A row of attempts is made when the first child needs it, and those of its
attempts that no child needs are dropped at the end of the time-step: they were never evaluated, and the
particle may propose them later. So a child that fails is replaced at once, whoever else is still open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from nos_sym.search.algorithms.proposing import Proposer
from nos_sym.search.budget import Budget
from nos_sym.search.candidates import Candidate, Move, Redraw, Request, Result
from nos_sym.search.errors import SearchError
from nos_sym.search.fingerprints import Index, Overlay
from nos_sym.search.listener import Listener
from nos_sym.search.settings import SearchSettings
from nos_sym.search.slots import Slot, Stage


@dataclass(slots=True)
class Particle:
    """A particle of the search.

    Attributes:
        number: counted from 0.
        candidate: where it is; it has a genome.
        taken: every optimizer that it has had, with the slot for which it had it first.
        budget: trainings that it has left, its own share of those of the search.
    """

    number: int
    candidate: Candidate
    taken: Index
    budget: Budget


Requests: TypeAlias = Callable[[Particle, int], list[Request]]
"""Returns the first requests of the children of a particle in a time-step."""

Mover: TypeAlias = Callable[[Particle, int, Sequence[Result | None]], None]
"""Moves a particle to the best of its children; the number of the time-step counts from 1 there."""


@dataclass(slots=True)
class _Step:
    """A time-step of a particle.

    Attributes:
        requests: the first requests of its children.
        tried: what the particle had before, and what is proposed for this time-step.
        rows: for each attempt the candidates of all children, ``None`` where there is none.
        results: the last result of each child.
        last: number of the last attempt of each child that was wanted.
        open: number of candidates whose results are not told.
        redraws: genomes that were drawn and discarded, by the slot that they were drawn for.
    """

    requests: list[Request]
    tried: Index
    rows: list[list[Candidate | None]] = field(default_factory=list)
    results: list[Result | None] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    open: int = 0
    redraws: dict[Slot, list[Redraw]] = field(default_factory=dict)


@dataclass(slots=True)
class _Walk:
    """A particle and the time-step that it is in, ``None`` after the last one."""

    particle: Particle
    number: int = 0
    step: _Step | None = None


class Walks:
    """All particles from where they start to their last time-step; see the module.

    With ``candidates_per_program`` above 1, failed children of a particle are replaced together, when all
    its children are in, so that they can be a program again.

    Args:
        particles: the particles.
        starts: where they start.
        requests: returns the requests for the children of a particle.
        move: moves a particle.
        settings: settings of the search.
        proposer: draws the candidates.
        listener: is called on progress.
    """

    def __init__(
        self,
        particles: Sequence[Particle],
        starts: Sequence[Candidate],
        requests: Requests,
        move: Mover,
        settings: SearchSettings,
        proposer: Proposer,
        listener: Listener,
    ) -> None:
        self._settings = settings
        self._requests = requests
        self._mover = move
        self._proposer = proposer
        self._listener = listener
        self._together = settings.candidates_per_program > 1
        self._walks = {particle.number: _Walk(particle) for particle in particles}
        self._at = Counter({0: len(particles)})
        self._slowest = self._fastest = 0
        self._to_ask: list[Candidate] = []
        self._open: set[Slot] = set()
        self.size = len(particles) * settings.time_steps * settings.mutations
        self._name_stage()
        self._begin_at(starts)
        if settings.time_steps:
            steps = [self._new_step(walk) for walk in self._walks.values()]
            self._fill(steps)
            for walk, step in zip(self._walks.values(), steps, strict=True):
                self._begin(walk, step)
                self._go_on(walk)

    @property
    def done(self) -> bool:
        """Whether all particles have ended their last time-step."""
        return not self._open

    def ask(self) -> list[Candidate]:
        """Return new candidates: children of particles that moved, and those that replace failed ones."""
        asked, self._to_ask = self._to_ask, []
        return asked

    def tell(self, result: Result) -> None:
        """Take in the result of a candidate.

        Raises:
            SearchError: the candidate was not asked for, or its result was told before.
        """
        slot = result.slot
        if slot not in self._open:
            raise SearchError(f"no result is expected for '{slot}'; tell each candidate's once")
        self._open.remove(slot)
        if slot.stage is Stage.PARTICLE:
            self._listener.moved(Move(slot.particle, 0, result.candidate, result))
            return
        walk = self._walks[slot.particle]
        step = walk.step
        assert step is not None
        step.results[slot.child] = result
        step.open -= 1
        if not self._together:
            self._try_again(step, slot.child)
        elif not step.open:
            for child in range(len(step.results)):
                self._try_again(step, child)
        self._go_on(walk)

    def _begin_at(self, starts: Sequence[Candidate]) -> None:
        if self._settings.evaluate_particles:
            self.size += len(starts)
            for start in starts:
                self._ask(start)
        else:
            for start in starts:
                self._listener.moved(Move(start.slot.particle, 0, start, None))

    def _ask(self, candidate: Candidate) -> None:
        self._open.add(candidate.slot)
        self._to_ask.append(candidate)

    # Time-steps

    def _new_step(self, walk: _Walk) -> _Step:
        requests = self._requests(walk.particle, walk.number)
        tried: Index = Overlay(walk.particle.taken, self._proposer.index())
        return _Step(requests, tried, results=[None] * len(requests), last=[0] * len(requests))

    def _fill(self, steps: Sequence[_Step]) -> None:
        """Propose the next row of attempts of time-steps of different particles."""
        wanted = [
            (
                step,
                child,
                replace(request, slot=replace(request.slot, attempt=len(step.rows)), taken=step.tried),
            )
            for step in steps
            for child, request in enumerate(step.requests)
            # Where nothing could be drawn for an attempt, there is none after it.
            if not step.rows or step.rows[-1][child] is not None
        ]
        redraws: dict[Slot, list[Redraw]] = {}
        found = self._proposer.propose(
            [request for *_, request in wanted], lambda r: redraws.setdefault(r.slot, []).append(r)
        )
        for step in steps:
            step.rows.append([None] * len(step.requests))
        for (step, child, request), candidate in zip(wanted, found, strict=True):
            step.rows[-1][child] = candidate
            if request.slot in redraws:
                step.redraws[request.slot] = redraws[request.slot]

    def _begin(self, walk: _Walk, step: _Step) -> None:
        """Ask for the first attempts of a time-step."""
        walk.step = step
        first = [candidate for candidate in step.rows[0] if candidate is not None]
        step.open = len(first)
        for candidate in first:
            self._ask(candidate)

    def _try_again(self, step: _Step, child: int) -> None:
        """Ask for the next attempt of a child whose last one failed."""
        result, attempt = step.results[child], step.last[child] + 1
        if result is None or result.fitness is not None or attempt >= self._settings.failures:
            return
        if result.slot.attempt + 1 != attempt:
            # Nothing could be drawn for the attempt after it.
            return
        if attempt == len(step.rows):
            self._fill([step])
        step.last[child] = attempt
        candidate = step.rows[attempt][child]
        if candidate is not None:
            step.open += 1
            self._ask(candidate)

    def _go_on(self, walk: _Walk) -> None:
        """End a time-step if all of its children are in, and begin the next one."""
        while walk.step is not None and not walk.step.open:
            self._end(walk, walk.step)
            walk.step = None
            if walk.number < self._settings.time_steps:
                step = self._new_step(walk)
                self._fill([step])
                self._begin(walk, step)

    def _end(self, walk: _Walk, step: _Step) -> None:
        """Record what a time-step was, and move its particle."""
        dropped = set()
        for attempt, row in enumerate(step.rows):
            for candidate, last in zip(row, step.last, strict=True):
                if candidate is not None and attempt <= last:
                    walk.particle.taken.add(candidate.fingerprint, candidate.slot)
                elif candidate is not None:
                    dropped.add(candidate.slot)
        for slot, redraws in step.redraws.items():
            for redraw in redraws if slot.attempt <= step.last[slot.child] else ():
                # What was only kept for an attempt that no child needed has saved no evaluation.
                if redraw.original not in dropped:
                    self._listener.redrawn(redraw)
        empty = sum(result is None or result.fitness is None for result in step.results)
        if empty:
            self._listener.emptied(empty)
        walk.number += 1
        self._mover(walk.particle, walk.number, step.results)
        self._note_pace(walk.number)

    # What is shown

    def _note_pace(self, number: int) -> None:
        """Note that a particle has ended a time-step; the stage is named anew where that changes it."""
        self._at[number - 1] -= 1
        self._at[number] += 1
        last = self._settings.time_steps - 1
        before = (self._slowest, self._fastest)
        self._fastest = max(self._fastest, min(number, last))
        while self._slowest < last and not self._at[self._slowest]:
            self._slowest += 1
        if before != (self._slowest, self._fastest):
            self._name_stage()

    def _name_stage(self) -> None:
        steps, (slow, fast) = self._settings.time_steps, (self._slowest + 1, self._fastest + 1)
        if not steps:
            self._listener.stage("particles", len(self._walks))
            return
        name = f"time-step {slow}/{steps}" if slow == fast else f"time-steps {slow} to {fast} of {steps}"
        slots = len(self._walks) * self._settings.mutations * (fast - slow + 1)
        self._listener.stage(name, slots)
