"""Proposing candidates: genomes are drawn for a place until one passes the integrity check and is not known.

Places are filled together, so that one call of the integrity check has many optimizers. Draws are looked at
in rounds, in each the places in their fixed order: what is drawn depends on nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from nos_sym.search.fingerprints import Fingerprint, Fingerprints, KeyIndex, NearIndex
from nos_sym.search.protocol import Candidate
from nos_sym.search.settings import SearchSettings
from nos_sym.search.slots import Place

if TYPE_CHECKING:
    from nos_sym.genome.genome import Genome
    from nos_sym.language.rule import Rule

Index: TypeAlias = KeyIndex[Any] | NearIndex[Any]
Draw: TypeAlias = Callable[[np.random.Generator], "Genome"]

_REMEMBERED = 50_000
"""Rules whose integrity is remembered; it is found again for others."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A place that wants a candidate.

    Attributes:
        place: the place.
        draw: makes a genome from a generator: a sample, or a mutation of a parent.
        taken: optimizers that are not proposed here again, with the place where each was proposed first;
            those of one particle share it, and what is proposed is added.
    """

    place: Place
    draw: Draw
    taken: Index


@dataclass(frozen=True, slots=True)
class Proposal:
    """A candidate for a place.

    Attributes:
        place: the place.
        candidate: the optimizer.
        fingerprint: what identifies it.
        draw: how many genomes had been drawn here before.
    """

    place: Place
    candidate: Candidate
    fingerprint: Fingerprint
    draw: int


@dataclass(frozen=True, slots=True)
class Redraw:
    """A genome that was drawn for a place and is an optimizer that the particle had before.

    Attributes:
        place: the place.
        draw: how many genomes had been drawn here before.
        text: the rule.
        key: at the level of the deduplication.
        original: where the particle had it.
    """

    place: Place
    draw: int
    text: str
    key: str
    original: Place


class Proposer:
    """Draws candidates.

    Args:
        settings: of the search.
        prints: fingerprints at its level.
        redrawn: called for each genome that was known in its particle.

    Attributes:
        drawn: how many genomes were drawn.
        degenerate: how many of them failed the integrity check.
    """

    def __init__(
        self, settings: SearchSettings, prints: Fingerprints, redrawn: Callable[[Redraw], None]
    ) -> None:
        self._settings = settings
        self._prints = prints
        self._redrawn = redrawn
        self._checked: dict[Rule, bool | None] = {}
        self.drawn = 0
        self.degenerate = 0

    def fill(self, wanted: Sequence[Wanted]) -> list[Proposal | None]:
        """Return a candidate for each place, ``None`` where none was found in the allowed number of draws."""
        from nos_sym.genome.decode import decode

        filled: list[Proposal | None] = [None] * len(wanted)
        waiting = list(range(len(wanted)))
        for draw in range(self._settings.redraws):
            genomes = [wanted[i].draw(wanted[i].place.generator(self._settings.seed, draw)) for i in waiting]
            self.drawn += len(genomes)
            rules = [decode(genome) for genome in genomes]
            signs = self._ascents(rules)
            for i, genome, rule, ascent in zip(waiting, genomes, rules, signs, strict=True):
                if ascent is None:
                    self.degenerate += 1
                else:
                    genome, rule = replace(genome, ascent=ascent), replace(rule, ascent=ascent)
                    filled[i] = self._accept(wanted[i], genome, rule, draw)
            waiting = [i for i in waiting if filled[i] is None]
            if not waiting:
                break
        return filled

    def candidate(self, rule: Rule, genome: Genome | None) -> tuple[Candidate, Fingerprint]:
        """Return the candidate of a rule that is given, with its fingerprint."""
        fingerprint = self._prints.of(rule)
        return Candidate(rule, genome, fingerprint.exact), fingerprint

    def _accept(self, wanted: Wanted, genome: Genome, rule: Rule, draw: int) -> Proposal | None:
        """Return the proposal, or ``None`` where the particle knows the optimizer."""
        candidate, fingerprint = self.candidate(rule, genome)
        original = wanted.taken.find(fingerprint)
        if original is not None:
            self._redrawn(Redraw(wanted.place, draw, str(rule), fingerprint.key, original))
            return None
        wanted.taken.add(fingerprint, wanted.place)
        return Proposal(wanted.place, candidate, fingerprint, draw)

    def _ascents(self, rules: Sequence[Rule]) -> list[bool | None]:
        """Return the sign that passes the integrity check for each rule, ``None`` where none does."""
        from nos_sym.search.integrity import check

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
    """Return what samples a genome."""
    from nos_sym.genome.sample import sample

    return partial(sample, settings=settings.genome)


def mutation_draw(parent: Genome, settings: SearchSettings) -> Draw:
    """Return what mutates a genome once."""
    from nos_sym.genome.mutate import mutate

    def draw(rng: np.random.Generator) -> Genome:
        mutated: Genome = mutate(parent, rng, settings.genome).genome
        return mutated

    return draw
