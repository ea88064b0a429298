"""Proposing candidates: genomes are drawn for a slot until one passes the integrity check and is new.

Many slots are drawn for at once, so that one call of the integrity check has many optimizers. Draws are
looked at in rounds, and in each round slots in their order, so the proposals depend on nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np

from nos_sym.genome.genome import Genome
from nos_sym.genome.mutate import mutate
from nos_sym.genome.sample import sample
from nos_sym.genome.settings import GenomeSettings
from nos_sym.genome.space import SearchSpace
from nos_sym.language.rule import Rule
from nos_sym.search.candidates import Candidate, Draw, Redraw, Replayed, Request, Result
from nos_sym.search.fingerprints import Fingerprints, Index
from nos_sym.search.integrity import check
from nos_sym.search.settings import SearchSettings
from nos_sym.search.slots import Slot
from nos_sym.search.template import decoder
from nos_sym.search.trainers import TaskSettings

_REMEMBERED = 50_000
"""Rules whose integrity is remembered; it is computed again for others."""


class Memory(Protocol):
    """Has what was proposed before; :class:`~nos_sym.search.proposals.Proposals` has it in a store."""

    def recall(
        self, requests: Sequence[Request], redrawn: Callable[[Redraw], None]
    ) -> tuple[list[Candidate | None], int, int] | None:
        """Return candidates, genomes drawn and degenerate ones, or ``None`` where they have to be drawn."""

    def keep(
        self,
        requests: Sequence[Request],
        candidates: Sequence[Candidate | None],
        drawn: Sequence[int],
        degenerate: Sequence[int],
        redraws: Sequence[Redraw],
    ) -> None:
        """Keep what was drawn."""


class Proposer:
    """Draws candidates for the slots of an algorithm.

    Args:
        settings: settings of the search.
        fingerprints: what counts as the same optimizer; by default what the settings say.
        redrawn: called for each genome that is discarded because its particle had the optimizer before.
        memory: has what was proposed before an interruption; by default everything is drawn.

    Attributes:
        drawn: number of genomes that were drawn.
        degenerate: number of them that failed the integrity check.
        decode: returns the rule of a genome, within the template of the settings.
    """

    def __init__(
        self,
        settings: SearchSettings,
        fingerprints: Fingerprints | None = None,
        redrawn: Callable[[Redraw], None] = lambda redraw: None,
        memory: Memory | None = None,
    ) -> None:
        self._settings = settings
        self.decode = decoder(settings.template)
        self._memory = memory
        self._fingerprints = fingerprints or Fingerprints(settings.dedup, almost=settings.almost)
        self._redrawn = redrawn
        self._checked: dict[Rule, bool | None] = {}
        self.drawn = 0
        self.degenerate = 0

    def propose(
        self, requests: Sequence[Request], redrawn: Callable[[Redraw], None] | None = None
    ) -> list[Candidate | None]:
        """Return a candidate for each request, ``None`` where no draw within ``redraws`` gave one.

        Args:
            requests: what is to be proposed for.
            redrawn: called in place of the proposer's own.
        """
        if self._memory is not None and requests:
            recalled = self._memory.recall(requests, redrawn or self._redrawn)
            if recalled is not None:
                candidates, drawn, degenerate = recalled
                self.drawn += drawn
                self.degenerate += degenerate
                return candidates
        return self._drawn_for(requests, redrawn or self._redrawn)

    def _drawn_for(
        self, requests: Sequence[Request], redrawn: Callable[[Redraw], None]
    ) -> list[Candidate | None]:
        """Return what is drawn for requests."""
        candidates: list[Candidate | None] = [None] * len(requests)
        waiting = list(range(len(requests)))
        drawn, degenerate, redraws = [0] * len(requests), [0] * len(requests), list[Redraw]()
        for draw in range(self._settings.redraws):
            seed = self._settings.seed
            genomes = [requests[i].draw(requests[i].slot.generator(seed, draw)) for i in waiting]
            self.drawn += len(genomes)
            for i in waiting:
                drawn[i] += 1
            rules = [self.decode(genome) for genome in genomes]
            signs = self._ascents(rules)
            for i, genome, rule, ascent in zip(waiting, genomes, rules, signs, strict=True):
                if ascent is None:
                    self.degenerate += 1
                    degenerate[i] += 1
                else:
                    genome, rule = replace(genome, ascent=ascent), replace(rule, ascent=ascent)
                    candidates[i] = self._accept(requests[i], genome, rule, draw, redraws)
            waiting = [i for i in waiting if candidates[i] is None]
            if not waiting:
                break
        if self._memory is not None and requests:
            self._memory.keep(requests, candidates, drawn, degenerate, redraws)
        for redraw in redraws:
            redrawn(redraw)
        return candidates

    def given(self, slot: Slot, rule: Rule, genome: Genome | None, task: TaskSettings) -> Candidate:
        """Return the candidate of an optimizer that is given and not drawn."""
        return Candidate(slot, rule, genome, self._fingerprints.of(rule), task)

    def again(self, slot: Slot, candidate: Candidate, task: TaskSettings) -> Candidate:
        """Return a candidate for another slot and task."""
        if isinstance(candidate, Replayed):
            return candidate.at(slot, task)
        return Candidate(slot, candidate.rule, candidate.genome, candidate.fingerprint, task)

    def index(self) -> Index:
        """Return an empty index of optimizers, for what a particle has had."""
        return self._fingerprints.index()

    def distinct(self, results: Sequence[Result]) -> list[Result]:
        """Return the first result of each optimizer; without deduplication all of them."""
        if self._settings.dedup.level is None:
            return list(results)
        index = self.index()
        chosen = []
        for result in results:
            fingerprint = result.candidate.fingerprint
            if index.find(fingerprint) is None:
                index.add(fingerprint, result.slot)
                chosen.append(result)
        return chosen

    def _accept(
        self, request: Request, genome: Genome, rule: Rule, draw: int, redraws: list[Redraw]
    ) -> Candidate | None:
        """Return the candidate, or ``None`` where the particle had the optimizer before."""
        fingerprint = self._fingerprints.of(rule)
        original = request.taken.find(fingerprint)
        if original is not None:
            redraws.append(Redraw(request.slot, draw, str(rule), fingerprint.key, original))
            return None
        request.taken.add(fingerprint, request.slot)
        return Candidate(request.slot, rule, genome, fingerprint, request.task, draw)

    def _ascents(self, rules: Sequence[Rule]) -> list[bool | None]:
        """Return for each rule the sign that passes the integrity check, ``None`` where none does."""
        new = list(dict.fromkeys(rule for rule in rules if rule not in self._checked))
        if len(self._checked) > _REMEMBERED:
            self._checked.clear()
            new = list(dict.fromkeys(rules))
        if new:
            found = check(new, self._settings.integrity)
            for rule, integrity in zip(new, found, strict=True):
                self._checked[rule] = integrity.ascent if integrity.passed else None
        return [self._checked[rule] for rule in rules]


def sample_draw(settings: SearchSettings) -> Draw:
    """Return a function that samples a genome."""
    return partial(sample, settings=_genome_settings(settings), space=settings.operations.space())


@dataclass(frozen=True, slots=True)
class MutationDraw:
    """Mutates a genome once; that of a candidate is made when the first mutation is drawn.

    Attributes:
        parent: the genome, or the candidate that has it.
        settings: how genomes are mutated.
        space: what they may hold.
    """

    parent: Candidate | Genome
    settings: GenomeSettings
    space: SearchSpace

    def __call__(self, rng: np.random.Generator) -> Genome:
        """Return a mutation."""
        parent = self.parent
        genome = parent if isinstance(parent, Genome) else parent.genome
        assert genome is not None
        return mutate(genome, rng, self.settings, self.space).genome


def mutation_draw(parent: Candidate | Genome, settings: SearchSettings) -> Draw:
    """Return a function that mutates a genome, or that of a candidate, once."""
    return MutationDraw(parent, _genome_settings(settings), settings.operations.space())


def _genome_settings(settings: SearchSettings) -> GenomeSettings:
    """Return how genomes are made.

    Where a template gives the momentum type, no mutation changes it: what is left of the probabilities adds
    up to 1 in the same proportions.
    """
    genome = settings.genome
    if not settings.template or not genome.mutate_momentum or genome.only_decays:
        return genome
    names = ("mutate_operation", "mutate_connection", "mutate_arity", "mutate_decay")
    total = sum(getattr(genome, name) for name in names)
    return replace(genome, mutate_momentum=0.0, **{name: getattr(genome, name) / total for name in names})
