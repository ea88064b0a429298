"""LaTeX of blocks: the time that it takes, and its legend."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from support.shifted_states import random_shifts
from support.well_formed_latex import check_well_formed

from nos_sym.backends.latex.measure import level_of
from nos_sym.backends.latex.printer import latex_rule
from nos_sym.language.parser import parse
from nos_sym.program.expressions import Lowering


def test_conditions_inside_of_one_another_take_no_more_time_than_they_are_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts = []
    operation, level = Lowering._operation, level_of

    def counted(*arguments: Any, of: Any) -> Any:
        counts[-1] += len(arguments[-1]) if isinstance(arguments[-1], str) else 1
        return of(*arguments)

    monkeypatch.setattr(Lowering, "_operation", lambda *arguments: counted(*arguments, of=operation))
    monkeypatch.setattr("nos_sym.backends.latex.expression.level_of", lambda text: counted(text, of=level))
    for levels in (20, 40, 80):
        value = "g"
        for bound in range(levels):
            value = f"where(w > {bound}, g, {value})"
        block = parse(f"{{ w <- w - lr * {value} }}")
        counts.append(0)
        check_well_formed(latex_rule(block))
    assert counts[2] - counts[1] <= 2.2 * (counts[1] - counts[0])


def test_the_momentum_of_a_block_is_in_the_legend() -> None:
    texts = [
        latex_rule(parse(f"{{ state m; m <- {mu} * m + g; w <- w - lr * m }}")) for mu in ("momentum", "0.9")
    ]
    assert [r"\mu momentum" in text for text in texts] == [True, False]


def lines(text: str) -> list[str]:
    """Return the lines of a display that compute something, without what words there are."""
    shown = latex_rule(parse(text)).splitlines()
    found = [line.strip().removesuffix(r" \\") for line in shown if "&=" in line]
    return [line for line in found if "_{-1}" not in line]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (  # what one branch names has no name in the other
            "{ if rank >= 2 { x = tanh(g); w <- w - x } else { w <- w - 2 * tanh(g) } }",
            [r"x_{t} &= \tanh(g_t)", "w_{t+1} &= w_t - x_{t}", r"w_{t+1} &= w_t - 2\,\tanh(g_t)"],
        ),
        (  # a state that one branch leaves alone is the new one behind both
            "{ state s; if rank >= 2 { w <- w - g } else { s <- s + g; w <- w - s }; w <- w - s }",
            [
                "w_{t'} &= w_t - g_t", "s_{t} &= s_{t-1}", "s_{t} &= s_{t-1} + g_t", "w_{t'} &= w_t - s_{t}",
                "w_{t+1} &= w_{t'} - s_{t}",
            ],
        ),
        (  # what both branches compute stands in both
            "{ state s; if rank >= 2 { s <- s + g; w <- w - 2 * s } else { s <- s + g; w <- w - s } }",
            [
                "s_{t} &= s_{t-1} + g_t", r"w_{t+1} &= w_t - 2\,s_{t}", "s_{t} &= s_{t-1} + g_t",
                "w_{t+1} &= w_t - s_{t}",
            ],
        ),
        (  # each value between the old and the new one has a symbol of its own
            "{ state s; s <- s + g; s <- 2 * s; if rank >= 2 { s <- s-w; if rank > 2 { s <- 3*s }}; w <- s }",
            [
                "s_{t'} &= s_{t-1} + g_t", r"s_{t''} &= 2\,s_{t'}", "s_{t'''} &= s_{t''} - w_t",
                r"s_{t} &= 3\,s_{t'''}", "s_{t} &= s_{t'''}", "s_{t} &= s_{t''}", "w_{t+1} &= s_{t}",
            ],
        ),
    ],
)  # fmt: skip
def test_branches_say_what_each_of_them_computes(text: str, shown: list[str]) -> None:
    check_well_formed(latex_rule(parse(text)))
    assert lines(text) == shown


_SYMBOL = re.compile(r"(?:\\mathrm\{\w+\}|\b[a-z])_\{t[^-}]*\}")


def check_defined(display: str) -> None:
    """Check that each symbol is defined above where it stands, in the branch where it stands."""
    known: list[set[str]] = [set()]
    ended: list[set[str]] = []
    for line in display.splitlines():
        if r"\text{if }" in line and "&=" not in line:
            known.append(set(known[-1]))
            ended.append(set(known[-1]))
        elif r"\text{otherwise:}" in line and "&=" not in line:
            ended[-1], known[-1] = known[-1], set(known[-2])
        elif line.strip().removesuffix(r" \\") == r"&\text{then}":
            inner, first = known.pop(), ended.pop()
            known[-1] |= inner & first
        elif "&=" in line:
            left, _, right = line.partition("&=")
            assert set(_SYMBOL.findall(right)) <= known[-1], line
            assert not set(_SYMBOL.findall(left)) & set(_SYMBOL.findall(right)), line
            known[-1].update(_SYMBOL.findall(left))


def test_symbols_are_defined_where_they_stand() -> None:
    branched = 0
    for seed in range(30):
        display = latex_rule(random_shifts(random.Random(seed)))
        branched += "otherwise" in display
        check_defined(display)
    assert branched > 8
