"""What trainings beyond the search have confirmed of optimizers: columns of the table, where there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from nos_sym.search.store.store import Evaluation

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


def confirmations(evaluations: Sequence[Evaluation]) -> Confirmations:
    """Return what the evaluations of a store confirm; no stage of a search confirms anything yet."""
    return Confirmations()
