"""States in audits: what is proved of them, which parts first, and what is only a question."""

from __future__ import annotations

import itertools
import json
import warnings
from typing import Any

import numpy as np
import pytest
from sympy.core.numbers import Rational

from nos_sym.auditing.audit import audit_of
from nos_sym.auditing.distance import usual_values
from nos_sym.auditing.families import Families
from nos_sym.auditing.matching import match
from nos_sym.auditing.observation import Observation
from nos_sym.auditing.result import Audit
from nos_sym.auditing.side import read_side
from nos_sym.auditing.states import By, compare_states, observe
from nos_sym.faces import faces

MOVE = "w <- w - lr * m / (sqrt(v) + 1e-8)"


def compared(a: str, b: str, **options: Any) -> Audit:
    """Return an audit without proofs and distances, all of whose forms can be written."""
    first, second = (read_side(x, print) for x in (a, b))
    found = audit_of(first, second, seconds=0, search=0.5, draws=0, **options)
    assert str(found)
    assert found.markdown()
    json.dumps(found.to_json(), allow_nan=False)
    return found


def proved(found: Audit) -> dict[str, str]:
    """Return what is proved of the states of the first side, with the settings that must have a value."""
    return {
        pair.first.name: f"{pair.second.text}{[f'{x.name}={float(v)}' for x, v in pair.where.fixed] or ''}"
        for pair in found.states.pairs
        if pair.where is not None
    }


def back(found: Audit) -> dict[str, str]:
    return {pair.first.name: pair.second.text for pair in found.states.back if pair.where is not None}


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        # Names that are swapped, and twins that are one.
        (
            "{ state m, v; m <- 0.9*m + g; v <- 0.5*v + g^2; w <- w - lr*m/(1 + sqrt(v)) }",
            "{ state m, v; v <- 0.9*v + g; m <- 0.5*m + g^2; w <- w - lr*v/(1 + sqrt(m)) }",
            {"m": "v", "v": "m"},
        ),
        (
            "{ state m; m <- 0.9*m + g; w <- w - lr*m }",
            "{ state x, y; x <- 0.9*x + 0.5*g; y <- 0.9*y + 0.5*g; w <- w - lr*(x + y) }",
            {"m": "2 * x"},
        ),
        # A number for each row beside one for each entry, one of a step beside a tensor.
        (
            "{ state v: row; v <- 0.9*v + row_mean(g^2); w <- w - lr*g/(1 + sqrt(v)) }",
            "{ state v; v <- 0.9*v + row_mean(g^2); w <- w - lr*g/(1 + sqrt(v)) }",
            {"v": "v"},
        ),
        (
            "{ state k: step; k <- k + 1; w <- w - lr*g/k }",
            "{ state n; n <- n + 1; w <- w - lr*g/n }",
            {"k": "n"},
        ),
        # More states in one, by the weights too.
        (
            "{ state y; y <- 0.9*y + g - w; w <- w - lr*y }",
            "{ state m, u; m <- 0.9*m + g; u <- 0.9*u + w; w <- w - lr*(m - u) }",
            {"y": "m - u"},
        ),
        (
            "{ state d; d <- 0.9*d - lr*g; w <- w + d }",
            "{ state e; e <- 0.9*e - lr*g; w <- w + e + 0*g }",
            {"d": "e"},
        ),
        # A state that is none of the other side's: the gradient, the step of the weights.
        ("{ state h; h <- g; w <- w - lr*(g + 0*h) }", "none ~ g", {"h": "g"}),
        ("{ state h; h <- lr*g; w <- w - h }", "none ~ g", {"h": "w - w[t + 1]"}),
    ],
)
def test_states_of_equal_optimizers(a: str, b: str, said: dict[str, str]) -> None:
    found = compared(a, b)
    assert found
    assert proved(found) == said
    assert found.first_apart is None


def test_what_is_left_of_the_second_side_is_something_of_the_first() -> None:
    found = compared(
        "{ state m; m <- 0.9*m + g; w <- w - lr*m }",
        "{ state m, z, n; z <- m; m <- 0.9*m + g; n <- n + sign(g); w <- w - lr*(m + 0*z) }",
    )
    assert proved(found) == {"m": "m"}
    assert back(found) == {"z": "10 / 9 * m - 10 / 9 * g"}
    assert [s.name for s in found.states.alone[1]] == ["n"]
    assert "B.z is 10 / 9 * m - 10 / 9 * g of A" in str(found)


def test_factors_are_settings_where_that_is_proved_for_all_of_them() -> None:
    a = "X(b=0.9 in [0, 1)) = { state v; v <- b*v + (1 - b)*g^2; w <- w - lr*g/(1 + sqrt(v)) }"
    b = "Y(b=0.9 in [0, 1)) = { state s; s <- b*s + g^2; w <- w - lr*g/(1 + sqrt((1 - b)*s)) }"
    assert proved(compared(a, b)) == {"v": "(1 - b) * s"}
    assert "proved for all settings: v is (1 - b) * s" in str(compared(a, b))
    hat = "{ state m; m <- 0.9*m + 0.1*g; w <- w - lr*m/(1 - 0.9^(t + 1)) }"
    own = "{ state h; h <- (0.9*(1 - 0.9^t)*h + 0.1*g)/(1 - 0.9^(t + 1)); w <- w - lr*h }"
    # Whether it is proved or not, nothing else is said.
    assert set(proved(compared(hat, own)).values()) <= {"(1 - 0.9^(t + 1)) * h"}


def test_the_first_state_that_parts_has_both_updates() -> None:
    found = compared("torch.optim.NAdam", "keras.optimizers.Nadam")
    first = found.first_apart
    assert first is not None
    assert first.pair is not None
    assert (first.step, first.pair.first.name, first.pair.second.text) == (0, "mu_product", "u_product")
    assert first.values[0][0] == pytest.approx(0.9 * (1 - 0.5 * 0.96**0.004))
    assert first.values[1][0] == pytest.approx(0.9 * (1 - 0.5 * 0.96))
    assert first.updates[0][-1] == "mu_product <- mu_product * mu_now"
    assert proved(found) == {
        "mu_product": "u_product['A.momentum_decay=1.0']",
        "exp_avg": "m['weight_decay=0.0']",
        "exp_avg_sq": "velocity['weight_decay=0.0']",
    }


def test_where_the_states_are_one_the_weights_alone_part() -> None:
    found = compared("torch.optim.Adam", "keras.optimizers.Adam")
    first = found.first_apart
    assert first is not None
    assert first.pair is None
    assert first.proved
    assert "the states are proved to be as above, and at t = 0 the weights alone part" in str(found)


@pytest.mark.parametrize(
    ("a", "b", "step", "names"),
    [
        # The state parts before the weights do.
        (
            "{ state m; m <- 0.9*m + where(t == 1, 2*g, g); w <- w - lr*where(t < 3, g, m) }",
            "{ state m; m <- 0.9*m + g; w <- w - lr*where(t < 3, g, m) }",
            1,
            ("m", "m"),
        ),
        # A start that differs, a state that is zero for one step, a sign that differs.
        (
            "{ state m = 1; m <- m + g; w <- w - lr*m }",
            "{ state m; m <- m + g; w <- w - lr*m }",
            0,
            ("m", "m"),
        ),
        (
            "{ state x; w <- w - lr*(g + x); x <- where(t == 0, 0, g) }",
            "{ state y; w <- w - lr*(g + y); y <- where(t == 0, 0, tanh(g)) }",
            1,
            ("x", "y"),
        ),
        (
            "{ state a; a <- a + g; w <- w - lr*a }",
            "{ state b; b <- b - lr*g; w <- w + b }",
            1,
            ("a", "-1 / lr * b"),
        ),
    ],
)
def test_the_first_step_of_a_state(a: str, b: str, step: int, names: tuple[str, str]) -> None:
    first = compared(a, b).first_apart
    assert first is not None
    assert first.pair is not None
    assert (first.step, first.pair.first.name, first.pair.second.text) == (step, *names)
    assert not first.harmless


def test_a_state_that_parts_where_the_weights_agree_is_harmless() -> None:
    found = compared(
        "{ state m, n; m <- 0.9*m + g; n <- max(n, abs(g)); w <- w - lr*(m + 0*n) }",
        "{ state m, n; m <- 0.9*m + g; n <- n + abs(g); w <- w - lr*(m + 0*n) }",
    )
    assert found.verdict == "equal"
    first = found.first_apart
    assert first is not None
    assert first.harmless
    assert first.history is not None
    assert (first.step, first.pair and first.pair.first.name) == (1, "n")
    assert "the weights agree, and n and n part at t = 1 all the same" in str(found)


def test_no_pair_is_a_claim_without_a_proof() -> None:
    found = compared(
        "{ state m; m <- sqrt(0.9*m^2 + g^2); w <- w - lr*m }",
        "{ state m; m <- 0.9*m + g^2; w <- w - lr*sqrt(m) }",
    )
    assert found.verdict == "unknown"
    assert [(p.by, p.where) for p in found.states.pairs] == [(By.NAME, None)]
    assert "not proved: m and m, paired as of one name" in str(found)
    masks = compared("{ state m; m <- 0.9*m + drop(g, 0.5); w <- w - lr*m }", "none ~ g")
    assert masks.states.reason
    assert not masks.states.pairs


def test_states_that_a_setting_switches_off_are_not_there() -> None:
    found = compared("torch.optim.RMSprop", "keras.optimizers.RMSprop")
    assert [[s.name for s in side] for side in found.states.absent] == [["momentum_buffer"], ["m"]]
    assert "not there at these settings: momentum_buffer of A and m of B" in str(found)


def test_for_all_settings_is_refuted_where_two_act_together() -> None:
    a = "X(a=0, b=0) = { w <- w - lr*g*(1 + a*b) }"
    b = "Y(a=0, b=0) = { w <- w - lr*g*(1 + 0*(a + b)) }"
    assert compared(a, b).verdict == "equal"
    found = compared(a, b, for_all=True)
    assert found.verdict == "different"
    assert found.parting is not None
    assert dict(found.parting.values).keys() == {"a", "b"}


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (
            "X(a=1e280) = { state m; m <- a*m + g; w <- w - lr*sign(m) }",
            "Y(a=1e280) = { state q; q <- a*q + 3*g; w <- w - lr*sign(q) }",
        ),
        (
            "{ state m; m <- exp(exp(exp(m + 5))); w <- w - lr*sign(g) }",
            "{ state q; q <- 2*exp(exp(exp(q + 5))); w <- w - lr*sign(g) }",
        ),
        ("{ state m; w <- w - lr*g }", "{ state q; q <- q/(g - g)*0; w <- w - lr*g }"),
    ],
)
def test_states_that_leave_the_numbers_or_never_move(a: str, b: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compared(a, b).verdict == "equal"


def test_a_setting_below_zero_is_a_factor_too() -> None:
    a = "X(a=-2) = { state m; m <- a*g; w <- w - lr*m }"
    b = "Y(a=-2) = { state q; q <- g; w <- w - lr*a*q }"
    assert proved(compared(a, b)) == {"m": "a * q"}


@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_no_proved_pair_is_refuted_by_numbers_at_other_settings() -> None:
    rng = np.random.default_rng(5)
    checked = 0
    for a, b in itertools.combinations([face for face in faces() if not face.flags], 2):
        if a.library == b.library or a.class_name.lower() != b.class_name.lower():
            continue
        first, second = read_side(a, print), read_side(b, print)
        asked = observe(Families.of(first.rule, second.rule, match(first, second)))
        assert isinstance(asked, Observation)
        for pair in compare_states(asked, [{x: x.default for x in asked.variables}]).pairs:
            if pair.where is None or not pair.same:
                continue
            drawn = {
                x: Rational(str(rng.choice(usual_values(x.domain) or [float(x.default)])))
                for x in asked.variables
            } | dict(pair.where.fixed)
            rows, *_ = asked.numbers(drawn)
            x, y = rows[pair.first.old], rows[pair.second.states[0].old]
            np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-300)
            checked += 1
    assert checked > 40
