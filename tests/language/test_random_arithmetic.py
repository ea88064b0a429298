"""Random arithmetic as text, in the language and in plain SymPy, against its value by Python's arithmetic."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import numpy as np
import pytest

from nos_sym.language.parser import parse
from nos_sym.language.plain_reader import parse_plain
from nos_sym.language.products import product
from nos_sym.language.registry import apply
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.program.interpreter import Interpreter

TOTAL, STEP, GRADIENT, WEIGHT = 7, 4, 1.3, -0.7
_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)


@dataclass(frozen=True)
class Text:
    """A text, how tightly its last operation binds, and its value."""

    text: str
    level: int
    value: float

    def at(self, level: int) -> str:
        return self.text if self.level >= level else f"({self.text})"


class Generator:
    """Draws arithmetic; ``steps`` says whether t and T may stand in it."""

    def __init__(self, seed: int, *, steps: bool) -> None:
        self.rng = random.Random(seed)
        self.steps = steps

    def draw(self, depth: int) -> Text:
        if depth == 0 or self.rng.random() < 0.1:
            return self._leaf()
        kind = self.rng.choice(("+", "-", "*", "/", "*", "/", "neg", "**", "group"))
        x = self.draw(depth - 1)
        if kind == "group":
            return Text(f"({x.text})", _ATOM, x.value)
        if kind == "neg":
            return Text(f"-{x.at(_SIGN)}", _SIGN, -x.value)
        if kind == "**":
            return self._power(x)
        y = self.draw(depth - 1)
        level = _SUM if kind in "+-" else _PRODUCT
        space = self.rng.choice(("", " "))
        text = f"{x.at(level)}{space}{kind}{space}{y.at(level + 1)}"
        return Text(text, level, _value(kind, x.value, y.value))

    def _leaf(self) -> Text:
        leaves = [("g", GRADIENT), ("w", WEIGHT), ("2", 2.0), ("3", 3.0), ("0.25", 0.25)]
        if self.steps:
            leaves += [("t", float(STEP)), ("T", float(TOTAL)), ("(t + 1)", STEP + 1.0)]
        text, value = self.rng.choice(leaves)
        return Text(text, _ATOM, value)

    def _power(self, x: Text) -> Text:
        exponent = self.rng.choice(
            ("2", "3", "-1", "-2", "(1/2)", "0", "1", "(-1/3)", "(2/3)", "(1 - 3)", "1.5")
        )
        power = self.rng.choice(("**", "^"))
        return Text(f"{x.at(_ATOM)}{power}{exponent}", _POWER, _raised(x.value, exponent))


def _value(kind: str, x: float, y: float) -> float:
    if kind == "/":
        return x / y if y else 0.0
    return {"+": x + y, "-": x - y, "*": x * y}[kind]


def _raised(x: float, exponent: str) -> float:
    q, keeps_sign = {
        "2": (2, False), "3": (3, True), "-1": (-1, True), "-2": (-2, False), "(1/2)": (0.5, False),
        "0": (0, False), "1": (1, True), "(-1/3)": (-1 / 3, True), "(2/3)": (2 / 3, False),
        "(1 - 3)": (-2, False), "1.5": (1.5, False),
    }[exponent]  # fmt: skip
    if not x:
        return 1.0 if q == 0 else 0.0
    return math.copysign(abs(x) ** q, x if keeps_sign else 1.0)


def moved(rule: Rule | Schedule) -> float:
    if isinstance(rule, Schedule):
        rule = Rule(Momentum.NONE, product(rule.factor, apply("div", apply("g"), apply("g"))))
    interpreter = Interpreter(rule, (1,), total_steps=TOTAL)
    interpreter.step = STEP
    return float(interpreter.update(np.array([GRADIENT]), np.array([WEIGHT]))[0])


def _drawn(seed: int, *, steps: bool) -> Text:
    """Return arithmetic without a sum that cancels, whose value rounding alone would decide."""
    while True:
        drawn = Generator(seed, steps=steps).draw(5)
        if 1e-6 < abs(drawn.value) < 1e6:
            return drawn
        seed += 1_000_000


@pytest.mark.parametrize("seed", range(120))
def test_plain_sympy_is_arithmetic(seed: int) -> None:
    drawn = _drawn(seed, steps=True)
    (rule,) = parse_plain(drawn.text)
    assert moved(rule) == pytest.approx(drawn.value, rel=1e-7), drawn.text


@pytest.mark.parametrize("seed", range(120))
def test_a_rule_is_arithmetic(seed: int) -> None:
    drawn = _drawn(seed, steps=False)
    assert moved(parse(f"none ~ {drawn.text}")) == pytest.approx(drawn.value, rel=1e-7), drawn.text
