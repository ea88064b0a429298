"""What data sheets say holds in numbers: the interpreter runs each rule on histories that are drawn."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from support.random_blocks import random_block
from support.random_rules import random_rule
from support.sheet_judge import JUDGES, RATE, changes

from nos_sym import catalog
from nos_sym.algebra.kernel import fresh_workspace
from nos_sym.errors import RuleError
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule
from nos_sym.report.sheet.bound import bound
from nos_sym.report.sheet.first_step import first_step
from nos_sym.report.sheet.line import Line
from nos_sym.report.sheet.reflection import reflections
from nos_sym.report.sheet.scaling import scaling
from nos_sym.report.sheet.stillness import stillness
from nos_sym.report.sheet.subject import Subject
from nos_sym.report.sheet.weights import weights

PARTS = (first_step, scaling, reflections, stillness, bound, weights)

QUICK = (
    *("SGD", "Nesterov", "Adam", "AdamWTorch", "Lion", "AdadeltaTorch", "NAdamTorch", "RpropTorch"),
    *(
        "LAMBOptax",
        "NovoGradOptax",
        "MuonOptax",
        "DoGOptax",
        "SM3Optax",
        "Opt3",
        "Opt7",
        "Opt9",
        "AdagradTorch",
    ),
)
"""States of every kind, starts that are not 0, whole tensors, branches, schedules and heads."""


def lines_of(rule: Rule | Block) -> list[Line]:
    found: list[Line] = []
    with fresh_workspace():
        subject = Subject(rule)
        for part in PARTS:
            try:
                found += part(subject)
            except RuleError:
                continue
    return found


def check(name: str) -> None:
    rule = catalog.entry(name)
    assert not isinstance(rule, Schedule)
    for line in lines_of(rule):
        with np.errstate(all="ignore"):
            assert JUDGES[line.key](rule, line), f"{name}: {line.key}, {line.says}"


@pytest.mark.parametrize("name", QUICK)
def test_lines_hold(name: str) -> None:
    check(name)


@pytest.mark.heavy
@pytest.mark.parametrize("name", [n for n in catalog.names() if "schedules" not in catalog.group_of(n)])
def test_lines_hold_in_the_whole_catalog(name: str) -> None:
    check(name)


@pytest.mark.parametrize(
    ("name", "key", "changed"),
    [
        ("Adam", "first_step", {"update": "g / (abs(g) + 1e-4)"}),
        ("SGD", "degree", {"degree": "2"}),
        ("Opt4", "odd_jointly", {"odd": True}),
        ("AdamW", "odd_in_gradient", {"odd": True}),
        ("AdamW", "never_hit", {"step": "w <- w - lr * (0.02 * w)"}),
        ("AdamW", "never_hit", {"moves": False}),
        ("Adam", "zero_gradient", {"rests": True}),
        ("RMSProp", "bound", {"low": -9.9, "high": 9.9}),
        ("Lion", "bound", {"low": -0.9, "high": 0.9}),
        ("AdamW", "weight", {"coefficient": 0.02}),
    ],
)
def test_a_line_that_does_not_hold_is_seen(name: str, key: str, changed: dict[str, object]) -> None:
    rule = catalog.entry(name)
    assert not isinstance(rule, Schedule)
    line = next(line for line in lines_of(rule) if line.key == key)
    with np.errstate(all="ignore"):
        assert JUDGES[key](rule, line)
        wrong = replace(line, data=line.data | changed)
        assert not JUDGES[key](rule, wrong)


def test_the_bound_of_adam_is_nearly_reached() -> None:
    rule = catalog.entry("Adam")
    assert not isinstance(rule, Schedule)
    with fresh_workspace():
        (line,) = bound(Subject(rule))
    # The inequality is an equality for gradients that grow by beta2 / beta1, here after steps without any.
    steps, growing = 3000, 150
    gradients = np.zeros((steps, 1))
    gradients[-growing:, 0] = (0.999 / 0.9) ** np.arange(growing)
    largest = np.abs(changes(rule, gradients, np.zeros((steps, 1)))).max() / RATE
    assert 0.95 * line.data["high"] < largest <= line.data["high"]


@pytest.mark.parametrize("seed", range(10))
def test_lines_hold_of_random_rules(seed: int) -> None:
    check_random(seed)


@pytest.mark.heavy
def test_lines_hold_of_many_random_rules() -> None:
    for seed in range(10, 400):
        check_random(seed)


def check_random(seed: int) -> None:
    """Hold the lines about a random rule of one line, or a random block, against numbers."""
    rng = random.Random(seed)
    rule = random_block(rng) if seed % 2 else random_rule(rng, depth=3)
    for line in lines_of(rule):
        with np.errstate(all="ignore"):
            assert JUDGES[line.key](rule, line), f"{rule}: {line.key}, {line.says}"
