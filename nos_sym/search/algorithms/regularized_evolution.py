"""Regularized evolution (Real et al. 2019), which the paper argues against, on the same protocol."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from nos_sym.search.algorithms.generations import Generation, GenerationalAlgorithm, Phase
from nos_sym.search.algorithms.proposing import mutation_draw, sample_draw
from nos_sym.search.budget import Budget, evaluations_of, note_unspent, trainings_of
from nos_sym.search.candidates import Candidate, Draw, Request, Result, best_first
from nos_sym.search.errors import SearchError
from nos_sym.search.failures import because
from nos_sym.search.slots import Slot, Stage


class RegularizedEvolution(GenerationalAlgorithm):
    """A population of P genomes from which the oldest one is removed.

    In each cycle, the best of S members drawn with replacement is mutated; its child joins the population,
    and the oldest member leaves it. Here a cycle makes ``batch`` children of the same population, so that
    workers need not wait for each other; with ``batch = 1`` it is the algorithm of the article. A child that
    fails the first early stop is mutated anew as often as in the particle algorithm, and does not join. The
    algorithm ends when its budget of trainings is spent.

    Source: Real et al. 2019, "Regularized Evolution for Image Classifier Architecture Search", Algorithm 1.
    """

    def generations(self) -> Iterator[Phase]:
        """Yield the first population, then one generation for each cycle."""
        settings = self.settings
        budget = Budget(trainings_of(settings))
        size = min(settings.population, evaluations_of(settings))
        self.listener.stage("population", size)
        draw = sample_draw(settings)
        first = self._generation([(Slot(Stage.POPULATION, number), draw) for number in range(size)], budget)
        yield first
        budget.spend(sum(first.trained))
        members = deque(_with_fitness(first))
        if not members:
            raise SearchError(
                f"none of the {size} genomes of the population reached a fitness; choose a larger "
                "'population', another seed, or milder early stops"
                + because(result.outcome for (result,) in first.results if result is not None)
            )
        left = evaluations_of(settings) - size if budget.left is None else budget.left
        self.listener.stage("cycles", left)
        for cycle, count in enumerate(self._sizes(budget, left)):
            slots = [Slot(Stage.CYCLE, time_step=cycle, child=child) for child in range(count)]
            parents = [self._parent(members, slot) for slot in slots]
            draws = [mutation_draw(parent, settings) for parent in parents]
            children = self._generation(list(zip(slots, draws, strict=True)), budget)
            yield children
            budget.spend(sum(children.trained))
            if not children.drawn:
                budget.give_up()
            for child in _with_fitness(children):
                members.append(child)
                if len(members) > size:
                    members.popleft()
        note_unspent([budget], settings, self.listener)

    def _sizes(self, budget: Budget, slots: int) -> Iterator[int]:
        """Yield the number of children of each cycle, till the budget or else the slots are used up."""
        batch = self.settings.batch
        if budget.left is None:
            yield from (min(batch, slots - start) for start in range(0, slots, batch))
        while budget.left and budget.is_open:
            yield min(batch, budget.left)

    def _generation(self, draws: Sequence[tuple[Slot, Draw]], budget: Budget) -> Generation:
        """Return a generation whose slots know nothing of each other."""
        task, shares = self.settings.training, budget.shares(len(draws), self.settings.failures)
        groups = [
            [Request(slot, draw, self.proposer.index(), task, share)]
            for (slot, draw), share in zip(draws, shares, strict=True)
        ]
        return Generation(groups, self.proposer, self.settings.failures)

    def _parent(self, members: Sequence[Result], slot: Slot) -> Candidate:
        """Return the best of the members that a tournament draws."""
        drawn = slot.choice(self.settings.seed).integers(len(members), size=self.settings.sample)
        (best, *_) = best_first([members[int(i)] for i in drawn])
        if not best.candidate.has_genome:
            raise SearchError(f"'{best.candidate.rule}' has no genome; expected one to mutate")
        return best.candidate


def _with_fitness(generation: Generation) -> list[Result]:
    results = [result for (result,) in generation.results]
    return [result for result in results if result is not None and result.fitness is not None]
