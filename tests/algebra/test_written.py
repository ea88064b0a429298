"""Schedules in the words of their rules: found where they are, and never another function of the step."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from sympy.core.basic import Basic

from nos_sym.algebra.canonical import canonical
from nos_sym.algebra.factor import schedule_of, split
from nos_sym.algebra.kernel import Poly, constant
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.written import schedule_in_words
from nos_sym.genome.decode import decode
from nos_sym.genome.sample import sample
from nos_sym.language.node import Node
from nos_sym.language.parser import parse
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import apply
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.program.interpreter import Interpreter
from nos_sym.search.settings import preset

SETTINGS = preset("paper")
TOTAL = 96


def rule_of(text: str) -> Rule:
    rule = parse(text)
    assert isinstance(rule, Rule)
    return rule


def words_of(rule: Rule) -> Node | None:
    return schedule_in_words(rule, split(canonical(rule))[0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("none ~ [a4] tanh(g)", "a4"),
        # One text for one schedule, whatever the order it is written in.
        ("none ~ [a6 * a1] id([a13] g) / sign(g)", "a13 * (a6 * a1)"),
        ("none ~ [a4] ([a9] g)", "a4 * a9"),
        ("none ~ [a9] (g * [a4] g)", "a4 * a9"),
        ("momentum ~ [rdiv(a5, a1)] g / [a13^2] tanh(g)", "rdiv(a5, a1) / a13^2"),
        ("none ~ g / [a9] tanh(g)", "recip(a9)"),
        ("none ~ sqrt([a14] abs(g))", "sqrt(a14)"),
        ("none ~ sqrt([a14] ([a14] abs(g)))", "a14"),
        ("none ~ 3 * ([a4] g)", "a4"),
        ("none ~ -([a4] g)", "a4"),
        # What is inside of a function, an average or a sum does not leave it, or not as a factor outside.
        ("none ~ tanh([a4] g)", None),
        ("none ~ ema([a4] g, 0.9)", None),
        ("none ~ [a4] g + [a4] w", None),
        ("none ~ [a4] g + w", None),
        ("none ~ [a4] (g + w) / [a4] g", None),
        ("none ~ tanh(g)", None),
        ("none ~ 0 * ([a4] g)", None),
        # All of the schedule or none of it: a factor is shared by the terms of a sum, too.
        ("none ~ [a4] ([a9] g + [a9] w)", None),
        ("none ~ rdiv([a4] g, [a9] w)", "a4"),
        ("none ~ [1 - 2 * a4] g", "1 - 2 * a4"),
    ],
)
def test_what_is_written_outside(text: str, words: str | None) -> None:
    found = words_of(rule_of(text))
    assert (None if found is None else print_expression(found)) == words


def values(factor: Basic) -> npt.NDArray[np.float64]:
    run = Interpreter(Rule(Momentum.NONE, apply("scale", factor, apply("g"))), (1,), total_steps=TOTAL)
    found = np.zeros(TOTAL)
    with np.errstate(all="ignore"):
        for step in range(TOTAL):
            run.step = step
            found[step] = run.update(np.ones(1), np.ones(1))[0]
    return found


def test_of_random_genomes_they_are_the_schedule_up_to_a_positive_number() -> None:
    rng, seen = np.random.default_rng(17), 0
    for _ in range(150):
        rule = decode(sample(rng, SETTINGS.genome, SETTINGS.operations.space()))
        words = words_of(rule)
        if words is None:
            continue
        seen += 1
        written, searched = values(words), values(schedule_of(rule).factor)
        # What is infinite or 0 in one is in the other.
        usable = np.isfinite(written) & np.isfinite(searched) & (np.abs(searched) > 1e-9)
        ratio = written[usable] / searched[usable]
        assert usable.any() and ratio[0] > 0 and np.allclose(ratio, ratio[0], rtol=1e-6), str(rule)
    assert seen >= 5


def test_no_words_are_a_schedule_of_another_form() -> None:
    rule = rule_of("none ~ [a4] g")
    others: list[Poly] = [polynomial(apply(name)) for name in ("a9", "a6")] + [constant(1), constant(0)]
    others += [split(canonical(rule_of(text)))[0] for text in ("none ~ [a4^2] g", "none ~ [a4 - 1] g")]
    assert all(schedule_in_words(rule, form) is None for form in others)


def test_schedules_are_searched_for_up_to_a_number_of_them() -> None:
    first, second = rule_of("none ~ [a4] g"), rule_of("none ~ [min(a5, a4)] g")
    known: dict[bytes, Schedule] = {}
    assert print_expression(schedule_of(first, known, searched=1).factor) == "a4"
    in_words = schedule_of(second, known, searched=1).factor
    assert print_expression(in_words) == "min(a5, a4)" and in_words != schedule_of(second).factor
    # One that is known keeps its text.
    assert schedule_of(second, known, searched=9).factor == in_words
