"""Figures whose programs print them and keep no raw file, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Printed:
    """A figure of a page that a command prints anew.

    Attributes:
        title: what was measured.
        command: what prints it.
        day: when it did.
        machine: on which, and how busy that was.
        says: a text of the page that has the figure.
    """

    title: str
    command: str
    day: str
    machine: str
    says: str


PRINTED = (
    Printed(
        "Duplicates of the authors' log",
        "nos-sym dedup LOG --from authors, with the authors' log",
        "2026-11-30",
        "counts do not depend on it; a test counts them",
        "131 of 1,475 evaluations and 6.4 of 58.6 GPU-hours",
    ),
    Printed(
        "Cost of keeping numbers within their type",
        "python benchmarks/saturation.py",
        "2026-11-28",
        "one thread of a busy machine",
        "1.13 times the step of Adam without it",
    ),
    Printed(
        "Proofs of what the algebra merges",
        "python benchmarks/proofs.py LOG, with the authors' log",
        "2026-11-28",
        "2 cores with four other loads",
        "| log, `exact` | 95 of 95 | 0.15, 3.1 | 0.04, 1.6 |",
    ),
    Printed(
        "Searches with and without deduplication",
        "python benchmarks/dedup_search.py",
        "2026-11-24",
        "2 cores; scores do not depend on it",
        "| `exact` | 120.0 | 74.3 | 20.0 | 0.861 | 0.812 |",
    ),
    Printed(
        "Where the time of a search goes",
        "python benchmarks/search_speed.py",
        "2026-11-29",
        "2 cores; seconds of the processor",
        "Seven tenths are forward and backward passes of the network",
    ),
    Printed(
        "A page of ten thousand optimizers",
        "python benchmarks/report_page.py",
        "2026-11-30",
        "2 cores, shared with other work",
        "| opened, until the table is there | 0.41 to 0.97 s, median 0.75 s |",
    ),
)
