"""The interpreter on cases worked out by hand, its options and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nos_sym.language.parser import parse, parse_file
from nos_sym.language.rule import Schedule
from nos_sym.program.interpreter import Guards, Interpreter, schedule_values


def updates(text: str, gradients: list[float], **options: object) -> list[float]:
    interpreter = Interpreter(parse(f"none ~ {text}"), (1,), **options)  # type: ignore[arg-type]
    weight = np.full(1, 2.0)
    return [float(interpreter.update(np.array([g]), weight)[0]) for g in gradients]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ema(g, 0.5)", [0.5, 1.25, 2.125]),
        ("ema_hat(g, 0.5)", [1.0, 1.25 / 0.75, 2.125 / 0.875]),
        ("delta(g)", [1.0, 1.0, 2.0]),
        ("running_max(-g)", [0.0, 0.0, 0.0]),
        ("running_max(2 - g)", [1.0, 1.0, 1.0]),
        ("ema(1, 0.5)", [0.5, 0.75, 0.875]),
        ("[a1] g", [1.0, 2 * 0.75, 3 * 0.5]),
        ("[correction(0.5)] g", [0.5, 1.5, 2.625]),
        ("1e-3 * w", [0.002] * 3),
        ("agg_v", [0.0633 - 1, 0.633 * 0.29 - 2, 0.633 * (0.9 * 0.29 + 0.3) - 3]),
        ("clip_norm(3 * g)", [1.0, 1.0, 1.0]),
        ("clip_norm(0.1 * g)", [0.1, 0.2, 0.3]),
        ("clip(g, -2)", [1.0, 2.0, 2.0]),
        ("wmean(g, w, 0.95)", [1.05, 2.0, 2.95]),
    ],
)
def test_by_hand(text: str, wanted: list[float]) -> None:
    assert updates(text, [1.0, 2.0, 3.0], total_steps=4) == pytest.approx(wanted, rel=1e-14)


@pytest.mark.parametrize(
    ("momentum", "wanted"),
    [
        ("none", [1 - 0.1, 1 - 0.1 - 0.1]),
        ("momentum", [1 - 0.1, 1 - 0.1 - 0.15]),
        ("nesterov", [1 - 0.15, 1 - 0.15 - 0.175]),
    ],
)
def test_momentum_types(momentum: str, wanted: list[float]) -> None:
    """Table 1 with lr = 0.1, mu = 0.5 and U = 1."""
    interpreter = Interpreter(parse(f"{momentum} ~ g"), (1,))
    weight, seen = np.ones(1), []
    for _ in range(2):
        weight = interpreter.apply(weight, np.ones(1), 0.1, 0.5)
        seen.append(float(weight[0]))
    assert seen == pytest.approx(wanted, rel=1e-14)


def test_ascent_flips_the_sign() -> None:
    down, up = (Interpreter(parse(f"momentum{sign} ~ exp(g)"), (3,)) for sign in ("", " ascent"))
    gradient = np.array([0.5, -1.0, 2.0])
    start = np.zeros(3)
    moved = [i.apply(i.apply(start, gradient, 0.1), gradient, 0.1) for i in (down, up)]
    np.testing.assert_array_equal(moved[0], -moved[1])


def test_past_the_end_decays_hold_and_corrections_go_on() -> None:
    held = updates("[a1] g", [1.0] * 6, total_steps=4)
    assert held[3:] == [0.25] * 3
    going = updates("[correction(0.5)] g", [1.0] * 6, total_steps=4)
    assert going[5] == 1 - 0.5**6


def test_two_dropouts_are_two_draws() -> None:
    def run(text: str) -> np.ndarray:
        interpreter = Interpreter(parse(f"none ~ {text}"), (2000,), rng=np.random.default_rng(1))
        return interpreter.update(np.ones(2000), np.ones(2000))

    assert np.unique(run("drop(g, 0.5) - drop(g, 0.5)")).tolist() == [-2.0, 0.0, 2.0]
    assert np.unique(run("drop(g, 0.5, draw=1) - drop(g, 0.5, draw=1)")).tolist() == [0.0]
    kept = run("drop(g, 0.3)") != 0
    assert abs(kept.mean() - 0.7) < 4 * math.sqrt(0.21 / 2000)


def test_a_generator_makes_it_reproducible() -> None:
    runs = [updates("drop(g, 0.5)", [1.0] * 20, rng=np.random.default_rng(seed)) for seed in (3, 3, 4)]
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtypes(dtype: str) -> None:
    interpreter = Interpreter(
        parse("nesterov ~ [a3] tanh(v_hat) / sqrt(s_hat)"), (3,), dtype=dtype, total_steps=5
    )
    weight = np.ones(3, dtype)
    for _ in range(3):
        weight = interpreter.apply(weight, np.array([0.0, 1.0, -2.0], dtype), 0.1)
    assert weight.dtype == np.dtype(dtype)
    assert np.isfinite(weight).all()
    assert weight[0] == 1


def test_guards() -> None:
    assert updates("1 / g", [0.0]) == [0.0]
    assert updates("1 / g", [0.0], guards=Guards.NONE) == [math.inf]
    assert updates("1 / g", [0.0], guards=Guards.AUTHORS) == pytest.approx([1e7])
    assert updates("ln(g)", [0.0], guards=Guards.AUTHORS) == pytest.approx([math.log(1e-7)])


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="total_steps"):
        updates("[a1] g", [1.0])
    with pytest.raises(ValueError, match="at least 1"):
        updates("g", [1.0], total_steps=0)
    with pytest.raises(ValueError, match="rng or uniform"):
        updates("drop(g, 0.5)", [1.0])


def test_schedule_values() -> None:
    (entry,) = parse_file("schedule ~ a1 / a2")
    assert isinstance(entry, Schedule)
    assert schedule_values(entry, 4) == pytest.approx([0.0, 3.0, 1.0, 1 / 3])
