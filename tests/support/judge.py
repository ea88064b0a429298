"""A numeric judge: which rules compute the same update, on many draws, magnitudes and sizes, with eps = 0.

The judge separates; it never proves. It knows nothing of the algebra.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nos_sym.language.rule import Rule
from nos_sym.program.interpreter import Guards, Interpreter

# (size, magnitude of gradients, magnitude of weights, total steps, steps that are run)
PROBES = (
    (5, 1.0, 1.0, 7, 7),
    (1, 0.7, 3.0, 5, 3),
    (4, 0.05, 1e3, 9, 3),
    (4, 8.0, 1e7, 6, 3),
    (3, 1e-3, 1e-2, 4, 2),
    (3, 40.0, 30.0, 11, 2),
    (2, 1.5, 1e9, 8, 2),
)


def values(rule: Rule) -> list[np.ndarray]:
    """Return the updates of a rule, signed for descent, one flat array for each probe."""
    rows = []
    for number, (size, gradient, weight, total, steps) in enumerate(PROBES):
        rng = np.random.default_rng(number)
        masks = np.random.default_rng(100 + number).random((20, steps, size))
        interpreter = Interpreter(
            rule,
            (size,),
            total_steps=total,
            guards=Guards.NONE,
            uniform=lambda draw, shape, m=masks: m[draw, interpreter.step],  # type: ignore[misc] # noqa: B023
        )
        seen = []
        for _ in range(steps):
            g = gradient * rng.normal(size=size) * np.exp(rng.normal(size=size))
            w = weight * rng.normal(size=size)
            seen.append(interpreter.update(g, w))
        rows.append(np.concatenate(seen))
    return rows


def same(x: Sequence[np.ndarray], y: Sequence[np.ndarray], tolerance: float = 1e-9) -> bool:
    """Return whether two rules gave the same values up to rounding, infinities and NaN included."""
    for a, b in zip(x, y, strict=True):
        finite = np.isfinite(a) & np.isfinite(b)
        if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
            return False
        a, b = a[finite], b[finite]
        if (np.abs(a - b) > tolerance * (np.abs(a) + np.abs(b)) + 1e-300).any():
            return False
    return True


def classes(rules: Sequence[Rule]) -> list[int]:
    """Return a class number for each rule, in order of first occurrence; momentum types never mix."""
    rows = [values(r) for r in rules]
    leader = list(range(len(rules)))
    # Equal rules agree in the first value: candidates are neighbors in its order.
    first = [float(row[0][0]) if np.isfinite(row[0][0]) else np.inf for row in rows]
    order = sorted(range(len(rules)), key=lambda i: first[i])
    for position, i in enumerate(order):
        for j in reversed(order[:position]):
            if first[i] - first[j] > 1e-8 * (abs(first[i]) + abs(first[j])):
                break
            if rules[i].momentum is rules[j].momentum and same(rows[i], rows[j]):
                leader[i] = leader[j]
                break
    numbers: dict[int, int] = {}
    return [numbers.setdefault(leader[i], len(numbers)) for i in range(len(rules))]
