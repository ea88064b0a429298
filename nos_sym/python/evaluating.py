"""Training of optimizers that are given, by name or as text, on the task of a search."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from nos_sym.errors import described
from nos_sym.python.given import Given, optimizer_of
from nos_sym.search.algorithms.initial import one_line_rule
from nos_sym.search.evidence import evaluating
from nos_sym.search.evidence.evaluating import Evaluations, evaluation_of
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.executors.protocol import Executor
from nos_sym.search.records import SettingsError
from nos_sym.search.settings import SearchSettings, preset
from nos_sym.search.store.store import Store, StoreError
from nos_sym.search.trainers import Trainer


def evaluate(
    rules: Given | Iterable[Given],
    settings: SearchSettings | str,
    store: Store | None = None,
    *,
    repeats: int = 1,
    split: Literal["validation", "test"] | None = None,
    seed: int = 0,
    executor: Executor | None = None,
    trainer: Trainer[Any] | None = None,
    resume: bool = False,
) -> Evaluations:
    """Train optimizers on the task of a search, as ``nos-sym evaluate`` does.

    All of them have the same seeds: with ``seed=0`` those that a search confirms its best with, so that
    scores on the test part can be compared in pairs. A training without a fitness counts as chance.

    >>> found = evaluate(["Adam", "none ~ sign(ema(g, 0.9))"], "demo", repeats=5)
    >>> [(row.name, row.interval) for row in found.rows]

    Args:
        rules: the optimizers, or one.
        settings: the search whose task they are trained on, or the name of a preset.
        store: keeps every training like any evaluation, open for writing; without it, nothing is kept.
        repeats: number of trainings of each, with different seeds.
        split: the part of the data that scores them; by default that of the settings, ``validation``.
        seed: from which those of the trainings are made.
        executor: where they are trained; by default in this process.
        trainer: trains with an optimizer; by default the one that the settings name.
        resume: continue the store's evaluation of these optimizers and settings, if it has one.

    Returns:
        Name, text, scores, mean and 95 % interval of each, in the order in which they are given.

    Raises:
        NosSymError: what is given is no optimizer of one line, or cannot be trained; or the store has an
            interrupted evaluation of these settings and ``resume`` is not set. What is trained is kept.
    """
    found = preset(settings) if isinstance(settings, str) else settings
    if not isinstance(found, SearchSettings):
        raise SettingsError(
            f"expected the settings of a search, such as nos_sym.preset('demo'), not {described(settings)}"
        )
    if store is not None and not isinstance(store, Store):
        raise StoreError(f"expected a store, as nos_sym.Store.open(FILE) opens it, not {described(store)}")
    several = rules if isinstance(rules, Iterable) and not isinstance(rules, str) else [rules]
    given = [one_line_rule(optimizer_of(rule)) for rule in several]
    wanted = evaluation_of(given, found, repeats=repeats, seed=seed, split=split)
    with _opened(store) as kept, contextlib.nullcontext(executor) if executor else InProcess() as chosen:
        return evaluating.evaluate(wanted, kept, executor=chosen, trainer=trainer, resume=resume)[1]


@contextlib.contextmanager
def _opened(store: Store | None) -> Iterator[Store]:
    """Give the store, one in a folder that goes where nothing is to be kept."""
    if store is not None:
        yield store
        return
    with (
        tempfile.TemporaryDirectory(prefix="nos-sym-") as folder,
        Store.open(Path(folder) / "evaluation.db") as made,
    ):
        yield made
