"""The rendered files compute what the interpreter computes, over 50 steps of one recorded gradient sequence.

float64: 1e-10 relative, or the rounding bound of :mod:`rounding` where a rule amplifies rounding (``1 -
tanh(x)^2`` of a large x, the sign of a difference that is zero up to rounding). float32: within that bound of
the float64 run. Infinities and NaN must stand in the same places wherever the bound is finite.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from support.harness import Problem, problem, run_backend, run_numpy
from support.random_rules import random_rule
from support.rounding import Bounds

from nos_sym import catalog
from nos_sym.language.rule import Rule

CATALOG = [entry for entry in catalog.entries() if isinstance(entry, Rule)]
CHUNKS, CHUNK, FAST = 30, 10, 1
BACKENDS = ("torch", "tensorflow")


def random_rules(chunk: int) -> list[Rule]:
    """Return one chunk of the 300 random rules, half of the search space and half of the whole language."""
    rng = random.Random(chunk)
    return [random_rule(rng, depth=rng.choice([2, 3, 4, 5]), authors=i % 2 == 0) for i in range(CHUNK)]


def check(rule: Rule, given: Problem, folder: Path, backends: tuple[str, ...] = BACKENDS) -> int:
    """Check both dtypes in the backends; return how many float64 runs needed the rounding bound."""
    reference = run_numpy(rule, given)
    value, bound = Bounds(rule, given, 2.0**-53).run()
    needed = 0
    for backend in backends:
        ours = run_backend(backend, rule, given, folder, "float64")
        needed += compare(ours, reference, bound, 1e-10, f"{backend} float64: {rule}")
    value, bound = Bounds(rule, given, 2.0**-24).run()
    with np.errstate(invalid="ignore"):
        bound = np.where(np.abs(value) + bound < 1e37, bound, np.inf)
    for backend in ("numpy", *backends):
        ours = run_backend(backend, rule, given, folder, "float32")
        compare(ours.astype(np.float64), value, bound, 0.0, f"{backend} float32: {rule}")
    return needed


def compare(ours: np.ndarray, reference: np.ndarray, bound: np.ndarray, relative: float, what: str) -> bool:
    """Assert agreement; return whether the bound, not the relative tolerance, was needed."""
    with np.errstate(invalid="ignore"):
        difference = np.abs(ours - reference)
        finite = np.isfinite(reference)
        close = finite & (difference <= relative * np.abs(reference))
        bounded = finite & (difference <= bound)
    same = ~finite & ((ours == reference) | (np.isnan(ours) & np.isnan(reference)))
    free = np.isinf(bound) | np.isnan(bound)
    wrong = ~(close | bounded | same | free)
    assert not wrong.any(), f"{what}\n{ours[wrong][:5]}\n{reference[wrong][:5]}\n{bound[wrong][:5]}"
    return bool((~close & finite).any())


@pytest.mark.parametrize("rule", CATALOG, ids=lambda r: r.name)
def test_catalog(rule: Rule, tmp_path: Path) -> None:
    needed = check(rule, problem(seed=7), tmp_path)
    assert needed == 0, "a catalog rule agrees to 1e-10 without any allowance"


@pytest.mark.parametrize(
    "chunk",
    [*range(FAST), *(pytest.param(c, marks=pytest.mark.heavy) for c in range(FAST, CHUNKS))],
)
@pytest.mark.timeout(180)
def test_random_rules(chunk: int, tmp_path: Path) -> None:
    rules = random_rules(chunk)
    needed = sum(check(rule, problem(seed=100 * chunk + i), tmp_path) for i, rule in enumerate(rules))
    # The allowance is for the few ill-conditioned rules; two runs for each rule.
    assert needed <= 4


def test_the_bound_is_a_bound_worth_having() -> None:
    """Over the random rules the float32 bound is tight enough to catch a wrong constant."""
    medians = []
    for i, rule in enumerate(random_rules(0) + random_rules(1)):
        value, bound = Bounds(rule, problem(seed=i), 2.0**-24).run()
        with np.errstate(invalid="ignore", divide="ignore"):
            relative = np.where(np.isnan(bound), np.inf, bound) / np.abs(value)
        medians.append(float(np.median(relative[np.isfinite(value)])))
    assert np.median(medians) < 1e-5
    # The rest divides by something that may be zero, where no bound exists.
    assert np.quantile(medians, 0.8) < 1e-4


def test_rounding_follows_the_interpreter() -> None:
    for i, rule in enumerate(random_rules(2)):
        given = problem(seed=i)
        value, bound = Bounds(rule, given, 2.0**-53).run()
        compare(value, run_numpy(rule, given), bound, 1e-10, str(rule))
