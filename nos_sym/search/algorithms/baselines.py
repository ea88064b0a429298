"""Random search and regularized evolution, which the paper argues against, on the same protocol."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nos_sym.search.algorithms.generations import Settled
from nos_sym.search.algorithms.proposing import Wanted, mutation_draw, sample_draw
from nos_sym.search.session import SearchError, Session, best_first
from nos_sym.search.slots import Place, Stage

if TYPE_CHECKING:
    from nos_sym.genome.genome import Genome


def run_random(session: Session) -> None:
    """Sample genomes, each independent of all others."""
    settings = session.settings
    session.listener.stage("random search", settings.evaluations)
    for first in range(0, settings.evaluations, settings.population):
        last = min(first + settings.population, settings.evaluations)
        _sample(session, Stage.RANDOM, range(first, last), 1)


def run_regularized(session: Session) -> None:
    """Run regularized evolution (Real et al. 2019, Algorithm 1).

    A population of P genomes; in each cycle the best of S members drawn with replacement is mutated, its
    child joins the population, and the oldest member leaves it. Here a cycle makes ``batch`` children of the
    same population, so that workers need not wait for each other; with ``batch = 1`` it is the algorithm of
    the article. A child that fails the first early stop is mutated anew as often as in the particle
    algorithm, and does not join.
    """
    settings = session.settings
    size = min(settings.population, settings.evaluations)
    session.listener.stage("population", size)
    members = deque(_with_fitness(_sample(session, Stage.POPULATION, range(size), settings.failures)))
    if not members:
        raise SearchError(
            f"none of the {size} genomes of the population reached a fitness; choose a larger 'population', "
            "another seed, or milder early stops"
        )
    session.listener.stage("cycles", settings.evaluations - size)
    for cycle, first in enumerate(range(size, settings.evaluations, settings.batch)):
        count = min(settings.batch, settings.evaluations - first)
        places = [Place(Stage.CYCLE, time_step=cycle, child=child) for child in range(count)]
        groups = [
            [Wanted(place, mutation_draw(_parent(session, members, place), settings), session.index())]
            for place in places
        ]
        filled = session.fill(groups, settings.training, settings.failures)
        for child in _with_fitness([settled for (settled,) in filled]):
            members.append(child)
            if len(members) > size:
                members.popleft()


def _sample(session: Session, stage: Stage, numbers: range, failures: int) -> list[Settled | None]:
    draw = sample_draw(session.settings)
    groups = [[Wanted(Place(stage, number), draw, session.index())] for number in numbers]
    return [settled for (settled,) in session.fill(groups, session.settings.training, failures)]


def _with_fitness(settled: Sequence[Settled | None]) -> list[Settled]:
    return [s for s in settled if s is not None and s.fitness is not None]


def _parent(session: Session, members: Sequence[Settled], place: Place) -> Genome:
    rng = place.choice(session.settings.seed)
    chosen = rng.integers(len(members), size=session.settings.sample)
    (best, *_) = best_first([members[int(i)] for i in chosen])
    if best.candidate.genome is None:
        raise SearchError(f"'{best.candidate.rule}' has no genome; expected one to mutate")
    return best.candidate.genome
