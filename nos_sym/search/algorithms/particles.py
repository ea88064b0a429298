"""The particle-based genetic algorithm (Algorithm 1, Section 3.5).

An enlarged initial population is evaluated on a small network, and its n best genomes become particles. In
each time-step every particle makes k mutations and moves to the best of them, whether or not it is better
than where it was (aging). Particles know nothing of each other, apart from what the deduplication shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nos_sym.errors import NosSymError
from nos_sym.search.algorithms.generations import Settled
from nos_sym.search.algorithms.proposing import Index, Proposal, Wanted, mutation_draw, sample_draw
from nos_sym.search.session import SearchError, Session, best_first
from nos_sym.search.slots import Place, Stage

if TYPE_CHECKING:
    from nos_sym.genome.genome import Genome
    from nos_sym.language.rule import Rule


@dataclass(slots=True)
class Particle:
    """A particle.

    Attributes:
        number: counted from 0.
        genome: where it is.
        taken: every optimizer that it has had.
    """

    number: int
    genome: Genome
    taken: Index


def run_particles(session: Session) -> None:
    """Run Algorithm 1."""
    settings = session.settings
    starts = _given(session) if settings.initial else _initial_population(session)
    particles = _place_particles(session, starts)
    for time_step in range(settings.time_steps):
        session.listener.stage(
            f"time-step {time_step + 1}/{settings.time_steps}", len(particles) * settings.mutations
        )
        groups = [_wanted(session, particle, time_step) for particle in particles]
        filled = session.fill(groups, settings.training, settings.failures)
        for particle, children in zip(particles, filled, strict=True):
            _move(session, particle, time_step + 1, children)


def _initial_population(session: Session) -> list[Proposal]:
    """Return the n best of 10n random genomes as the starts of particles."""
    settings = session.settings
    count = settings.particles * settings.initial_factor
    session.listener.stage("initial population", count)
    draw = sample_draw(settings)
    wanted = [[Wanted(Place(Stage.INITIAL, i), draw, session.index())] for i in range(count)]
    filled = session.fill(wanted, settings.initial_training, 1)
    best = session.distinct(best_first([settled for (settled,) in filled]))[: settings.particles]
    if not best:
        raise SearchError(
            f"none of the {count} genomes of the initial population reached a fitness; choose a larger "
            "'initial_factor', another seed, or milder early stops"
        )
    if len(best) < settings.particles:
        session.listener.note(
            f"{len(best)} of {settings.particles} particles begin: no other genome reached a fitness"
        )
    return [_start(session, number, settled) for number, settled in enumerate(best)]


def _start(session: Session, number: int, settled: Settled) -> Proposal:
    place = Place(Stage.PARTICLE, number)
    session.waves.note_place(place, settled.evaluation)
    return session.proposal(place, settled.candidate.rule, settled.candidate.genome)


def _given(session: Session) -> list[Proposal]:
    """Return the optimizers that the settings name, in turn, as the starts of particles.

    Nodes that an optimizer does not need are inactive, and random in each particle. An optimizer that needs
    more than the settings have gets as many as it needs.

    Raises:
        SearchError: an optimizer that no genome can be.
    """
    from nos_sym.genome.decode import decode
    from nos_sym.genome.encode import encode, with_room

    settings = session.settings
    rules = [rule for text in settings.initial for rule in read_optimizers(text)]
    starts = []
    for number in range(settings.particles):
        rule, place = rules[number % len(rules)], Place(Stage.PARTICLE, number)
        try:
            room = with_room(settings.genome, rule)
            genome = encode(rule, room, place.choice(settings.seed))
        except NosSymError as error:
            raise SearchError(f"'{rule}' cannot be an initial particle: {error}") from None
        starts.append(session.proposal(place, decode(genome), genome))
    return starts


def _place_particles(session: Session, starts: Sequence[Proposal]) -> list[Particle]:
    """Return the particles, evaluated where the settings say so."""
    settings = session.settings
    fitness: dict[Place, Settled] = {}
    if settings.evaluate_particles:
        session.listener.stage("particles", len(starts))
        fitness = {s.place: s for s in session.evaluate(starts, settings.training)}
    particles = []
    for start in starts:
        taken = session.index()
        taken.add(start.fingerprint, start.place)
        genome = start.candidate.genome
        if genome is None:
            raise SearchError(f"particle {start.place.particle} has no genome; expected one to mutate")
        particle = Particle(start.place.particle, genome, taken)
        _record_move(session, particle, 0, start, fitness.get(start.place))
        particles.append(particle)
    return particles


def _wanted(session: Session, particle: Particle, time_step: int) -> list[Wanted]:
    draw = mutation_draw(particle.genome, session.settings)
    return [
        Wanted(Place(Stage.CHILD, particle.number, time_step, child), draw, particle.taken)
        for child in range(session.settings.mutations)
    ]


def _move(session: Session, particle: Particle, time_step: int, children: Sequence[Settled | None]) -> None:
    """Move a particle to the best of its children; it stays where none has a fitness."""
    best = best_first(children)
    if not best:
        session.listener.note(
            f"particle {particle.number + 1} stays in time-step {time_step}: no child reached a fitness"
        )
        return
    chosen = best[0]
    if chosen.candidate.genome is not None:
        particle.genome = chosen.candidate.genome
    _record_move(session, particle, time_step, chosen, chosen)


def _record_move(
    session: Session,
    particle: Particle,
    time_step: int,
    chosen: Proposal | Settled,
    settled: Settled | None,
) -> None:
    session.store.add_move(
        session.run.id,
        particle.number,
        time_step,
        str(chosen.candidate.rule),
        chosen.candidate.key,
        None if settled is None else settled.fitness,
        None if settled is None else settled.evaluation,
    )


def read_optimizers(text: str) -> list[Rule]:
    """Return the optimizers that a name of the catalog, a rule as text or a file with rules stands for.

    Raises:
        NosSymError: it stands for none, or for a schedule.
    """
    from nos_sym import catalog
    from nos_sym.language.parser import parse_file
    from nos_sym.language.rule import Rule

    if text in catalog.names() or (text.isascii() and text.isidentifier()):
        found = [catalog.entry(text)]
    elif Path(text).is_file():
        try:
            found = parse_file(Path(text).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise SearchError(f"cannot read '{text}': {error}") from None
    else:
        found = parse_file(text)
    for rule in found:
        if not isinstance(rule, Rule):
            raise SearchError(f"'{text}' holds the schedule '{rule.name}'; expected optimizers")
    return [rule for rule in found if isinstance(rule, Rule)]
