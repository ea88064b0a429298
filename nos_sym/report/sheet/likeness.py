"""Which well-known optimizers a rule steps most like, on gradients that are drawn: a measurement."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from nos_sym import catalog
from nos_sym.language.block import Block
from nos_sym.language.operation import Role
from nos_sym.language.rule import Rule, Schedule
from nos_sym.program.interpreter import Interpreter
from nos_sym.report.sheet.line import Line, measured
from nos_sym.report.sheet.subject import Subject

KNOWN = ("SGD", "SGDMomentum", "Nesterov", "RMSProp", "Adam", "AdagradTorch", "Lion")
"""The optimizers that others are compared with."""

SHAPE, TOTAL, STEPS, SKIPPED = (8, 16), 60, 30, 10
RATE, MOMENTUM = 1e-3, 0.9
SHOWN = 2

LEAST = 0.3
"""The cosine below which nothing is alike."""

_Changes = npt.NDArray[np.float64]


def likeness(subject: Subject) -> list[Line]:
    """Return the line about the nearest of the well-known optimizers."""
    if subject.has(Role.RANDOM):
        return []
    own = _changes(subject.plain)
    if own is None:
        return []
    found = {name: _cosine(own, other) for name, other in _known().items() if name != subject.rule.name}
    nearest = sorted(found, key=lambda name: -abs(found[name]))[:SHOWN]
    if abs(found[nearest[0]]) < LEAST:
        return []
    listed = " and ".join(f"{name} (cosine {found[name]:.3f})" for name in nearest)
    over = (
        f"the changes of {SHAPE[0] * SHAPE[1]} weights at steps {SKIPPED + 1} to {STEPS} of {TOTAL}, on "
        "gradients of sizes from 1e-3 to 10 with as much noise as signal, the same weights for all; of "
        f"{', '.join(KNOWN)}"
    )
    cosines = {name: round(value, 6) for name, value in found.items()}
    return [measured("most_like", "Most like", f"{listed}.", over=over, cosines=cosines)]


@lru_cache(maxsize=1)
def _known() -> dict[str, _Changes]:
    found: dict[str, _Changes] = {}
    for name in KNOWN:
        rule = catalog.entry(name)
        assert not isinstance(rule, Schedule)
        changes = _changes(rule)
        assert changes is not None
        found[name] = changes
    return found


def _changes(rule: Rule | Block) -> _Changes | None:
    """Return how a rule moves weights that are drawn; ``None`` where it does not, or by no numbers."""
    rng = np.random.default_rng(17)
    size = 10.0 ** rng.uniform(-3, 1, SHAPE)
    signal, weight = rng.choice([-1.0, 1.0], SHAPE), rng.normal(size=SHAPE)
    run = Interpreter(rule, SHAPE, total_steps=TOTAL, saturating=False)
    made: list[Any] = []
    with np.errstate(all="ignore"):
        for step in range(STEPS):
            gradient = size * (signal + rng.normal(size=SHAPE))
            change = run.change(weight, gradient, RATE, MOMENTUM)
            if step >= SKIPPED:
                made.append(change - weight if run.program.replaces else change)
    changes = np.array(made, np.float64)
    length = np.linalg.norm(changes)
    return changes / length if np.isfinite(length) and length > 0 else None


def _cosine(x: _Changes, y: _Changes) -> float:
    return float(np.sum(x * y))
