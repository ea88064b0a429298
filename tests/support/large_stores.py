"""Stores of a hundred thousand evaluations, made in minutes: a search that is real but for most draws.

The particle algorithm, archive, journal and store are those of every search. What is proposed comes from a
pool of rules that passed the integrity check, each time with other keys, or now and then with keys that were
there before; only those proposals that a resumed search compares, and those that are answered, have genomes
that are drawn for their slots. Trainings are arithmetic, and write no files.
"""

from __future__ import annotations

import contextlib
import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nos_sym.algebra.canonical import VERSION
from nos_sym.genome.decode import decode
from nos_sym.genome.genome import Genome
from nos_sym.language.rule import Rule
from nos_sym.search import loop
from nos_sym.search.algorithms.particles import ParticleSearch
from nos_sym.search.algorithms.proposing import Proposer, sample_draw
from nos_sym.search.archive import Archive
from nos_sym.search.candidates import Candidate, Redraw, Replayed, Request, Result
from nos_sym.search.fingerprints import Fingerprints
from nos_sym.search.integrity import check
from nos_sym.search.journal import Journal
from nos_sym.search.listener import Listener
from nos_sym.search.proposals import is_sampled
from nos_sym.search.results import Evaluated, Rejected, Trained
from nos_sym.search.settings import SearchSettings, settings_from_table
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.rows import evaluation_at
from nos_sym.search.store.store import Store
from nos_sym.search.store.tables import Proposed
from nos_sym.search.trainers import TaskSettings


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A trainer that computes a fitness from the seed."""

    name: str = "arithmetic"
    backend: str = "torch"

    def train(self, source: Path, class_name: str, settings: ArithmeticTask, seed: int) -> Trained:
        return _result(seed)


@dataclass(frozen=True, slots=True)
class ArithmeticTask:
    """A task of that trainer."""

    base: int = 48

    def task_key(self) -> str:
        return f"arithmetic-base{self.base}-steps8000"


def register() -> None:
    """Make the trainer known by its name, as a trainer of the package is."""
    from nos_sym.search.trainer_kinds import TRAINERS, TrainerKind

    place = "support.large_stores"
    TRAINERS["arithmetic"] = TrainerKind(f"{place}:Arithmetic", f"{place}:ArithmeticTask")


def large_settings(evaluations: int) -> SearchSettings:
    """Return settings of a search of about so many evaluations."""
    register()
    particles = max(2, min(200, evaluations // 20))
    steps = max(1, round((evaluations - 11 * particles) / (7 * particles)))
    return settings_from_table(
        {
            "seed": 7,
            "particles": particles,
            "time_steps": steps,
            "trainer": "arithmetic",
            "failures": 1,
            # Rules of the pool come again with other keys; at their own pace the same text is trained once.
            "barriers": True,
            "initial_training": {"base": 32},
        }
    )


def make_large_store(path: Path, evaluations: int, pool: int = 2000, missing: int = 5) -> SearchSettings:
    """Make a store with a search that was interrupted before its last trainings, and return its settings.

    Args:
        path: path of the new store.
        evaluations: about how many trainings the search has.
        pool: number of different rules.
        missing: number of trainings that are missing, those of the last children.
    """
    settings = large_settings(evaluations)
    with Store.open(path) as store:
        # Nobody waits for the disk, and nothing is lost that cannot be made again.
        store._connection.execute("PRAGMA synchronous = OFF")
        run = store.begin_run("search", settings.algorithm.value, settings.to_json(), settings.seed)
        prints = Fingerprints(settings.dedup)
        journal = Journal(store, run.id, prints, Listener())
        memory = _Pool(store, run.id, settings, prints, pool, missing)
        proposer = Proposer(settings, prints, journal.redrawn, memory)
        trained = _Trained(store, run.id, settings, memory)
        archive = Archive(prints, store, run.id, run.horizon, trained.task_name)
        with contextlib.suppress(_EndedError):
            algorithm = ParticleSearch(settings, proposer, journal)
            loop.run(algorithm, archive, trained, journal)  # type: ignore[arg-type]
    return settings


class _EndedError(Exception):
    """The trainings are used up."""


class _Pool:
    """Proposes rules of a pool with keys of their own, and draws what is compared later."""

    def __init__(
        self, store: Store, run: int, settings: SearchSettings, prints: Fingerprints, size: int, missing: int
    ) -> None:
        self._store, self._run, self._settings, self._prints = store, run, settings, prints
        self._missing = missing
        self._rng = np.random.default_rng(11)
        draw = sample_draw(settings)
        slots = [Slot(Stage.RANDOM, number) for number in range(size)]
        index = prints.index
        requests = [Request(slot, draw, index(), settings.training) for slot in slots]
        drawn = Proposer(settings, prints).propose(requests)
        self.rows = [(c, c.text, c.rule.to_json(), c.genome) for c in drawn if c is not None]
        self.of_text = {row[1]: row for row in self.rows}
        self._keys: list[tuple[str, str]] = []
        self._answered: set[Slot] = set()

    def is_missing(self, slot: Slot) -> bool:
        """Return whether a slot is one of the last children of the last particle."""
        last = slot.stage is Stage.CHILD and slot.time_step == self._settings.time_steps - 1
        from_end = self._settings.mutations - slot.child
        return last and slot.particle == self._settings.particles - 1 and from_end <= self._missing

    def recall(
        self, requests: Sequence[Request], redrawn: Callable[[Redraw], None]
    ) -> tuple[list[Candidate | None], int, int]:
        found: list[tuple[Request, Candidate, Proposed]] = []
        for request in requests:
            place = str(request.slot)
            if is_sampled(place) or self.is_missing(request.slot):
                found.append((request, *self._drawn(request, place)))
            else:
                found.append((request, *self._taken(request, place)))
        rows = [row for _, _, row in found]
        self._store.add_proposals(self._run, rows)
        return [c for _, c, _ in found], sum(r.drawn for r in rows), sum(r.degenerate for r in rows)

    def keep(self, *arguments: object) -> None:
        raise AssertionError

    def made(self, candidate: Replayed, request: Request) -> Genome:
        genome = request.draw(request.slot.generator(self._settings.seed, candidate.draw))
        return replace(genome, ascent=candidate.text.split(" ", 2)[1] == "ascent")

    def stored(self, candidate: Replayed) -> Genome | None:
        # What is trained has the genome that the store keeps of it.
        return None if candidate.slot in self._answered else self.of_text[candidate.text][3]

    def rule_of(self, genome: Genome) -> Rule:
        return decode(genome)

    def _taken(self, request: Request, place: str) -> tuple[Candidate, Proposed]:
        while True:
            answered = bool(self._keys) and self._rng.random() < 0.05
            if answered:
                text, key = self._keys[int(self._rng.integers(len(self._keys)))]
            else:
                text = self.rows[int(self._rng.integers(len(self.rows)))][1]
                key = f"{VERSION}:{self._rng.bytes(12).hex()}"
            fingerprint = self._prints.from_keys(text, key, key)
            assert fingerprint is not None
            if request.taken.find(fingerprint) is None:
                break
        self._keys.append((text, key))
        request.taken.add(fingerprint, request.slot)
        if answered:
            self._answered.add(request.slot)
        candidate = Replayed(request.slot, text, fingerprint, request.task, 1, self, request)
        return candidate, Proposed(place, 2, 1, text, key, key, "[]")

    def _drawn(self, request: Request, place: str) -> tuple[Candidate, Proposed]:
        for draw in range(1000):
            genome = request.draw(request.slot.generator(self._settings.seed, draw))
            rule = decode(genome)
            (integrity,) = check([rule], self._settings.integrity)
            rule = replace(rule, ascent=integrity.ascent)
            fingerprint = self._prints.of(rule)
            if integrity.passed and request.taken.find(fingerprint) is None:
                break
        request.taken.add(fingerprint, request.slot)
        genome = replace(genome, ascent=rule.ascent)
        candidate = Candidate(request.slot, rule, genome, fingerprint, request.task, draw)
        key = fingerprint.key
        return candidate, Proposed(place, draw + 1, draw, candidate.text, key, key, "[]")


class _Trained:
    """Trainings that write no files, and end a search after a number of them."""

    def __init__(self, store: Store, run: int, settings: SearchSettings, pool: _Pool) -> None:
        self._store, self._run, self._settings, self._pool = store, run, settings, pool
        self._ready: deque[Candidate] = deque()
        self._names: dict[int, str] = {}

    def task_name(self, settings: TaskSettings) -> str:
        return self._names.setdefault(
            id(settings), f"arithmetic (support.large_stores:Arithmetic) {settings.task_key()}"
        )

    def submit(self, candidate: Candidate) -> None:
        self._ready.append(candidate)

    def flush(self) -> None:
        pass

    def wait(self) -> Result:
        c = self._ready.popleft()
        if self._pool.is_missing(c.slot):
            raise _EndedError
        seed = c.slot.training_seed(self._settings.seed, 0)
        known = self._pool.of_text.get(c.text)
        rule = c.rule.to_json() if known is None else known[2]
        genome = c.genome if known is None else known[3]
        result = _result(seed)
        row = evaluation_at(
            c.slot,
            task=self.task_name(c.task),
            seed=seed,
            text=c.text,
            rule=rule,
            genome=None if genome is None else genome.to_json(),
            key=c.key,
            result=result,
        )
        number = self._store.add(self._run, row)
        self._store.add_level_keys(c.key, c.key, c.key, c.key)
        return Result(c, result, number)


def _result(seed: int) -> Trained:
    value = seed / 2**31
    seconds = 60 + 200 * value
    if value < 0.3:
        return Rejected("no learning rate reached 25 %", seconds, {"accuracies": {"0.1": value}})
    details = {"accuracies": {str(10.0**-k): value / (k + 1) for k in range(7)}, "steps": 8000}
    return Evaluated(value, 0.1, seconds, json.loads(json.dumps(details)))
