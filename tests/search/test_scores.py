"""A fitness in texts: four places, and an exponent where the digits would fill the line."""

from __future__ import annotations

import pytest

from nos_sym.search.scores import score_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.96944, "0.9694"),
        (-12.5, "-12.5000"),
        (9_999_999.0, "9999999.0000"),
        (-2.04213e285, "-2.0421e+285"),
        (1.7976931348623157e308, "1.7977e+308"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
    ],
)
def test_texts(value: float, text: str) -> None:
    assert score_text(value) == text


def test_a_difference_has_its_sign() -> None:
    assert [score_text(x, sign=True) for x in (0.25, -3e9)] == ["+0.2500", "-3.0000e+09"]
