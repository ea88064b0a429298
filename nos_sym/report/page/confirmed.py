"""What trainings beyond the search have confirmed of optimizers: columns of the table, where there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from nos_sym.search.evidence.stored import columns_of
from nos_sym.search.reports.hall_of_fame import Entry
from nos_sym.search.scores import score_text

Value: TypeAlias = float | str | None


@dataclass(frozen=True, slots=True)
class Confirmations:
    """Columns about optimizers that were trained again.

    Attributes:
        columns: their names, as the head of the table has them.
        values: a value for each column, by exact key; others have none.
    """

    columns: tuple[str, ...] = ()
    values: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)

    def of(self, key: str) -> tuple[Value, ...]:
        """Return the values of an optimizer."""
        return self.values.get(key, (None,) * len(self.columns))


def confirmed_of(entries: Sequence[Entry]) -> Confirmations:
    """Return what trainings with fresh seeds say of optimizers, as the hall of fame has it."""
    again = {entry.key: entry for entry in entries if entry.confirmed is not None}
    if not again:
        return Confirmations()
    values: dict[str, tuple[Value, ...]] = {}
    for key, entry in again.items():
        told = columns_of(entry.confirmed, entry.fitness)
        low, high = told["confirmed_low"], told["confirmed_high"]
        interval = None if low is None else f"{score_text(low)} to {score_text(high)}"
        repeats = f"{told['confirmed_repeats']}, {told['confirmed_failed']} failed"
        values[key] = (told["confirmed"], interval, told["shrinkage"], repeats)
    return Confirmations(("Confirmed mean", "95 % interval", "Shrinkage", "Fresh trainings"), values)
