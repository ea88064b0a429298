"""Rules written out as blocks: every state has a name, and the optimizer is the same."""

from __future__ import annotations

import pytest

import nos_sym
from nos_sym.language.block import Block
from nos_sym.language.expansion import as_block
from nos_sym.language.parser import parse

NAMES = {
    "none ~ g": [],
    "none ~ ema(g, 0.9)": ["average"],
    "none ~ ema(ema(g, 0.8), 0.9)": ["average1", "average2"],
    "momentum ~ ema_hat(g^2, 0.9) + running_max(g)": ["velocity", "average", "peak"],
    "nesterov ascent ~ tanh(delta(g))": ["velocity", "delta1"],
    "none ~ 2 * ema(g, a13)": ["average"],
    "none ~ drop(g, 0.5) + ema(drop(g, 0.5), 0.9)": ["average"],
    "{ state average; average <- ema(g, 0.9) + average; w <- w - lr*average }": ["average", "average1"],
    "{ state velocity; velocity <- g; w <- w - velocity }": ["velocity"],
    "{ if rank >= 2 { state q; q <- q + g; u = q } else { state q = 1; q <- q*2; u = q }; w <- w - u }": [
        "q"
    ],
    "{ state s: global; s <- s + total(g); w <- w - lr*s }": ["s"],
    "{ state q: row = 2; q <- row_mean(g) + q; w <- w - q*ema(g, 0.9) }": ["q", "average"],
}


@pytest.mark.parametrize("text", NAMES)
def test_every_state_has_a_name(text: str) -> None:
    rule = parse(text)
    block = as_block(rule)
    assert [state.name for state in block.states] == NAMES[text]
    assert parse(str(block)) == block
    assert as_block(block) == block
    if "global" not in text:
        assert nos_sym.prove(rule, block) is not None


def test_the_text_of_a_block_is_that_of_a_reader() -> None:
    assert str(as_block(parse("One = none ~ ema(g, 0.9)"))) == (
        "One = { state average; average <- 0.9 * average + 0.1 * g; w <- w - lr * average }"
    )


def test_states_keep_kind_and_start() -> None:
    block = as_block(parse("{ state q: scalar = norm2(w); q <- q + norm2(g); w <- w - lr*q*g }"))
    assert isinstance(block, Block)
    assert str(block.states[0].kind.value) == "a scalar of a tensor"
    assert str(block.states[0].start) == "norm2(w)"
