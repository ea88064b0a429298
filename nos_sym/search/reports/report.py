"""The report of a search: what was trained, what was saved and why, and which known optimizers were found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from nos_sym.errors import escaped
from nos_sym.search.evidence.claims import Evidence
from nos_sym.search.failures import Ending
from nos_sym.search.fingerprints import Fingerprints, catalog_index
from nos_sym.search.known import fingerprints_of
from nos_sym.search.reports.endings import endings_of
from nos_sym.search.settings import Dedup
from nos_sym.search.store.scores import Score
from nos_sym.search.store.store import Store
from nos_sym.search.tuning.outcome import Tuning


@dataclass(frozen=True, slots=True)
class Saved:
    """Evaluations that deduplication saved.

    Attributes:
        count: number of evaluations.
        seconds: duration of the evaluations that they would have repeated.
    """

    count: int
    seconds: float

    @property
    def hours(self) -> float:
        """Duration in hours."""
        return self.seconds / 3600


@dataclass(frozen=True, slots=True)
class SavedClass:
    """One optimizer that was met more than once.

    Attributes:
        key: key at the level of the deduplication.
        text: the rule as it was trained.
        texts: other ways in which the rule was written.
        run: run of the original.
        slot: slot of the original; ``None`` where it was not trained.
        redrawn: how often a particle had it before and drew again.
        answered: how often the archive answered.
        seconds: duration that training it every time would have added.
    """

    key: str
    text: str
    texts: tuple[str, ...]
    run: int | None
    slot: str | None
    redrawn: int
    answered: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Rediscovery:
    """An optimizer of the catalog that the search found.

    Attributes:
        name: name in the catalog.
        text: the rule as the search has it.
        fitness: best fitness.
        task: task of the evaluation with that fitness.
        run: run of that evaluation.
        slot: slot of that evaluation.
    """

    name: str
    text: str
    fitness: float | None
    task: str
    run: int
    slot: str


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """What a search did; as a text, what ``nos-sym evolve`` prints of it.

    Attributes:
        dedup: which optimizers counted as the same.
        drawn: number of genomes that were drawn.
        degenerate: number of them that failed the integrity check.
        trained: number of trainings by outcome.
        seconds: duration of the trainings, added up over workers.
        distinct: number of different optimizers that were trained, by exact key.
        same_text: saved evaluations that a comparison of texts would have saved, too.
        redrawn: evaluations saved within particles.
        answered: evaluations that this run's own evaluations answered.
        answered_earlier: evaluations that earlier runs of the store answered.
        classes: optimizers that were met more than once, the most frequent first.
        rediscovered: optimizers of the catalog that were found.
        endings: number of trainings by how they ended: with a fitness, stopped early, diverged or failed.
        evidence: the best optimizers, trained again, and what they are compared with; ``None`` where the
            settings ask for none.
        tuning: the best optimizers with other constants; ``None`` where the settings ask for none.
    """

    dedup: str
    drawn: int
    degenerate: int
    trained: dict[str, int]
    seconds: float
    distinct: int
    same_text: Saved
    redrawn: Saved
    answered: Saved
    answered_earlier: Saved
    classes: tuple[SavedClass, ...]
    rediscovered: tuple[Rediscovery, ...]
    endings: dict[str, int] = field(default_factory=dict)
    evidence: Evidence | None = None
    tuning: Tuning | None = None

    def __str__(self) -> str:
        from nos_sym.search.reports.texts import report_lines

        return "\n".join(map(escaped, report_lines(self)))

    def __repr__(self) -> str:
        trained, saved = sum(self.trained.values()), self.saved.count
        return (
            f"<Report: {self.drawn} genomes drawn, {trained} evaluations of {self.distinct} optimizers, "
            f"{saved} saved, {len(self.rediscovered)} rediscovered>"
        )

    @property
    def saved(self) -> Saved:
        """All evaluations that were saved."""
        parts = (self.redrawn, self.answered, self.answered_earlier)
        return Saved(sum(p.count for p in parts), sum(p.seconds for p in parts))

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON data."""
        told = asdict(replace(self, evidence=None, tuning=None)) | {"saved": asdict(self.saved)}
        parts = {"evidence": self.evidence, "tuning": self.tuning}
        return told | {name: None if part is None else part.to_json() for name, part in parts.items()}


def make_report(store: Store, run: int, dedup: Dedup, drawn: int, degenerate: int) -> Report:
    """Return the report of a run.

    Args:
        store: the store.
        run: number of the run.
        dedup: which optimizers counted as the same.
        drawn: number of genomes that were drawn.
        degenerate: number of them that failed the integrity check.
    """
    own = {e.id: e for e in store.scores(run)}
    rows = store.duplicates(run)
    originals = dict(own)
    numbers = {row[5] for row in rows if row[5] is not None}
    if not numbers <= originals.keys():
        originals |= {e.id: e for e in store.scores(numbers=numbers - originals.keys())}
    trained = Counter(e.outcome for e in own.values())
    endings, _ = endings_of(store, own.values())
    seconds = {number: e.seconds for number, e in originals.items()}

    def saved(chosen: Iterable[tuple[str, int, str, str, str, int | None]]) -> Saved:
        numbers = [row[5] for row in chosen]
        return Saved(len(numbers), sum(seconds[n] for n in numbers if n is not None))

    answered = [row for row in rows if row[2] == "answered"]
    return Report(
        dedup.value,
        drawn,
        degenerate,
        dict(sorted(trained.items())),
        sum(e.seconds for e in own.values()),
        len({e.key for e in own.values()}),
        saved(row for row in rows if row[5] is not None and originals[row[5]].text == row[3]),
        saved(row for row in rows if row[2] == "redrawn"),
        saved(row for row in answered if row[5] in own),
        saved(row for row in answered if row[5] not in own),
        _classes(rows, originals, dedup),
        _rediscovered(store, {**own, **{n: originals[n] for n in numbers}}.values(), dedup),
        {e.value: endings[e] for e in Ending if endings[e]},
    )


def _classes(
    rows: Iterable[tuple[str, int, str, str, str, int | None]],
    originals: dict[int, Score],
    dedup: Dedup,
) -> tuple[SavedClass, ...]:
    members: dict[str, list[tuple[str, str, int | None]]] = {}
    for _, _, kind, text, key, evaluation in rows:
        # Optimizers that float32 cannot tell apart have different keys: their original names them.
        near = dedup is Dedup.FLOAT32 and evaluation is not None
        name = str(originals[evaluation].key) if near else key  # type: ignore[index]
        members.setdefault(name, []).append((kind, text, evaluation))
    classes = []
    for key, found in members.items():
        kinds = [kind for kind, _, _ in found]
        numbers = [n for _, _, n in found if n is not None]
        text = originals[numbers[0]].text if numbers else found[0][1]
        others = tuple(dict.fromkeys(t for _, t, _ in found if t != text))
        cost = sum(originals[n].seconds for n in numbers)
        run, slot = min((_position(originals[n]) for n in numbers), default=(None, None))
        classes.append(
            SavedClass(key, text, others, run, slot, kinds.count("redrawn"), kinds.count("answered"), cost)
        )
    # Not by seconds, which differ from run to run: the order is part of what is reproduced.
    return tuple(sorted(classes, key=lambda c: (-c.redrawn - c.answered, c.text, c.key)))


def _rediscovered(store: Store, scores: Iterable[Score], dedup: Dedup) -> tuple[Rediscovery, ...]:
    prints = Fingerprints(Dedup.EXACT if dedup is Dedup.OFF else dedup)
    names = catalog_index(prints)
    best: dict[str, Score] = {}
    # Numbers of evaluations depend on which training ended first; slots do not.
    for score, fingerprint in fingerprints_of(store, sorted(scores, key=_position), prints):
        name = names.find(fingerprint)
        if name is not None and (name not in best or _rank(score) > _rank(best[name])):
            best[name] = score
    return tuple(
        Rediscovery(name, e.text, e.fitness, e.task, e.run, e.slot) for name, e in sorted(best.items())
    )


def _position(score: Score) -> tuple[int, str]:
    return score.run, score.slot


def _rank(score: Score) -> float:
    return -1.0 if score.fitness is None else score.fitness
