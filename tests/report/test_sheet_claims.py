"""Lines of data sheets that look true of most rules say nothing false of the others."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from support.sheet_catalog import use_small_catalog

import nos_sym
from nos_sym import catalog
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule
from nos_sym.report.sheet.line import Line
from nos_sym.report.sheet.neighbors import neighbors
from nos_sym.report.sheet.relaxation import relaxation
from nos_sym.report.sheet.stillness import stillness
from nos_sym.report.sheet.subject import Subject
from nos_sym.report.sheet.weights import weights

ADDS_UP = "adds up to"


def rule_of(text: str) -> Rule | Block:
    rule = catalog.entry(text) if text.isidentifier() else nos_sym.parse(text)
    assert not isinstance(rule, Schedule)
    return rule


def never_hit(text: str) -> Line:
    (line,) = (line for line in stillness(Subject(rule_of(text))) if line.key == "never_hit")
    return line


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("SGDMomentum", "1/(1 - momentum) steps times the rate, 10 times the rate at 0.9."),
        ("{ state v; v <- momentum * v + g; w <- w - lr * v }", "1/(1 - momentum) steps, 10 at 0.9."),
        ("{ state v; v <- momentum * v + (1 - momentum) * g; w <- w - lr * v }", "as an average does."),
        ("{ state v; v <- momentum * v + 3 * g; w <- w - lr * v }", "9.49 at 0.9."),
        ("{ state v; v <- momentum * v + g * w; w <- w - lr * v }", "9.49 at 0.9."),
    ],
)
def test_equal_gradients_add_up_by_the_coefficient_with_which_they_enter(text: str, ends: str) -> None:
    (line,) = relaxation(Subject(rule_of(text)))
    assert line.says[0].endswith(ends)
    assert (ADDS_UP in line.says[0]) == (not ends.startswith("9.49"))


@pytest.mark.parametrize(
    "text",
    [
        "{ state e; e <- 0.99 * e + 0.01 * w; w <- w - lr * g }",
        "{ state e = w; w <- w - lr * g; e <- 0.99 * e + 0.01 * w }",
        "{ state a = w; state b = w; a <- 0.5 * a + 0.5 * b; b <- a; w <- w - lr * (g + a - b) }",
    ],
)
def test_a_weight_in_states_that_the_step_does_not_read_is_none(text: str) -> None:
    (line,) = weights(Subject(rule_of(text)))
    assert (line.data["use"], line.data["states"]) == ("none", [])


def test_states_that_cancel_make_no_coupling() -> None:
    averages = "a <- 0.5 * a + 0.5 * w; b <- 0.5 * b + 0.5 * w"
    twins = f"{{ state a = w; state b = w; w <- w - lr * (g + a - b); {averages} }}"
    assert weights(Subject(rule_of(twins))) == []


def test_a_weight_is_followed_through_states() -> None:
    text = "{ state m; state n; n <- 0.5 * n + m; m <- 0.9 * m + w; w <- w - lr * (g + n) }"
    (line,) = weights(Subject(rule_of(text)))
    assert (line.data["use"], line.data["states"]) == ("coupled", ["m"])


@pytest.mark.parametrize(
    "update",
    [
        *("floor(tanh(g))", "floor(g / norm2(g))", "floor(sigmoid(g))", "mod(sigmoid(g), 0.25)"),
        *("mod(g, 3)", "mod(g, w)", "mod(g, a2)", "row_max(g)", "row_max(-abs(g))"),
    ],
)
def test_a_constant_that_is_zero_moves_nothing(update: str) -> None:
    line = never_hit(f"none ~ {update}")
    assert (line.basis.value, line.data["moves"]) == ("proved", False)
    run = nos_sym.Interpreter(rule_of(f"none ~ {update}"), (2, 3), total_steps=4)
    weight = np.array([[0.5, -2.0, 0.0], [1.0, 3.0, -0.25]])
    for _ in range(4):
        assert np.all(run.change(weight, np.zeros((2, 3)), 0.1) == 0)


@pytest.mark.parametrize(
    ("update", "step"),
    [
        ("floor(g + 1.5)", "w <- w - lr * (1)"),
        ("exp(g)", "w <- w - lr * (1)"),
        ("g + 0.01 * w", "w <- w - lr * (0.01 * w)"),
        ("g + 0.5 * w + w * abs(w)", "w <- w - lr * (0.5 * w + w * abs(w))"),
    ],
)
def test_what_is_nonzero_is_proved_to_move(update: str, step: str) -> None:
    line = never_hit(f"none ~ {update}")
    assert (line.basis.value, line.data["step"]) == ("proved", step)


@pytest.mark.parametrize(
    ("update", "begins"),
    [
        # |0|^w is 1 for w = 0 alone.
        ("abspow(g, w)", "Whether it moves a weight whose gradient is always zero depends on"),
        ("floor(exp(g - w^2) * 0.5)", "Of a weight whose gradient is always zero nothing moves, as"),
        ("g + [a1] w", "It moves a weight whose gradient is always zero"),
        ("where(g > w, g, w)", "Whether it moves a weight whose gradient is always zero depends on"),
        ("floor(w + g)", "Whether it moves a weight whose gradient is always zero depends on"),
        # The remainder of these decimals is 0, and that of their nearest floats is not.
        ("mod(g + 0.3, 0.1)", "It moves a weight whose gradient is always zero"),
    ],
)
def test_what_is_not_proved_to_move_is_measured(update: str, begins: str) -> None:
    line = never_hit(f"none ~ {update}")
    assert line.basis.value == "measured" and line.says[0].startswith(begins)


@pytest.mark.parametrize(
    ("beta", "part"),
    [
        ("0.9", "0.9"),
        ("0.999", "0.999"),
        ("0.999999999", "1 - 1e-09"),
        ("0.99999999999999999999", "1 - 1e-20"),
    ],
)
def test_a_part_near_1_is_not_1(beta: str, part: str) -> None:
    (line,) = relaxation(Subject(rule_of(f"{{ state e; e <- {beta} * e + g; w <- w - lr * e }}")))
    assert f"keeps the part {part} of itself" in line.says[0]
    assert line.data["time_constant"] == pytest.approx(1 / float(1 - Fraction(beta)), rel=0.06)


def test_a_decay_has_all_of_its_digits() -> None:
    (line,) = weights(Subject(rule_of("none ~ g + 0.123456789 * w")))
    assert "lr * 0.123456789 * w" in line.says[0]


def test_what_a_state_settles_at_has_a_name_of_its_own() -> None:
    (line,) = relaxation(Subject(rule_of("{ state x; x <- 0.9 * x + 0.1 * g; w <- w - lr * x }")))
    assert "x' = (y - x) / 9.491 for what it settles at, y;" in line.says[0]


def test_coefficients_without_names_are_told_by_their_averages(monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_catalog(monkeypatch)
    found = [line for line in neighbors(Subject(rule_of("none ~ ema(g, 0.8)"))) if line.data["settings"]]
    assert [line.says[0] for line in found] == [
        "With 0 in the place of the coefficient 0.8 of ema(g, 0.8) it is SGD, SGDTorch."
    ]
    named = neighbors(Subject(rule_of("AdamW")))
    assert "weight_decay 0" in [line.data["settings"] for line in named]
