"""What may be said of confirmed optimizers: which is better than which reference, by a test that holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from nos_sym.search.evidence.repeats import Repeated
from nos_sym.search.evidence.statistics import (
    LEVEL,
    Interval,
    enough_pairs,
    holm,
    mean_interval,
    sign_flip_test,
)

Kind = Literal["default", "tuned"]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """One of the best optimizers of a search, trained again.

    Attributes:
        rank: in the search, counted from 1.
        slot: the slot of the search with its best fitness.
        first: that fitness.
        trained: the new trainings.
    """

    rank: int
    slot: str
    first: float
    trained: Repeated

    @property
    def shrinkage(self) -> float | None:
        """What the first fitness is above the mean of the new ones."""
        interval = self.trained.interval
        return None if interval is None else self.first - interval.mean


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """A reference optimizer, trained with the seeds of the confirmation.

    Attributes:
        kind: ``default`` for the settings of the catalog, ``tuned`` for the best of a random search.
        trials: number of trainings of that search; 0 for default settings.
        trained: the trainings.
    """

    kind: Kind
    trials: int
    trained: Repeated

    @property
    def label(self) -> str:
        """What people call it."""
        told = "default settings" if self.kind == "default" else f"tuned in {self.trials} trainings"
        return f"{self.trained.name} ({told})"


@dataclass(frozen=True, slots=True)
class Claim:
    """Whether a confirmed optimizer is better than a reference, by a paired test over seeds.

    Attributes:
        rank: of the optimizer in the search.
        reference: name of the reference.
        kind: its settings.
        difference: mean of the differences of the pairs, with its 95 % interval.
        p: of the sign-flip test, one-sided.
        adjusted: the same after Holm's correction for all optimizers that are compared with this reference.
        holds: whether "better" may be said, at 5 % for each reference.
    """

    rank: int
    reference: str
    kind: Kind
    difference: Interval
    p: float
    adjusted: float

    @property
    def holds(self) -> bool:
        """Whether "better" may be said."""
        return self.adjusted <= LEVEL


@dataclass(frozen=True, slots=True)
class OnHidden:
    """The same optimizers on a task that their search never trained on, which says nothing of shrinkage.

    Attributes:
        task: the task in the store.
        on_test: whether it is scored on its test part.
        confirmed: the optimizers with their trainings there; ``first`` is of the search's task.
        references: the references there. Tuned ones have the settings that were best on the search's task.
        claims: all comparisons.
    """

    task: str
    on_test: bool
    confirmed: tuple[Confirmed, ...]
    references: tuple[ReferenceRow, ...]
    claims: tuple[Claim, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        rows = [{"rank": c.rank, "slot": c.slot} | c.trained.to_json() for c in self.confirmed]
        return {"task": self.task, "split": _split(self.on_test), "confirmed": rows} | _compared(self)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a search can show for its best optimizers.

    Attributes:
        task: task of the new trainings in the store.
        on_test: whether it has images that no search sees; else the split is the search's own.
        confirmed: the best optimizers.
        references: what they are compared with.
        claims: all comparisons.
        note: why none can hold, if so.
        hidden: the same on each task that is hidden from the search.
    """

    task: str
    on_test: bool
    confirmed: tuple[Confirmed, ...]
    references: tuple[ReferenceRow, ...]
    claims: tuple[Claim, ...]
    note: str = ""
    hidden: tuple[OnHidden, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "task": self.task,
            "split": _split(self.on_test),
            "confirmed": [
                {"rank": c.rank, "slot": c.slot, "first": c.first, "shrinkage": c.shrinkage}
                | c.trained.to_json()
                for c in self.confirmed
            ],
            **_compared(self),
            "note": self.note,
            "hidden": [each.to_json() for each in self.hidden],
        }


def _split(on_test: bool) -> str:
    return "test" if on_test else "the search's own"


def _compared(found: Evidence | OnHidden) -> dict[str, Any]:
    """Return references and comparisons as JSON data."""
    return {
        "references": [
            {"kind": r.kind, "trials": r.trials, "undecided": r.trained.undecided} | r.trained.to_json()
            for r in found.references
        ],
        "claims": [asdict(claim) | {"better": claim.holds} for claim in found.claims],
    }


def claims_of(confirmed: Sequence[Confirmed], references: Sequence[ReferenceRow]) -> tuple[Claim, ...]:
    """Compare confirmed optimizers with references, pair by pair of seeds.

    Each reference is a family of its own: of all that is said to be better than it, something is wrong with a
    probability of at most 5 %. Where a training has no fitness and chance is unknown, nothing is compared;
    nor with a reference of which a training failed, which counts as chance and would make others look better.
    """
    claims: list[Claim] = []
    for reference in references:
        if reference.trained.undecided:
            continue
        family: list[tuple[Confirmed, Interval, float]] = []
        for each in confirmed:
            mine, others = each.trained.counted, reference.trained.counted
            if not mine or not others or len(mine) != len(others):
                continue
            differences = [x - y for x, y in zip(mine, others, strict=True)]
            family.append((each, mean_interval(differences), sign_flip_test(differences)))
        adjusted = holm([p for _, _, p in family])
        for (each, difference, p), corrected in zip(family, adjusted, strict=True):
            name = reference.trained.name
            claims.append(Claim(each.rank, name, reference.kind, difference, p, corrected))
    return tuple(claims)


def too_few(confirmed: Sequence[Confirmed]) -> str:
    """Return that no claim can hold with so few seeds, or nothing."""
    count = len(confirmed)
    pairs = min((len(c.trained.scores) for c in confirmed), default=0)
    needed = enough_pairs(count) if count else 0
    if pairs >= needed:
        return ""
    seeds, best = f"{pairs} seed{'' if pairs == 1 else 's'}", "one" if count == 1 else f"one of {count}"
    return f"{seeds} cannot show that {best} is better than a reference, whatever the scores; {needed} can"
