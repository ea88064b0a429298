"""Tuples such as ``betas``: what is none of so many numbers is one line that says of what."""

from __future__ import annotations

import re
from typing import Any

import pytest

import nos_sym

torch = pytest.importorskip("torch")

WRONG: list[tuple[str, str, Any, str]] = [
    ("Adam", "betas", 0.9, "0.9, not 2 numbers in [0, 1): average v, average s"),
    ("Adam", "betas", (0.9,), "(0.9,), not 2 numbers in [0, 1): average v, average s"),
    (
        "Adam",
        "betas",
        (0.9, 0.99, 0.999),
        "(0.9, 0.99, 0.999), not 2 numbers in [0, 1): average v, average s",
    ),
    ("Adam", "betas", None, "None, not 2 numbers in [0, 1): average v, average s"),
    ("Adam", "betas", (0.9, 1.0), "(0.9, 1.0), not 2 numbers in [0, 1): average v, average s"),
    ("torch.optim.AdamW", "betas", 0.9, "0.9, not 2 numbers in [0, 1): beta1, beta2"),
    ("torch.optim.Rprop", "etas", 0.5, "0.5, not 2 numbers in (0, 1) and (1, inf): etaminus, etaplus"),
    ("torch.optim.Rprop", "step_sizes", (1,), "(1,), not 2 numbers in [0, inf): step_min, step_max"),
]


@pytest.mark.parametrize(("given", "name", "value", "message"), WRONG)
def test_it_says_how_many_and_of_what(given: str, name: str, value: Any, message: str) -> None:
    optimizer = nos_sym.optimizer(given)
    weight = torch.nn.Parameter(torch.ones(2))
    with pytest.raises(ValueError, match=rf"\AInvalid {name}: {re.escape(message)}\Z"):
        optimizer([weight], lr=0.1, **{name: value})
    # A group may have its own.
    with pytest.raises(ValueError, match=re.escape(message)):
        optimizer([{"params": [weight], name: value}], lr=0.1)


def test_any_sequence_will_do() -> None:
    np = pytest.importorskip("numpy")
    weight = torch.nn.Parameter(torch.ones(2))
    for betas in ([0.9, 0.99], (0.9, 0.99), np.array([0.9, 0.99])):
        assert nos_sym.optimizer("Adam")([weight], lr=0.1, betas=betas).param_groups[0]["betas"] is betas
