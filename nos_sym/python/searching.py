"""What a search asks of an optimizer, by name or as text: whether it descends, its graph, its log line."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nos_sym.algebra.levels import Level
from nos_sym.errors import GenomeError, RuleError, described
from nos_sym.genome import encode as genomes
from nos_sym.genome.genome import Genome
from nos_sym.genome.settings import DEFAULT, GenomeSettings
from nos_sym.language.authors import printer as authors
from nos_sym.python.given import Given, level_of, one_line_of, optimizer_of
from nos_sym.search import integrity
from nos_sym.search.integrity import Integrity, IntegritySettings
from nos_sym.search.reports import hall_of_fame as halls
from nos_sym.search.reports import schedules as collections
from nos_sym.search.reports.hall_of_fame import HallOfFame
from nos_sym.search.reports.schedules import FoundSchedules
from nos_sym.search.store.store import Store, StoreError


def check(rules: Given | Iterable[Given], settings: IntegritySettings | None = None) -> list[Integrity]:
    """Check whether optimizers descend a test function, as a search asks first; results are in order.

    The result of a rule does not depend on the others. The k-th dropout mask of a rule, in the order of its
    text, comes from a generator seeded with ``(seed, k)``; each lane, step and element has its own number.

    With the opposite sign a step adds ``-d`` to the weights where it adds ``d`` as it is written. That holds
    of blocks, too, whose states are computed as they are written.

    >>> [result] = check("none ~ tanh(g)")
    >>> result.passed
    True

    Args:
        rules: the optimizers, or one.
        settings: the task; by default the authors'.

    Raises:
        NosSymError: what is given is no optimizer, or cannot run.
    """
    if settings is not None and not isinstance(settings, IntegritySettings):
        raise RuleError(f"'settings' are IntegritySettings, not {described(settings)}")
    several = rules if isinstance(rules, Iterable) and not isinstance(rules, str) else [rules]
    return integrity.check([optimizer_of(rule) for rule in several], settings)


def encode(rule: Given, settings: GenomeSettings = DEFAULT, rng: np.random.Generator | None = None) -> Genome:
    """Return a genome of a rule: ``decode`` of it is the rule again, or proved equal to it.

    Operands of Table 2, and the same with other constants, are operands; every other operation is a node, and
    equal parts share one. Identities are added where the graph needs a node, and left out where the rule has
    more than there is room for. Hidden nodes that are left over are inactive: random ones where there is
    ``rng``, else identities. A genome has numbers and no settings, so that settings are taken at their
    defaults.

    Raises:
        NosSymError: no rule of one line is given; or one that needs more nodes than there are, or that is
            outside what graphs can say.
    """
    if not isinstance(settings, GenomeSettings):
        raise GenomeError(f"'settings' are GenomeSettings, not {described(settings)}")
    return genomes.encode(one_line_of(rule), settings, rng)


def print_authors(rule: Given) -> str:
    """Return a rule as the authors' log writes it, for example ``None ~ tanh(v hat)``; its name is left out.

    The log has numbers and no settings, so that a setting is written as its default.

    Raises:
        NosSymError: no rule of one line is given; or one that the authors' syntax cannot say, and what it
            lacks.
    """
    return authors.print_authors(one_line_of(rule))


def hall_of_fame(
    store: Store,
    *,
    run: int | None = None,
    task: str | None = None,
    limit: int | None = None,
    level: Level | str = Level.EXACT,
    up_to: int | None = None,
) -> HallOfFame:
    """Return the best optimizers of a store on one task.

    Args:
        store: the store, opened.
        run: only evaluations of this run, including those of earlier runs that answered its candidates.
        task: name of a task, or a part of it that no other task has. By default the task of the latest
            evaluation with a fitness, other than those of the initial population.
        limit: the most entries to return.
        level: optimizers that are equal at this level, given as itself or by its name, share an entry.
        up_to: only evaluations with numbers up to this one.

    Raises:
        NosSymError: no store is given, no task has this name, or several do; there is no such run or level,
            or the store cannot be read.
    """
    chosen = level_of(level)
    if not isinstance(store, Store):
        raise StoreError(f"expected a store, as nos_sym.Store.read(FILE) opens it, not {described(store)}")
    return halls.hall_of_fame(store, run=run, task=task, limit=limit, level=chosen, up_to=up_to)


def collect_schedules(
    sources: Store | Iterable[Store | tuple[Store, int]], *, task: str | None = None
) -> FoundSchedules:
    """Return the learning-rate schedules that leave the optimizers of runs, a row a class, the best first.

    Two schedules are one class where one is proved to be a constant factor, other than 0, times the other.
    Those of Table 10 have their names there.

    >>> with Store.read("run.db") as store:
    ...     for row in collect_schedules([(store, 1), (store, 2)]).rows:
    ...         print(row.schedule, row.fitness, row.optimizers)

    Args:
        sources: a store, opened, or several; each alone for all of its searches and imported logs, or with
            the number of a run.
        task: task and budget, or a part of its name; by default each run's latest.

    Raises:
        NosSymError: no store is given, there is no such run or task, or a store cannot be read.
    """
    several = sources if isinstance(sources, Iterable) else [sources]
    pairs: list[tuple[Store, int | None]] = []
    for source in several:
        store, run = source if isinstance(source, tuple) and len(source) == 2 else (source, None)
        if not isinstance(store, Store) or not (run is None or type(run) is int):
            raise StoreError(
                "expected stores, as nos_sym.Store.read(FILE) opens them, or pairs of a store and the number "
                f"of a run, not {described(source)}"
            )
        pairs.append((store, run))
    return collections.collect_schedules(pairs, task=task)
