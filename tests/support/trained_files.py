"""Source files of optimizers for the tests of trainers: rendered ones, and some that go wrong on purpose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.language.parser import parse
from nos_sym.surrogate.settings import TrainingSettings

TINY = TrainingSettings(
    data="synthetic", base=4, steps=40, warmup=8, epoch_steps=10, batch=16, first_steps=20, second_after=20,
    second_accuracy=0.3, learning_rates=(10.0, 1.0, 0.1, 0.01), mode="single", device="cpu",
)  # fmt: skip
"""A training of less than a second."""

PLAIN = """
import torch

class Mine(torch.optim.Optimizer):
    def __init__(self, params, lr):
        super().__init__(params, {{"lr": lr}})
        self.count = 0

    @torch.no_grad()
    def step(self):
        {before}
        self.count += 1
        for group in self.param_groups:
            for weight in group["params"]:
                weight.sub_(group["lr"] * weight.grad)
"""


def heavy(*values: tuple[object, ...]) -> list[Any]:
    """Return parameters of a test whose cases are left out of the usual run."""
    return [pytest.param(*value, marks=pytest.mark.heavy) for value in values]


def write_rendered(folder: Path, rule: str, backend: str = "torch") -> tuple[Path, str]:
    """Write the source file of a catalog entry or a rule as text; return it and the name of its class."""
    found = catalog.entry(rule) if rule in catalog.names() else parse(rule).named("Written")
    path = folder / f"{found.name}_{backend}.py"
    path.write_text(render(found, backend), encoding="utf-8")
    return path, found.name


def write_plain(folder: Path, before: str = "pass") -> tuple[Path, str]:
    """Write gradient descent that does something before each step."""
    path = folder / "mine.py"
    path.write_text(PLAIN.format(before=before), encoding="utf-8")
    return path, "Mine"
