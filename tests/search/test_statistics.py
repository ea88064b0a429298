"""Intervals, the paired test and its correction, against SciPy, known values, and simulations of the null."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nos_sym.search.evidence.statistics import (
    LEVEL,
    MOST_EXACT,
    Interval,
    enough_pairs,
    holm,
    mean_interval,
    sign_flip_test,
    smallest_p,
)


def test_intervals_are_those_of_scipy() -> None:
    values = [0.91, 0.93, 0.88, 0.95, 0.9]
    found = mean_interval(values)
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert found.mean == pytest.approx(np.mean(values))
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    wide = mean_interval(values, 0.99)
    assert wide.low < found.low and wide.high > found.high


def test_one_value_has_no_interval_and_equal_ones_one_of_no_width() -> None:
    assert mean_interval([0.5]) == Interval(0.5, None, None)
    assert mean_interval([0.5, 0.5, 0.5]) == Interval(0.5, 0.5, 0.5)
    with pytest.raises(ValueError, match="needs a value"):
        mean_interval([])


@pytest.mark.parametrize("pairs", [2, 5, 9])
def test_the_exact_test_is_scipys(pairs: int) -> None:
    rng = np.random.default_rng(pairs)
    for _ in range(20):
        differences = rng.normal(0.3, 1, pairs).round(1)
        expected = stats.permutation_test(
            (differences, np.zeros(pairs)), lambda x, y: (x - y).sum(), permutation_type="samples",
            alternative="greater", n_resamples=np.inf,
        ).pvalue  # fmt: skip
        assert sign_flip_test(differences) == pytest.approx(expected)


def test_known_values_of_the_test() -> None:
    # Five differences above zero: one of 32 assignments is as large.
    assert sign_flip_test([0.1, 0.2, 0.3, 0.4, 0.5]) == 1 / 32
    assert sign_flip_test([-0.1, -0.2, -0.3]) == 1.0
    # Nothing differs: every assignment is as large.
    assert sign_flip_test([0.0] * 6) == 1.0
    # Ties whose sums differ by rounding alone: 0.1 + 0.2 and 0.3.
    assert sign_flip_test([0.3, -0.1, -0.2]) == 5 / 8
    assert sign_flip_test([0.01] * 30) == smallest_p(30) < 1e-4
    for values in ([], [float("nan")], [float("inf"), 1.0]):
        with pytest.raises(ValueError, match="finite"):
            sign_flip_test(values)


def test_a_test_of_random_signs_is_near_the_exact_one(monkeypatch: pytest.MonkeyPatch) -> None:
    differences = np.random.default_rng(1).normal(0.4, 1, MOST_EXACT)
    exact = sign_flip_test(differences)
    monkeypatch.setattr("nos_sym.search.evidence.statistics.MOST_EXACT", 1)
    # The standard error of a share of 100,000 is at most 0.0016.
    assert sign_flip_test(differences) == pytest.approx(exact, abs=0.008)


def test_holm_has_the_values_of_its_paper_and_keeps_the_order() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == [] and holm([0.03]) == [0.03]


def test_how_many_pairs_are_enough() -> None:
    assert smallest_p(5) == 1 / 32
    assert [enough_pairs(tests) for tests in (1, 2, 3, 10, 50)] == [5, 6, 6, 8, 10]
    for tests in range(1, 60):
        pairs = enough_pairs(tests)
        assert tests * smallest_p(pairs) <= LEVEL < tests * smallest_p(pairs - 1)


@pytest.mark.heavy
@pytest.mark.timeout(240)
@pytest.mark.parametrize("draw", ["normal", "skewed", "accuracies"])
def test_under_the_null_a_family_errs_in_at_most_five_of_a_hundred(draw: str) -> None:
    """Optimizers that train as well as the reference, on seeds that all share."""
    rng = np.random.default_rng(7)
    runs, pairs, candidates, false_claims = 4000, 8, 5, 0
    for _ in range(runs):
        seed = rng.normal(0, 1, pairs)
        if draw == "normal":
            noise = rng.normal(0, 1, (candidates + 1, pairs))
        elif draw == "skewed":
            noise = -rng.exponential(1, (candidates + 1, pairs))
        else:
            noise = rng.binomial(360, 0.93, (candidates + 1, pairs)) / 360 * 20
        scores = seed + noise
        p_values = [sign_flip_test(row - scores[-1]) for row in scores[:-1]]
        false_claims += min(holm(p_values)) <= LEVEL
    # Three standard errors of 4,000 runs.
    assert false_claims / runs <= LEVEL + 3 * np.sqrt(LEVEL * (1 - LEVEL) / runs)


@pytest.mark.heavy
def test_intervals_of_few_repeats_cover_as_they_say() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(0.9, 0.02, (4000, 5))
    found = [mean_interval(list(row)) for row in values]
    share = np.mean([i.low <= 0.9 <= i.high for i in found])
    assert share == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 4000))
