"""The integrity check: agreement with a plain version, thresholds, signs, dropout, and the command."""

from __future__ import annotations

import json
import math
import random

import numpy as np
import pytest
from click.testing import CliRunner
from support.plain_integrity import plain_losses
from support.random_rules import random_rule

from nos_sym import catalog
from nos_sym.cli.main import cli
from nos_sym.genome.decode import decode
from nos_sym.genome.sample import sample
from nos_sym.language.parser import parse, parse_file
from nos_sym.language.rule import Rule, Schedule
from nos_sym.search.integrity import (
    IntegrityError,
    IntegritySettings,
    check,
    decay_in_unit,
    final_losses,
)

SETTINGS = IntegritySettings()
SMALL = IntegritySettings(steps=9, warmup=2, learning_rates=(1.0, 0.01), seed=4)


def rules_of_genomes(seed: int, count: int) -> list[Rule]:
    rng = np.random.default_rng(seed)
    return [decode(sample(rng)) for _ in range(count)]


def any_rules(seed: int, count: int) -> list[Rule]:
    rng = random.Random(seed)
    return [random_rule(rng, depth=4) for _ in range(count)]


def disagreeing(rules: list[Rule], settings: IntegritySettings = SETTINGS) -> list[str]:
    """Return the rules whose losses differ from the plain ones by more than rounding may make.

    Some rules are chaotic: what a start that is off by a few units of the last place changes may differ.
    """
    found, chaotic = [], 0
    for rule, losses in zip(rules, final_losses(rules, settings), strict=True):
        plain = plain_losses(rule, settings)
        if _close(losses, plain, 0.0).all():
            continue
        moved = np.array([plain_losses(rule, settings, shift) for shift in (3e-16, -5e-16, 2e-15)])
        with np.errstate(all="ignore"):
            spread = np.fmax.reduce(np.abs(moved - plain), axis=0, initial=0.0)
        unsettled = (np.isfinite(moved) != np.isfinite(plain)).any(axis=0)
        if (_close(losses, plain, 100 * spread) | unsettled).all():
            chaotic += 1
        else:
            found.append(str(rule))
    assert chaotic <= 2 + len(rules) // 50
    return found


def _close(losses: np.ndarray, plain: np.ndarray, slack: np.ndarray | float) -> np.ndarray:
    # Beyond any use: whether a sum of such squares overflows is rounding, too.
    lost = ~(np.abs(losses) < 1e100) & ~(np.abs(plain) < 1e100)
    with np.errstate(all="ignore"):
        return lost | (np.abs(losses - plain) <= 1e-7 * np.abs(plain) + slack + 1e-12)


def schedule_of(text: str) -> Schedule:
    [schedule] = parse_file(f"schedule ~ {text}")
    assert isinstance(schedule, Schedule)
    return schedule


def test_random_genomes_agree_with_the_plain_version() -> None:
    assert disagreeing(rules_of_genomes(5, 60)) == []


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(6, 11))
def test_a_thousand_random_genomes_agree_with_the_plain_version(seed: int) -> None:
    assert disagreeing(rules_of_genomes(seed, 200)) == []


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(7, 10))
def test_any_rules_agree_with_the_plain_version(seed: int) -> None:
    assert disagreeing(any_rules(seed, 170)) == []


def test_rules_of_every_operation_agree_with_the_plain_version_on_another_task() -> None:
    assert disagreeing(any_rules(3, 250), SMALL) == []


def test_verdicts_are_those_of_the_plain_version() -> None:
    rules = rules_of_genomes(8, 40)
    for rule, found in zip(rules, check(rules), strict=True):
        below = plain_losses(rule, SETTINGS) < 3.5
        assert found.passed == below.any()
        assert found.ascent == (below[1].any() and not below[0].any())


def test_the_catalog_passes() -> None:
    rules = [e for e in catalog.entries() if isinstance(e, Rule)]
    failed = [rule.name for rule, found in zip(rules, check(rules), strict=True) if not found.passed]
    assert failed == []


def test_gradient_descent_by_hand() -> None:
    """Without momentum the distance shrinks by ``1 - 2 lr`` in each step, whatever the tensor."""
    from nos_sym.onecycle import learning_rates

    [found] = check([parse("none ~ g")])
    for rate, loss in zip(SETTINGS.learning_rates, found.losses, strict=True):
        factor = np.prod(1 - 2 * learning_rates(35, rate, 6)[:34]) ** 2
        assert loss == pytest.approx(7.1525 * factor, rel=1e-9)
    assert SETTINGS.initial_loss == pytest.approx(7.1525)


def test_the_sign_is_flipped_where_only_the_flipped_passes() -> None:
    up, down, written = check([parse("none ~ -g"), parse("none ~ g"), parse("none ascent ~ g")])
    assert (up.passed, up.ascent) == (True, True)
    assert (down.passed, down.ascent) == (True, False)
    assert (written.passed, written.ascent) == (True, False)
    assert up.losses == down.flipped == written.losses
    assert up.flipped == down.losses == written.flipped


def test_the_sign_stays_where_both_pass_or_neither() -> None:
    [nothing] = check([parse("none ascent ~ 0 * g")])
    assert (nothing.passed, nothing.ascent, nothing.learning_rate) == (False, True, None)
    assert all(loss == pytest.approx(7.1525) for loss in (*nothing.losses, *nothing.flipped))
    # Above the loss at the start every small step passes, in either direction.
    generous = IntegritySettings(threshold=8.0)
    down, up = check([parse("none ~ g"), parse("none ascent ~ g")], generous)
    assert min(down.flipped) < 8.0 > min(up.losses)
    assert (down.ascent, up.ascent) == (False, True)


def test_the_learning_rate_is_that_of_the_least_loss() -> None:
    [found] = check([parse("momentum ~ g")])
    assert found.learning_rate is not None
    best = SETTINGS.learning_rates.index(found.learning_rate)
    assert found.losses[best] == min(found.losses)


@pytest.mark.parametrize("text", ["none ~ exp(exp(exp(100 * g)))", "none ~ exp(1000 * w) - exp(1000 * w)"])
def test_what_is_not_finite_never_passes(text: str) -> None:
    settings = IntegritySettings(learning_rates=(1.0,))
    [found] = check([parse(text)], settings)
    assert not any(math.isfinite(x) for x in (*found.losses, *found.flipped))
    assert not found.passed


def test_a_rule_does_not_depend_on_the_others() -> None:
    rules = rules_of_genomes(9, 60)
    stacked = final_losses(rules, SETTINGS)
    for i in (0, 17, 41, 59):
        np.testing.assert_array_equal(final_losses([rules[i]], SETTINGS)[0], stacked[i])
    np.testing.assert_array_equal(final_losses(rules[::-1], SETTINGS)[::-1], stacked)


def test_more_rules_than_are_stacked(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = rules_of_genomes(10, 25)
    whole = check(rules)
    monkeypatch.setattr("nos_sym.search.integrity.STACK", 7)
    # Compared as text, in which not a number is equal to itself.
    assert str(check(rules)) == str(whole)
    assert check([]) == []


def test_masks_follow_the_seed_and_not_the_numbers_of_the_draws() -> None:
    first, second = parse("none ~ drop(g, 0.5, draw=1)"), parse("none ~ drop(g, 0.5, draw=7)")
    a, b = final_losses([first, second], SETTINGS)
    np.testing.assert_array_equal(a, b)
    other = final_losses([first], IntegritySettings(seed=1))[0]
    assert not np.array_equal(a, other)


def test_a_shared_mask_is_one_mask() -> None:
    shared = parse("none ~ drop(g, 0.5, draw=1) - drop(g, 0.5, draw=1)")
    separate = parse("none ~ drop(g, 0.5, draw=1) - drop(g, 0.5, draw=2)")
    a, b = check([shared, separate])
    assert all(loss == pytest.approx(7.1525) for loss in a.losses)
    assert any(loss != pytest.approx(7.1525) for loss in b.losses)


def test_the_norm_is_that_of_the_tensor_of_a_lane() -> None:
    assert (
        disagreeing(
            [parse("nesterov ~ clip_norm(g)"), parse("none ~ clip_norm(w) + clip_norm(clip_norm(g) + w)")]
        )
        == []
    )


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"warmup": 35}, "warmup"),
        ({"learning_rates": ()}, "learning_rates"),
        ({"learning_rates": (0.1, math.inf)}, "learning_rates"),
        ({"start": (1.0,)}, "target"),
        ({"threshold": math.nan}, "threshold"),
        ({"seed": -1}, "seed"),
    ],
)
def test_settings_that_cannot_be_used(changes: dict[str, object], named: str) -> None:
    with pytest.raises(IntegrityError, match=named):
        IntegritySettings(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("a1", True),
        ("a1 + a2", True),
        ("a12 + a9", False),
        ("a1 - 0.5", False),
        ("a8 / a2", False),
        ("max(a3, a10)", True),
        ("sqrt(a14)", True),
    ],
)
def test_decays_in_the_unit_interval(text: str, inside: bool) -> None:
    schedule = schedule_of(text)
    assert decay_in_unit(schedule) is inside
    assert decay_in_unit(schedule.factor) is inside


def test_a_decay_that_is_not_a_number_is_not_in_the_unit_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = schedule_of("a1")
    monkeypatch.setattr("nos_sym.search.integrity.schedule_values", lambda *_: np.array([0.5, np.nan, 0.5]))
    assert not decay_in_unit(schedule)


def test_a_decay_may_be_outside_at_one_step_only() -> None:
    # ln(a2) is finite at t = 0 by its guard, and far below 0.
    assert not decay_in_unit(schedule_of("ln(a2)"))
    assert not decay_in_unit(schedule_of("1.02 - a2"), total_steps=100)
    assert decay_in_unit(schedule_of("1 - a2"), total_steps=1)


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, ["check", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_shows_every_learning_rate_and_both_signs() -> None:
    code, out, err = run("none ~ -g")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[0] == "passes with the sign flipped, best at a learning rate of 1"
    assert lines[2].split() == ["learning", "rate", "as", "written", "sign", "flipped"]
    assert [line.split()[0] for line in lines[3:]] == ["1", "0.1", "0.01", "0.001", "0.0001", "1e-05"]
    assert "*" in lines[4]


def test_the_command_fails_with_code_1() -> None:
    code, out, _ = run("none ~ 0 * g")
    assert code == 1
    assert out.startswith("fails: no loss ends below 3.5, with either sign\n")
    assert "*" not in out


def test_json_of_the_command_is_strict() -> None:
    code, out, _ = run("none ascent ~ exp(exp(g))", "--json")
    record = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    [found] = check([parse("none ascent ~ exp(exp(g))")])
    assert (code == 0) is found.passed is record["passed"]
    assert record["losses"] == [x if math.isfinite(x) else None for x in found.losses]
    assert len(record["flipped_losses"]) == len(record["learning_rates"]) == 6


@pytest.mark.parametrize("arguments", [("LR1",), ("none ~ tanh(",), ("Adam", "--seed", "-1")])
def test_bad_input_is_one_line_and_code_2(arguments: tuple[str, ...]) -> None:
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
