"""What is stepped otherwise for many parameters or other shapes is said of optimizers of any framework."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from nos_sym import parse
from nos_sym.language.block import Block
from nos_sym.lift.traced_beside import Running, Traced
from nos_sym.lift.verifying import SHAPES

AXES = "of three axes or more"


def _original(factor: Callable[[int, tuple[int, ...], int], float]) -> Running:
    """Return gradient descent with a factor by place, shape and number of parameters."""

    def run(draw, weights, rows, how):  # type: ignore[no-untyped-def]
        found = []
        for number, row in enumerate(rows):
            rate = draw["lr"] * (how.factors[number] if how.factors else 1.0)
            weights = [
                w - rate * g * factor(place, w.shape, len(weights))
                for place, (w, g) in enumerate(zip(weights, row, strict=True))
            ]
            found.append([np.asarray(w) for w in weights])
        return found

    return run


def _refusing(place: int, shape: tuple[int, ...], number: int) -> float:
    if len(shape) > 3:
        raise ValueError("too many axes")
    return 0.5 if len(shape) == 3 else 1.0


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (lambda place, shape, number: 1.0, []),
        (lambda place, shape, number: 1.0 if place < 20 else 0.5, ["of 41"]),
        (lambda place, shape, number: 0.5 if len(shape) > 2 else 1.0, [AXES]),
        (lambda place, shape, number: 0.5 if len(shape) > 5 else 1.0, ["of six axes or more"]),
        (lambda place, shape, number: 0.5 if len(shape) > 2 or shape == (4, 4) else 1.0, [AXES, "square"]),
        (lambda place, shape, number: 0.5 if number == 1 else 1.0, ["one alone"]),
        (_refusing, [AXES]),
        (lambda place, shape, number: 0.5 if shape[-2:] == (1, 1) else 1.0, ["some have one entry"]),
        (
            lambda place, shape, number: 0.5 if len(shape) == 3 and shape[:2] == (5, 3) else 1.0,
            ["the first is"],
        ),
        (
            lambda place, shape, number: 0.5 if int(np.prod(shape)).bit_length() > 12 else 1.0,
            ["vectors of", "matrices of", "four"],
        ),
    ],
)
def test_what_is_stepped_otherwise_is_said(
    factor: Callable[[int, tuple[int, ...], int], float], said: list[str]
) -> None:
    rule = parse("{ w <- w - lr * g }")
    assert isinstance(rule, Block)
    beside = Traced(rule, _original(factor), misses=False)
    found = [c.text for c in beside.conditions(SHAPES, {"lr": 0.1})]
    assert len(found) == len(said), found
    assert all(word in text for word, text in zip(said, found, strict=True)), found


@pytest.mark.parametrize(
    ("least", "said"), [(0.5, ["no gradient is 0 or far larger"]), (1e6, []), (float("nan"), [])]
)
def test_large_gradients_are_tried(least: float, said: list[str]) -> None:
    def run(draw, weights, rows, how):  # type: ignore[no-untyped-def]
        found = []
        for number, row in enumerate(rows):
            rate = draw["lr"] * (how.factors[number] if how.factors else 1.0)
            pairs = zip(weights, row, strict=True)
            weights = [w - rate * g * (0.5 if np.median(np.abs(g)) > least else 1.0) for w, g in pairs]
            found.append([np.asarray(w) for w in weights])
        return found

    rule = parse("{ w <- w - lr * g }")
    assert isinstance(rule, Block)
    found = [c.text for c in Traced(rule, run, misses=False).conditions(SHAPES, {"lr": 0.1})]
    assert [text.startswith(x) for text, x in zip(found, said, strict=True)] == [True] * len(said)


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Turned", ["weights and gradients are contiguous"]),
        ("Volumes", ["weights and gradients are contiguous"]),
        ("Threes", ["there are at most two groups: of three"]),
        ("Sized", ["vectors of thousands", "matrices of thousands", "parameters of four axes and thousands"]),
    ],
)
def test_layouts_groups_and_sizes_are_tried(name: str, said: list[str]) -> None:
    pytest.importorskip("torch")
    from nos_sym.lift.lifting import lift

    found = lift(f"tests/support/lifted_layouts.py:{name}")
    assert found.verification.verified
    assert len(found.conditions) == len(said), found.conditions
    assert all(c.text.startswith(text) for c, text in zip(found.conditions, said, strict=True))
