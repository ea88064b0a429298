"""What a place for metrics has to offer, and what a run is called there."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from nos_sym.search.store.rows import Run

Flat = str | float | bool
"""A value of a setting as these places know them."""


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """A run of a store, as it is called elsewhere.

    Attributes:
        name: for people, unique enough for a folder: ``run-3-5f0c81``.
        identity: the same for a run that goes on, whatever its store is called by then, and for no other.
        settings: the settings with their sections, as in ``training.steps``.
    """

    name: str
    identity: str
    settings: Mapping[str, Flat]


def tracked(run: Run) -> TrackedRun:
    """Return what a run of a store is called elsewhere."""
    text = json.dumps([run.id, run.kind, run.name, run.seed, run.started, run.settings])
    identity = hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
    named = {"run.kind": run.kind, "run.name": run.name, "run.started": run.started}
    settings = dict(_flat(json.loads(run.settings), ""))
    return TrackedRun(f"run-{run.id}-{identity[:6]}", identity, settings | named)


def _flat(value: Any, path: str) -> Iterator[tuple[str, Flat]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, bool | str):
        yield path, value
    elif isinstance(value, int | float):
        yield path, float(value) if isinstance(value, float) else value
    else:
        yield path, json.dumps(value)


def without_password(text: str) -> str:
    """Return a text without what stands before the host of an address, as a message may show it."""
    return re.sub(r"//[^/@\s]*@", "//", text)


@dataclass(frozen=True, slots=True)
class Best:
    """The best optimizer so far.

    Attributes:
        fitness: its fitness.
        text: its equation.
        key: its exact key.
    """

    fitness: float
    text: str
    key: str


class Writer(Protocol):
    """A place for the metrics of one run. Each method may take long, and may raise anything.

    What the place has of an earlier part of the run, by series, name and step, is not written again.

    Attributes:
        place: what it is, for messages.
    """

    place: str

    def open(self, run: TrackedRun) -> None:
        """Begin a run, or go on with it."""

    def scalars(self, series: str, values: Mapping[str, float], step: int, seconds: float) -> None:
        """Take numbers of a series (empty for that of the whole run) at a step and a time of the clock."""

    def text(self, name: str, text: str, step: int, seconds: float) -> None:
        """Take a text in Markdown."""

    def best(self, best: Best) -> None:
        """Take the best optimizer so far, which replaces the one before."""

    def flush(self) -> None:
        """Write what was taken; called when nothing else waits."""

    def close(self, *, complete: bool) -> None:
        """End, with the word whether the search is complete."""
