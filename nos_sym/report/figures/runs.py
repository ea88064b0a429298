"""The figures of a store by their names: what a run did, what it found, and how far repeats are apart."""

from __future__ import annotations

from collections.abc import Callable

from nos_sym.report.figures.fitness import fitness
from nos_sym.report.figures.front import pareto
from nos_sym.report.figures.model import Figure
from nos_sym.report.figures.repeats import duplicates
from nos_sym.search.store.store import Store

__all__ = ["RUN_FIGURES"]

RUN_FIGURES: dict[str, Callable[[Store, int | None, str | None], Figure]] = {
    "fitness": fitness,
    "pareto": pareto,
    "duplicates": duplicates,
}
"""Functions of a store, a run and a task, each of which may be left out."""
