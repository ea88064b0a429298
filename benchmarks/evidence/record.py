"""What is known of a measurement: command, day, machine and raw file, and what pages say of it."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BENCHMARKS = Path(__file__).parent.parent

Said = Callable[[Any], Iterable[str]]
"""From the data of a raw file, or the text of one that is no JSON, to texts that stand in a page."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A raw file and what is said of it.

    Attributes:
        title: what was measured.
        command: what makes it again, from the folder of the repository.
        day: of the run, in the form 2026-11-30.
        machine: on which it ran, and how busy that was.
        raw: name of the file in ``benchmarks/results``.
        said: the texts.
    """

    title: str
    command: str
    day: str
    machine: str
    raw: str
    said: Said

    def texts(self) -> list[str]:
        """Return what pages say, computed from the raw file."""
        text = (BENCHMARKS / "results" / self.raw).read_text(encoding="utf-8")
        return list(self.said(json.loads(text) if self.raw.endswith(".json") else text))


def digits(value: float, places: int) -> str:
    """Return a number with so many decimal places."""
    return f"{value:.{places}f}"


def span(values: Iterable[float], places: int) -> str:
    """Return the smallest and the largest of some, as '4.7 to 6.1', or one number where they are the same."""
    texts = [digits(value, places) for value in sorted(values)]
    return texts[0] if texts[0] == texts[-1] else f"{texts[0]} to {texts[-1]}"


def row(*cells: str) -> str:
    """Return a row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def median(values: Iterable[float]) -> float:
    """Return the median."""
    return statistics.median(values)
