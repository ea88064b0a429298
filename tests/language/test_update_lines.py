"""The statements of a block that make one new value, in its order and with the names that they read."""

from __future__ import annotations

import nos_sym
from nos_sym.language.block import Block
from nos_sym.language.block_printer import update_lines


def block(text: str) -> Block:
    found = nos_sym.parse(text)
    assert isinstance(found, Block)
    return found


def test_what_a_state_is_made_of() -> None:
    rule = block(
        "{ state m; state v = 1; d = g + 0.1 * w; m <- 0.9 * m + d; h = m / 2; "
        "v <- v + h^2; w <- 0.5 * w; w <- w - lr * h / v }"
    )
    assert update_lines(rule, "m") == ["d = g + 0.1 * w", "m <- 0.9 * m + d"]
    assert update_lines(rule, "v") == [
        "state v = 1", "d = g + 0.1 * w", "m <- 0.9 * m + d", "h = m / 2", "v <- v + h^2",
    ]  # fmt: skip
    assert update_lines(rule, "w")[-2:] == ["w <- 0.5 * w", "w <- w - lr * h / v"]


def test_branches_hold_what_is_wanted_alone() -> None:
    rule = block(
        "X(a=0) = { if a > 0 { state m; m <- a * m + g; w <- w - lr * m } else { w <- w - lr * g } }"
    )
    assert update_lines(rule, "m") == ["if a > 0 { m <- a * m + g }"]


def test_an_old_value_that_is_read_below_its_assignment_has_a_name() -> None:
    rule = block("{ state q; before = q; q <- g; w <- w - lr * (g - before) }")
    assert update_lines(rule, "q") == ["q <- g"]
    lines = update_lines(rule, "w")
    assert lines[-1] == "w <- w - lr * (g - before)"
    assert nos_sym.parse(str(rule)) == rule
