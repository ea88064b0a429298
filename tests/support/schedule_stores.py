"""Stores for collections of schedules: runs whose optimizers are given, trained by nobody."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nos_sym.algebra.canonical import key_of
from nos_sym.language.parser import parse
from nos_sym.search.results import Evaluated, Rejected
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.rows import evaluation_at
from nos_sym.search.store.store import Store


def add_run(
    store: Store, texts: Sequence[tuple[str, float | None]], task: str = "digits", settings: str = "{}"
) -> int:
    """Add a finished search of optimizers, each with its fitness or none, and return its number."""
    run = store.begin_run("search", "particles", settings, 1).id
    for number, (text, fitness) in enumerate(texts):
        rule = parse(text)
        values = {"text": str(rule), "rule": rule.to_json(), "key": key_of(rule)}
        result = Rejected("too low") if fitness is None else Evaluated(fitness)
        store.add(run, evaluation_at(Slot(Stage.CHILD, number), task=task, seed=0, result=result, **values))
    store.finish_run(run, {})
    return run


def made(path: Path, *runs: Sequence[tuple[str, float | None]]) -> Path:
    """Make a store with runs, and return its path."""
    with Store.open(path) as store:
        for texts in runs:
            add_run(store, texts)
    return path


ONE_CLASS = [
    ("none ~ [a1] g", 0.5),
    ("none ~ [3 * a1] v_hat", 0.7),
    ("none ~ [0 - 0.5 * a1] g^3", 0.6),
    ("momentum ascent ~ sign([a1] s_hat) * [a1] g", 0.4),
    # The same optimizer as the first, in other words: it is counted once.
    ("none ~ id([a1] g)", 0.3),
]
"""Five trainings of four optimizers, which one schedule leaves, up to a number and a sign."""

OF_TABLE_10 = [
    ("none ~ v_hat / sqrt([erf(a11)] s_hat)", 0.9),
    ("none ~ [erfc(erfc(a4))] g / [dtanh(a8)] arctan(s_hat)", 0.8),
]
"""LR5, as a search of schedules finds it, and LR1 in an optimizer."""

WITHOUT = [
    ("none ~ g", 0.95),
    ("none ~ [a1 - a1] g", 0.1),
    ("none ~ tanh([a1] g)", 0.2),
    ("none ~ rdiv(v_hat, rdiv([dsoft(a13)] g^2, qhm(0.7)))", 0.15),
    ("none ~ rdiv(g, [sqrt(dsoft(a6))] tanh(g^3))", 0.12),
    ("none ~ [a2] g", None),
]
"""No decay, one that is 0, one that cannot leave, two that leave by a detour, and one without a fitness."""
