"""The particle-based genetic algorithm of the paper (Algorithm 1, Section 3.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from nos_sym.errors import NosSymError, quoted
from nos_sym.genome.encode import encode, with_room
from nos_sym.search.algorithms.generations import Generation, GenerationalAlgorithm, Phase
from nos_sym.search.algorithms.initial import read_optimizers
from nos_sym.search.algorithms.proposing import mutation_draw, sample_draw
from nos_sym.search.algorithms.walks import Particle, Walks
from nos_sym.search.budget import Budget, note_unspent, trainings_of
from nos_sym.search.candidates import Candidate, Move, Request, Result, best_first
from nos_sym.search.errors import SearchError
from nos_sym.search.failures import because
from nos_sym.search.own_pace import at_own_pace
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.template import read_template


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a particle starts; ``slot`` is the one whose evaluation the optimizer has, if it has one."""

    candidate: Candidate
    slot: Slot


class ParticleSearch(GenerationalAlgorithm):
    """Particles that move to the best of their mutations.

    An enlarged initial population is evaluated on a small network, and its n best genomes become particles.
    In each time-step every particle makes k mutations and moves to the best of them, whether or not that is
    better than where it was (aging). Particles know nothing of each other, apart from what the archive
    answers, and go on at their own pace (:class:`~nos_sym.search.algorithms.walks.Walks`), or wait for each
    other with the setting ``barriers``.

    Where the search has a budget of trainings, ``evaluations``, the initial population and the starts are
    paid from it, and what is left is divided among the particles. Each moves until its part is spent, so that
    a particle needs to know nothing of the others here, either. The particles then wait for each other: at
    their own pace it would depend on time which of them pays for an optimizer that several have.

    Source: Morgan and Hougen 2024, Section 3.5, Algorithm 1.
    """

    def generations(self) -> Iterator[Phase]:
        """Yield the initial population, then the particles at their own pace.

        With barriers these are the optimizers that they start from and one generation for each time-step.
        """
        settings = self.settings
        budget = Budget(trainings_of(settings))
        if settings.initial:
            starts = self._given()
        else:
            population = self._initial_population(budget)
            yield population
            budget.spend(sum(population.trained))
            starts = self._best_of(population)
        candidates = [start.candidate for start in starts]
        if at_own_pace(settings):
            particles = [self._particle(start, budget) for start in starts]
            yield Walks(
                particles, candidates, self._mutations, self._move, settings, self.proposer, self.listener
            )
            return
        results: list[Result | None] = [None] * len(starts)
        if settings.evaluate_particles and budget.is_open:
            paid = len(budget.shares(len(starts), 1))
            self.listener.stage("particles", paid)
            evaluated = Generation.of_given(candidates[:paid], self.proposer)
            yield evaluated
            budget.spend(sum(evaluated.trained))
            results[:paid] = [result for (result,) in evaluated.results]
        parts = budget.split(len(starts))
        particles = [self._particle(start, part) for start, part in zip(starts, parts, strict=True)]
        for particle, candidate, result in zip(particles, candidates, results, strict=True):
            self.listener.moved(Move(particle.number, 0, candidate, result))
        for time_step in count():
            moving = [particle for particle in particles if self._moves(particle, time_step)]
            if not moving:
                break
            groups = [self._mutations(particle, time_step) for particle in moving]
            of = "" if budget.left is not None else f"/{settings.time_steps}"
            self.listener.stage(f"time-step {time_step + 1}{of}", sum(map(len, groups)))
            children = Generation(groups, self.proposer, settings.failures)
            yield children
            for particle, results, trained in zip(moving, children.results, children.trained, strict=True):
                self._spend(particle, results, trained)
                self._move(particle, time_step + 1, results)
        note_unspent(parts, settings, self.listener)

    def _moves(self, particle: Particle, time_step: int) -> bool:
        """Return whether a particle has a time-step: one more of its number, or trainings to spend."""
        budget = particle.budget
        return time_step < self.settings.time_steps if budget.left is None else budget.is_open

    def _spend(self, particle: Particle, children: Sequence[Result | None], trained: int) -> None:
        """Take the trainings of a time-step from the budget of its particle."""
        particle.budget.spend(trained)
        if not any(children):
            particle.budget.give_up()

    def _initial_population(self, budget: Budget) -> Generation:
        settings = self.settings
        # One candidate each, as far as the budget goes.
        size = len(budget.shares(settings.particles * settings.initial_factor, 1))
        self.listener.stage("initial population", size)
        draw, task = sample_draw(settings), settings.initial_training
        slots = [Slot(Stage.INITIAL, number) for number in range(size)]
        groups = [[Request(slot, draw, self.proposer.index(), task)] for slot in slots]
        return Generation(groups, self.proposer)

    def _best_of(self, population: Generation) -> list[_Start]:
        """Return the n best genomes of the initial population as starts of particles."""
        settings = self.settings
        ranked = best_first([result for (result,) in population.results])
        best = self.proposer.distinct(ranked)[: settings.particles]
        if not best:
            raise SearchError(
                f"none of the {population.size} genomes of the initial population reached a fitness; choose "
                "a larger 'initial_factor', another seed, or milder early stops"
                + because(result.outcome for (result,) in population.results if result is not None)
            )
        if len(best) < settings.particles:
            self.listener.note(
                f"{len(best)} of {settings.particles} particles begin: no other genome reached a fitness"
            )
        starts = []
        for number, result in enumerate(best):
            slot = Slot(Stage.PARTICLE, number)
            candidate = self.proposer.again(slot, result.candidate, settings.training)
            starts.append(_Start(candidate, slot if settings.evaluate_particles else result.slot))
        return starts

    def _given(self) -> list[_Start]:
        """Return the optimizers that the settings name, in turn, as starts of particles.

        Nodes that an optimizer does not need are inactive, and random in each particle. An optimizer that
        needs more nodes than the settings have gets as many as it needs.

        Raises:
            SearchError: no genome can encode an optimizer.
        """
        settings = self.settings
        rules = [rule for text in settings.initial for rule in read_optimizers(text)]
        if settings.template:
            rules = [read_template(settings.template).part_of(rule) for rule in rules]
        starts = []
        for number in range(settings.particles):
            rule, slot = rules[number % len(rules)], Slot(Stage.PARTICLE, number)
            try:
                roomy, space = with_room(settings.genome, rule), settings.operations.space()
                genome = encode(rule, roomy, slot.choice(settings.seed), space)
            except NosSymError as error:
                shown = quoted(rule.name or str(rule), 60)
                raise SearchError(f"{shown} cannot be an initial particle: {error}") from None
            candidate = self.proposer.given(slot, self.proposer.decode(genome), genome, settings.training)
            starts.append(_Start(candidate, slot))
        return starts

    def _particle(self, start: _Start, budget: Budget) -> Particle:
        candidate = start.candidate
        if not candidate.has_genome:
            raise SearchError(f"particle {candidate.slot.particle} has no genome; expected one to mutate")
        taken = self.proposer.index()
        taken.add(candidate.fingerprint, start.slot)
        return Particle(candidate.slot.particle, candidate, taken, budget)

    def _mutations(self, particle: Particle, time_step: int) -> list[Request]:
        draw, task = mutation_draw(particle.candidate, self.settings), self.settings.training
        shares = particle.budget.shares(self.settings.mutations, self.settings.failures)
        slots = [Slot(Stage.CHILD, particle.number, time_step, child) for child in range(len(shares))]
        return [
            Request(slot, draw, particle.taken, task, share)
            for slot, share in zip(slots, shares, strict=True)
        ]

    def _move(self, particle: Particle, time_step: int, children: Sequence[Result | None]) -> None:
        """Move a particle to the best of its children; where none has a fitness, the settings say."""
        best = best_first(children)
        if not best and self.settings.move_to_failed:
            best = [child for child in children if child is not None]
        if not best:
            self.listener.note(
                f"particle {particle.number + 1} stays in time-step {time_step}: no child reached a fitness"
            )
            return
        chosen = best[0]
        if chosen.candidate.has_genome:
            particle.candidate = chosen.candidate
        self.listener.moved(Move(particle.number, time_step, chosen.candidate, chosen))
