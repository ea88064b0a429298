"""Values stay within the numbers of their type: where something is cut, how far, and what passes through."""

from __future__ import annotations

import numpy as np
import pytest

from nos_sym import catalog
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule
from nos_sym.program.interpreter import Interpreter
from nos_sym.program.lower import lower
from nos_sym.program.program import Program
from nos_sym.program.saturation import LARGEST, ROOTS, cuts, gradients

CATALOG = {entry.name: entry for entry in catalog.entries() if isinstance(entry, Rule)}


def root(program: Program) -> float:
    (limit,) = {value for value in program.needed if value.operation == "limit"}
    return float(limit.parameters[0])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("g", 1.5), ("v_hat", 1.5), ("g^2", 2), ("v_hat / (sqrt(s_hat) + 1e-8)", 2), ("lam_hat", 3), ("g^3", 3)],
)
def test_power_of_the_gradient(text: str, wanted: float) -> None:
    program = lower(parse(f"none ~ {text}"))
    assert root(program) == wanted
    assert cuts(program) == 0


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("exp(g)", ["exp"]),
        ("tanh(exp(g))", []),
        ("min(exp(g), 2)", []),
        ("sqrt(exp(g))", ["exp"]),
        ("w * w", ["mul"]),
        ("w / g", ["div"]),
        ("w / (1 + abs(g))", []),
        ("softsign(g^2)", []),
        ("rdiv(w, g^2)", []),
        ("g^3 * g^3", ["mul"]),
        ("exp(tanh(w))", []),
        ("delta(g)", ["state"]),
        ("running_max(g^2)", []),
        ("recip(softplus(g))", ["recip"]),
    ],
)
def test_cuts(text: str, cut: list[str]) -> None:
    program = lower(parse(f"none ~ {text}"))
    assert [v.operands[0].operation for v in program.needed if v.operation == "saturate"] == cut


def test_few_optimizers_of_the_catalog_are_cut() -> None:
    """Most need a limit of the gradient alone; those that divide by an exponential need more."""
    cut = {name for name, rule in CATALOG.items() if cuts(lower(rule))}
    assert cut == {"Opt4", "Opt5", "Opt6", "Opt41", "Opt42", "Opt61", "AdamSearch"}
    assert {name for name, rule in CATALOG.items() if lower(rule).unbounded} == cut


def test_gradients_of_1e12_are_never_cut() -> None:
    for power in ROOTS:
        assert gradients(power).high > 1e12
    assert gradients(ROOTS[0]).high > 1e25


def last(text: str, gradients: list[float], dtype: str = "float32", weight: float = 0.5) -> float:
    interpreter = Interpreter(parse(f"none ~ {text}"), (1,), dtype=dtype)
    start = np.full(1, weight, dtype)
    return float([interpreter.update(np.array([g], dtype), start)[0] for g in gradients][-1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "text", ["g", "g^2", "g^3", "exp(g)", "g * abs(g)^7", "w / exp(-g)", "ema(exp(g), 0.5)"]
)
def test_saturation_is_monotone_and_finite(text: str, dtype: str) -> None:
    largest = float(np.finfo(dtype).max)
    sizes = [1.0, 50.0, 90.0, 1e3, 1e12, 1e20, 1e30, 1e38, largest]
    found = [last(text, [size], dtype) for size in sizes]
    assert np.isfinite(found).all()
    assert found == sorted(found)
    assert found[-1] <= largest / 4


def test_values_below_the_largest_are_what_they_were() -> None:
    assert last("exp(g)", [87.0]) == np.exp(np.float32(87))
    assert last("exp(g)", [89.0]) == pytest.approx(LARGEST)
    assert last("exp(g)", [89.0], "float64") == pytest.approx(np.exp(89.0), rel=1e-15)
    assert last("g^3", [1e12]) == pytest.approx(1e36, rel=1e-6)


def test_a_state_is_never_broken() -> None:
    """One gradient that is too large, then ordinary ones: the average falls as any does."""
    for text in (
        "ema(g^2, 0.5)",
        "ema(g^4, 0.5)",
        "ema(exp(g), 0.5)",
        "delta(exp(g))",
        "running_max(-exp(g))",
    ):
        assert np.isfinite(last(text, [3e38, *[0.0] * 400]))
    assert last("ema(g^4, 0.5)", [3e38, *[0.0] * 400]) == pytest.approx(0, abs=1e-30)


def test_a_divisor_that_underflows_is_not_zero() -> None:
    """e^x is never 0: the quotient saturates where float32 has no number for it, and does not vanish."""
    assert last("w / exp(g)", [-200.0], weight=8) == pytest.approx(LARGEST)
    assert last("w / exp(-g)", [200.0], weight=8) == pytest.approx(LARGEST)
    assert last("w / (0 - exp(g))", [-200.0], weight=8) == pytest.approx(-LARGEST)
    assert last("w / [correction(0.9)] exp(g)", [-200.0], weight=8) == pytest.approx(LARGEST)


@pytest.mark.parametrize(("size", "wanted"), [(0.0, 0.0), (1e-20, 5e19), (1e-37, 5e36), (1e-30, 5e29)])
def test_a_quotient_is_zero_at_zero_alone(size: float, wanted: float) -> None:
    assert last("w / g", [size]) == pytest.approx(wanted, rel=1e-6)
    assert last("w * recip(g)", [-size]) == pytest.approx(-wanted, rel=1e-6)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("rule", CATALOG.values(), ids=str)
def test_what_is_not_finite_passes(rule: Rule, value: float) -> None:
    """As in torch.optim, a gradient that is not finite breaks the weight, so that it is seen."""
    interpreter = Interpreter(rule, (2,), dtype="float32", total_steps=3)
    moved = interpreter.apply(np.ones(2, np.float32), np.array([value, 1.0]), 0.1)
    assert np.isnan(moved[0])
    assert np.isfinite(moved[1]) or rule.name == "A5"  # whose norm is that of the whole tensor


def test_weights_saturate() -> None:
    """Opt5 at a gradient of -88 climbs for ever, and comes back from where it ends."""
    interpreter = Interpreter(CATALOG["Opt5"], (1,), dtype="float32", total_steps=10_000)
    weight = np.zeros(1, np.float32)
    for _ in range(8):
        weight = interpreter.apply(weight, np.array([-88.0]), 1.0)
    assert weight == pytest.approx(LARGEST)
    for _ in range(60):
        weight = interpreter.apply(weight, np.array([1e30]), 1.0)
    assert weight < LARGEST


def test_the_norm_of_large_numbers() -> None:
    found = Interpreter(parse("none ~ clip_norm(g)"), (2,), dtype="float32").update(
        np.array([3e20, 4e20]), np.ones(2)
    )
    np.testing.assert_allclose(found, [0.6, 0.8], rtol=1e-6)


def test_numbers_of_a_step_are_confined() -> None:
    """A scalar is computed in float64 and used in float32."""
    rule = parse("none ~ [exp(1 / a2)] g")
    interpreter = Interpreter(rule, (2,), dtype="float32", total_steps=100)
    weight = np.zeros(2, np.float32)
    for _ in range(100):
        weight = interpreter.apply(weight, np.array([0.0, 1.0]), 0.01)
        assert weight[0] == 0
        assert np.isfinite(weight).all()
