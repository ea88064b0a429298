"""Probes: values of two rules on random states, which can tell them apart and can never merge them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nos_sym.algebra.levels import Level
from nos_sym.interpreter import Guards, Interpreter
from nos_sym.language.rule import Rule
from nos_sym.language.traversal import walk

Array = npt.NDArray[Any]

# (size, magnitude of gradients, magnitude of weights, total steps, steps that are run)
_STATES = (
    (2, 1.0, 1.0, 10, 4),
    (2, 0.3, 2.0, 5, 5),
    (1, 2.0, 0.5, 3, 3),
    (3, 0.01, 0.1, 8, 3),
    (2, 30.0, 1e4, 6, 3),
    (3, 1e-4, 1e7, 4, 2),
    (2, 5.0, 1e9, 9, 2),
)
_TOLERANCE = 1e-7


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A state on which two rules differ.

    Attributes:
        step: t, counted from 0; the gradients of the steps before are ``gradients[:-1]``.
        total_steps: T.
        gradients: gradients of the steps up to this one, rows.
        weight: weights at this step.
        first: update of the first rule, or its weights after the step where the momentum types differ.
        second: the same of the second rule.
        what: what differs, in words.
    """

    step: int
    total_steps: int
    gradients: tuple[tuple[float, ...], ...]
    weight: tuple[float, ...]
    first: tuple[float, ...]
    second: tuple[float, ...]
    what: str

    def describe(self) -> str:
        """Return the counterexample in one line."""
        g = _row(self.gradients[-1])
        return (
            f"at t = {self.step} of T = {self.total_steps}, g = {g}, w = {_row(self.weight)}: "
            f"{self.what} {_row(self.first)} and {_row(self.second)}"
        )


def _row(values: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{v:.6g}" for v in values) + ")"


def find_counterexample(a: Rule, b: Rule, level: Level, seeds: int = 3) -> Counterexample | None:
    """Return a state that separates two rules at a level, or ``None`` where probing finds none."""
    if a.momentum is not b.momentum:
        return _momentum_counterexample(a, b)
    for seed in range(seeds):
        for number, state in enumerate(_STATES):
            found = _on_state(a, b, level, state, seed * 100 + number)
            if found is not None:
                return found
    return None


def _on_state(
    a: Rule, b: Rule, level: Level, state: tuple[int, float, float, int, int], seed: int
) -> Counterexample | None:
    size, gradient, weight, total, steps = state
    rng = np.random.default_rng(seed)
    masks = rng.random((1000, steps, size)) if _has_masks(a) or _has_masks(b) else np.zeros((1, 1, 1))
    runs = [_interpreter(r, size, total, masks) for r in (a, b)]
    gradients: list[Array] = []
    ratio: float | None = None
    for step in range(steps):
        g, w = gradient * rng.normal(size=size), weight * rng.normal(size=size)
        gradients.append(g)
        first, second = (run.update(g, w) for run in runs)
        if level is Level.SCHEDULE:
            ratio = None
        separated, ratio = _separated(first, second, level, ratio)
        if separated:
            return Counterexample(
                step, total, tuple(tuple(map(float, row)) for row in gradients),
                tuple(map(float, w)), tuple(map(float, first)), tuple(map(float, second)), "the updates are",
            )  # fmt: skip
    return None


def _separated(first: Array, second: Array, level: Level, ratio: float | None) -> tuple[bool, float | None]:
    """Return whether two updates differ at a level, and the ratio that later ones have to keep."""
    finite = np.isfinite(first) & np.isfinite(second)
    if not finite.all():
        # Where one rule overflows, rounding decides: only places where both are finite count.
        first, second = first[finite], second[finite]
    if level in (Level.EXACT, Level.FLOAT32):
        return _differ(first, second), None
    for x, y in zip(first, second, strict=True):
        if ratio is None:
            if (x == 0) != (y == 0):
                return True, None
            if x == 0:
                continue
            ratio = float(y / x)
            if level is Level.SIGN and abs(abs(ratio) - 1) > _TOLERANCE:
                return True, ratio
        elif abs(ratio * x - y) > _TOLERANCE * (abs(ratio * x) + abs(y)):
            return True, ratio
    return False, ratio


def _differ(x: Array, y: Array) -> bool:
    return bool((np.abs(x - y) > _TOLERANCE * (np.abs(x) + np.abs(y))).any())


def _has_masks(rule: Rule) -> bool:
    return any(node.operation.name == "drop" for node in walk(rule.update))


def _interpreter(
    rule: Rule,
    size: int,
    total: int,
    masks: Array,
    *,
    dtype: str = "float64",
    guards: Guards = Guards.NONE,
) -> Interpreter:
    def uniform(draw: int, shape: tuple[int, ...]) -> Array:
        row: Array = masks[draw, made.step]
        return row

    made = Interpreter(rule, (size,), dtype=dtype, total_steps=total, guards=guards, uniform=uniform)
    return made


def _momentum_counterexample(a: Rule, b: Rule) -> Counterexample | None:
    """Return two steps after which the weights differ, because the momentum types do."""
    for seed in range(8):
        rng = np.random.default_rng(seed)
        gradients = rng.normal(size=(3, 2))
        masks = rng.random((1000, 3, 2))
        moved: list[Array] = []
        for rule in (a, b):
            run = _interpreter(rule, 2, 3, masks)
            weight = np.ones(2)
            for g in gradients:
                weight = run.apply(weight, g, 0.1, 0.5)
            moved.append(weight)
        if np.isfinite(moved).all() and _differ(moved[0], moved[1]):
            rows = tuple(tuple(map(float, g)) for g in gradients)
            names = f"{a.momentum.value} and {b.momentum.value}: the weights after it, lr 0.1 and mu 0.5, are"
            first, second = (tuple(map(float, w)) for w in moved)
            return Counterexample(2, 3, rows, (1.0, 1.0), first, second, names)
    return None


def float32_distance(a: Rule, b: Rule) -> float:
    """Return the largest relative difference of updates in float32 at magnitudes of training.

    Infinite where one of the rules is not finite and the other is. Gradients of 1e-3 to 1 and weights of
    1e-2 to 1, a hundred entries, six steps of twelve. It is a measurement.
    """
    if a.momentum is not b.momentum:
        return float("inf")
    worst = 0.0
    for x, y in zip(training_values(a), training_values(b), strict=True):
        finite = np.isfinite(x) & np.isfinite(y)
        if not np.array_equal(np.isfinite(x), np.isfinite(y)):
            return float("inf")
        x, y = x[finite].astype(np.float64), y[finite].astype(np.float64)
        scale = np.maximum(np.abs(x), np.abs(y))
        worst = max(worst, float(np.max(np.abs(x - y) / np.where(scale == 0, 1, scale), initial=0)))
    return worst


def training_values(rule: Rule) -> Iterator[Array]:
    """Yield the float32 updates of a rule at magnitudes of training."""
    for seed, gradient, weight in ((0, 1.0, 1.0), (1, 0.03, 0.1), (2, 1e-3, 1e-2)):
        rng = np.random.default_rng(seed)
        masks = rng.random((1000, 6, 100)) if _has_masks(rule) else np.zeros((1, 1, 1))
        draws = rng.normal(size=(6, 2, 100))
        run = _interpreter(rule, 100, 12, masks, dtype="float32", guards=Guards.POLICY)
        for g, w in draws:
            yield run.update(gradient * g, weight * w)
