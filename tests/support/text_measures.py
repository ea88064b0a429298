"""How a canonical text compares with the rules that it stands for: in nodes, and in rounding in float32."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from mpmath import mp, mpf

from nos_sym import catalog
from nos_sym.algebra.canonical import key_of
from nos_sym.language.authors.log import read_authors_log
from nos_sym.language.node import Node
from nos_sym.language.operands import BY_EXPRESSION, as_quasi_hyperbolic
from nos_sym.language.rule import Rule
from nos_sym.program.interpreter import Interpreter
from support.precise_judge import exact_updates

TOTAL = 6
"""Steps of a history, which ends at the last step of its training."""

# Ordinary, tiny and zero gradients, each in an entry of its own; one gradient is zero at some steps alone.
_SCALES = (1.0, 0.1, 1e-5, 1e-12, 0.0, 1.0)


def nodes(update: object) -> int:
    """Return the nodes of an expression, an operand of Table 2 counting one."""
    if not isinstance(update, Node):
        return 1
    if update in BY_EXPRESSION or as_quasi_hyperbolic(update) is not None:
        return 1
    return 1 + sum(map(nodes, update.operands))


def shortest_members(rules: Iterable[Rule]) -> list[Rule]:
    """Return the shortest rule of each class of equal rules."""
    found: dict[str, Rule] = {}
    for rule in rules:
        key = key_of(rule)
        if key not in found or nodes(rule.update) < nodes(found[key].update):
            found[key] = rule
    return list(found.values())


def known_rules(folder: Path | None) -> Iterator[Rule]:
    """Yield the rules of the catalog, and those of the authors' log where it is there."""
    yield from (entry for entry in catalog.entries() if isinstance(entry, Rule))
    if folder is not None:
        log = read_authors_log(folder / "authors_run_first_half.log")
        yield from (e.rule for e in log.evaluations if e.rule is not None)


def rounding_errors(rule: Rule, seed: int = 0) -> np.ndarray:
    """Return the errors of the updates of a history in float32, in units in the last place of the exact ones.

    Entries whose exact update is zero, or beyond float32, or which dropout sets, are not a number.
    """
    rng = np.random.default_rng(seed)
    gradients, weights = [], []
    for t in range(TOTAL):
        g = rng.normal(size=len(_SCALES)) * np.array(_SCALES)
        g[-1] *= t % 2
        gradients.append(g.astype(np.float32))
        weights.append(rng.normal(size=len(_SCALES)).astype(np.float32))
    masks = np.random.default_rng(seed + 1)
    uniform = [{d: masks.random(len(_SCALES)) for d in range(9)} for _ in range(TOTAL)]
    run = Interpreter(
        rule.at_defaults(),
        (len(_SCALES),),
        dtype=np.float32,
        total_steps=TOTAL,
        uniform=lambda draw, shape: uniform[run.step][draw % 9],
    )
    with np.errstate(all="ignore"):
        found = np.array([run.update(g, w) for g, w in zip(gradients, weights, strict=True)], float)
    with mp.workdps(50):
        exact = exact_updates(rule, gradients, weights, TOTAL)
        errors = [[_ulps(a, b) for a, b in zip(x, y, strict=True)] for x, y in zip(found, exact, strict=True)]
    return np.array(errors)


def _ulps(found: float, exact: mpf) -> float:
    if not mp.isfinite(exact) or not 2.0**-120 < abs(exact) < 2.0**120 or not np.isfinite(found):
        return float("nan")
    return float(abs(mpf(found) - exact) / mpf(float(np.spacing(np.float32(abs(exact))))))
