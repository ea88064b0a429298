"""States that the branches of an ``if`` declare or assign."""

from __future__ import annotations

import re

import numpy as np
import pytest
from support.harness import problem, run_numpy

from nos_sym.algebra.canonical import key_of
from nos_sym.errors import SourceError
from nos_sym.language.block import Block
from nos_sym.language.expansion import as_block
from nos_sym.language.node import size_of
from nos_sym.language.parser import parse

BOTH = (
    "Both = { if rank >= 2 { state s; s <- s + g; w <- w - lr * s } "
    "else { state s = 1; s <- s + 2 * g; w <- w - lr * s } }"
)


def block(text: str) -> Block:
    found = parse(text)
    assert isinstance(found, Block)
    return found


@pytest.mark.parametrize(("shape", "start", "factor"), [((3, 2), 0, 1), ((4,), 1, 2)])
def test_a_state_of_both_branches_is_the_one_of_its_branch(
    shape: tuple[int, ...], start: float, factor: float
) -> None:
    given = problem(4, 1, shape)
    weight, state, wanted = given.weight, np.full(shape, float(start)), []
    for gradient, rate in zip(given.gradients, given.learning_rates, strict=True):
        state = state + factor * gradient
        weight = weight - rate * state
        wanted.append(weight)
    np.testing.assert_allclose(run_numpy(block(BOTH), given), wanted, rtol=1e-12)


def test_a_state_of_both_branches_is_one_state() -> None:
    (state,) = block(BOTH).states
    assert (state.name, state.when) == ("s", None)
    assert as_block(block(BOTH)).states[0].name == "s"
    assert key_of(as_block(block(BOTH))) == key_of(block(BOTH))
    nested = block(
        "{ if rank >= 2 { if rank >= 3 { state s; s <- g; w <- w - s } else { w <- w - g } } "
        "else { state s = w; s <- -g; w <- w - s } }"
    )
    assert [s.name for s in nested.states] == ["s"]
    assert str(nested.states[0].when) == str(parse_condition("(rank >= 2 and rank >= 3) or not rank >= 2"))


def parse_condition(text: str) -> object:
    first = block(f"{{ if {text} {{ state s; s <- g; w <- w - s }} else {{ w <- w }} }}").states[0]
    return first.when


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "{ if rank >= 2 { state s: row; s <- row_mean(g); w <- s } else { state s; s <- g; w <- s } }",
            "'s' is a row of numbers in one branch of 'if' and a tensor in the other",
        ),
        ("{ if rank > 1 { state s; w <- s }; if rows > 1 { state s; s <- g } }", "'s' is there already"),
        ("{ if rank >= 2 { state s; s <- g }; state s; s <- g; w <- w - s }", "'s' is there already"),
        ("{ if rank >= 2 { state s; s <- g }; s = g; w <- w - s }", "'s' is there already"),
        (
            "{ state k: global; if rank >= 2 { k <- k + 1 }; w <- w - k * g }",
            "'k' is a number for all tensors, and 'if' is decided for each tensor",
        ),
        (
            "{ state k: step; if rank >= 2 { k <- k + 1 }; w <- w - k * g }",
            "'k' is a decay function, and 'if' is decided for each tensor",
        ),
        (
            "{ if rank > 1 { state k: step; k <- k + 1; w <- w - k } else { state k: step = 1; w <- k } }",
            "'k' is a decay function, and 'if' is decided for each tensor",
        ),
    ],
)  # fmt: skip
def test_what_branches_cannot_share(text: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        parse(text)


def test_a_setting_decides_for_all_tensors() -> None:
    text = "A(beta=0.9) = { state k: global = 1; if beta > 0.5 { k <- k + 1 }; w <- w - lr * k * g }"
    given = problem(3, 1, (2,))
    plain = block("{ state k: global = 1; k <- k + 1; w <- w - lr * k * g }")
    np.testing.assert_allclose(run_numpy(block(text), given), run_numpy(plain, given), rtol=1e-12)


ROWS = {
    "a change": "if rank >= {0} { w <- w - lr * g / {1} }",
    "a change in each branch": "if rank >= {0} { w <- w - lr * g / {1} } else { w <- lr * g + w }",
    "several": "if rank >= {0} { w <- w * (1 - lr * 0.{1}); w <- w - lr * g }",
    "factors": "if rank >= {0} { w <- w / (1 + {1} * lr) } else { w <- tanh(g) * w }",
    "a state": "if rank >= {0} { m <- 0.9 * m; m <- g + m }; w <- w - lr * m",
    "one of them": "if rank == 7 { w <- 1 / g } else { w <- w - lr * g / {1} }",
}


def in_a_row(name: str, count: int, rank: int | None = None) -> Block:
    """Return many ``if``; with a rank, the statements of the branches that it takes."""
    lines = []
    for i in range(1, count + 1):
        line = ROWS[name].replace("{0}", str(i % 4)).replace("{1}", str(i))
        if rank is not None:
            branches = re.fullmatch(r"if rank (>=|==) (\d) {(.*?)}(?: else {(.*?)})?(;.*)?", line)
            assert branches is not None
            sign, number, then, otherwise, rest = branches.groups()
            taken = rank >= int(number) if sign == ">=" else rank == int(number)
            line = (then if taken else otherwise or "") + (rest or "")
        lines.append(line.strip(" ;"))
    return block("{ state m; " + "; ".join(line for line in lines if line) + "; w <- w }")


@pytest.mark.parametrize("shape", [(), (3,), (3, 2), (2, 3, 2)])
@pytest.mark.parametrize("name", ROWS)
def test_many_ifs_in_a_row_are_their_branches(name: str, shape: tuple[int, ...]) -> None:
    given = problem(4, 1, shape)
    wanted = run_numpy(in_a_row(name, 14, len(shape)), given)
    found = in_a_row(name, 14)
    np.testing.assert_allclose(run_numpy(found, given), wanted, rtol=1e-12)
    assert block(str(found)) == found


def test_what_ifs_in_a_row_add_does_not_double() -> None:
    small, large = (size_of(in_a_row("a change", count).move) for count in (15, 30))
    assert large < 2.5 * small


def test_what_ifs_in_a_row_double_is_said() -> None:
    def text(count: int) -> str:
        lines = (f"if rank >= {i} {{ w <- tanh(w) - lr * g / {i} }}; " for i in range(2, count + 2))
        return "{ " + "".join(lines) + "w <- w }"

    assert block(text(8)).move.operation.name == "where"  # type: ignore[attr-defined]
    with pytest.raises(
        SourceError, match="'w' is too large behind this 'if': each 'if' that assigns it doubles"
    ):
        parse(text(10))
    terms = " + ".join(f"where(rank >= {i}, g / {i}, 0)" for i in range(2, 12))
    parse(f"{{ x = {terms}; w <- w - lr * x }}")
