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
    return [value(rule, number) for number in range(len(PROBES))]


def value(rule: Rule, number: int, most: int | None = None) -> np.ndarray:
    """Return the updates of a rule in one probe, or in the first steps of it."""
    size, gradient, weight, total, steps = PROBES[number]
    rng = np.random.default_rng(number)
    masks = np.random.default_rng(100 + number).random((20, steps, size))
    interpreter = Interpreter(
        rule,
        (size,),
        total_steps=total,
        guards=Guards.NONE,
        uniform=lambda draw, shape: masks[draw, interpreter.step],
    )
    seen = []
    for _ in range(steps if most is None else most):
        g = gradient * rng.normal(size=size) * np.exp(rng.normal(size=size))
        w = weight * rng.normal(size=size)
        seen.append(interpreter.update(g, w))
    return np.concatenate(seen)


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
    rows: list[list[np.ndarray]] = [[] for _ in rules]
    leader = list(range(len(rules)))
    # Equal rules agree in the first value: candidates are neighbors in its order.
    begun = [float(value(r, 0, most=1)[0]) for r in rules]
    first = [x if np.isfinite(x) else np.inf for x in begun]
    order = sorted(range(len(rules)), key=lambda i: first[i])
    for position, i in enumerate(order):
        for j in reversed(order[:position]):
            if first[i] - first[j] > 1e-8 * (abs(first[i]) + abs(first[j])):
                break
            if rules[i].momentum is rules[j].momentum and _agree(rules, rows, i, j):
                leader[i] = leader[j]
                break
    numbers: dict[int, int] = {}
    return [numbers.setdefault(leader[i], len(numbers)) for i in range(len(rules))]


def _agree(rules: Sequence[Rule], rows: list[list[np.ndarray]], i: int, j: int) -> bool:
    """Return whether two rules gave the same values; a probe is run where those before agree."""
    for number in range(len(PROBES)):
        for k in (i, j):
            if len(rows[k]) == number:
                rows[k].append(value(rules[k], number))
        if not same(rows[i][number : number + 1], rows[j][number : number + 1]):
            return False
    return True
