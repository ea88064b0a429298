"""What a tuning comes to: the best constants of each optimizer, and whether they hold with fresh seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from nos_sym.search.evidence.repeats import Repeated
from nos_sym.search.evidence.statistics import (
    LEVEL,
    Interval,
    enough_pairs,
    holm,
    mean_interval,
    sign_flip_test,
)


@dataclass(frozen=True, slots=True)
class Change:
    """A constant and what became of it; ``where`` is the expression that it is a part of."""

    where: str
    scale: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A tuned optimizer and what it comes from, trained with the same fresh seeds.

    Attributes:
        before: the trainings of what it comes from.
        after: those of the tuned one.
        difference: mean of the differences of the pairs, tuned less untuned, with its 95 % interval; ``None``
            where trainings have no fitness and chance is unknown, as the next two.
        p: of the one-sided sign-flip test over the pairs.
        adjusted: the same after Holm's correction for all optimizers of the tuning.
    """

    before: Repeated
    after: Repeated
    difference: Interval | None = None
    p: float | None = None
    adjusted: float | None = None

    @property
    def holds(self) -> bool:
        """Whether it may be said that tuning has made it better."""
        return self.adjusted is not None and self.adjusted <= LEVEL


@dataclass(frozen=True, slots=True)
class TunedRow:
    """One optimizer, tuned.

    Attributes:
        source: the rule that it comes from.
        run, slot: the evaluation that it comes from; ``None`` and nothing for one that was given.
        first: its fitness there.
        why_not: why nothing was tuned; empty where something was.
        untuned: fitness of the rule on the task of the tuning, trained or answered by the store.
        rule, key: the best optimizer; that it comes from where no other has a better fitness.
        place: its slot in the tuning.
        fitness: its fitness; ``None`` where nothing has one.
        trained: number of trainings.
        answered: number of proposals that the store answered.
        constants: the constants that were tuned.
        compared: both with fresh seeds; ``None`` where they were not trained again, or are the same.
    """

    source: str
    run: int | None
    slot: str
    first: float | None
    why_not: str
    untuned: float | None = None
    rule: str = ""
    key: str = ""
    place: str = ""
    fitness: float | None = None
    trained: int = 0
    answered: int = 0
    constants: tuple[Change, ...] = ()
    compared: Comparison | None = None

    @property
    def is_better(self) -> bool:
        """Whether a tuned optimizer has a better fitness than the one that it comes from."""
        return bool(self.rule) and self.rule != self.source

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        told = asdict(replace(self, compared=None))
        compared = self.compared
        told["compared"] = None if compared is None else _told(compared)
        return told


@dataclass(frozen=True, slots=True)
class Tuning:
    """A tuning.

    Attributes:
        task: task and budget that fitness is of.
        rows: the optimizers.
        source: the run that all of them come from; ``None`` where there is no such run.
    """

    task: str
    rows: tuple[TunedRow, ...]
    source: int | None = None

    @property
    def note(self) -> str:
        """That no test can hold with so few seeds, if so."""
        tested = [c for row in self.rows if (c := row.compared) is not None and c.p is not None]
        needed = enough_pairs(len(tested)) if tested else 0
        seeds = min((len(c.before.scores) for c in tested), default=0)
        if seeds >= needed:
            return ""
        told = f"{seeds} seed{'' if seeds == 1 else 's'}"
        return f"{told} cannot show that tuning made anything better, whatever the scores; {needed} can"

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        rows = [row.to_json() for row in self.rows]
        return {"task": self.task, "source": self.source, "tuned": rows, "note": self.note}


def compare_all(pairs: Sequence[tuple[Repeated, Repeated] | None]) -> list[Comparison | None]:
    """Compare optimizers before and after, pair by pair of seeds; all that can be compared are one family."""
    found: list[Comparison | None] = []
    for pair in pairs:
        if pair is None:
            found.append(None)
            continue
        before, after = pair
        if not before.counted or not after.counted:
            found.append(Comparison(before, after))
            continue
        differences = [y - x for x, y in zip(before.counted, after.counted, strict=True)]
        found.append(Comparison(before, after, mean_interval(differences), sign_flip_test(differences)))
    tested = [each for each in found if each is not None and each.p is not None]
    corrected = iter(holm([each.p for each in tested if each.p is not None]))
    return [
        replace(each, adjusted=next(corrected)) if each is not None and each.p is not None else each
        for each in found
    ]


def _told(compared: Comparison) -> dict[str, Any]:
    difference = compared.difference
    return {
        "before": compared.before.to_json(),
        "after": compared.after.to_json(),
        "difference": None if difference is None else asdict(difference),
        "p": compared.p,
        "adjusted": compared.adjusted,
        "better": compared.holds,
    }
