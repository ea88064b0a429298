"""What was proposed before an interruption: a search that goes on draws little else than what is open.

A proposal is a function of the settings and of what came before it, so a resumed search could draw every
genome again, check it and compute its key; for a hundred thousand that takes minutes. The store has what was
proposed for each slot, all slots of a call or none, and a resumed search takes it from there if the run was
begun with the versions that decide what is drawn, and the keys are of this version of the canonical form.

Every proposal that was neither trained nor answered, and one of :data:`SAMPLED` others, is drawn all the same
and compared with the store: genome, integrity check, text and keys. What differs is an error, as it is where
everything is drawn.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from zlib import crc32

from nos_sym.genome.genome import Genome
from nos_sym.genome.json_form import genome_from_json
from nos_sym.language.rule import Rule
from nos_sym.search.candidates import Candidate, Redraw, Replayed, Request
from nos_sym.search.fingerprints import Fingerprint, Fingerprints
from nos_sym.search.integrity import IntegritySettings, check
from nos_sym.search.settings import SearchSettings
from nos_sym.search.slots import slot_from_text
from nos_sym.search.store.connection import StoreError
from nos_sym.search.store.rows import Run
from nos_sym.search.store.store import Store
from nos_sym.search.store.tables import Proposed
from nos_sym.search.store.versions import versions
from nos_sym.search.template import decoder

SAMPLED = 800
"""One replayed proposal in so many is drawn again, a choice by its slot."""


def is_sampled(slot: str) -> bool:
    """Return whether what was proposed for a slot, given as text, is drawn again and compared."""
    return crc32(slot.encode()) % SAMPLED == 0


_NOTHING = Proposed._field_defaults["redrawn"]
_DECISIVE = ("nos-sym", "python", "numpy", "sympy")
"""Packages whose version may change what is drawn."""


class Proposals:
    """The proposals of a run, kept as they are made and recalled when the run goes on.

    Args:
        store: open for writing.
        run: the run.
        settings: its settings.
        fingerprints: what counts as the same optimizer.
        drawn: called when something has to be drawn.

    Attributes:
        recalled: number of proposals that were taken from the store.
        compared: number of them that were drawn all the same.
    """

    def __init__(
        self,
        store: Store,
        run: Run,
        settings: SearchSettings,
        fingerprints: Fingerprints,
        drawn: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._drawn = drawn
        self._run = run.id
        self._seed = settings.seed
        self._decode = decoder(settings.template)
        self._integrity: IntegritySettings = settings.integrity
        self._fingerprints = fingerprints
        self._known = store.proposals(run.id)
        now = versions()
        self._same = all(run.versions.get(name) == now.get(name) for name in _DECISIVE)
        self._settled: set[str] = set()
        if self._known and self._same:
            self._settled = {*store.recorded_slots(run.id), *store.answers(run.id)}
        self.recalled = 0
        self.compared = 0

    def recall(
        self, requests: Sequence[Request], redrawn: Callable[[Redraw], None]
    ) -> tuple[list[Candidate | None], int, int] | None:
        """Return what the store has for the requests of a call, or ``None`` where it has to be drawn.

        Every candidate is added to what its particle has had, in the order in which it was found.

        Args:
            requests: the requests.
            redrawn: called for each genome that was discarded because its particle had the optimizer before.

        Returns:
            The candidates, how many genomes were drawn for them, and how many of those were degenerate.

        Raises:
            StoreError: what is drawn for comparison differs from what the store has.
        """
        if not self._same:
            self._drawn()
            return None
        found: list[tuple[Proposed, Fingerprint | None]] = []
        for request in requests:
            row = self._known.get(str(request.slot))
            if row is None:
                self._drawn()
                return None
            proposed = Proposed._make(row)
            fingerprint = None
            if proposed.text is not None:
                fingerprint = self._fingerprints.from_keys(proposed.text, proposed.exact, proposed.key)
                if fingerprint is None:
                    self._drawn()
                    return None
            found.append((proposed, fingerprint))
        candidates: list[Candidate | None] = [None] * len(requests)
        compared: list[tuple[Request, Replayed]] = []
        for number in sorted(range(len(requests)), key=lambda i: (found[i][0].drawn, i)):
            request, (proposed, fingerprint) = requests[number], found[number]
            if fingerprint is not None and proposed.text is not None:
                candidate = self._candidate(request, proposed, proposed.text, fingerprint)
                candidates[number] = candidate
                request.taken.add(fingerprint, request.slot)
                if proposed.slot not in self._settled or is_sampled(proposed.slot):
                    compared.append((request, candidate))
            if proposed.redrawn == _NOTHING:
                continue
            for draw, text, key, original in json.loads(proposed.redrawn):
                redrawn(Redraw(request.slot, draw, text, key, slot_from_text(original)))
        self._compare(compared)
        self.recalled += len(requests)
        rows = [proposed for proposed, _ in found]
        return candidates, sum(p.drawn for p in rows), sum(p.degenerate for p in rows)

    def keep(
        self,
        requests: Sequence[Request],
        candidates: Sequence[Candidate | None],
        drawn: Sequence[int],
        degenerate: Sequence[int],
        redraws: Sequence[Redraw],
    ) -> None:
        """Keep what was drawn for the requests of a call.

        Args:
            requests: the requests.
            candidates: what was proposed for each.
            drawn: how many genomes were drawn for each.
            degenerate: how many of these failed the integrity check.
            redraws: those that a particle had before.
        """
        rows = []
        discarded: dict[str, list[tuple[int, str, str, str]]] = {}
        for r in redraws:
            discarded.setdefault(str(r.slot), []).append((r.draw, r.text, r.key, str(r.original)))
        for request, candidate, many, failed in zip(requests, candidates, drawn, degenerate, strict=True):
            place = str(request.slot)
            row = Proposed(
                place,
                many,
                failed,
                None if candidate is None else candidate.text,
                None if candidate is None else candidate.key,
                None if candidate is None else candidate.fingerprint.key,
                json.dumps(discarded.get(place, [])),
            )
            if self._known.get(place) != row:
                rows.append(row)
        if rows:
            self._store.add_proposals(self._run, rows)

    def _candidate(
        self, request: Request, proposed: Proposed, text: str, fingerprint: Fingerprint
    ) -> Replayed:
        return Replayed(request.slot, text, fingerprint, request.task, proposed.drawn - 1, self, request)

    def made(self, candidate: Replayed, request: Request) -> Genome:
        """Return the genome of a candidate, drawn again for its request."""
        genome = request.draw(request.slot.generator(self._seed, candidate.draw))
        return replace(genome, ascent=candidate.text.split(" ", 2)[1] == "ascent")

    def stored(self, candidate: Replayed) -> Genome | None:
        """Return the genome of a training, ``None`` where the slot of a candidate has none.

        Where a particle is follows from its first genome by all of its mutations; to read the last one is
        less work than to make them again.

        Raises:
            NosSymError: the JSON is no genome, or that of another optimizer.
        """
        data = self._store.genome_at(self._run, str(candidate.slot))
        if data is None:
            return None
        genome = genome_from_json(data)
        if str(self._decode(genome)) != candidate.text:
            raise another_optimizer(self._store.path, str(candidate.slot))
        return genome

    def rule_of(self, genome: Genome) -> Rule:
        """Return the rule of a genome."""
        return self._decode(genome)

    def _compare(self, pairs: Sequence[tuple[Request, Replayed]]) -> None:
        """Compare candidates with what is drawn for their slots."""
        self.compared += len(pairs)
        drawn = [self._decode(r.draw(r.slot.generator(self._seed, c.draw))) for r, c in pairs]
        for (_, candidate), rule, integrity in zip(pairs, drawn, check(drawn, self._integrity), strict=True):
            chosen = replace(rule, ascent=integrity.ascent)
            same = integrity.passed and str(chosen) == candidate.text
            if not same or self._fingerprints.of(chosen) != candidate.fingerprint:
                raise another_optimizer(self._store.path, str(candidate.slot))


def another_optimizer(path: Path, slot: str) -> StoreError:
    """Return the error of a store that has another optimizer in a slot than the search makes."""
    return StoreError(
        f"'{path}' has another optimizer at '{slot}' than this search makes; it was written with other "
        "versions, which 'nos-sym runs' shows: resume with those"
    )
