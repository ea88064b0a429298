"""Distances of trajectories: what counts as apart, and numbers that are none."""

from __future__ import annotations

import numpy as np
import pytest

import nos_sym
from nos_sym.auditing.distance import SHAPE, Meter, apart, histories
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule


def rows(*values: float) -> np.ndarray:
    return np.array(values)[:, None]


def test_a_distance_is_relative_to_how_far_weights_moved() -> None:
    assert apart(rows(1, 2, 3), rows(1, 2, 3)) == (0, None)
    assert apart(rows(1, 2, 3), rows(1, 2, 2)) == (pytest.approx(0.5), 1)
    assert apart(rows(0, 1), rows(0, -1)) == (pytest.approx(2), 0)
    assert apart(rows(5, 5), rows(5, 5)) == (0, None)
    assert apart(rows(0, 1), rows(0, 1 + 1e-12))[1] is None


def test_numbers_that_are_none() -> None:
    nan, inf = float("nan"), float("inf")
    assert apart(rows(0, 1, nan), rows(0, 1, 2)) == (inf, 1)
    assert apart(rows(0, 1, inf), rows(0, 1, nan)) == (0, None)
    largest = 1.7e308
    assert apart(rows(0, largest), rows(0, -largest)) == (pytest.approx(2), 0)


def test_rules_that_leave_the_numbers_are_measured() -> None:
    a, b = (nos_sym.parse(text) for text in ("none ~ exp(exp(exp(g)))", "none ~ exp(exp(exp(2 * g)))"))
    assert isinstance(a, Rule | Block)
    assert isinstance(b, Rule | Block)
    found = Meter(a, b)({})
    assert len(found) == len(histories())
    assert all(row.distance >= 0 for row in found)  # none is NaN


def test_histories_hold_what_breaks_rules() -> None:
    weights = np.ones(SHAPE)
    gradients = {h.name: np.array([h.gradients(t, weights) for t in range(4)]) for h in histories()}
    assert not gradients["no gradient"].any()
    assert not gradients["zeros at most steps"][:, 0, 0].any()
    assert np.abs(gradients["large gradients, 1e6"]).max() > 1e5
    assert 0 < np.abs(gradients["small gradients, 1e-6"]).max() < 1e-5
