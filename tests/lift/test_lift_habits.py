"""What originals do with infinities, masks, counts and lists is read off, or refused by its name."""

from __future__ import annotations

import pytest

from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.verdicts import Equal
from nos_sym.language.parser import parse

pytest.importorskip("torch")

_FILE = "tests/support/lifted_habits.py"

RULES = {
    "Summed": "R(weight=1) = { state s: step; s <- s + weight; w <- w - lr * g / s }",
    "Unbounded": "{ w <- w - lr * g / abs(g) }",
    "Alike": "{ w <- w - lr * 2 / 2 * g }",
    "Counted": "{ w <- w - lr * g / (t + 1) }",
    "Rooted": "{ state s: scalar; w <- w - lr * where(s < 0.1, 0.1, s) * g; s <- rms(w) }",
    "Masked": "{ w <- w - lr * where(abs(g) > 0.1, g / norm_inf(g) * 0.1, g) }",
    "Spread": "R(eps=0.1) = { if rank >= 2 { "
    "s = sqrt(mean((g - mean(g))^2) * size / (size - 1)); w <- w - lr * (g - mean(g)) / (s + eps) } else "
    "{ if rank >= 1 { w <- w - lr * g / (row_max(g) + row_max(-g) + eps) } else { w <- w - lr * g } } }",
    "Weighed": "{ if rank >= 2 { e = exp(row_mean(g)); w <- w - lr * g * e / (sum(e) / cols) } "
    "else { w <- w - lr * g } }",
    "Closing": "{ w <- w - lr * "
    "where(sum(where(abs(g - w) <= 0.5 * abs(w) + 0.25, 0, 1)) == 0, g, sign(g)) }",
    "ByRank": "R(eps=0.1) = { if rank >= 2 { state q: row; q <- 0.5 * q + row_mean(g^2); "
    "w <- w - lr * g / (sqrt(q) + eps) } else { state s; s <- 0.5 * s + g^2; "
    "w <- w - lr * g / (sqrt(s) + eps) } }",
    "Batched": "R(eps=0.1) = { w <- w - lr * g / (norm2(g) + eps) }",
}


_SLOW = ("Spread", "ByRank")
"""Rules of several branches, whose comparison takes seconds."""


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.heavy) if n in _SLOW else n for n in RULES]
)
def test_a_habit_is_read_off(name: str) -> None:
    from nos_sym.lift.lifting import lift

    found = lift(f"{_FILE}:{name}")
    assert found.verification.verified, found.verification
    wanted = parse(RULES[name])
    assert isinstance(compare(found.rule.at_defaults(), wanted.at_defaults()), Equal), str(found.rule)  # type: ignore[union-attr]
