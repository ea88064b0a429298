"""What a pooled elimination has found, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from nos_sym.errors import quoted
from nos_sym.language.registry import suggestion
from nos_sym.search.errors import SearchError
from nos_sym.search.protocols.uniqueness import Choice


@dataclass(frozen=True, slots=True)
class Pooled:
    """One optimizer that the runs left together.

    Attributes:
        name: ``Opt1`` for the most accurate, and so on.
        key: exact key.
        text: the rule.
        sources: which of the runs left it, by their places from 0.
        mean: mean fitness by which it is ranked.
        choice: how it stands beside the others.
    """

    name: str
    key: str
    text: str
    sources: tuple[int, ...]
    mean: float
    choice: Choice


@dataclass(frozen=True, slots=True)
class Reported:
    """One of the best of all that had the last training.

    Attributes:
        key: exact key.
        text: the rule.
        mean: mean fitness of all of its trainings as in the last stage.
        count: how many these are.
        run: the run of the store in which it was first trained so.
    """

    key: str
    text: str
    mean: float
    count: int
    run: int


@dataclass(frozen=True, slots=True)
class PooledElimination:
    """How far a pooled elimination has come.

    Attributes:
        sources: names of the runs.
        eliminations: numbers of the runs of the store that are their eliminations.
        pool: what they leave together, the most accurate first.
        picked: names of those that a search begins with; empty until they are picked.
        by: ``hand`` or ``proposal``; empty before.
        second: numbers of the runs of these searches.
        final: number of the run of the last trainings; ``None`` before.
        best: the best of all that had the last training.
    """

    sources: tuple[str, ...]
    eliminations: tuple[int, ...]
    pool: tuple[Pooled, ...]
    picked: tuple[str, ...] = ()
    by: str = ""
    second: tuple[int, ...] = ()
    final: int | None = None
    best: tuple[Reported, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        pool = []
        for each in self.pool:
            row = asdict(each)
            row |= row.pop("choice") | {"nearest": self._name(each.choice.nearest)}
            row["reason"] = self.reason(each)
            pool.append(row)
        return {
            "sources": list(self.sources),
            "eliminations": list(self.eliminations),
            "pool": pool,
            "picked": list(self.picked),
            "by": self.by or None,
            "second": list(self.second),
            "final": self.final,
            "best": [asdict(each) for each in self.best],
        }

    def reason(self, each: Pooled) -> str:
        """Return why one is proposed or not."""
        return each.choice.reason.format(nearest=self._name(each.choice.nearest))

    def _name(self, place: int | None) -> str | None:
        return None if place is None else self.pool[place].name


PROPOSED = "proposed"
"""What is given in place of names to pick what is proposed."""


def picked_of(found: PooledElimination, names: tuple[str, ...], count: int) -> tuple[tuple[str, ...], str]:
    """Return who is picked, in the order of the pool, and by what.

    Args:
        found: the pool.
        names: names that are given, or ``proposed`` alone.
        count: how many are picked where there are as many.

    Raises:
        SearchError: a name is none of the pool, is given twice, or there are more or fewer.
    """
    if names == (PROPOSED,):
        return tuple(each.name for each in found.pool if each.choice.taken), "proposal"
    known = [each.name for each in found.pool]
    for name in names:
        if name not in known:
            hint = suggestion(name, known) or f"; expected {known[0]} to {known[-1]}, or '{PROPOSED}' alone"
            raise SearchError(f"'{quoted(name, 40)[1:-1]}' is not of the pool{hint}")
        if names.count(name) > 1:
            raise SearchError(f"'{name}' is picked twice; expected different ones")
    count = min(count, len(known))
    if len(names) != count:
        raise SearchError(
            f"{len(names)} of the pool are picked; expected {count}, or another 'pool.pick' in the settings"
        )
    return tuple(name for name in known if name in names), "hand"


def recorded_pick(report: Mapping[str, Any] | None) -> tuple[tuple[str, ...], str]:
    """Return who was picked before, and by what; nobody where nothing is recorded."""
    if not report:
        return (), ""
    return tuple(map(str, report.get("picked") or ())), str(report.get("by") or "")
