"""Numbers of all parameters are told from those of one, on two of them; and settings at which two part are said."""

# ruff: noqa: E501

from __future__ import annotations

import json
from math import prod
from typing import Any

import numpy as np
import pytest

import nos_sym
from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.verdicts import Different
from nos_sym.auditing.audit import audit_of
from nos_sym.auditing.distance import Meter
from nos_sym.auditing.result import Audit
from nos_sym.auditing.side import read_side
from nos_sym.program.parameters import Parameters

PAIRS = [
    ("{ w <- w - lr * g / (1 + sqrt(total(g^2))) }", "{ w <- w - lr * g / (1 + norm2(g)) }"),
    ("{ w <- w - lr * g / total(1) }", "{ w <- w - lr * g / size }"),
    ("{ w <- w - lr * g * total(g^2) / total(1) }", "{ w <- w - lr * g * mean(g^2) }"),
    (
        "{ state e: global; e <- 0.9*e + total(g^2); w <- w - lr * g / (1 + e) }",
        "{ state e: scalar; e <- 0.9*e + sum(g^2); w <- w - lr * g / (1 + e) }",
    ),
    (
        "{ w <- w - lr * (g + row_mean(g)) / (1 + total(abs(g))) }",
        "{ w <- w - lr * (g + row_mean(g)) / (1 + norm1(g)) }",
    ),
    ("{ w <- w - lr * orth(g) * total(w) }", "{ w <- w - lr * orth(g) * sum(w) }"),
    ("none ~ g / (1 + total(g^2))", "none ~ g / (1 + sum(g^2))"),
    # Two of them are needed though both have totals.
    ("{ w <- w - lr * g * total(g)^2 }", "{ w <- w - lr * g * total(g * sum(g)) }"),
]


def audited(a: str, b: str) -> Audit:
    return audit_of(*(read_side(x, print) for x in (a, b)), seconds=0, search=0.3, draws=0)


def ran(rule: str, found: Any) -> Any:
    """Return the weights after a history by the interpreter of several parameters, which nothing here uses."""
    shapes = [found.shape, *found.others]

    def split(row: Any) -> list[Any]:
        places = np.cumsum([prod(s) for s in shapes])[:-1]
        return [x.reshape(s) for x, s in zip(np.split(np.array(row), places), shapes, strict=True)]

    running, now = (
        Parameters(nos_sym.parse(rule), shapes, total_steps=found.total_steps),
        split(found.weights[0]),
    )
    for gradients, rate in zip(found.gradients, found.rates, strict=True):
        now = running.apply(now, split(gradients), rate)
    return np.concatenate([np.ravel(x) for x in now])


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_what_is_one_number_for_all_parameters_is_told_from_one_of_each(a: str, b: str) -> None:
    found = audited(a, b)
    assert found.verdict == "different" and found.parting is not None
    assert found.parting.at.others
    for rule, shown in ((a, found.parting.at.first), (b, found.parting.at.second)):
        np.testing.assert_allclose(ran(rule, found.parting.at), shown, rtol=3e-8)
    assert "where there are two parameters" in str(found) and "2 parameters of shapes" in str(found)
    assert "where there are two parameters" in found.markdown() and "To run" not in found.markdown()
    record = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert record["parting"]["other_shapes"] == [list(s) for s in found.parting.at.others]
    assert found.distance is not None and found.distance.largest.step is not None
    verdict = compare(nos_sym.parse(a), nos_sym.parse(b))
    assert isinstance(verdict, Different)
    for rule, shown in ((a, verdict.counterexample.first), (b, verdict.counterexample.second)):
        # Six digits are shown of what an iteration makes of matrices.
        np.testing.assert_allclose(ran(rule, verdict.counterexample), shown, rtol=1e-5)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("{ w <- w - lr * g / (1 + total(g^2)) }", "{ n = total(g * g); w <- w - lr * g / (n + 1) }"),
        (
            "{ state e: global; e <- e + total(g); w <- w - lr * e }",
            "{ state e: global; e <- total(g) + e; w <- w - lr * e }",
        ),
    ],
)
def test_totals_that_are_one_stay_one(a: str, b: str) -> None:
    assert audited(a, b).verdict == "equal"
    rows = Meter(nos_sym.parse(a), nos_sym.parse(b))({})
    assert all(row.step is None for row in rows)


def test_one_parameter_is_shown_where_it_tells_two_apart() -> None:
    found = audited("{ w <- w - lr * g * total(g^2) }", "{ w <- w - lr * g * norm2(g) }")
    assert found.parting is not None and not found.parting.at.others


def test_the_first_state_that_parts_names_the_settings_that_were_moved() -> None:
    found = audited(
        "A(b=0.9) = { state m; m <- where(b < 1, b, 2) * m + g; w <- w - lr * m }",
        "B(b=0.9) = { state m; m <- b * m + g; w <- w - lr * m }",
    )
    assert found.verdict == "equal" and found.parting is not None and found.first_apart is not None
    assert found.first_apart.settings == found.parting.values != ()
    line = next(line for line in str(found).splitlines() if line.startswith("first"))
    assert f" where {found.parting.where}" in line
    assert f" where {found.parting.where}" in found.markdown()
    record = found.to_json()["first_apart"]
    assert isinstance(record, dict) and record["settings"] == dict(found.parting.values)
    assert " where b" not in str(
        audited("A(b=0.9) = { w <- w - lr * b * g }", "B(b=0.9) = { w <- w - lr * (b + 1) * g }")
    )


@pytest.mark.parametrize(
    ("a", "b", "shape"),
    [
        ("{ w <- w - lr * g }", "{ w <- w - lr * where(size == 1, 2 * g, g) }", (1,)),
        ("{ w <- w - lr * g }", "{ w <- w - lr * g * sqrt(max(1, rows / cols)) }", (3, 2)),
        ("{ w <- w - lr * row_mean(g) }", "{ w <- w - lr * where(rows > 1, row_mean(g), g) }", (3,)),
        (
            "{ w <- w - lr * g }",
            "{ if rank >= 2 { w <- w - lr * where(rows > 1, g, sign(g)) } else { w <- w - lr * g } }",
            (1, 3),
        ),
        (
            "{ w <- w - lr * g }",
            "{ if rank >= 2 { w <- w - lr * where(cols == 1, 2 * g, g) } else { w <- w - lr * g } }",
            (3, 1),
        ),
    ],
)
def test_lengths_of_the_axes_decide(a: str, b: str, shape: tuple[int, ...]) -> None:
    found = audited(a, b)
    assert found.verdict == "different" and found.parting is not None
    assert found.parting.at.shape == shape
    for rule, shown in ((a, found.parting.at.first), (b, found.parting.at.second)):
        np.testing.assert_allclose(ran(rule, found.parting.at), shown, rtol=3e-8)
